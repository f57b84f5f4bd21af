"""`normalize(x)` planned: the range that it maps to [0, 1] is written into the call."""

from __future__ import annotations

from typing import TypeGuard

from rmcompose.analysis import infer, normalized_range
from rmcompose.analysis.scope import Scope
from rmcompose.ir import Call, Constant, Expression
from rmcompose.ir.ranges import NORMALIZED
from rmcompose.ir.walk import transform


def with_ranges(expression: Expression, scope: Scope) -> Expression:
    """Each `normalize(x)` as `normalized(x, low, high)`, with the range of `x` as it is written."""
    scales: list[tuple[Expression, Expression]] = []

    def look(one: Expression) -> Expression:
        if _is_normalize(one):
            low, high = normalized_range(infer(one.arguments[0], scope))
            scales.append((Constant(value=low), Constant(value=high)))
        return one

    # ranges are inferred before anything is changed: inference knows the functions of the language only
    transform(expression, look)
    rest = iter(scales)

    def change(one: Expression) -> Expression:
        if not _is_normalize(one):
            return one
        return Call(function=NORMALIZED, arguments=(one.arguments[0], *next(rest)), span=one.span)

    return transform(expression, change) if scales else expression


def _is_normalize(one: Expression) -> TypeGuard[Call]:
    return isinstance(one, Call) and one.function == "normalize"
