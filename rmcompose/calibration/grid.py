"""The grid that labels lie on: the categories of a scale."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

MOST = 20
"""Categories at most: labels with more distinct values are no scale of categories but numbers."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rising category values, at least one."""

    points: tuple[float, ...]

    def nearest(self, value: float) -> float:
        """The category nearest to a value; halfway between two it is the higher one."""
        above = bisect_left(self.points, value)
        if above == len(self.points):
            return self.points[-1]
        if above == 0 or self.points[above] == value:
            return self.points[above]
        low, high = self.points[above - 1], self.points[above]
        return low if value - low < high - value else high


def grid_of(labels: Iterable[float]) -> Grid | None:
    """The grid of some labels: every whole number from the lowest to the highest where all are whole and these are at
    most 20, else the values themselves; None where these are more.
    """
    distinct = sorted(set(labels))
    if not distinct:
        return None
    low, high = distinct[0], distinct[-1]
    if all(value.is_integer() for value in distinct) and high - low < MOST:
        return Grid(tuple(low + step for step in range(int(high - low) + 1)))
    if len(distinct) > MOST:
        return None
    return Grid(tuple(distinct))
