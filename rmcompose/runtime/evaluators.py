"""From a step to the closure that evaluates it for one response, once per composition.

Rules are run where they are met, judges are never: a judge whose question is complete answers with a want, and the
engine asks it. Look first at `Evaluators`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from rmcompose.ir import interval
from rmcompose.ir.aggregates import STRICT, aggregate, aggregate_range, dropped_range
from rmcompose.ir.arithmetic import GROUP, NonFinite
from rmcompose.ir.interval import EVERYTHING, Interval, hull, hull_of
from rmcompose.ir.ranges import GROUP_RANGES
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import (
    AggregateStep,
    FormulaStep,
    GroupStep,
    InputStep,
    JudgeStep,
    ResultStep,
    RuleStep,
    Step,
)
from rmcompose.primitives.registry import RuleError, RuleSignature, signature
from rmcompose.runtime.binding import binder
from rmcompose.runtime.frame import Frame, Note
from rmcompose.runtime.lowering import Closure, Lowering, not_finite, shown_name
from rmcompose.runtime.unknown import WHOLE_GROUP, Cause, Unknown, all_wants, first_cause, reach_of, settle, strict

HEAVY = 2
"""The cost class of rules that would hold up an event loop: there they are run in threads of their own."""


class Evaluators:
    """The closures of a plan's steps. `places` numbers the steps; `heavy` holds those of rules that may take long."""

    def __init__(self, plan: Plan, reads: dict[str, Closure], places: dict[str, int]) -> None:
        self.plan = plan
        self.places = places
        self.heavy: dict[int, Closure] = {}
        self.lowering = Lowering(plan.steps, reads)

    def of(self, step: Step) -> Closure:
        """The closure of one step."""
        match step:
            case InputStep():
                return self._input(step)
            case RuleStep():
                return self._rule(step)
            case JudgeStep():
                return self._judge(step)
            case FormulaStep():
                return self.lowering.lower(step.value, step)
            case GroupStep():
                return self._group(step)
            case AggregateStep():
                return self._aggregate(step)
            case ResultStep():
                return self._result(step)
        raise AssertionError(step)

    def _input(self, step: InputStep) -> Closure:
        bind = binder(step)
        rank = (step.tier, *step.rank)
        name = step.field_name or ".".join(step.path)

        def read(frame: Frame, index: int) -> Any:
            value, kind, message = bind(frame.view, index)
            if kind:
                return Unknown(step.range, Cause(rank, kind, name, message))
            return value

        return read

    def _rule(self, step: RuleStep) -> Closure:
        known = signature(step.rule)
        assert known is not None, step.rule
        call = _RuleCall(step, known, self.places[step.id])
        arguments = [(name, self.lowering.lower(value, step)) for name, value in step.arguments]

        def read(frame: Frame, index: int, unknown: list[Unknown]) -> dict[str, Any]:
            values: dict[str, Any] = {}
            for argument, closure in arguments:
                value = closure(frame, index)
                if type(value) is Unknown:
                    if argument in step.optional and value.cause is not None and value.cause.kind == "missing_input":
                        value = None
                    else:
                        unknown.append(value)
                values[argument] = value
            return values

        def run(frame: Frame, index: int) -> Any:
            unknown: list[Unknown] = []
            values = read(frame, index, unknown)
            return call.not_run(unknown) if unknown else call.run(frame, index, values)

        def run_group(frame: Frame, index: int) -> Any:
            unknown: list[Unknown] = []
            each = [read(frame, i, unknown) for i in range(frame.count)]
            if unknown:
                return call.not_run(unknown)
            listed = {argument: [values[argument] for values in each] for argument, _ in arguments}
            return call.run_group(frame, index, listed)

        def run_later(frame: Frame, index: int) -> Any:
            if not frame.defers:
                return run(frame, index)
            unknown: list[Unknown] = []
            read(frame, index, unknown)
            return call.not_run(unknown) if unknown else Unknown(step.range, None, ((self.places[step.id], index),))

        if step.group:
            return run_group
        if step.cost < HEAVY:
            return run
        self.heavy[self.places[step.id]] = run
        return run_later

    def _judge(self, step: JudgeStep) -> Closure:
        shown = [self.lowering.lower(value, step) for value in step.expressions()]
        place = self.places[step.id]
        rank = (step.tier, *step.rank)
        name = shown_name(step.id)

        def failed(unknown: Sequence[Unknown]) -> Any:
            cause = first_cause(unknown)
            if cause is None:
                return Unknown(step.range, None, all_wants(unknown))
            if step.on_unscored is not None:
                return step.on_unscored
            return Unknown(step.range, Cause(rank, cause.kind, name, cause.message))

        def ask_one(frame: Frame, index: int) -> Any:
            values = [closure(frame, index) for closure in shown]
            unknown = [value for value in values if type(value) is Unknown]
            return failed(unknown) if unknown else Unknown(step.range, None, ((place, index),))

        def ask_all(frame: Frame, index: int) -> Any:
            unknown = [
                value
                for each in range(frame.count)
                for value in (closure(frame, each) for closure in shown)
                if type(value) is Unknown
            ]
            return failed(unknown) if unknown else Unknown(step.range, None, ((place, WHOLE_GROUP),))

        return ask_all if step.compares else ask_one

    def _group(self, step: GroupStep) -> Closure:
        value = self.lowering.lower(step.value, step)
        compute = GROUP[step.function]
        reach = GROUP_RANGES[step.function]

        def grouped(frame: Frame, index: int) -> Any:
            values = [value(frame, each) for each in range(frame.count)]
            if not any(type(one) is Unknown for one in values):
                try:
                    return compute(values)[index]
                except (NonFinite, OverflowError) as error:
                    return not_finite(step, str(error) or "the result is not a finite number")
            if step.function == "rank":
                return settle(_rank_range(values, index), values)
            if step.function == "best":
                return settle(_best_range(values, index), values, boolean=True)
            return strict(reach, values)

        return grouped

    def _aggregate(self, step: AggregateStep) -> Closure:
        members = [self.lowering.lower(member, step) for member in step.members]
        places = sorted(range(len(members)), key=lambda i: self.lowering.tier(step.members[i]))
        reaches = [self.lowering.reach(member) for member in step.members]
        if step.drop:
            combine = _dropping(step, members, reaches, self.places[step.id])
        else:
            combine = _combining(step, members, places, reaches)
        return _with_fallback(combine, step.on_unscored)

    def _result(self, step: ResultStep) -> Closure:
        gates = [
            (self.lowering.lower(g.condition, step), self.lowering.lower(g.otherwise, step), g) for g in step.gates
        ]
        order = sorted(range(len(gates)), key=lambda i: self.lowering.tier(gates[i][2].condition))
        body = self.lowering.lower(step.value, step)
        accept = acceptance(step)
        place = self.places[step.id]
        rank = (step.tier, *step.rank)
        name = shown_name(step.id)

        def held(value: Any) -> Any:
            if type(value) is Unknown:
                return value
            value, kind, message = accept(value)
            return Unknown(step.range, Cause(rank, kind, name, message)) if kind else value

        def result(frame: Frame, index: int) -> Any:
            conditions: list[Any] = [None] * len(gates)
            for i in order:
                conditions[i] = gates[i][0](frame, index)
            unsure: list[Unknown] = []
            outcomes: list[Any] = []
            for (_, otherwise, gate), passed in zip(gates, conditions, strict=True):
                if passed is True:
                    continue
                outcomes.append(otherwise(frame, index))
                if passed is False:
                    if not unsure:
                        frame.decisions[place, index] = gate.because or "its condition does not hold"
                        return held(outcomes[-1])
                    return held(_one_of(unsure, outcomes))
                unsure.append(passed)
            if not unsure:
                return held(body(frame, index))
            return _let_nothing_through(step, unsure, outcomes)

        return _with_fallback(result, step.on_unscored)


class _RuleCall:
    """One rule with its constants bound, and what becomes of each call."""

    def __init__(self, step: RuleStep, known: RuleSignature, place: int) -> None:
        self.step, self.known, self.place = step, known, place
        self.constants = dict(step.constants)
        self.function = known.bind(**self.constants)
        self.accept = acceptance(step)
        self.rank = (step.tier, *step.rank)
        self.name = shown_name(step.id)

    def fail(self, kind: str, node: str, message: str) -> Any:
        """The value where the rule gives none."""
        if self.step.on_unscored is not None:
            return self.step.on_unscored
        return Unknown(self.step.range, Cause(self.rank, kind, node, message))

    def not_run(self, unknown: Sequence[Unknown]) -> Any:
        """The value where arguments are not known: not yet, or never."""
        cause = first_cause(unknown)
        if cause is None:
            return Unknown(self.step.range, None, all_wants(unknown))
        return self.fail(cause.kind, self.name if cause.kind == "missing_input" else cause.node, cause.message)

    def run(self, frame: Frame, index: int, values: dict[str, Any]) -> Any:
        """Calls the rule for one response."""
        started = perf_counter()
        try:
            value = self.function(**values)
        except RuleError as error:
            return self.fail(error.kind, self.name, str(error))
        except Exception as error:  # noqa: BLE001  # a rule is code of anyone's: what it raises is this value's reason
            return self.fail("rule_error", self.name, f"{type(error).__name__}: {error}"[:500])
        value, kind, message = self.accept(value)
        if kind:
            return self.fail(kind, self.name, message)
        if frame.traced:
            ms = (perf_counter() - started) * 1000
            frame.notes[self.place, index] = Note(ms=ms, text=self.explained(value, values))
        return value

    def run_group(self, frame: Frame, index: int, listed: dict[str, list[Any]]) -> Any:
        """Calls the rule once for all responses, and keeps what it gives for each."""
        started = perf_counter()
        try:
            values = list(self.function(**listed))
        except RuleError as error:
            values = [self.fail(error.kind, self.name, str(error))] * frame.count
        except Exception as error:  # noqa: BLE001  # as for one response
            values = [self.fail("rule_error", self.name, f"{type(error).__name__}: {error}"[:500])] * frame.count
        if len(values) != frame.count:
            message = f"the rule gave {len(values)} values for {frame.count} responses"
            values = [self.fail("rule_error", self.name, message)] * frame.count
        slots = frame.slots[self.place]
        slots[:] = [self.held(value) for value in values]
        frame.notes[self.place, 0] = Note(ms=(perf_counter() - started) * 1000)
        return slots[index]

    def held(self, value: Any) -> Any:
        """A value of the rule, or what becomes of it where the rule's signature does not allow it."""
        if type(value) is Unknown:
            return value
        accepted, kind, message = self.accept(value)
        return self.fail(kind, self.name, message) if kind else accepted

    def explained(self, value: Any, values: dict[str, Any]) -> str:
        """What the rule says of its value, where it has something to say."""
        if self.known.explain is None:
            return ""
        try:
            return str(self.known.explain(value, **self.constants, **values))
        except Exception:  # noqa: BLE001  # an explanation is never a reason to lose a value
            return ""


def _one_of(unsure: Sequence[Unknown], outcomes: Sequence[Any]) -> Any:
    """The result where a gate fails and gates before it are not known: settled if all give the same."""
    if all(type(one) is not Unknown and one == outcomes[0] for one in outcomes):
        return outcomes[0]
    reach = hull_of([reach_of(one) for one in outcomes])
    wants = unsure[0].wants or all_wants(unsure)[:1]
    return Unknown(reach, None if wants else first_cause([*unsure, *outcomes]), wants)


def _let_nothing_through(step: ResultStep, unsure: Sequence[Unknown], outcomes: Sequence[Any]) -> Unknown:
    """The result where no gate surely fails and some are not known: the body is never let through.

    A gate that is unscored for good makes the result unscored, unless a later one that is still open may fail with
    the same value.
    """
    wants = next((one.wants for one in unsure if one.wants), ())
    settled = [i for i, one in enumerate(unsure) if not one.wants]
    if settled and wants:
        first = settled[0]
        before = any(one.wants for one in unsure[:first])
        after = any(
            one.wants and outcomes[i + first + 1] == outcomes[first] for i, one in enumerate(unsure[first + 1 :])
        )
        if not before and not after:
            return Unknown(step.range, first_cause([unsure[first]]))
    return Unknown(step.range, None if wants else first_cause(unsure), wants)


def _with_fallback(evaluate: Closure, fallback: Any) -> Closure:
    if fallback is None:
        return evaluate

    def replaced(frame: Frame, index: int) -> Any:
        value = evaluate(frame, index)
        if type(value) is not Unknown:
            return value
        if value.cause is not None:
            return fallback
        reach = hull(value.range, (fallback, fallback)) if value.range is not None else None
        return Unknown(reach, None, value.wants)

    return replaced


def _combining(
    step: AggregateStep, members: Sequence[Closure], places: Sequence[int], reaches: Sequence[Interval]
) -> Closure:
    function, weights, k = step.function, step.weights, step.k
    boolean = step.kind == "bool"
    counted = [i for i in range(len(members)) if not weights or weights[i] != 0]
    needs_all = function in STRICT
    settles = _early(step, [reaches[place] for place in places])

    def combined(frame: Frame, index: int) -> Any:
        values: list[Any] = [None] * len(members)
        unknown = False
        look = settles()
        for place in places:
            value = values[place] = members[place](frame, index)
            unknown = unknown or type(value) is Unknown
            settled = look(value)
            if settled is not None:
                return settled
        if not unknown:
            try:
                return aggregate(function, values, weights, k)
            except (NonFinite, OverflowError) as error:
                return not_finite(step, str(error) or "the result is not a finite number")
        reach = aggregate_range(function, [reach_of(value) for value in values], weights, k)
        if not needs_all:
            return settle(reach, values, boolean=boolean)
        needed = [values[i] for i in counted]
        if any(type(value) is Unknown for value in needed):
            return strict(reach, needed)
        # only members of weight 0 are unknown: they count for nothing
        return aggregate(function, [reach_of(value)[0] for value in values], weights, k)

    return combined


def _early(step: AggregateStep, reaches: Sequence[Interval]) -> Callable[[], Callable[[Any], Any]]:
    """Makes, for one evaluation, the look at each member in turn that tells the result once it is settled, else None.

    `reaches` are the members' static ranges in the order they are evaluated.
    """
    function = step.function
    zero = {"product": 0, "geometric_mean": 0.0, "harmonic_mean": 0.0}.get(function)
    if function in ("min", "max"):
        return _early_extreme(function, reaches)
    if function in ("all", "any"):
        return lambda: lambda value: value if value is (function == "any") else None
    if function == "at_least":
        return lambda: _Count(step.k, len(reaches)).look
    if zero is not None:
        return lambda: lambda value: zero if type(value) is not Unknown and value == 0 else None
    return lambda: lambda value: None


def _early_extreme(function: str, reaches: Sequence[Interval]) -> Callable[[], Callable[[Any], Any]]:
    # for `max` everything is mirrored
    sign = 1 if function == "min" else -1
    least = [low if sign == 1 else -high for low, high in reaches]
    later = [math.inf] * len(least)
    for i in range(len(least) - 2, -1, -1):
        later[i] = min(later[i + 1], least[i + 1])

    def start() -> Callable[[Any], Any]:
        return _Extreme(sign, least, later).look

    return start


class _Extreme:
    """The least (greatest) member so far, and how low those not known may go."""

    __slots__ = ("at", "best", "later", "least", "sign", "unknown")

    def __init__(self, sign: int, least: Sequence[float], later: Sequence[float]) -> None:
        self.sign, self.least, self.later = sign, least, later
        self.at = -1
        self.best: Any = None
        self.unknown = math.inf

    def look(self, value: Any) -> Any:
        self.at += 1
        if type(value) is Unknown:
            low, high = reach_of(value)
            self.unknown = min(self.unknown, low if self.sign == 1 else -high)
        elif self.best is None or self.sign * value < self.sign * self.best:
            self.best = value
        limit = min(self.unknown, self.later[self.at])
        if self.best is not None and limit < math.inf and self.sign * self.best <= limit:
            return self.best
        return None


class _Count:
    """How many members hold so far, and how many may still."""

    __slots__ = ("k", "left", "sure")

    def __init__(self, k: int, members: int) -> None:
        self.k, self.left, self.sure = k, members, 0

    def look(self, value: Any) -> Any:
        if type(value) is Unknown:
            return None  # it may still hold, and stays counted among those left
        self.left -= 1
        self.sure += bool(value)
        if self.sure >= self.k:
            return True
        return False if self.sure + self.left < self.k else None


def _dropping(step: AggregateStep, members: Sequence[Closure], reaches: Sequence[Interval], place: int) -> Closure:
    function, weights, k = step.function, step.weights, step.k
    everything = dropped_range(function, reaches, weights)

    def dropping(frame: Frame, index: int) -> Any:
        values = [member(frame, index) for member in members]
        wants = all_wants(value for value in values if type(value) is Unknown and value.cause is None)
        if wants:
            return Unknown(everything, None, wants)
        there = [i for i, value in enumerate(values) if type(value) is not Unknown]
        if len(there) < len(values):
            gone = len(values) - len(there)
            frame.notes[place, index] = Note(text=f"{gone} of {len(values)} members unscored and dropped")
        if not there:
            return Unknown(everything, first_cause(values))
        kept = tuple(weights[i] for i in there) if weights else ()
        try:
            return aggregate(function, [values[i] for i in there], kept, k)
        except (NonFinite, OverflowError) as error:
            return not_finite(step, str(error) or "the result is not a finite number")

    return dropping


def _rank_range(values: Sequence[Any], index: int) -> Interval:
    own = reach_of(values[index])
    others = [reach_of(value) for i, value in enumerate(values) if i != index]
    return 1 + sum(low > own[1] for low, _ in others), 1 + sum(high > own[0] for _, high in others)


def _best_range(values: Sequence[Any], index: int) -> Interval:
    own = reach_of(values[index])
    sure = possible = True
    for i, value in enumerate(values):
        if i == index:
            continue
        low, high = reach_of(value)
        wins_tie = index < i
        sure = sure and (own[0] > high or (wins_tie and own[0] >= high))
        possible = possible and (own[1] > low or (wins_tie and own[1] >= low))
    return int(sure), int(possible)


def acceptance(step: Step) -> Callable[[Any], tuple[Any, str, str]]:
    """The check of a value a step gives: (value, "", "") or (None, reason kind, message).

    A number may pass a bound by rounding only (1e-9 of its size) and is then that bound; further out it is
    `off_scale`, never moved into the range.
    """
    if step.kind == "text":
        return lambda value: (
            (value, "", "") if isinstance(value, str) else (None, "rule_error", "the value is not text")
        )
    if step.kind == "bool":
        return lambda value: (
            (value, "", "") if isinstance(value, bool) else (None, "rule_error", "the value is not true or false")
        )
    low, high = step.range or EVERYTHING
    low_slack, high_slack = low - interval.slack(low), high + interval.slack(high)

    def accept(value: Any) -> tuple[Any, str, str]:
        if value is True or value is False:
            value = int(value)
        if not isinstance(value, int | float):
            return None, "rule_error", f"the value is {type(value).__name__}, not a number"
        if low <= value <= high and -math.inf < value < math.inf:
            return value, "", ""
        if value - value != 0:
            return None, "non_finite", "the value is not a finite number"
        if low_slack <= value <= high_slack:
            return (low if value < low else high), "", ""
        return None, "off_scale", f"{value:g} is outside [{low:g}, {high:g}]"

    return accept
