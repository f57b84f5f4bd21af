"""`reduce(x, "how")` planned: a step that reads one other, which is evaluated once per step of a response.

reduce(good * 0.5, "min")     →   @reduced = good * 0.5, once per step; @reduce = min of it, once per response
"""

from __future__ import annotations

from collections.abc import Mapping

from rmcompose.ir import Binary, Call, Constant, Expression, If, Name, Route, Unary
from rmcompose.ir.interval import EVERYTHING, Interval, safely
from rmcompose.ir.ranges import COMPARISONS, range_of
from rmcompose.ir.reducing import BOOL_THRESHOLD, KEEPS_KIND, unknown_count
from rmcompose.ir.walk import names
from rmcompose.plan.steps import RESPONSE, STEP, FormulaStep, ReduceStep, Step, ValueKind


def reduction(
    call: Call, by: float | None, steps: Mapping[str, Step], prefix: str, rank: tuple[int, ...]
) -> list[Step]:
    """The steps of a checked call over step ids, the `ReduceStep` last; `by` is its third argument."""
    value, how, *_ = call.arguments
    assert isinstance(how, Constant)
    way = str(how.value)
    if by is None:
        by = BOOL_THRESHOLD if way == "first_error" else 0
    boolean = _is_bool(value, steps)
    kind: ValueKind = "bool" if boolean else "float"
    reach = _range(value, steps)
    found: list[Step] = []
    if not isinstance(value, Name):
        value_id = f"@{prefix}reduced:{len(steps)}"
        found.append(FormulaStep(value_id, kind, reach, STEP, rank, value.span, value=value))
        value = Name(name=value_id)
    found.append(
        ReduceStep(
            id=f"@{prefix}reduce:{len(steps)}",
            kind=kind if way in KEEPS_KIND else "float",
            range=safely(unknown_count, way, reach, by),
            level=RESPONSE,
            rank=rank,
            span=call.span,
            how=way,
            by=by,
            value=value,
        )
    )
    return found


def _range(value: Expression, steps: Mapping[str, Step]) -> Interval:
    return range_of(value, {one.name: steps[one.name].range for one in names(value)}) or EVERYTHING


def _is_bool(expression: Expression, steps: Mapping[str, Step]) -> bool:
    """Whether the values of a checked formula are bools."""
    match expression:
        case Constant():
            return isinstance(expression.value, bool)
        case Name():
            return steps[expression.name].kind == "bool"
        case Unary():
            return expression.op == "not"
        case Binary():
            if expression.op == "??":
                return _is_bool(expression.left, steps) and _is_bool(expression.right, steps)
            return expression.op in COMPARISONS or expression.op in ("and", "or", "in")
        case If():
            return _is_bool(expression.then, steps) and _is_bool(expression.otherwise, steps)
        case Route():
            sides = [arm.then for arm in expression.arms]
            ends = [expression.otherwise] if expression.otherwise is not None else []
            return all(_is_bool(one, steps) for one in (*sides, *ends))
        case Call():
            return expression.function in ("contains", "matches")
        case _:
            return False
