"""What of a plan depends on the fitted params, and how: the plan is built for other values and compared.

A constant of a plan (a weight, a number in a formula) is, nearly always, a sum of params times numbers. So a few plans
tell all: one at the start, one for each param moved alone, and one with all moved, which shows whether that holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rmcompose.diagnostics import SpecError
from rmcompose.ir import Expression
from rmcompose.ir.types import Number
from rmcompose.learning.dual import Array
from rmcompose.learning.errors import FitError
from rmcompose.learning.names import Fitted
from rmcompose.plan.plan import Plan
from rmcompose.plan.steps import InputStep, JudgeStep, RuleStep, Step

PlanOf = Callable[[Mapping[str, Number]], Plan]
"""The plan for values of the fitted params, not optimised."""


@dataclass(frozen=True)
class Variants:
    """The same plan for several values of its params.

    `start` is at the values they had. `plans` has one for each param, in which it alone is moved by `shifts`; in
    `all_moved` all are, by `together`, which is another distance. `moved` holds the steps that hold a constant which
    differs, `moving` those and all that read them, both only where the result reads them in the
    end. `unused` names params that nothing depends on.
    """

    params: tuple[Fitted, ...]
    start: Plan
    plans: tuple[Plan, ...]
    all_moved: Plan
    shifts: Array
    together: Array
    moved: frozenset[str]
    moving: frozenset[str]
    unused: tuple[str, ...]
    by_param: dict[str, frozenset[str]] = field(default_factory=dict)

    def steps(self, step_id: str) -> tuple[Step, ...]:
        """A step in every plan: at the start, with each param moved, with all moved."""
        return tuple(plan.steps[step_id] for plan in (self.start, *self.plans, self.all_moved))


def variants(plan_of: PlanOf, params: Sequence[Fitted]) -> Variants:
    """The plans, compared.

    Raises FitError where a fitted param changes what a model is asked: it would have to be asked anew for every value.
    """
    at = {param.name: param.start for param in params}
    start = plan_of(at)
    shifts: list[float] = []
    plans: list[Plan] = []
    for param in params:
        value, plan = _probe(plan_of, at, param)
        shifts.append(float(value) - float(param.start))
        plans.append(plan)
    # another distance than alone: what is no straight line would not show at the same one
    together = [_another(param, shift) for param, shift in zip(params, shifts, strict=True)]
    everything = {param.name: _shifted(param, shift) for param, shift in zip(params, together, strict=True)}
    try:
        all_moved = plan_of(everything)
    except SpecError as error:
        raise FitError(_refused(error)) from None
    read = reached(start)
    by_param = {param.name: _differing(start, plan) & read for param, plan in zip(params, plans, strict=True)}
    moved = frozenset().union(*by_param.values(), _differing(start, all_moved) & read)
    moving: set[str] = set()
    for step in start.steps.values():  # in an order in which each comes after what it reads
        if step.id not in read:
            continue
        if step.id in moved or any(one in moving for one in step.depends):
            moving.add(step.id)
    for name, steps in by_param.items():
        _ask_once(start, steps, moving, name)
    unused = tuple(name for name, steps in by_param.items() if not steps)
    return Variants(
        tuple(params),
        start,
        tuple(plans),
        all_moved,
        np.array(shifts),
        np.array(together),
        moved,
        frozenset(moving),
        unused,
        by_param,
    )


def reached(plan: Plan) -> frozenset[str]:
    """The steps that the result reads, with all that those read."""
    found: set[str] = set()
    left = [plan.result]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left.extend(plan.steps[one].depends)
    return frozenset(found)


def _shifted(param: Fitted, shift: float) -> Number:
    value = float(param.start) + shift
    return round(value) if param.whole else value


def _another(param: Fitted, shift: float) -> float:
    """Another distance that the param can be moved by; the same where there is no other."""
    if not param.whole:
        return shift / 2
    for tried in (2 * shift, -shift):
        if param.low <= float(param.start) + tried <= param.high:
            return tried
    return shift


def _probe(plan_of: PlanOf, at: Mapping[str, Number], param: Fitted) -> tuple[Number, Plan]:
    """Another value that the param can take, and the plan there."""
    fault: SpecError | None = None
    for value in _others(param):
        try:
            return value, plan_of({**at, param.name: value})
        except SpecError as error:
            fault = error
    if fault is not None:
        raise FitError(_refused(fault))
    raise FitError(f"the param `{param.name}` can only be {param.start}: there is nothing to fit")


def _refused(error: SpecError) -> str:
    return f"the spec does not hold for other values of the fitted params: {error.diagnostics[0].message}"


def _others(param: Fitted) -> list[Number]:
    """Values beside the start, within the bounds."""
    start = float(param.start)
    step = 1.0 if param.whole else param.width / 4
    tried = [start + step, start - step, start + step / 7, start - step / 7, param.high, param.low]
    values = [param.held(value) for value in tried if math.isfinite(value)]
    whole = [round(value) if param.whole else value for value in values]
    return [value for value in dict.fromkeys(whole) if value != param.start and param.low <= value <= param.high]


def _differing(one: Plan, other: Plan) -> frozenset[str]:
    if list(one.steps) != list(other.steps):
        raise FitError("the fitted params change which nodes there are, and only numbers of nodes can be fitted")
    return frozenset(name for name, step in one.steps.items() if step.key() != other.steps[name].key())


def _ask_once(plan: Plan, moved: frozenset[str], moving: set[str], param: str) -> None:
    """Raises FitError where the param reaches what is shown to a model, or a setting of what asks one."""
    for step in plan.steps.values():
        asks = isinstance(step, JudgeStep) or (isinstance(step, RuleStep) and bool(step.asks))
        if asks and step.id in moved:
            raise FitError(
                f"the param `{param}` is a setting of `{step.id}`, which would be asked anew for every value"
            )
        if asks and any(one in moving for one in step.depends):
            raise FitError(
                f"what `{step.id}` is shown depends on a fitted param: it would be asked anew for every value"
            )


class Unsuited(Exception):
    """The score is no formula over arrays, for the reason given: it is then computed by the runtime alone."""


def numbers_of(variants: Variants, values: Sequence[float]) -> tuple[float, Array]:
    """A constant in all plans as its value at the start and its slope by each param. Raises Unsuited."""
    start, *moved, together = map(float, values)
    slope = np.array([(value - start) / shift for value, shift in zip(moved, variants.shifts, strict=True)])
    reached = start + float(slope @ variants.together)
    if not math.isclose(reached, together, rel_tol=1e-9, abs_tol=1e-12):
        raise Unsuited("a constant is no sum of the fitted params")
    return start, slope


def same(expressions: Sequence[Expression]) -> bool:
    """Whether a constant or formula is the same in all plans."""
    return all(one == expressions[0] for one in expressions[1:])


def unsuited_step(step: Step) -> str:
    """Why a step that depends on the fitted params is computed by the runtime alone."""
    what = "an input's default" if isinstance(step, InputStep) else f"`{step.id}`"
    return f"{what} depends on the fitted params and is not a formula of one response"
