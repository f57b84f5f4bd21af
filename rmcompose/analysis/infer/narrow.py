"""What a condition says of the names in it, so that `if n > 0 then 1 / n else 0` is accepted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from rmcompose.analysis.result import Inferred
from rmcompose.ir import Binary, Constant, Expression, Name, Unary
from rmcompose.ir.interval import Interval

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def narrowed(
    condition: Expression, known: Callable[[Expression], Inferred], *, holds: bool = True
) -> dict[str, Inferred]:
    """What is known of numbers where `condition` is true, or false where `holds` is not set.

    Looks into `and`, `or`, `not` and comparisons of names with names and literals; `known` is asked for those only, so
    that the cost is linear. What it does not understand narrows nothing.
    """
    result: dict[str, Inferred] = {}
    work = [(condition, holds)]
    while work:
        part, true = work.pop()
        if isinstance(part, Unary) and part.op == "not":
            work.append((part.operand, not true))
        elif isinstance(part, Binary) and part.op == ("and" if true else "or"):
            work += [(part.left, true), (part.right, true)]
        elif isinstance(part, Binary) and part.op in _MIRRORED:
            op = part.op if true else _NEGATED[part.op]
            for side, other, seen in ((part.left, part.right, op), (part.right, part.left, _MIRRORED[op])):
                if isinstance(side, Name) and _is_atom(other):
                    value = result.get(side.name) or known(side)
                    smaller = _against(value, seen, known(other))
                    if smaller is not None:
                        result[side.name] = smaller
    return result


def _is_atom(expression: Expression) -> bool:
    if isinstance(expression, Unary):
        return isinstance(expression.operand, Constant)
    return isinstance(expression, Name | Constant)


def _against(value: Inferred, op: str, other: Inferred) -> Inferred | None:
    """The value where `value op other` holds; None where nothing is learnt, or it never holds."""
    if not value.is_number or other.kind not in ("bool", "int", "float"):
        return None
    whole = value.kind == "int"
    low, high = value.range
    if op in ("<", "<=", "=="):
        high = min(high, _below(other.high, whole) if op == "<" else other.high)
    if op in (">", ">=", "=="):
        low = max(low, _above(other.low, whole) if op == ">" else other.low)
    if op == "!=" and other.low == other.high:
        low, high = _without((low, high), other.low, whole)
    if low > high or (low, high) == value.range:
        return None
    return replace(value, low=low, high=high)


def _without(bounds: Interval, point: float, whole: bool) -> Interval:  # noqa: FBT001  # one caller, two lines away
    low, high = bounds
    return (_above(low, whole) if low == point else low), (_below(high, whole) if high == point else high)


def _above(bound: float, whole: bool) -> float:  # noqa: FBT001
    """The least number above a bound."""
    if whole and math.isfinite(bound):
        return math.floor(bound) + 1
    return math.nextafter(bound, math.inf)


def _below(bound: float, whole: bool) -> float:  # noqa: FBT001
    """The greatest number below a bound."""
    if whole and math.isfinite(bound):
        return math.ceil(bound) - 1
    return math.nextafter(bound, -math.inf)
