"""The value of an expression that holds only literals and names whose values are known.

`evaluate` is what gives weights, defaults, settings and folded formulas their values. It computes with `arithmetic`,
the same functions the runtime uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from rmcompose.ir import arithmetic
from rmcompose.ir.expressions import (
    GROUP_FUNCTIONS,
    REDUCE,
    Binary,
    Call,
    Constant,
    Expression,
    If,
    ListOf,
    Name,
    Route,
    Unary,
)


class NotConstant(Exception):
    """The expression needs a value that is not known before the sample is read."""


def evaluate(expression: Expression, names: Mapping[str, Any]) -> Any:
    """The value (bool, int, float, text or list). Raises NotConstant, or arithmetic.NonFinite where it has none."""
    match expression:
        case Constant():
            return expression.value
        case ListOf():
            return [evaluate(item, names) for item in expression.items]
        case Name():
            if expression.name not in names:
                raise NotConstant(expression.name)
            return names[expression.name]
        case Unary():
            value = evaluate(expression.operand, names)
            return (not value) if expression.op == "not" else -value
        case Binary():
            return _binary(expression, names)
        case If():
            taken = expression.then if evaluate(expression.condition, names) else expression.otherwise
            return evaluate(taken, names)
        case Route():
            return _route(expression, names)
        case Call():
            return _call(expression, names)
    raise NotConstant(type(expression).__name__)


def compare(op: str, a: Any, b: Any) -> bool:
    """One comparison or `in`. Texts compare with texts, numbers with numbers."""
    match op:
        case "==":
            return bool(a == b)
        case "!=":
            return bool(a != b)
        case "<":
            return bool(a < b)
        case "<=":
            return bool(a <= b)
        case ">":
            return bool(a > b)
        case ">=":
            return bool(a >= b)
        case _:
            return bool(a in b)


_ARITHMETIC = {
    "+": arithmetic.add,
    "-": arithmetic.subtract,
    "*": arithmetic.multiply,
    "/": arithmetic.divide,
}


def _binary(expression: Binary, names: Mapping[str, Any]) -> Any:
    op = expression.op
    left = evaluate(expression.left, names)
    if op == "??":
        return left
    if op == "and":
        return bool(left) and bool(evaluate(expression.right, names))
    if op == "or":
        return bool(left) or bool(evaluate(expression.right, names))
    right = evaluate(expression.right, names)
    if op in _ARITHMETIC:
        return _finite(_ARITHMETIC[op](left, right))
    return compare(op, left, right)


def _finite(value: Any) -> Any:
    return value if isinstance(value, str) else arithmetic.finite(value)


def _route(expression: Route, names: Mapping[str, Any]) -> Any:
    subject = evaluate(expression.subject, names) if expression.subject is not None else None
    for arm in expression.arms:
        when = evaluate(arm.when, names)
        if (when == subject) if expression.subject is not None else when:
            return evaluate(arm.then, names)
    if expression.otherwise is None:
        raise NotConstant("no arm of the route matches")
    return evaluate(expression.otherwise, names)


def _call(expression: Call, names: Mapping[str, Any]) -> Any:
    function = expression.function
    if function in GROUP_FUNCTIONS or function in (REDUCE, "normalize", "matches"):
        raise NotConstant(function)
    arguments = [evaluate(argument, names) for argument in expression.arguments]
    if function in arithmetic.SEQUENCE_FUNCTIONS:
        values = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
        if not values:
            raise arithmetic.NonFinite(f"`{function}` of nothing")
        return _finite(arithmetic.SEQUENCE_FUNCTIONS[function](values))
    if function in arithmetic.SCALAR_FUNCTIONS:
        return _finite(arithmetic.SCALAR_FUNCTIONS[function](*arguments))
    if function == "piecewise":
        return arithmetic.piecewise(arguments[0], piecewise_points(arguments[1:]))
    if function == "len":
        return len(arguments[0])
    if function == "lower":
        return arithmetic.text_lower(arguments[0])
    if function == "contains":
        return arithmetic.text_contains(*arguments)
    raise NotConstant(function)


def piecewise_points(arguments: list[Any]) -> list[tuple[float, float]]:
    """The points of a `piecewise`: flat `x0, y0, x1, y1`, pairs `[x0, y0], [x1, y1]`, or one list of pairs.

    Raises ValueError with a message where they are not points of rising x.
    """
    items = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
    if items and all(_is_number(item) for item in items):
        if len(items) % 2:
            raise ValueError("the points are pairs of x and y")
        pairs = [(items[i], items[i + 1]) for i in range(0, len(items), 2)]
    else:
        if not all(isinstance(p, list) and len(p) == 2 and all(map(_is_number, p)) for p in items):
            raise ValueError("the points are pairs of x and y")
        pairs = [(p[0], p[1]) for p in items]
    if not pairs:
        raise ValueError("there is no point")
    if any(b[0] <= a[0] for a, b in pairwise(pairs)):
        raise ValueError("the x of the points must rise")
    return pairs


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
