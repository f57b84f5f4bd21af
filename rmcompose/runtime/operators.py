"""What the operators do with values that may be unknown: the closures that `lowering` puts together.

Operators that need all operands are strict, those that some operands may settle are done where the range of the result
is a single point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from rmcompose.ir import Call, arithmetic, interval
from rmcompose.ir.arithmetic import NonFinite
from rmcompose.ir.constants import evaluate
from rmcompose.ir.interval import BOOLEAN, EVERYTHING, LARGEST, Interval, hull_of, safely
from rmcompose.ir.ranges import ARITHMETIC
from rmcompose.plan.steps import Step
from rmcompose.runtime.frame import Frame
from rmcompose.runtime.unknown import Cause, Unknown, all_wants, first_cause, reach_of, settle, strict

Closure = Callable[[Frame, int], Any]


def either(unsure: Sequence[Unknown], possible: Sequence[Any]) -> Any:
    """One of several values where what chooses is unscored: the value if all are the same, else unscored."""
    first = possible[0]
    if all(type(one) is not Unknown and type(one) is type(first) and one == first for one in possible):
        return first
    everything = [*unsure, *possible]
    numeric = [one for one in possible if not isinstance(one, str | list) and _ranged(one)]
    if len(numeric) < len(possible):
        return Unknown(None, first_cause(everything), all_wants(possible))
    ranges = [reach_of(one) for one in possible]
    reach = hull_of(ranges)
    wants = all_wants(possible)
    if wants and max(low for low, _ in ranges) <= min(high for _, high in ranges):
        # what is still unknown may turn out to be the same on every side
        return Unknown(reach, None, wants)
    if not wants and reach[0] == reach[1]:
        return first
    return Unknown(reach, first_cause(everything), wants)


def _ranged(value: Any) -> bool:
    return type(value) is not Unknown or value.range is not None


def coalesce(left: Closure, right: Closure) -> Closure:
    """`left ?? right`: the right one once it is sure that the left is unscored."""

    def coalesce(frame: Frame, index: int) -> Any:
        value = left(frame, index)
        if type(value) is not Unknown:
            return value
        if value.cause is not None:
            return right(frame, index)
        if value.range is None:
            return value
        # not asked yet: it will be the one or the other
        other = right(frame, index)
        reach = hull_of([value.range, reach_of(other)]) if _ranged(other) else None
        return Unknown(reach, None, value.wants)

    return coalesce


def checked(a: Any, b: Any, compute: Callable[[Any, Any], Any], owner: Step, reach: Interval) -> Any:
    """`compute(a, b)` of known numbers, or the unknown of a result that is not finite."""
    try:
        value = compute(a, b)
        if -LARGEST <= value <= LARGEST:  # false for NaN
            return value
    except (OverflowError, NonFinite):
        pass
    return not_finite(owner, reach)


def not_finite(owner: Step, reach: Interval, message: str = "") -> Unknown:
    """The unknown of a result that is not finite, told of the step that computes it; `reach` is its static range."""
    message = message or "the result is not a finite number"
    return Unknown(reach, Cause((owner.tier, *owner.rank), "non_finite", shown_name(owner.id), message))


def shown_name(step_id: str) -> str:
    """The name of a step as it is told to people."""
    return step_id.removeprefix("@")


def finite_or_unknown(compute: Callable[[], Any], owner: Step, reach: Interval) -> Any:
    """What `compute` gives, or the unknown of a result that is not finite."""
    try:
        value = compute()
        if -LARGEST <= value <= LARGEST:
            return value
    except NonFinite as error:
        return not_finite(owner, reach, str(error))
    except OverflowError:
        pass
    return not_finite(owner, reach)


def added(op: str, left: Closure, right: Closure, owner: Step, reach: Interval) -> Closure:
    """`a + b` or `a - b`: strict."""
    compute = arithmetic.add if op == "+" else arithmetic.subtract
    compute_range = ARITHMETIC[op]

    def added(frame: Frame, index: int) -> Any:
        a, b = left(frame, index), right(frame, index)
        if type(a) is Unknown or type(b) is Unknown:
            return strict(safely(compute_range, reach_of(a), reach_of(b)), [a, b])
        return checked(a, b, compute, owner, reach)

    return added


def divided(left: Closure, right: Closure, owner: Step, reach: Interval) -> Closure:
    """`a / b`: settled by a dividend of 0."""

    def divided(frame: Frame, index: int) -> Any:
        a, b = left(frame, index), right(frame, index)
        if type(a) is Unknown or type(b) is Unknown:
            return settle(safely(interval.divide, reach_of(a), reach_of(b)), [a, b])
        return checked(a, b, arithmetic.divide, owner, reach)

    return divided


def single(
    argument: Closure,
    owner: Step,
    static: Interval,
    compute: Callable[[Any], Any],
    reach: Callable[[Interval], Interval],
) -> Closure:
    """A function of one number that is unknown wherever the number is."""

    def single(frame: Frame, index: int) -> Any:
        value = argument(frame, index)
        if type(value) is Unknown:
            return strict(safely(reach, reach_of(value)), [value])
        return finite_or_unknown(lambda: compute(value), owner, static)

    return single


def settled(
    arguments: Sequence[Closure],
    owner: Step,
    static: Interval,
    compute: Callable[..., Any],
    reach: Callable[..., Interval],
    *,
    transparent: bool = False,
) -> Closure:
    """A function that may be settled although an argument is unknown: `clamp`, `round`, `piecewise`."""

    def settled(frame: Frame, index: int) -> Any:
        values = [argument(frame, index) for argument in arguments]
        if any(type(value) is Unknown for value in values):
            outer = safely(reach, *(reach_of(value) for value in values))
            if transparent and reach_of(values[0]) == outer:
                # a clamp that changes nothing in this range is no reason to ask one question at a time
                return strict(outer, values)
            return settle(outer, values)
        return finite_or_unknown(lambda: compute(*values), owner, static)

    return settled


SETTLED_BY: dict[str, Callable[[Any, Sequence[Interval]], bool]] = {
    "min": lambda best, others: all(best <= low for low, _ in others),
    "max": lambda best, others: all(best >= high for _, high in others),
}
"""Whether the least (greatest) value so far is the result whatever the others are."""


def of_list(function: str, argument: Closure, owner: Step) -> Closure:
    """`min`, `max`, `mean` or `sum` of a list that the sample holds."""
    compute = arithmetic.SEQUENCE_FUNCTIONS[function]

    def of_list(frame: Frame, index: int) -> Any:
        values = argument(frame, index)
        if type(values) is Unknown:
            return Unknown(EVERYTHING, values.cause, values.wants)
        if not values or not all(isinstance(v, int | float) and math.isfinite(v) for v in values):
            return not_finite(owner, EVERYTHING, f"`{function}` needs a list of finite numbers with at least one item")
        return finite_or_unknown(lambda: compute(values), owner, EVERYTHING)

    return of_list


def textual(function: str, arguments: Sequence[Closure], expression: Call) -> Closure:
    """`contains`, `lower`, `len` and `matches`, whose pattern is compiled once."""
    if function == "matches":
        from rmcompose.primitives.patterns import compile_pattern

        pattern = compile_pattern(evaluate(expression.arguments[1], {}))
        compute: Callable[..., Any] = pattern.search
        arguments = arguments[:1]
    else:
        texts: dict[str, Callable[..., Any]] = {
            "contains": arithmetic.text_contains,
            "lower": arithmetic.text_lower,
            "len": len,
        }
        compute = texts[function]
    reach = {"len": (0, math.inf), "lower": None}.get(function, BOOLEAN)

    def textual(frame: Frame, index: int) -> Any:
        values = [argument(frame, index) for argument in arguments]
        if any(type(value) is Unknown for value in values):
            return strict(reach, values)
        return compute(*values)

    return textual
