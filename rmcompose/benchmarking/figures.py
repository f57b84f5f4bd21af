"""From what units add to figures, to figures with intervals and to the difference of two compositions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rmcompose.benchmarking.benchmark import Parts
from rmcompose.calibration.bootstrap import NO_SPREAD, Figure, Point, Resampling, estimate

NOTHING = "there is nothing to count"
PER_PART = 0.15
"""Microseconds, about, that a part of a distinct unit takes in a resample."""

Combine = Callable[[Mapping[str, Point]], Mapping[str, Point]]


class Ratios:
    """Each figure is the sum of what was reached over the sum of what could be, and some are made of others."""

    def __init__(self, cells: Sequence[Parts], combine: Combine) -> None:
        self._combine = combine
        self._of: dict[str, tuple[list[int], list[float], list[float]]] = {}
        for place, cell in enumerate(cells):
            for name, reached, total in cell:
                places, reaches, totals = self._of.setdefault(name, ([], [], []))
                places.append(place)
                reaches.append(reached)
                totals.append(total)

    def __call__(self, weights: Sequence[int]) -> dict[str, Point]:
        """The figures of weighted units."""
        found: dict[str, Point] = {}
        for name, (places, reaches, totals) in self._of.items():
            counts = [weights[place] for place in places]
            total = math.fsum(w * value for w, value in zip(counts, totals, strict=True))
            reached = math.fsum(w * value for w, value in zip(counts, reaches, strict=True))
            found[name] = (reached / total, round(total)) if total else (NOTHING, 0)
        return {**found, **self._combine(found)}


class Differences:
    """The figures of the first less those of the second, over the same units."""

    def __init__(self, cells: Sequence[tuple[Parts, Parts]], combine: Combine) -> None:
        self._first = Ratios([one for one, _ in cells], combine)
        self._second = Ratios([other for _, other in cells], combine)

    def __call__(self, weights: Sequence[int]) -> dict[str, Point]:
        """The differences of weighted units."""
        first, second = self._first(weights), self._second(weights)
        found: dict[str, Point] = {}
        for name, (value, n) in first.items():
            other, _ = second.get(name, (NOTHING, 0))
            if isinstance(value, str) or isinstance(other, str):
                found[name] = (value if isinstance(value, str) else str(other), 0)
            else:
                found[name] = (value - other, n)
        return found


def figures_of(units: Sequence[Parts], combine: Combine, resampling: Resampling) -> dict[str, Figure]:
    """The figures with intervals; units are what is drawn again."""
    return estimate([[unit] for unit in units], lambda cells: Ratios(cells, combine), resampling, per_cell=_cost(units))


def differences_of(
    first: Sequence[Parts], second: Sequence[Parts], combine: Combine, resampling: Resampling
) -> dict[str, Figure]:
    """What the first is above the second, paired: a unit is drawn for both."""
    pairs = list(zip(first, second, strict=True))
    return estimate(
        [[pair] for pair in pairs], lambda cells: Differences(cells, combine), resampling, per_cell=2 * _cost(first)
    )


def _cost(units: Sequence[Parts]) -> float:
    return PER_PART * max((len(unit) for unit in units), default=1)


def interval(figure: Figure) -> list[float] | None:
    """The 95 % interval as a list of two, or None. Where all resamples give the same value both ends are that value."""
    if figure.low is not None and figure.high is not None:
        return [figure.low, figure.high]
    if figure.value is not None and figure.reason == NO_SPREAD:
        return [figure.value, figure.value]
    return None


def nested(
    figures: Mapping[str, Figure],
    baseline: Mapping[str, Figure],
    counts: Mapping[str, Mapping[str, int]],
    headline: str,
) -> dict[str, Any]:
    """The figures as one object: those of a group `subsets/code` in an object of their own, `["subsets"]["code"]`.

    An object has its counts (`n`, `ties`, `unscored`), its figures, and of one of them, the headline or else the first,
    `ci95` and `length_baseline`; where it has several, `intervals` and `baselines` have those of each.
    """
    groups: dict[str, list[str]] = {"": []}
    for group in counts:
        groups.setdefault(group, [])
    for name in figures:
        group, _, _ = name.rpartition("/")
        groups.setdefault(group, []).append(name)
    found: dict[str, Any] = {}
    for group, names in groups.items():
        place = found
        for word in _words(group):
            place = place.setdefault(word, {})
        place.update(counts.get(group, {}))
        leaves = {name.rpartition("/")[2]: name for name in names}
        if not leaves:
            continue
        first = headline if headline in leaves else next(iter(leaves))
        for leaf, name in leaves.items():
            place[leaf] = figures[name].value
        place["ci95"] = interval(figures[leaves[first]])
        place["length_baseline"] = baseline[leaves[first]].value if leaves[first] in baseline else None
        if len(leaves) > 1:
            place["intervals"] = {leaf: interval(figures[name]) for leaf, name in leaves.items()}
            place["baselines"] = {
                leaf: baseline[name].value if name in baseline else None for leaf, name in leaves.items()
            }
    return found


def _words(group: str) -> list[str]:
    """The keys that lead to a group: its kind, and its name as one key whatever is in it."""
    kind, _, name = group.partition("/")
    return [word for word in (kind, name) if word]
