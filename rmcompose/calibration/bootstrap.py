"""Figures with intervals: the percentile bootstrap over whole rows.

The responses and pairs of one row are not independent of each other, so rows are what is drawn again (a cluster
bootstrap: Davison and Hinkley, *Bootstrap Methods and their Application*, 1997, §3.8). Rows with the same observations
are interchangeable: a resample is the number of times that each distinct one was drawn, and statistics are functions of
such weights.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Cell = TypeVar("Cell", bound=Hashable)

LEVEL = 0.95
"""How much of the resamples an interval covers."""
FEWEST = 50
"""Resamples below which an interval is not worth its name."""
MOST_UNDEFINED = 0.05
"""The share of resamples without a value above which there is no interval."""
BUDGET = 5_000_000.0
"""Microseconds, about, that the resamples of one family of figures may take; where they would take more, fewer are
drawn, and each figure tells how many. It is counted from the data and not from a clock, so that figures do not depend
on the machine."""
NO_SPREAD = "no spread among the rows, so no interval"
"""The reason of a figure that is the same in every resample."""
PER_ROW = 0.4
"""Microseconds, about, for drawing a row."""

Point = tuple[float | str, int]
"""A statistic of one data set: its value, or in words why it has none; and the number of observations behind it."""

Statistic = Callable[[Sequence[int]], Mapping[str, Point]]
"""Named statistics of weighted cells: the weights stand in the order of the cells that the statistic was made for."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """How often rows are drawn again, and the seed of the draws."""

    resamples: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the report.

    `value` is a finite number, or None where the figure is undefined: then `reason` says why. `low` and `high` are the
    ends of the interval, or None where there is none: then `reason` says why too. `n` counts the observations, `rows`
    the rows they come from, and `resamples` the draws behind the interval.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    rows: int
    resamples: int
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The figure as plain data."""
        return {name: getattr(self, name) for name in ("value", "low", "high", "n", "rows", "resamples", "reason")}


def estimate(
    rows: Sequence[Sequence[Cell]],
    prepare: Callable[[list[Cell]], Statistic],
    resampling: Resampling,
    *,
    per_cell: float = 1.0,
) -> dict[str, Figure]:
    """The figures of a family, each with its interval.

    Args:
        rows: the observations ("cells") of each row; rows without any do not count as rows.
        prepare: makes the statistic for the distinct cells.
        resampling: how often to draw; fewer where that would take longer than `BUDGET`.
        per_cell: microseconds, about, that the statistic takes for each distinct cell.
    """
    kept = [tuple(row) for row in rows if row]
    kinds = {row: place for place, row in enumerate(dict.fromkeys(kept))}
    cells = list(dict.fromkeys(cell for kind in kinds for cell in kind))
    place_of = {cell: place for place, cell in enumerate(cells)}
    parts = [list(Counter(place_of[cell] for cell in kind).items()) for kind in kinds]
    statistic = prepare(cells)

    def weighed(drawn: Mapping[int, int]) -> list[int]:
        weights = [0] * len(cells)
        for kind, times in drawn.items():
            for place, count in parts[kind]:
                weights[place] += times * count
        return weights

    which = [kinds[row] for row in kept]
    points = statistic(weighed(Counter(which)))
    resamples = _affordable(resampling.resamples, PER_ROW * len(kept) + per_cell * len(cells))
    draws: dict[str, list[float]] = {name: [] for name in points}
    if len(kept) > 1:
        for drawn in _resamples(which, resamples, resampling.seed):
            for name, (value, _) in statistic(weighed(drawn)).items():
                if not isinstance(value, str):
                    draws[name].append(value)
    return {name: _figure(point, sorted(draws[name]), len(kept), resamples) for name, point in points.items()}


def _affordable(wanted: int, each: float) -> int:
    return min(wanted, max(FEWEST, int(BUDGET / max(1.0, each))))


def _resamples(which: Sequence[int], count: int, seed: int) -> Iterator[Counter[int]]:
    # `random()` gives the same numbers in every version of Python, which `choices` does not promise
    draw, size = random.Random(seed).random, len(which)  # noqa: S311  # a seeded resample, no secret
    for _ in range(count):
        yield Counter([which[int(draw() * size)] for _ in range(size)])


def _figure(point: Point, draws: Sequence[float], rows: int, resamples: int) -> Figure:
    value, n = point
    if isinstance(value, str):
        return Figure(None, None, None, n, rows, 0, value)
    if rows < 2:
        return Figure(value, None, None, n, rows, 0, "one row has no interval")
    if resamples < FEWEST:
        return Figure(value, None, None, n, rows, resamples, f"fewer than {FEWEST} resamples make no interval")
    lost = resamples - len(draws)
    if lost > MOST_UNDEFINED * resamples:
        return Figure(value, None, None, n, rows, resamples, f"undefined in {lost} of {resamples} resamples")
    if draws[0] == draws[-1]:
        return Figure(value, None, None, n, rows, resamples, NO_SPREAD)
    tail = (1.0 - LEVEL) / 2
    return Figure(value, quantile(draws, tail), quantile(draws, 1.0 - tail), n, rows, resamples)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of sorted numbers, linear between them (definition 7 of Hyndman and Fan, 1996)."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
