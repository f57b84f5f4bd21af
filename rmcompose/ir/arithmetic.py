"""What every operator and function of the language computes, on plain numbers and texts.

The one place for the meaning of `+`, `mean` or `piecewise`: constant folding, the compiled evaluator and the tracing
evaluator all call these, so they agree to the bit. Sums, means and products are taken in the order given. Numbers are
Python ints, floats and bools (0 or 1); a result that is not finite raises `NonFinite`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

Number = int | float


class NonFinite(ArithmeticError):
    """A result that is not a finite number: the value becomes unscored with the reason `non_finite`."""


def finite(value: Number) -> Number:
    """`value` itself, or NonFinite. Ints too large for a float are not finite either."""
    try:
        if math.isfinite(value):
            return value
    except OverflowError:
        pass
    raise NonFinite("the result is not a finite number")


def add(a: Number, b: Number) -> Number:
    """a + b."""
    return a + b


def subtract(a: Number, b: Number) -> Number:
    """a - b."""
    return a - b


def multiply(a: Number, b: Number) -> Number:
    """a * b."""
    return a * b


def divide(a: Number, b: Number) -> float:
    """a / b; a divisor of 0 raises NonFinite."""
    if b == 0:
        raise NonFinite("division by zero")
    return a / b


def total(values: Sequence[Number]) -> Number:
    """The sum in the order given, 0 of nothing."""
    result: Number = 0
    for value in values:
        result = result + value
    return result


def mean(values: Sequence[Number]) -> float:
    """The sum in the order given over the count (at least one value)."""
    return total(values) / len(values)


def weighted_sum(values: Sequence[Number], weights: Sequence[Number]) -> Number:
    """Σ w·x in the order given."""
    result: Number = 0
    for value, weight in zip(values, weights, strict=True):
        result = result + weight * value
    return result


def weighted_mean(values: Sequence[Number], weights: Sequence[Number]) -> float:
    """Σ w·x / Σ w in the order given; the weights sum to more than 0."""
    return divide(weighted_sum(values, weights), total(weights))


def median(values: Sequence[Number]) -> float:
    """The middle value, or the mean of the two middle ones."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def product(values: Sequence[Number]) -> Number:
    """The product in the order given, 1 of nothing."""
    result: Number = 1
    for value in values:
        result = result * value
    return result


def geometric_mean(values: Sequence[Number]) -> float:
    """(Π x)^(1/n) of values of at least 0, by logarithms so that it cannot overflow; 0 where any value is 0.

    Values that all are equal give that value exactly.
    """
    if any(value == 0 for value in values):
        return 0.0
    if any(value < 0 for value in values):
        raise NonFinite("a geometric mean needs values of at least 0")
    low, high = min(values), max(values)
    if low == high:
        return float(low)
    result = math.exp(math.fsum(math.log(value) for value in values) / len(values))
    return float(min(max(result, low), high))


def harmonic_mean(values: Sequence[Number]) -> float:
    """n / Σ 1/x of values of at least 0; 0 where any value is 0. Values that all are equal give that value."""
    if any(value == 0 for value in values):
        return 0.0
    if any(value < 0 for value in values):
        raise NonFinite("a harmonic mean needs values of at least 0")
    low, high = min(values), max(values)
    if low == high:
        return float(low)
    result = len(values) / total([1 / value for value in values])
    return float(min(max(result, low), high))


def minimum(values: Sequence[Number]) -> Number:
    """The smallest value; of equal ones the first."""
    return min(values)


def maximum(values: Sequence[Number]) -> Number:
    """The largest value; of equal ones the first."""
    return max(values)


def clamp(value: Number, low: Number, high: Number) -> Number:
    """`value` moved into [low, high]."""
    if value < low:
        return low
    return min(value, high)


def rounded(value: Number, digits: int = 0) -> Number:
    """Rounded to `digits` decimals, halves to the even neighbour as IEEE 754 does; a whole number without digits."""
    return round(value, digits) if digits else round(value)


def absolute(value: Number) -> Number:
    """|x|."""
    return abs(value)


def square_root(value: Number) -> float:
    """√x of x of at least 0, else NonFinite."""
    if value < 0:
        raise NonFinite("square root of a negative number")
    return math.sqrt(value)


def exponential(value: Number) -> float:
    """e^x; NonFinite where it overflows."""
    try:
        return math.exp(value)
    except OverflowError:
        raise NonFinite("exp is too large") from None


def logarithm(value: Number) -> float:
    """The natural logarithm of x above 0, else NonFinite."""
    if value <= 0:
        raise NonFinite("logarithm of a number that is not above 0")
    return math.log(value)


def sigmoid(value: Number) -> float:
    """1 / (1 + e^-x), in [0, 1], without overflow."""
    if value >= 0:
        return 1 / (1 + math.exp(-value)) if value < 745 else 1.0
    if value < -745:
        return 0.0
    grown = math.exp(value)
    return grown / (1 + grown)


def tangent_hyperbolic(value: Number) -> float:
    """tanh x, in [-1, 1]."""
    return math.tanh(value)


def normalize(value: Number, low: Number, high: Number) -> float:
    """(x - low) / (high - low): where x lies in its declared range."""
    return (value - low) / (high - low)


def piecewise(value: Number, points: Sequence[tuple[Number, Number]]) -> Number:
    """Linear between points (x, y) of rising x, constant before the first and after the last."""
    if value <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if value == x1:
            return y1
        if value < x1:
            share = (value - x0) / (x1 - x0)
            reached = y0 + (y1 - y0) * share
            return min(max(reached, min(y0, y1)), max(y0, y1))
    return points[-1][1]


def zscore(values: Sequence[Number]) -> list[float]:
    """(x - mean) / standard deviation over the group, the deviation of the population (÷ n); all 0 where equal."""
    if len(set(values)) <= 1:
        return [0.0] * len(values)
    centre = mean(values)
    deviation = math.sqrt(finite(total([(value - centre) ** 2 for value in values]) / len(values)))
    if deviation == 0:
        return [0.0] * len(values)
    return [(value - centre) / deviation for value in values]


def minmax(values: Sequence[Number]) -> list[float]:
    """(x - min) / (max - min) over the group, all 0 where equal."""
    low, high = min(values), max(values)
    if low == high:
        return [0.0] * len(values)
    return [(value - low) / (high - low) for value in values]


def rank(values: Sequence[Number]) -> list[int]:
    """1 for the highest value; equal values share the better rank (1, 1, 3)."""
    return [1 + sum(other > value for other in values) for value in values]


def best(values: Sequence[Number]) -> list[bool]:
    """True for the highest value, of equal ones for the first only."""
    top = max(range(len(values)), key=lambda i: (values[i], -i))
    return [i == top for i in range(len(values))]


def text_contains(text: str, part: str) -> bool:
    """Whether `part` occurs in `text`, letter case as it is."""
    return part in text


def text_lower(text: str) -> str:
    """The text in lower case."""
    return text.lower()


SCALAR_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": absolute,
    "clamp": clamp,
    "round": rounded,
    "sqrt": square_root,
    "exp": exponential,
    "log": logarithm,
    "sigmoid": sigmoid,
    "tanh": tangent_hyperbolic,
}
"""Functions of single numbers."""

SEQUENCE_FUNCTIONS: dict[str, Callable[[Sequence[Number]], Number]] = {
    "min": minimum,
    "max": maximum,
    "mean": mean,
    "sum": total,
}
"""Functions of any number of numbers, or of one list of them."""

GROUP: dict[str, Callable[[Sequence[Number]], Sequence[Number]]] = {
    "zscore": zscore,
    "minmax": minmax,
    "rank": rank,
    "best": best,
}
"""Functions over the responses of one sample: one value in, one out for each response."""
