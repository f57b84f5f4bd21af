"""From a step to the closure that evaluates it for one response, once per composition.

Rules are run where they are met, judges are never: a judge whose question is complete answers with a want, and the
engine asks it. Look first at `Evaluators`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from rmcompose.ir.arithmetic import GROUP, NonFinite
from rmcompose.ir.interval import Interval, hull, hull_of
from rmcompose.ir.ranges import GROUP_RANGES
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import (
    STEP,
    AggregateStep,
    FormulaStep,
    GroupStep,
    InputStep,
    JudgeStep,
    ReduceStep,
    ResultStep,
    RuleStep,
    Step,
)
from rmcompose.primitives.registry import signature
from rmcompose.runtime.aggregating import combining, dropping_members
from rmcompose.runtime.binding import binder, step_binder
from rmcompose.runtime.frame import Frame
from rmcompose.runtime.lowering import Lowering
from rmcompose.runtime.operators import Closure, not_finite, shown_name
from rmcompose.runtime.reducing import reducing
from rmcompose.runtime.rule_calls import RuleCall, acceptance
from rmcompose.runtime.unknown import WHOLE_GROUP, Cause, Unknown, all_wants, first_cause, reach_of, settle, strict

if TYPE_CHECKING:
    from rmcompose.runtime.client import Client

Asking = Callable[[Frame, int, "Client"], Awaitable[Any]]
"""Asks the model of a rule for one response, and gives the value."""

HEAVY = 2
"""The cost class of rules that would hold up an event loop: there they are run in threads of their own."""


class Evaluators:
    """The closures of a plan's steps. `places` numbers the steps; `heavy` holds those of rules that may take long.

    `models` holds what asks the model of a rule that does.
    """

    def __init__(self, plan: Plan, reads: dict[str, Closure], places: dict[str, int]) -> None:
        self.plan = plan
        self.places = places
        self.heavy: dict[int, Closure] = {}
        self.models: dict[int, Asking] = {}
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
            case ReduceStep():
                return reducing(step, self.lowering.lower(step.value, step), self.lowering.reach(step.value))
            case AggregateStep():
                return self._aggregate(step)
            case ResultStep():
                return self._result(step)
        raise AssertionError(step)

    def _input(self, step: InputStep) -> Closure:
        if step.level == STEP or step.field_name == "steps":
            return self._step_input(step)
        bind = binder(step)
        rank = (step.tier, *step.rank)
        name = step.field_name or ".".join(step.path)

        def read(frame: Frame, index: int) -> Any:
            value, kind, message = bind(frame.view, index)
            if kind:
                return Unknown(step.range, Cause(rank, kind, name, message))
            return value

        return read

    def _step_input(self, step: InputStep) -> Closure:
        """A field of the steps of a response."""
        bind = step_binder(step)
        rank = (step.tier, *step.rank)
        name = step.field_name or ".".join(step.path)

        def read(frame: Frame, index: int) -> Any:
            response = index if index < frame.count else frame.owners[index - frame.count]
            value, kind, message = bind(frame.steps[response], index - frame.spans[response].start)
            return Unknown(step.range, Cause(rank, kind, name, message)) if kind else value

        return read

    def _rule(self, step: RuleStep) -> Closure:
        known = signature(step.rule)
        assert known is not None, step.rule
        call = RuleCall(step, known, self.places[step.id])
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

        if step.asks:
            from rmcompose.runtime.model_rules import ModelRule  # brings the client, which few plans need

            asking = ModelRule(call)

            async def ask(frame: Frame, index: int, client: Client) -> Any:
                return await asking.ask(frame, index, read(frame, index, []), client)

            def want(frame: Frame, index: int) -> Any:
                unknown: list[Unknown] = []
                read(frame, index, unknown)
                return call.not_run(unknown) if unknown else Unknown(step.range, None, ((call.place, index),))

            self.models[call.place] = ask
            return want
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
                    return not_finite(step, reach, str(error))
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
            combine = dropping_members(step, members, reaches, self.places[step.id])
        else:
            combine = combining(step, members, places, reaches)
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
