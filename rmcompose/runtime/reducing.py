"""`reduce` at work: over the steps of a response in their order, no further than the result depends on them.

    min, max        until a step has the least (greatest) value there can be
    product         until a step is 0
    last            the last step alone
    first_error     until the first step below the threshold
    mean, sum, discounted   every step

The steps after that are not evaluated, and no judge is asked about them. What is unknown of a step stands for its whole
range, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rmcompose.data.content import Absent
from rmcompose.ir.interval import EVERYTHING, Interval, safely
from rmcompose.ir.reducing import ALL_NEEDED, reduced, reduced_range
from rmcompose.plan.steps import ReduceStep
from rmcompose.runtime.frame import Frame
from rmcompose.runtime.operators import Closure, finite_or_unknown
from rmcompose.runtime.unknown import Cause, Unknown, reach_of, settle, strict


def reducing(step: ReduceStep, operand: Closure, reach: Interval) -> Closure:
    """The closure of a `reduce`; `operand` is the value per step of the response, which lies in `reach`."""
    how, by = step.how, step.by
    boolean = step.kind == "bool"
    static = step.range or EVERYTHING
    rank = (step.tier, *step.rank)
    settled = _settled(how, reach)

    def over_steps(frame: Frame, index: int) -> Any:
        span: Sequence[int] = frame.spans[index]
        if not span:
            lost = frame.steps[index]
            why = lost.why if isinstance(lost, Absent) else "the response has no steps"
            return settle(static, [Unknown(static, Cause(rank, "missing_input", "steps", why))], boolean=boolean)
        if how == "last":
            return operand(frame, span[-1])
        values: list[Any] = []
        unknown = False
        for at in span:
            value = operand(frame, at)
            if how == "first_error":
                low, high = reach_of(value)
                if low >= by:
                    value = by  # passed, whatever else is not known of it
                values.append(value)
                unknown = unknown or type(value) is Unknown
                if high < by:
                    # surely the first error, or one after it: what comes then changes nothing
                    values += [by] * (len(span) - len(values))
                    break
                continue
            values.append(value)
            if type(value) is Unknown:
                unknown = True
            elif settled is not None and settled(value):
                return value if how != "product" else 0
        if not unknown:
            return finite_or_unknown(lambda: reduced(how, values, by), step, static)
        narrowed = safely(reduced_range, how, [reach_of(value) for value in values], by)
        return strict(narrowed, values) if how in ALL_NEEDED else settle(narrowed, values, boolean=boolean)

    return over_steps


def _settled(how: str, reach: Interval) -> Callable[[Any], bool] | None:
    """Whether a value of one step is the result whatever the other steps have; None where none can be."""
    low, high = reach
    match how:
        case "min":
            return lambda value: bool(value <= low)
        case "max":
            return lambda value: bool(value >= high)
        case "product":
            return lambda value: bool(value == 0)
    return None
