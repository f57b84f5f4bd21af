"""A distribution of numbers that come one after another, in memory that does not grow with them."""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from collections import Counter
from itertools import pairwise

from rmcompose.calibration.moments import Moments

MOST_VALUES = 1000
"""Different values, and then cells, that are kept."""
MOST_STEPS = 24
"""Steps of a scale that get a bar each."""
BINS = 20


class Distribution:
    """Counts of values: exact while there are at most `MOST_VALUES` different ones, then by cells of one width.

    A cell is [n · 2^k, (n + 1) · 2^k); where cells become too many, their width is doubled. So no range has to be known
    before, and what was counted stays counted. Moments and extremes are those of the values themselves.
    """

    def __init__(self) -> None:
        self.moments = Moments()
        self._counts: Counter[float] = Counter()
        self._cells: Counter[int] = Counter()
        self._power: int | None = None

    def add(self, value: float) -> None:
        """Takes one finite number in."""
        self.moments.add(value)
        if self._power is None:
            self._counts[value] += 1
            if len(self._counts) > MOST_VALUES:
                self._begin_cells()
        else:
            cell = self._cell(value)  # first, for it may make other cells
            self._cells[cell] += 1
            self._hold()

    @property
    def exact(self) -> bool:
        """Whether every different value is counted for itself."""
        return self._power is None

    @property
    def width(self) -> float:
        """The width of a cell; 0 where counts are exact."""
        return 0.0 if self._power is None else math.ldexp(1.0, self._power)

    def masses(self) -> list[tuple[float, float, int]]:
        """(low, high, count) of each value or cell that has any, in order; the ends of a value are both itself."""
        if self._power is None:
            return [(value, value, count) for value, count in sorted(self._counts.items())]
        low, high = self.moments.low, self.moments.high
        return [
            (max(low, math.ldexp(cell, self._power)), min(high, math.ldexp(cell + 1, self._power)), count)
            for cell, count in sorted(self._cells.items())
        ]

    def quantile(self, share: float) -> float | None:
        """The smallest value with at least this share of all at or below it (definition 1 of Hyndman and Fan, 1996).

        By cells it lies within `width` of that. None where nothing was added.
        """
        wanted, below = share * self.moments.count, 0
        for low, high, count in self.masses():
            if below + count >= wanted - 1e-9:
                return low + (high - low) * max(0.0, wanted - below) / count
            below += count
        return None

    def bars(self, low: float = -math.inf, high: float = math.inf) -> list[tuple[float, float, int]]:
        """(from, to, count) of bars over the range, which is as wide as needed to leave no value out.

        A bar around each step where the values lie on at most `MOST_STEPS` even steps (`stepped` says so), else `BINS`
        bars of one width.
        """
        if not self.moments.count:
            return []
        edges = self._stepped(low, high)
        if edges is None:
            start, end = self._ends(low, high)
            edges = _even(start, end)
            if not _rises(edges):  # closer to each other than numbers of their size are
                edges = [start, end] if start < end else _around(start)
        counts = [0] * (len(edges) - 1)
        for first, last, count in self.masses():
            middle = first if first == last else first / 2 + last / 2
            counts[min(max(bisect_right(edges, middle) - 1, 0), len(counts) - 1)] += count
        return [(one, other, count) for (one, other), count in zip(pairwise(edges), counts, strict=True)]

    def stepped(self, low: float = -math.inf, high: float = math.inf) -> bool:
        """Whether each bar stands around one step."""
        return self._stepped(low, high) is not None

    def _ends(self, low: float, high: float) -> tuple[float, float]:
        seen = self.moments.low, self.moments.high
        start = low if math.isfinite(low) else seen[0]
        end = high if math.isfinite(high) else seen[1]
        return min(start, seen[0]), max(end, seen[1])

    def _stepped(self, low: float, high: float) -> list[float] | None:
        """Edges around even steps, where the values lie on such."""
        start, end = self._ends(low, high)
        if not self.exact or not self._counts or len(self._counts) > MOST_STEPS:
            return None
        values = sorted(self._counts)
        step = min((other - one for one, other in pairwise(values)), default=0.0)
        if not step:  # one value only: it gets a bar of its own within a range, or all
            return _around(start) if start == end else None
        if not math.isfinite(step) or (end - start) / step > MOST_STEPS:
            return None
        if any(abs((value - values[0]) / step - round((value - values[0]) / step)) > 1e-6 for value in values):
            return None
        first = values[0] - math.floor((values[0] - start) / step + 1e-9) * step
        count = math.floor((end - first) / step + 1e-9) + 1
        edges = [first + (place - 0.5) * step for place in range(count + 1)]
        return edges if _rises(edges) else None

    def _begin_cells(self) -> None:
        # a thousand values have a spread, and a cell is about a thousandth of it
        spread = self.moments.high / 2 - self.moments.low / 2
        self._power = math.frexp(spread)[1] - 9
        for value, count in self._counts.items():
            cell = self._cell(value)
            self._cells[cell] += count
        self._counts.clear()
        self._hold()

    def _cell(self, value: float) -> int:
        while True:
            assert self._power is not None
            try:
                return math.floor(math.ldexp(value, -self._power))
            except OverflowError:
                self._widen()

    def _hold(self) -> None:
        while len(self._cells) > MOST_VALUES:
            self._widen()

    def _widen(self) -> None:
        assert self._power is not None
        self._power += 1
        wider: Counter[int] = Counter()
        for cell, count in self._cells.items():
            wider[cell >> 1] += count
        self._cells = wider


def _even(start: float, end: float) -> list[float]:
    if end == start:
        return _around(start)
    # halves first: the whole width of the largest numbers is no number
    return [start * (1 - place / BINS) + end * (place / BINS) for place in range(BINS + 1)]


def _rises(edges: list[float]) -> bool:
    return all(one < other for one, other in pairwise(edges))


def _around(value: float) -> list[float]:
    """The edges of one bar around a value, which is in it however large it is."""
    half = max(0.5, abs(value) * 2.0**-50)
    return [max(-sys.float_info.max, value - half), min(sys.float_info.max, value + half)]
