"""How `reduce` makes one value of those of the steps of a response: on values, on ranges, and before any is known.

`reduce(x, "min")`, `mean`, `max`, `sum`, `product`, `last`, `first_error` and `discounted`. The values come in the
order of the steps, at least one. Sources: product and min are the two ways to score a solution by its steps of Lightman
et al., "Let's Verify Step by Step" (2023); min is that of Wang et al., "Math-Shepherd" (2024).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rmcompose.ir import arithmetic, interval
from rmcompose.ir.arithmetic import Number
from rmcompose.ir.interval import Interval

REDUCERS: dict[str, str | None] = {
    # name: what its third argument is, None where it takes none
    "min": None,
    "max": None,
    "mean": None,
    "sum": None,
    "product": None,
    "last": None,
    "first_error": "threshold",
    "discounted": "discount",
}
KEEPS_KIND = frozenset({"min", "max", "last"})
"""Of bools these give a bool, of whole numbers a whole number."""
ALL_NEEDED = frozenset({"mean", "sum", "discounted"})
"""Unknown as soon as one step is; the others may be settled by some steps."""
BOOL_THRESHOLD = 0.5
"""The threshold of `first_error` over bools, where false is the error."""


def discounts(count: int, discount: Number) -> list[float]:
    """The weights of so many steps: 1 for the first, and for each step `discount` times that of the step before."""
    weights = [1.0]
    while len(weights) < count:
        weights.append(weights[-1] * discount)
    return weights


def reduced(how: str, values: Sequence[Number], by: Number = 0) -> Number:
    """The value over the steps; `by` is the threshold or the discount. A mean lies between the least and the greatest.

    Raises `NonFinite` or `OverflowError` where the result is not finite.
    """
    match how:
        case "min":
            return arithmetic.minimum(values)
        case "max":
            return arithmetic.maximum(values)
        case "last":
            return values[-1]
        case "sum":
            return arithmetic.finite(arithmetic.total(values))
        case "product":
            return 0 if any(value == 0 for value in values) else arithmetic.finite(arithmetic.product(values))
        case "first_error":
            passed = next((place for place, value in enumerate(values) if value < by), len(values))
            return passed / len(values)
        case "mean":
            value: Number = arithmetic.mean(values)
        case _:
            value = arithmetic.weighted_mean(values, discounts(len(values), by))
    # rounding must not carry a mean past the values it is made of
    return arithmetic.finite(arithmetic.clamp(value, min(values), max(values)))


def reduced_range(how: str, ranges: Sequence[Interval], by: Number = 0) -> Interval:
    """The range of the result when of each step only the range is known."""
    match how:
        case "min":
            return interval.minimum(ranges)
        case "max":
            return interval.maximum(ranges)
        case "last":
            return ranges[-1]
        case "sum":
            return interval.total(ranges)
        case "product":
            return interval.product(ranges)
        case "first_error":
            return _progress(ranges, by)
    weights = [1.0] * len(ranges) if how == "mean" else discounts(len(ranges), by)
    low, high = interval.weighted_mean(ranges, weights)
    least, most = interval.hull_of(ranges)
    low, high = max(low, least), min(high, most)
    if low < high or all(map(interval.is_point, ranges)):
        return low, high
    # what is not known is never a point, whatever rounding swallows
    return math.nextafter(low, -math.inf), math.nextafter(high, math.inf)


def _progress(ranges: Sequence[Interval], threshold: Number) -> Interval:
    """The share of steps before the first error, from the first that may be one to the first that surely is."""
    count = len(ranges)
    surely = next((place for place, one in enumerate(ranges) if one[1] < threshold), count)
    perhaps = next((place for place, one in enumerate(ranges[:surely]) if one[0] < threshold), surely)
    return perhaps / count, surely / count


def unknown_count(how: str, one: Interval, by: Number = 0) -> Interval:
    """The range of the result over any number of steps (at least one), each of which lies in `one`."""
    low, high = one
    match how:
        case "sum":
            return (low if low >= 0 else -math.inf), (high if high <= 0 else math.inf)
        case "product":
            return _power(low, high)
        case "first_error":
            return (1 if low >= by else 0), (0 if high < by else 1)
    return low, high


def _power(low: Number, high: Number) -> Interval:
    """The product of one or more factors that lie in [low, high]."""
    if low >= 0:
        return (low if low >= 1 else 0), (high if high <= 1 else math.inf)
    if low < -1 or high > 1:
        return -math.inf, math.inf
    # two factors of the lowest value may be more than the highest; no further one carries the product past either
    return low, max(high, low * low)
