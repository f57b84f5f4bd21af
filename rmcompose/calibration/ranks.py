"""Rank correlation of weighted pairs. Both correct for ties, and are undefined where one side is constant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from rmcompose.calibration.agreement import NOTHING, SAME_LABELS, SAME_VALUES


class RankPairs:
    """Distinct pairs (x, y), prepared once for many weightings; `same_x` and `same_y` say what a constant side is."""

    def __init__(
        self, cells: Sequence[tuple[float, float]], same_x: str = SAME_VALUES, same_y: str = SAME_LABELS
    ) -> None:
        self._x, self._x_size = _places([x for x, _ in cells])
        self._y, self._y_size = _places([y for _, y in cells])
        self._by_x = sorted(range(len(cells)), key=lambda place: self._x[place])
        self._same_x, self._same_y = same_x, same_y

    def spearman(self, weights: Sequence[int]) -> float | str:
        """Spearman's rho: Pearson's correlation of midranks (Kendall and Gibbons 1990, chapter 3). In [-1, 1]."""
        sums_x, sums_y = self._sums(weights)
        total = sum(sums_x)
        constant = self._constant(sums_x, sums_y)
        if constant:
            return constant
        ranks_x, ranks_y = _midranks(sums_x, total), _midranks(sums_y, total)
        product = sum(
            weight * ranks_x[x] * ranks_y[y] for x, y, weight in zip(self._x, self._y, weights, strict=True) if weight
        )
        squares_x = sum(count * rank * rank for count, rank in zip(sums_x, ranks_x, strict=True))
        squares_y = sum(count * rank * rank for count, rank in zip(sums_y, ranks_y, strict=True))
        return _bounded(product / math.sqrt(squares_x * squares_y))

    def kendall(self, weights: Sequence[int]) -> float | str:
        """Kendall's tau-b, (C - D) / √((n₀ - n₁)(n₀ - n₂)) (Kendall 1945). In [-1, 1]."""
        sums_x, sums_y = self._sums(weights)
        constant = self._constant(sums_x, sums_y)
        if constant:
            return constant
        total = sum(sums_x)
        pairs = total * (total - 1)
        untied_x = pairs - sum(count * (count - 1) for count in sums_x)
        untied_y = pairs - sum(count * (count - 1) for count in sums_y)
        return _bounded(2 * self._concordance(weights) / math.sqrt(untied_x * untied_y))

    def _concordance(self, weights: Sequence[int]) -> int:
        """Concordant less discordant pairs: x by x, how many of those before have a smaller and a greater y."""
        size = self._y_size
        tree = [0] * (size + 1)  # a Fenwick tree of the weights seen so far, by y
        seen = found = 0
        for _, places in groupby(self._by_x, key=lambda place: self._x[place]):
            group = [(self._y[place], weights[place]) for place in places if weights[place]]
            for y, weight in group:
                below = _prefix(tree, y)
                found += weight * (2 * below + _at(tree, y, below) - seen)
            for y, weight in group:
                seen += weight
                node = y + 1
                while node <= size:
                    tree[node] += weight
                    node += node & -node
        return found

    def _sums(self, weights: Sequence[int]) -> tuple[list[int], list[int]]:
        sums_x, sums_y = [0] * self._x_size, [0] * self._y_size
        for x, y, weight in zip(self._x, self._y, weights, strict=True):
            sums_x[x] += weight
            sums_y[y] += weight
        return sums_x, sums_y

    def _constant(self, sums_x: Sequence[int], sums_y: Sequence[int]) -> str | None:
        if not any(sums_x):
            return NOTHING
        if sum(count > 0 for count in sums_y) == 1:
            return self._same_y
        return self._same_x if sum(count > 0 for count in sums_x) == 1 else None


def _places(values: Sequence[float]) -> tuple[list[int], int]:
    """The place of each value among the distinct ones, and their number."""
    order = {value: place for place, value in enumerate(sorted(set(values)))}
    return [order[value] for value in values], len(order)


def _midranks(sums: Sequence[int], total: int) -> list[int]:
    """Twice the midrank of each value, less the mean of all: whole numbers, so nothing is rounded."""
    ranks, below = [], 0
    for count in sums:
        ranks.append(2 * below + count - total)
        below += count
    return ranks


def _prefix(tree: Sequence[int], node: int) -> int:
    """The weights of the first `node` values."""
    found = 0
    while node:
        found += tree[node]
        node &= node - 1
    return found


def _at(tree: Sequence[int], place: int, below: int) -> int:
    """The weight of the value at `place`, given the weights below it."""
    return _prefix(tree, place + 1) - below


def _bounded(value: float) -> float:
    return min(max(value, -1.0), 1.0)  # rounding may step past
