"""A picture of a rule: rows of variants with their values, curves, and marks; every number comes from the rule."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.packages import cure, missing
from rmcompose.primitives.pictures import example, marks
from rmcompose.primitives.pictures.declared import Curve, Marks, Unpictured, Variants
from rmcompose.primitives.pictures.variants import EXAMPLE, changes, reference_of, subject
from rmcompose.primitives.registry import RuleSignature

SECONDS = 10.0
"""A picture of a slow rule ends with what was computed by then."""
POINTS = 61
"""The most places at which a curve is computed."""
WIDEST = 100.0
"""A range that is wider than this is not drawn: what occurs would be lost in it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A value, or why there is none; `said` is the rule's own line about the value."""

    value: Any
    fault: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A variant: what of the example differs, `shown` of it, and what the rule gives."""

    label: str
    changed: dict[str, Any]
    shown: Any
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: its values over places, where the example stands on it, and what of the example differs."""

    argument: str
    over: str
    changed: dict[str, Any]
    points: tuple[tuple[float, Outcome], ...]
    example: tuple[float, Outcome] | None


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be drawn; `why` says what is lacking where something is.

    `arguments` are those of the example, or with `stock` those of a text of ours; rows and curves say what differs.
    """

    low: float
    high: float
    rows: tuple[Row, ...] = ()
    lines: tuple[Line, ...] = ()
    marked: marks.Marked | None = None
    why: str = ""
    stock: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values. A row's value is None where it is unscored."""
        return {
            "why": self.why or None,
            "arguments": dict(self.arguments),
            "stock": self.stock,
            "scale": [self.low, self.high],
            "rows": [{"label": row.label, "changed": row.changed, **_plain(row.outcome)} for row in self.rows],
            "curves": [
                {
                    "argument": line.argument,
                    "over": line.over,
                    "changed": line.changed,
                    "points": [[place, outcome.value] for place, outcome in line.points],
                    "example": None if line.example is None else [line.example[0], line.example[1].value],
                }
                for line in self.lines
            ],
            "marked": None if self.marked is None else self.marked.to_dict(),
        }


def picture_of(rule: RuleSignature, seconds: float | None = None) -> Picture:
    """The picture of a rule, made within so many seconds (default: `SECONDS`), as far as one comes by then.

    Never raises for what a rule does: that is what the picture then says.
    """
    declared = rule.picture
    if isinstance(declared, Unpictured):
        return _without(declared.why)
    try:
        given = example.read(rule)
    except example.UnreadableExample:
        return _without("its example is not `rule(argument = value) -> value` with plain values")
    if rule.task is not None and (given is None or rule.answers or given.get("model")):
        return _asked(rule, given)
    lacking = missing(rule.needs)
    if lacking:
        return _without(f"it needs the package `{lacking[0]}`: {cure(lacking[0])}")
    arguments = example.stock(rule) if given is None else given
    if arguments is None:
        return _without("it has no example")
    until = monotonic() + (SECONDS if seconds is None else seconds)
    return _Painter(rule, arguments, until, stock=given is None).paint(declared)


def evaluate(rule: RuleSignature, arguments: dict[str, Any]) -> Outcome:
    """What the rule gives, called as a composition calls it; what it raises is told in a line."""
    roles = {argument.name: argument.role for argument in rule.arguments}
    constants = {name: value for name, value in arguments.items() if name in roles and roles[name] is None}
    data = {name: value for name, value in arguments.items() if name not in constants}
    try:
        value = rule.bind(**constants)(**copy.deepcopy(data))  # a rule may change what it is given
    except RuleError as error:
        return Outcome(None, _line(str(error)))
    except Exception as error:  # noqa: BLE001  # a rule may be anybody's code
        return Outcome(None, f"the rule raises {_line(f'{type(error).__name__}: {error}')}")
    fault = "" if rule.level == "group" else _wrong(rule, value)
    return Outcome(None, fault) if fault else Outcome(value, said=_said(rule, value, arguments))


class _Painter:
    """One picture in the making: the rule, its example, and the time until which variants are tried."""

    def __init__(self, rule: RuleSignature, arguments: dict[str, Any], until: float, *, stock: bool) -> None:
        self.rule = rule
        self.arguments = arguments
        self.until = until
        self.stock = stock
        self.late = False

    def paint(self, declared: Curve | Variants | None) -> Picture:
        lines: tuple[Line, ...] = ()
        rows: tuple[Row, ...] = ()
        marked: marks.Marked | None = None
        if isinstance(declared, Curve):
            lines = tuple(self.line(declared, dict(changed)) for changed in declared.series)
        if not isinstance(declared, Curve) or declared.at is None:
            rows = self.group() if self.rule.level == "group" else self.rows(declared)
            if rows and self.rule.level != "group" and not isinstance(declared, Curve):
                marked = self.marked(rows[0].outcome, declared.marks if declared is not None else None)
        values = [row.outcome.value for row in rows]
        values += [outcome.value for line in lines for _, outcome in line.points]
        low, high = _scale(self.rule, values)
        why = "the rule is slow, and not all that was to be tried has been" if self.late else ""
        return Picture(low, high, rows, lines, marked, why, self.stock, self.arguments)

    def in_time(self) -> bool:
        """Whether there is time for one more; once there is not, the picture says so."""
        self.late = self.late or monotonic() > self.until
        return not self.late

    def rows(self, declared: Curve | Variants | None) -> tuple[Row, ...]:
        tried = changes(self.rule, self.arguments)
        if isinstance(declared, Variants):
            tried[1:1] = [(label, dict(changed)) for label, changed in declared.also]
        name = subject(self.rule, self.arguments)
        found: list[Row] = []
        for label, changed in tried:
            if found and not self.in_time():
                break
            arguments = {**self.arguments, **changed}
            shown = arguments[name] if name is not None else arguments
            found.append(Row(label, changed, shown, evaluate(self.rule, arguments)))
        if self.stock:
            found[0] = Row("a text of ours", {}, found[0].shown, found[0].outcome)
        return tuple(found)

    def group(self) -> tuple[Row, ...]:
        """A row a response: the rule sees them together."""
        outcome = evaluate(self.rule, self.arguments)
        texts = next((value for value in self.arguments.values() if isinstance(value, list)), [])
        values = outcome.value
        if outcome.fault or not isinstance(values, list | tuple) or len(values) != len(texts):
            fault = outcome.fault or "the rule does not give as many values as there are responses"
            return (Row(EXAMPLE, {}, texts, Outcome(None, fault)),)
        found = []
        for number, value in enumerate(values):
            fault = _wrong(self.rule, value)
            one = {name: each[number] for name, each in self.arguments.items() if _is_each(each, len(texts))}
            found.append(Row(f"response {number}", {}, one, Outcome(None, fault) if fault else Outcome(value)))
        return tuple(found)

    def line(self, declared: Curve, changed: dict[str, Any]) -> Line:
        def at(place: float) -> Outcome:
            made = declared.make(place) if declared.make is not None else place
            return evaluate(self.rule, {**self.arguments, **changed, declared.argument: made})

        points: list[tuple[float, Outcome]] = []
        for place in _places(declared):
            if points and not self.in_time():
                break
            points.append((place, at(place)))
        stands = None if declared.at is None or not self.in_time() else (declared.at, at(declared.at))
        return Line(declared.argument, declared.over, changed, tuple(points), stands)

    def marked(self, outcome: Outcome, wanted: Marks | None) -> marks.Marked | None:
        name = subject(self.rule, self.arguments)
        text = self.arguments.get(name) if name is not None else None
        reference = reference_of(self.rule, self.arguments)
        if not isinstance(text, str) or wanted == "none":
            return None
        if wanted is None and reference is not None:
            wanted = "characters" if self.unit() == "characters" else self.likely(text, reference)
        if reference is not None and wanted in ("words", "characters"):
            return marks.shared(text, reference, wanted)
        if self.rule.cost > 1:
            return None  # it would be called for every word

        def without(other: str) -> Any:
            return evaluate(self.rule, {**self.arguments, str(name): other}).value if self.in_time() else outcome.value

        return marks.influence(text, outcome.value, without)

    def likely(self, text: str, reference: str) -> Marks:
        """Whether words in common are what a rule of text and reference is about: they are where many are shared."""
        if self.rule.laws:
            return "words"
        found = marks.shared(text, reference, "words")
        same = sum(piece.mark == marks.SAME for piece in found.pieces) if found is not None else 0
        return "words" if found is not None and 2 * same >= len(found.pieces) else "influence"

    def unit(self) -> Any:
        """What the rule counts by the example, where it can be set."""
        spec = self.rule.argument("unit")
        return None if spec is None else self.arguments.get("unit", spec.default)


def _without(why: str) -> Picture:
    return Picture(0.0, 1.0, why=why)


def _asked(rule: RuleSignature, given: dict[str, Any] | None) -> Picture:
    """A rule that asks a model: its example with the answers that it names, which a model would give."""
    model = "it asks a model at an endpoint of yours (docs/models.md)"
    why = f"{model}{f', or needs the package `{rule.needs[0]}`' if rule.needs else ''}: nothing is asked here"
    if given is None or not rule.answers:
        return _without(why)
    outcome = _answered(rule, given)
    low, high = _scale(rule, [outcome.value])
    text = next((value for value in given.values() if isinstance(value, str)), "")
    name = subject(rule, given)
    return Picture(low, high, (Row(EXAMPLE, {}, given[name] if name else text, outcome),), why=why, arguments=given)


def _answered(rule: RuleSignature, given: dict[str, Any]) -> Outcome:
    try:
        value = rule.function(**given, answers=rule.answers)
    except Exception as error:  # noqa: BLE001  # a rule may be anybody's code
        return Outcome(None, _line(f"{type(error).__name__}: {error}"))
    fault = _wrong(rule, value)
    return Outcome(None, fault) if fault else Outcome(value, said=rule.answered)


def _places(declared: Curve) -> list[float]:
    low, high = declared.low, declared.high
    if declared.whole and high - low < POINTS:
        return [low + step for step in range(int(high - low) + 1)]
    places = [low + (high - low) * step / (POINTS - 1) for step in range(POINTS)]
    return [round(place) for place in places] if declared.whole else places


def _is_each(value: Any, count: int) -> bool:
    return isinstance(value, list) and len(value) == count


def _wrong(rule: RuleSignature, value: Any) -> str:
    """What is wrong with a value, as a run would say; "" for one that the signature allows."""
    if rule.returns == "text":
        return "" if isinstance(value, str) else "the value is not text"
    if rule.returns == "bool":
        return "" if isinstance(value, bool) else "the value is not true or false"
    if not isinstance(value, int | float):
        return f"the value is {type(value).__name__}, not a number"
    if not math.isfinite(value):
        return "the value is not a finite number"
    slack = 1e-9 * max(1.0, abs(value))
    if rule.low - slack <= value <= rule.high + slack:
        return ""
    return f"{value:g} is outside [{rule.low:g}, {rule.high:g}]"


def _said(rule: RuleSignature, value: Any, arguments: dict[str, Any]) -> str:
    if rule.explain is None:
        return ""
    try:
        return _line(str(rule.explain(value, **arguments)))
    except Exception:  # noqa: BLE001  # an explanation is never a reason to lose a value
        return ""


def _scale(rule: RuleSignature, values: Iterable[Any]) -> tuple[float, float]:
    """From where to where bars go: the rule's range; where that is too wide, as far as the values do, with 0."""
    low, high = rule.low, rule.high
    if high - low > WIDEST:
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        low, high = max(low, min([0.0, *numbers])), min(high, max([0.0, *numbers]))
    return (low, high) if low < high else (low, low + 1.0)


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {"value": outcome.value, "unscored": outcome.fault or None, "explained": outcome.said or None}


def _line(text: str) -> str:
    return " ".join(text.split())[:300]
