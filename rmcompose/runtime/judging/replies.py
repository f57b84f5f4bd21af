"""Reading a judge's reply. Each reader takes the text of one reply and never raises.

A reading has a value, or the kind of reason why it has none: `malformed_reply` (worth asking again), `off_scale` or
`abstained`. Nothing is guessed: a number in prose, a text for a number, a missing or repeated verdict are malformed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from rmcompose.primitives.patterns import compile_pattern
from rmcompose.runtime.judging.fencing import number_text
from rmcompose.runtime.judging.grading import checklist_bounds, checklist_value, raw_sum, weighted_score
from rmcompose.runtime.judging.scan import last_object
from rmcompose.runtime.judging.spec import CriterionSpec, JudgeSpec

T = TypeVar("T")
PREVIEW = 500
"""Characters of an unreadable reply that are kept for the trace."""
WINNERS: tuple[tuple[str, float], ...] = (("A", 1.0), ("B", 0.0), ("tie", 0.5))
"""What the winner of a comparison is worth as the first answer's share of the win."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a reply says. `message` is the model's reason, or why there is no value; `kind` is None with a value."""

    value: T | None
    kind: str | None = None
    message: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


Reader = Callable[[str], Reading[T]]
Ranking = tuple[tuple[int, ...], ...]
"""Groups of 0-based numbers of the answers as they were shown, best first."""


def malformed(message: str, text: str) -> Reading[Any]:
    """A reading of a reply that does not say what was asked."""
    return Reading(None, "malformed_reply", message, {"reply": text[:PREVIEW]})


def score_reader(spec: JudgeSpec) -> Reader[float]:
    """Reads `{"reason", "score"}`."""

    def read(text: str) -> Reading[float]:
        found = last_object(text, frozenset({"score"}))
        if found is None:
            return malformed("the reply has no JSON object with `score`", text)
        score = _number(found["score"])
        if score is None:
            return malformed("the reply's `score` is not a number", text)
        return _on_scale(spec, score, _text(found.get("reason")))

    return read


def scale_reader(spec: JudgeSpec, criteria: Sequence[CriterionSpec]) -> Reader[float]:
    """Reads `{"verdicts": [{"id", "reason", "score"}]}` and combines the scores by weight."""

    def read(text: str) -> Reading[float]:
        verdicts = _verdicts(text, criteria, "score")
        if isinstance(verdicts, str):
            return malformed(verdicts, text)
        scores: list[float] = []
        for criterion, verdict in zip(criteria, verdicts, strict=True):
            score = _number(verdict["score"])
            if score is None:
                return malformed(f"the `score` of `{criterion.id}` is not a number", text)
            scores.append(score)
        detail = {"criteria": _told(criteria, verdicts, "score")}
        for criterion, score in zip(criteria, scores, strict=True):
            if not spec.low <= score <= spec.high:
                return Reading(
                    None, "off_scale", _outside(f"score of `{criterion.id}`", score, spec.low, spec.high), detail
                )
        return Reading(weighted_score(criteria, scores), None, _reasons(criteria, verdicts), detail)

    return read


def checklist_reader(spec: JudgeSpec, criteria: Sequence[CriterionSpec]) -> Reader[float]:
    """Reads `{"verdicts": [{"id", "reason", "met"}]}`; the checklist's share in [0, 1] is moved to the judge's range.

    An item that cannot be assessed (`null`) leaves the judge `abstained`, unless either answer gives the same value.
    """

    def read(text: str) -> Reading[float]:
        verdicts = _verdicts(text, criteria, "met")
        if isinstance(verdicts, str):
            return malformed(verdicts, text)
        met: list[Any] = [verdict["met"] for verdict in verdicts]
        for criterion, yes in zip(criteria, met, strict=True):
            if yes is not None and not isinstance(yes, bool):
                return malformed(f"the `met` of `{criterion.id}` is neither true, false nor null", text)
        known: list[bool] = [yes for yes in met if yes is not None]
        detail: dict[str, Any] = {"criteria": _told(criteria, verdicts, "met")}
        if len(known) == len(met):
            detail["raw"] = raw_sum(criteria, known)
            share = checklist_value(criteria, known)
        else:
            share, most = checklist_bounds(criteria, met)
            if share != most:
                unknown = next(criterion.id for criterion, yes in zip(criteria, met, strict=True) if yes is None)
                return Reading(None, "abstained", f"the judge could not assess `{unknown}`", detail)
        return Reading(spec.on_scale(share), None, _reasons(criteria, verdicts), detail)

    return read


def winner_reader() -> Reader[float]:
    """Reads `{"reason", "winner"}` as the first answer's share of the win."""
    worth = dict(WINNERS)

    def read(text: str) -> Reading[float]:
        found = last_object(text, frozenset({"winner"}))
        if found is None:
            return malformed("the reply has no JSON object with `winner`", text)
        winner = found["winner"]
        if not isinstance(winner, str) or winner not in worth:
            return malformed("the reply's `winner` is neither `A`, `B` nor `tie`", text)
        return Reading(worth[winner], None, _text(found.get("reason")))

    return read


def ranking_reader(count: int) -> Reader[Ranking]:
    """Reads `{"reason", "ranking": [[2], [1, 3]]}` over `count` answers, each of which must occur exactly once."""

    def read(text: str) -> Reading[Ranking]:
        found = last_object(text, frozenset({"ranking"}))
        if found is None:
            return malformed("the reply has no JSON object with `ranking`", text)
        ranking = found["ranking"]
        if not isinstance(ranking, list):
            return malformed("the reply's `ranking` is not a list", text)
        groups = [group if isinstance(group, list) else [group] for group in ranking]
        numbers = [number for group in groups for number in group]
        if any(type(number) is not int for number in numbers) or sorted(numbers) != list(range(1, count + 1)):
            return malformed(f"the reply's `ranking` does not name each of 1 to {count} exactly once", text)
        ranked = tuple(tuple(number - 1 for number in group) for group in groups if group)
        return Reading(ranked, None, _text(found.get("reason")))

    return read


def label_reader(spec: JudgeSpec) -> Reader[float]:
    """Reads a house format: the last match of `extract` holds a label, whose verdict says what it is worth.

    The label is the first group that took part in the match, or the whole match where the pattern has no group.
    Without verdicts a pairwise judge's labels are `A`, `B` and `tie`, and another judge's label is the number itself.
    """
    find = compile_pattern(spec.extract or "").findall_last
    low, high = (0.0, 1.0) if spec.mode == "pairwise" else (spec.low, spec.high)
    worth = dict(spec.verdicts or (WINNERS if spec.mode == "pairwise" else ()))

    def read(text: str) -> Reading[float]:
        label = find(text)
        if label is None:
            return malformed("the reply has no match of `extract`", text)
        value = worth.get(label) if worth else _written_number(label)
        if value is None:
            return malformed(f"the reply's label `{label[:80]}` has no verdict", text)
        if not low <= value <= high:
            return Reading(None, "off_scale", _outside("verdict", value, low, high), {"label": label})
        return Reading(value, None, text.strip()[:PREVIEW], {"label": label})

    return read


def _verdicts(text: str, criteria: Sequence[CriterionSpec], key: str) -> list[Mapping[str, Any]] | str:
    """The verdicts in the order of the criteria, or what is wrong with them."""
    found = last_object(text, frozenset({"verdicts"}))
    if found is None:
        return "the reply has no JSON object with `verdicts`"
    if not isinstance(found["verdicts"], list):
        return "the reply's `verdicts` is not a list"
    known = {criterion.id for criterion in criteria}
    by_id: dict[str, Mapping[str, Any]] = {}
    for verdict in found["verdicts"]:
        if not isinstance(verdict, Mapping) or "id" not in verdict or key not in verdict:
            return f"a verdict of the reply lacks `id` or `{key}`"
        name = verdict["id"]
        if type(name) is int:
            name = str(name)
        if not isinstance(name, str) or name not in known:
            return f"the reply has a verdict on `{str(name)[:80]}`, which is no criterion"
        if name in by_id:
            return f"the reply has two verdicts on `{name}`"
        by_id[name] = verdict
    missing = next((criterion.id for criterion in criteria if criterion.id not in by_id), None)
    if missing is not None:
        return f"the reply has no verdict on `{missing}`"
    return [by_id[criterion.id] for criterion in criteria]


def _on_scale(spec: JudgeSpec, score: float, reason: str) -> Reading[float]:
    if spec.low <= score <= spec.high:
        return Reading(score, None, reason)
    return Reading(None, "off_scale", _outside("score", score, spec.low, spec.high), {"reason": reason})


def _outside(what: str, value: float, low: float, high: float) -> str:
    return f"the {what} is {number_text(value)}, outside {number_text(low)} to {number_text(high)}"


def _number(value: object) -> float | None:
    """A finite number, or None: a bool or a text is not one, and neither is NaN."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:  # a whole number past the largest float
        return None
    return number if math.isfinite(number) else None


def _written_number(text: str) -> float | None:
    try:
        return _number(float(text))
    except ValueError:
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _told(criteria: Sequence[CriterionSpec], verdicts: Sequence[Mapping[str, Any]], key: str) -> list[dict[str, Any]]:
    return [
        {"id": criterion.id, key: verdict[key], "weight": criterion.weight, "reason": _text(verdict.get("reason"))}
        for criterion, verdict in zip(criteria, verdicts, strict=True)
    ]


def _reasons(criteria: Sequence[CriterionSpec], verdicts: Sequence[Mapping[str, Any]]) -> str:
    reasons = (
        (criterion.id, _text(verdict.get("reason"))) for criterion, verdict in zip(criteria, verdicts, strict=True)
    )
    return "; ".join(f"{name}: {reason}" for name, reason in reasons if reason)
