"""Agreement of two readings of the same things, from weighted cells. Every function is exact up to rounding of floats.

A cell is a pair (judge, label) or a unit of several values, and its weight says how often it occurs. What is undefined
is told in words instead of a number: a constant label leaves nothing to agree on beyond chance.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from operator import mul
from typing import Literal

Level = Literal["nominal", "ordinal", "interval"]

NOTHING = "nothing to compare"
SAME_LABELS = "the labels are all the same"
SAME_VALUES = "the values are all the same"


def kappa(cells: Sequence[tuple[Hashable, Hashable]], weights: Sequence[int]) -> float | str:
    """Cohen's kappa, (p_o - p_e) / (1 - p_e), of judge and label (Cohen 1960). In [-1, 1]."""
    judge: Counter[Hashable] = Counter()
    label: Counter[Hashable] = Counter()
    total = same = 0
    for (one, other), weight in zip(cells, weights, strict=True):
        if weight:
            judge[one] += weight
            label[other] += weight
            total += weight
            same += weight * (one == other)
    if not total:
        return NOTHING
    if len(label) == 1:
        return SAME_LABELS
    chance = sum(count * label[value] for value, count in judge.items())
    return (same * total - chance) / (total * total - chance)


def quadratic_kappa(cells: Sequence[tuple[float, float]], weights: Sequence[int]) -> float | str:
    """Cohen's kappa with quadratic weights, 1 - Σ(x-y)² / Σ over chance of (x-y)² (Cohen 1968), on the values.

    Categories are as far apart as their numbers are. By moments: mean (x-y)² over var x + var y + (mean x - mean y)².
    """
    total = sum(weights)
    if not total:
        return NOTHING
    if not _varies([y for _, y in cells], weights):
        return SAME_LABELS
    shift = cells[0][1]  # near the values, so that squares lose no digits
    moved = [(x - shift, y - shift) for x, y in cells]
    apart = math.fsum(w * (x - y) ** 2 for (x, y), w in zip(moved, weights, strict=True))
    squares = math.fsum(w * (x * x + y * y) for (x, y), w in zip(moved, weights, strict=True))
    first = math.fsum(w * x for (x, _), w in zip(moved, weights, strict=True))
    second = math.fsum(w * y for (_, y), w in zip(moved, weights, strict=True))
    return 1.0 - apart * total / (squares * total - 2.0 * first * second)


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p of McNemar's test (1947): of two judges of the same pairs, whether one is right more often.

    Only pairs that one of them alone gets right count; if neither is better, each of these is a fair coin. The p is
    twice the smaller tail of the binomial distribution, at most 1; without such pairs it is 1.
    """
    total, fewer = only_first + only_second, min(only_first, only_second)
    # log-gamma, so that thousands of pairs neither overflow nor take long
    log = [
        math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) - total * math.log(2)
        for k in range(fewer + 1)
    ]
    return min(1.0, 2.0 * math.fsum(map(math.exp, log)))


class Alpha:
    """Krippendorff's alpha, 1 - D_o / D_e, for units of values; a unit with fewer than two values is not pairable.

    Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), in its canonical form for any number of
    observers and missing values. The squared distance is 0 or 1 (nominal), (a - b)² (interval), or the square of the
    number of values from a to b with both ends counted half (ordinal), which is the squared distance of their midranks.
    """

    def __init__(self, units: Sequence[Sequence[Hashable]]) -> None:
        values = {value for unit in units for value in unit if len(unit) > 1}
        self._values = sorted(values, key=_in_order)
        places = {value: place for place, value in enumerate(self._values)}
        self._units = [
            [] if len(unit) < 2 else list(Counter(places[value] for value in unit).items()) for unit in units
        ]
        self._sizes = [len(unit) for unit in units]

    def __call__(self, weights: Sequence[int], level: Level) -> float | str:
        """Alpha of the weighted units; `interval` needs numbers, `ordinal` values with an order."""
        counts = [0] * len(self._values)
        for unit, weight in zip(self._units, weights, strict=True):
            if weight:
                for place, count in unit:
                    counts[place] += weight * count
        total = sum(counts)
        if not total:
            return "no unit has two values"
        if sum(count > 0 for count in counts) == 1:
            return SAME_VALUES
        if level == "nominal":
            observed = self._observed_nominal(weights)
            expected = total * total - sum(count * count for count in counts)
            return 1.0 - (total - 1) * observed / expected
        positions = self._positions(counts, level)
        observed = self._observed(weights, positions)
        squares = math.fsum(count * at * at for count, at in zip(counts, positions, strict=True))
        linear = math.fsum(count * at for count, at in zip(counts, positions, strict=True))
        return 1.0 - (total - 1) * observed / (2.0 * (total * squares - linear * linear))

    def _positions(self, counts: Sequence[int], level: Level) -> list[float]:
        """Where each value lies: itself, or its midrank among all values; moved towards 0 to keep digits."""
        if level == "interval":
            numbers = [float(value) for value in self._values]  # type: ignore[arg-type]  # numbers, says the caller
            return [number - numbers[0] for number in numbers]
        positions, below = [], 0.0
        for count in counts:
            positions.append(below + count / 2)
            below += count
        return [at - below / 2 for at in positions]

    def _observed_nominal(self, weights: Sequence[int]) -> float:
        """Σ over units of the ordered pairs of unequal values, each unit divided by its size less one."""
        parts = []
        for unit, size, weight in zip(self._units, self._sizes, weights, strict=True):
            if weight and len(unit) > 1:
                parts.append(weight * (size * size - sum(count * count for _, count in unit)) / (size - 1))
        return math.fsum(parts)

    def _observed(self, weights: Sequence[int], positions: Sequence[float]) -> float:
        """Σ over units of the squared distances of ordered pairs, each unit divided by its size less one."""
        parts = []
        for unit, size, weight in zip(self._units, self._sizes, weights, strict=True):
            if weight and len(unit) > 1:
                base = positions[unit[0][0]]
                squares = linear = 0.0
                for place, count in unit:
                    at = positions[place] - base
                    squares += count * at * at
                    linear += count * at
                parts.append(weight * 2.0 * (size * squares - linear * linear) / (size - 1))
        return math.fsum(parts)


class PairAlpha:
    """`Alpha` of units of exactly two numbers, ordinal and interval, in the few steps that such units allow."""

    def __init__(self, cells: Sequence[tuple[float, float]]) -> None:
        values = sorted({value for cell in cells for value in cell})
        places = {value: place for place, value in enumerate(values)}
        self._size = len(values)
        self._first = [places[x] for x, _ in cells]
        self._second = [places[y] for _, y in cells]
        shift = values[len(values) // 2] if values else 0.0  # near the values, so that squares lose no digits
        moved = [(x - shift, y - shift) for x, y in cells]
        self._sums = [x + y for x, y in moved]
        self._squares = [x * x + y * y for x, y in moved]
        self._apart = [(x - y) ** 2 for x, y in moved]

    def interval(self, weights: Sequence[int]) -> float | str:
        """Alpha with the squared difference."""
        total = 2 * sum(weights)
        if not total:
            return NOTHING
        squares, linear = _dot(weights, self._squares), _dot(weights, self._sums)
        expected = total * squares - linear * linear
        if not self._vary(weights):
            return SAME_VALUES
        return 1.0 - (total - 1) * _dot(weights, self._apart) / expected

    def ordinal(self, weights: Sequence[int]) -> float | str:
        """Alpha with the squared distance of midranks; in whole numbers until the last division."""
        counts = [0] * self._size
        for first, second, weight in zip(self._first, self._second, weights, strict=True):
            counts[first] += weight
            counts[second] += weight
        total = sum(counts)
        if not total:
            return NOTHING
        if sum(count > 0 for count in counts) == 1:
            return SAME_VALUES
        ranks, below = [], -total
        for count in counts:  # twice the midranks, less their mean: they sum to 0
            ranks.append(below + count)
            below += 2 * count
        apart = sum(
            weight * (ranks[first] - ranks[second]) ** 2
            for first, second, weight in zip(self._first, self._second, weights, strict=True)
        )
        expected = total * sum(count * rank * rank for count, rank in zip(counts, ranks, strict=True))
        return 1.0 - (total - 1) * apart / expected

    def _vary(self, weights: Sequence[int]) -> bool:
        seen = -1
        for first, second, weight in zip(self._first, self._second, weights, strict=True):
            if weight:
                if first != second or seen not in (-1, first):
                    return True
                seen = first
        return False


def _dot(weights: Sequence[int], numbers: Sequence[float]) -> float:
    return math.fsum(map(mul, weights, numbers))


def _in_order(value: Hashable) -> tuple[int, float, str]:
    """Numbers by size; anything else, which only `nominal` reads, by its text."""
    return (0, float(value), "") if isinstance(value, int | float) else (1, 0.0, str(value))


def _varies(values: Sequence[float], weights: Sequence[int]) -> bool:
    return len({value for value, weight in zip(values, weights, strict=True) if weight}) > 1
