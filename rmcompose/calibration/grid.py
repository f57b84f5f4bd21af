"""The grid that labels lie on: the categories of a scale, to which values are rounded."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from rmcompose.calibration.labels import DECIMALS

MOST = 20
"""Categories at most: labels with more distinct values are no scale of categories but numbers."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The distinct labels, rising, and their step where all are a whole number of steps apart.

    With a step the grid goes on beyond the labels: where labels are 4 and 5, a value of 2 is another category, not 4.
    """

    labels: tuple[float, ...]
    step: float | None

    def nearest(self, value: float) -> float:
        """The category nearest to a value, halfway between two the higher one.

        Without a step, a value farther from the outermost label than half the way to the next one is a category of its
        own.
        """
        first = self.labels[0]
        if self.step is not None:
            return round(first + self.step * math.floor((value - first) / self.step + 0.5), DECIMALS) + 0.0
        above = bisect_left(self.labels, value)
        if 0 < above < len(self.labels):
            low, high = self.labels[above - 1], self.labels[above]
            return low if value - low < high - value else high
        end, beside = (self.labels[0], self.labels[1]) if above == 0 else (self.labels[-1], self.labels[-2])
        return end if abs(value - end) < abs(beside - end) / 2 else value


def grid_of(labels: Iterable[float]) -> Grid | None:
    """The grid of some labels; None where there are none, more than 20, or a single one that is no whole number.

    The step is 1 where all labels are whole and lie within 20 of each other, else their smallest distance where it
    divides all others.
    """
    distinct = sorted(set(labels))
    if not distinct or len(distinct) > MOST:
        return None
    if all(label.is_integer() for label in distinct) and distinct[-1] - distinct[0] <= MOST:
        return Grid(tuple(distinct), 1.0)
    if len(distinct) == 1:
        return None
    step = min(other - one for one, other in pairwise(distinct))
    even = all(abs((label - distinct[0]) / step - round((label - distinct[0]) / step)) < 1e-9 for label in distinct)
    return Grid(tuple(distinct), step if even else None)
