"""Arrays of values with their derivatives by the params: what the operators of the language are to a fit.

A `Dual` holds a value for each response (or one for all), and how it changes with each param. A bool is 1 or 0, what is
not known is NaN. Values are those of `ir/arithmetic.py` up to rounding of floats, which a fit checks against the
runtime; where a function has a kink, its derivative is one of those beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rmcompose.ir import arithmetic

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dual:
    """`value` has the shape () or (responses,), `slope` None where it is 0, else the shape (…, params)."""

    value: Array
    slope: Array | None = None


def constant(value: float) -> Dual:
    """A number that does not change."""
    return Dual(np.asarray(float(value)))


def _scaled(factor: Array, slope: Array | None) -> Array | None:
    return None if slope is None else factor[..., None] * slope


def _plus(one: Array | None, other: Array | None) -> Array | None:
    if one is None or other is None:
        return one if other is None else other
    return one + other


def add(a: Dual, b: Dual) -> Dual:
    """a + b."""
    return Dual(a.value + b.value, _plus(a.slope, b.slope))


def negate(a: Dual) -> Dual:
    """-a."""
    return Dual(-a.value, None if a.slope is None else -a.slope)


def subtract(a: Dual, b: Dual) -> Dual:
    """a - b."""
    return add(a, negate(b))


def multiply(a: Dual, b: Dual) -> Dual:
    """a * b; 0 where either is 0, whatever the other is."""
    zero = (a.value == 0) | (b.value == 0)
    value = np.where(zero, 0.0, a.value * b.value)
    slope = _plus(_scaled(_known(b.value), a.slope), _scaled(_known(a.value), b.slope))
    return Dual(value, slope)


def _known(value: Array) -> Array:
    # where a product is 0 because of the other side, what is not known must not spoil the derivative
    return np.nan_to_num(value, nan=0.0)


def divide(a: Dual, b: Dual) -> Dual:
    """a / b; not known where b is 0."""
    bottom = np.where(b.value == 0, np.nan, b.value)
    value = a.value / bottom
    slope = _plus(_scaled(1 / bottom, a.slope), _scaled(-value / bottom, b.slope))
    return Dual(np.asarray(value), slope)


def choose(condition: Array, then: Dual, otherwise: Dual) -> Dual:
    """`then` where the condition is 1, `otherwise` where it is 0, and not known where the condition is not."""
    value = np.where(np.isnan(condition), np.nan, np.where(condition == 1, then.value, otherwise.value))
    if then.slope is None and otherwise.slope is None:
        return Dual(value)
    one = 0.0 if then.slope is None else then.slope
    other = 0.0 if otherwise.slope is None else otherwise.slope
    return Dual(value, np.where((condition == 1)[..., None], one, other))


def where_known(a: Dual, b: Dual) -> Dual:
    """a, or b where a is not known."""
    return choose(np.where(np.isnan(a.value), 0.0, 1.0), a, b)


def compare(op: str, a: Dual, b: Dual) -> Dual:
    """1 or 0 for `== != < <= > >=`."""
    compute: dict[str, Callable[[Array, Array], Any]] = {
        "==": np.equal,
        "!=": np.not_equal,
        "<": np.less,
        "<=": np.less_equal,
        ">": np.greater,
        ">=": np.greater_equal,
    }
    found = compute[op](a.value, b.value).astype(float)
    return Dual(np.where(np.isnan(a.value) | np.isnan(b.value), np.nan, found))


def every(members: Sequence[Dual]) -> Dual:
    """1 where all are, 0 where one is 0, else not known."""
    values = np.stack(np.broadcast_arrays(*(one.value for one in members)))
    unknown = np.isnan(values).any(axis=0)
    return Dual(np.where((values == 0).any(axis=0), 0.0, np.where(unknown, np.nan, 1.0)))


def some(members: Sequence[Dual]) -> Dual:
    """1 where one is, 0 where all are 0, else not known."""
    return opposite(every([opposite(one) for one in members]))


def opposite(a: Dual) -> Dual:
    """`not a`."""
    return Dual(1.0 - a.value)


def at_least(members: Sequence[Dual], k: int) -> Dual:
    """1 where k members or more are."""
    values = np.stack(np.broadcast_arrays(*(one.value for one in members)))
    surely, possibly = (values == 1).sum(axis=0), (values != 0).sum(axis=0)
    return Dual(np.where(surely >= k, 1.0, np.where(possibly < k, 0.0, np.nan)))


def mapped(a: Dual, value: Any, slope: Any) -> Dual:
    """A function of `a`, by its values and its derivatives there."""
    return Dual(np.asarray(value, dtype=float), _scaled(np.asarray(slope, dtype=float), a.slope))


def rounded(a: Dual, digits: int) -> Dual:
    """Rounded to `digits` decimals; one by one, for NumPy rounds some halves to the other side."""
    each = [one if np.isnan(one) else float(arithmetic.rounded(one, digits)) for one in a.value.ravel().tolist()]
    return Dual(np.array(each, dtype=float).reshape(a.value.shape))


def least(members: Sequence[Dual]) -> Dual:
    """The smallest; not known where one is not."""
    result = members[0]
    for other in members[1:]:
        known = np.where(np.isnan(result.value) | np.isnan(other.value), np.nan, other.value < result.value)
        result = choose(known, other, result)
    return result


def greatest(members: Sequence[Dual]) -> Dual:
    """The largest; not known where one is not."""
    return negate(least([negate(one) for one in members]))


def product(members: Sequence[Dual]) -> Dual:
    """The product; 0 where one is 0."""
    result = members[0]
    for other in members[1:]:
        result = multiply(result, other)
    return result


def total(members: Sequence[Dual]) -> Dual:
    """The sum."""
    result = members[0]
    for other in members[1:]:
        result = add(result, other)
    return result


def median(members: Sequence[Dual]) -> Dual:
    """The middle one, or the mean of the two middle ones."""
    values = np.stack(np.broadcast_arrays(*(one.value for one in members)))
    order = np.argsort(values, axis=0, kind="stable")
    middle = len(members) // 2
    places = [middle] if len(members) % 2 else [middle - 1, middle]
    picked = [_picked(members, order[place]) for place in places]
    return picked[0] if len(picked) == 1 else multiply(add(*picked), constant(0.5))


def _picked(members: Sequence[Dual], which: Array) -> Dual:
    result = Dual(np.full(which.shape, np.nan))
    for place, member in enumerate(members):
        result = choose((which == place).astype(float), member, result)
    unknown = np.isnan(np.stack(np.broadcast_arrays(*(one.value for one in members)))).any(axis=0)
    return Dual(np.where(unknown, np.nan, result.value), result.slope)


def piecewise(x: Dual, points: Sequence[tuple[Dual, Dual]]) -> Dual:
    """Linear between points, constant outside."""
    result = points[-1][1]
    for (x0, y0), (x1, y1) in reversed(list(pairwise(points))):
        share = divide(subtract(x, x0), subtract(x1, x0))
        reached = add(y0, multiply(subtract(y1, y0), share))
        result = choose(compare("<", x, x1).value, reached, result)
    return choose(compare("<=", x, points[0][0]).value, points[0][1], result)
