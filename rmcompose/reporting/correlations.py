"""Pearson's correlations of every two columns, over the rows that have both, in one pass and constant memory."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import fsum
from operator import mul

from rmcompose.calibration.moments import CoMoments

MOST_COLUMNS = 40
"""Columns that are correlated: their pairs grow with the square."""
_BATCH = 512


class Correlations:
    """Takes rows with numbers by column; the first `MOST_COLUMNS` columns that come are looked at.

    Rows wait until there are some hundreds, and those with the same columns are added in one go.
    """

    def __init__(self) -> None:
        self.columns: list[str] = []
        self.left_out: set[str] = set()
        self._known: set[str] = set()
        self._waiting: list[dict[str, float]] = []
        self._pairs: dict[tuple[str, str], CoMoments] = {}

    def add(self, row: Mapping[str, float]) -> None:
        """Takes a row in."""
        kept: dict[str, float] = {}
        for name, value in row.items():
            if name not in self._known:
                if len(self.columns) >= MOST_COLUMNS:
                    if len(self.left_out) < MOST_COLUMNS:
                        self.left_out.add(name)
                    continue
                self._known.add(name)
                self.columns.append(name)
            kept[name] = value
        self._waiting.append(kept)
        if len(self._waiting) >= _BATCH:
            self._settle()

    def of(self, one: str, other: str) -> CoMoments:
        """What is known of two columns; x is the first of them."""
        self._settle()
        found = self._pairs.get((one, other))
        if found is not None:
            return found
        turned = self._pairs.get((other, one), CoMoments())
        return CoMoments(turned.count, turned.y, turned.x, turned.yy, turned.xy, turned.xx)

    def _settle(self) -> None:
        groups: dict[tuple[str, ...], list[dict[str, float]]] = {}
        for row in self._waiting:
            groups.setdefault(tuple(row), []).append(row)
        self._waiting = []
        for names, rows in groups.items():
            count = len(rows)
            means, apart, squares = {}, {}, {}
            for name in names:
                values = [row[name] for row in rows]
                # by parts: a sum of the largest numbers would be none
                mean = means[name] = fsum(value / count for value in values)
                apart[name] = [value - mean for value in values]
                squares[name] = sum(map(mul, apart[name], apart[name]))
            for one, other in combinations(names, 2):
                products = sum(map(mul, apart[one], apart[other]))
                self._join(one, other, count, means, squares, products)

    def _join(
        self, one: str, other: str, count: int, means: dict[str, float], squares: dict[str, float], products: float
    ) -> None:
        if (other, one) in self._pairs:
            one, other = other, one
        pair = self._pairs.setdefault((one, other), CoMoments())
        pair.join(count, means[one], means[other], squares[one], products, squares[other])
