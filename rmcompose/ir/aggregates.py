"""What each aggregate computes of its members, on values and on ranges, in one table."""

from __future__ import annotations

from collections.abc import Sequence

from rmcompose.ir import arithmetic, interval
from rmcompose.ir.arithmetic import Number
from rmcompose.ir.interval import BOOLEAN, Interval

STRICT = frozenset({"weighted_mean", "weighted_sum", "mean"})
"""Aggregates that are unknown wherever a member with a weight is; the others may be settled by some members."""

_VALUES = {
    "mean": arithmetic.mean,
    "min": arithmetic.minimum,
    "max": arithmetic.maximum,
    "median": arithmetic.median,
    "product": arithmetic.product,
    "geometric_mean": arithmetic.geometric_mean,
    "harmonic_mean": arithmetic.harmonic_mean,
}
_RANGES = {
    "mean": interval.mean,
    "min": interval.minimum,
    "max": interval.maximum,
    "median": interval.median,
    "product": interval.product,
    "geometric_mean": interval.geometric_mean,
    "harmonic_mean": interval.harmonic_mean,
    "all": interval.minimum,
    "any": interval.maximum,
}


def aggregate(function: str, values: Sequence[Number], weights: Sequence[Number] = (), k: Number = 0) -> Number | bool:
    """The aggregate of known values (at least one). Raises arithmetic.NonFinite where it has no finite value."""
    if function == "weighted_mean":
        return arithmetic.finite(arithmetic.weighted_mean(values, weights))
    if function == "weighted_sum":
        return arithmetic.finite(arithmetic.weighted_sum(values, weights))
    if function == "all":
        return all(values)
    if function == "any":
        return any(values)
    if function == "at_least":
        return sum(map(bool, values)) >= k
    return arithmetic.finite(_VALUES[function](values))


def aggregate_range(
    function: str, ranges: Sequence[Interval], weights: Sequence[Number] = (), k: Number = 0
) -> Interval:
    """The range of the aggregate when only the ranges of its members are known."""
    if function == "weighted_mean":
        return interval.weighted_mean(ranges, weights)
    if function == "weighted_sum":
        return interval.weighted_sum(ranges, weights)
    if function == "at_least":
        return interval.at_least(ranges, k)
    return _RANGES[function](ranges)


def dropped_range(function: str, ranges: Sequence[Interval], weights: Sequence[Number] = ()) -> Interval:
    """The range where any members, but not all, may be left out (`on_unscored = drop`)."""
    if function in ("all", "any", "at_least"):
        return BOOLEAN
    if function == "weighted_sum":
        terms = [interval.hull((0, 0), interval.multiply((w, w), r)) for r, w in zip(ranges, weights, strict=True)]
        return interval.total(terms)
    if function == "product":
        return interval.product([interval.hull((1, 1), one) for one in ranges])
    return interval.hull_of(ranges)
