"""The figures of a section, in families that read the same observations: each is made ready once for its cells.

A family is a class that takes the distinct cells and gives its statistics for weights of them, as `estimate` asks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import mul
from typing import NamedTuple

from rmcompose.calibration.agreement import (
    NOTHING,
    Alpha,
    Level,
    PairAlpha,
    kappa,
    quadratic_kappa,
)
from rmcompose.calibration.bootstrap import Point
from rmcompose.calibration.grid import Grid
from rmcompose.calibration.labels import Value
from rmcompose.calibration.observed import Side
from rmcompose.calibration.ranks import RankPairs

NO_GRID = "the labels are no categories"
ON_GRID = ("accuracy", "accuracy_pessimistic", "kappa", "kappa_quadratic", "alpha_nominal")
"""The figures that need categories."""
OF_VALUES = ("accuracy_exact", *ON_GRID, "alpha_ordinal", "alpha_interval", "mean_absolute_error")
"""The figures of `ValueAgreement`."""
_LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")


class Judged(NamedTuple):
    """One labelled response: the judge's value, None where unscored, and its label."""

    value: Value | None
    label: Value


class Pair(NamedTuple):
    """Two labelled responses: what the judge says of them, what the label says, and which is longer."""

    judge: Side | None
    label: Side
    longer: Side | None


class Asked(NamedTuple):
    """A pair as it was shown, in one order or both, with the label where there is one."""

    forward: Side | None
    backward: Side | None
    both: bool
    agreed: bool | None
    label: Side | None


class Voted(NamedTuple):
    """The votes on one question that gave a value, and how many did not."""

    votes: tuple[Value, ...]
    missing: int


def share(part: int, whole: int, why: str = NOTHING) -> Point:
    """A share with what it is a share of; undefined where that is nothing."""
    return (part / whole if whole else why), whole


class Shares:
    """The share of each cell's tag: `unscored` and each reason of it."""

    def __init__(self, cells: Sequence[str], tags: Sequence[str]) -> None:
        self._cells, self._tags = cells, tags

    def __call__(self, weights: Sequence[int]) -> Mapping[str, Point]:
        """The share of all tags, and of each."""
        total = sum(weights)
        found = dict.fromkeys(self._tags, 0)
        for cell, weight in zip(self._cells, weights, strict=True):
            if cell in found:
                found[cell] += weight
        points = {"unscored": share(sum(found.values()), total)}
        return points | {f"unscored:{tag}": share(count, total) for tag, count in found.items()}


class ValueAgreement:
    """Agreement of values with labels that are numbers; categories are those of the labels' grid."""

    def __init__(self, cells: Sequence[Judged], grid: Grid | None) -> None:
        self._scored = [int(cell.value is not None) for cell in cells]
        pairs = [(0.0 if cell.value is None else float(cell.value), float(cell.label)) for cell in cells]
        self._apart = [abs(x - y) for x, y in pairs]
        self._alpha = PairAlpha(pairs)
        self._grid = grid
        rounded = [] if grid is None else [(grid.nearest(x), y) for x, y in pairs]
        self._categories = list(dict.fromkeys(rounded))
        places = {category: place for place, category in enumerate(self._categories)}
        self._places = [places[category] for category in rounded]
        self._nominal = Alpha(self._categories)

    def __call__(self, weights: Sequence[int]) -> Mapping[str, Point]:
        """The figures `OF_VALUES`."""
        scored = list(map(mul, weights, self._scored))
        total, n = sum(weights), sum(scored)
        exact = sum(weight for weight, apart in zip(scored, self._apart, strict=True) if not apart)
        return {
            "accuracy_exact": share(exact, n),
            **self._on_grid(scored, total, n),
            "alpha_ordinal": (self._alpha.ordinal(scored), n),
            "alpha_interval": (self._alpha.interval(scored), n),
            "mean_absolute_error": (math.fsum(map(mul, scored, self._apart)) / n if n else NOTHING, n),
        }

    def _on_grid(self, scored: Sequence[int], total: int, n: int) -> dict[str, Point]:
        """The figures of categories, to which values are rounded."""
        if self._grid is None:
            return dict.fromkeys(ON_GRID, (NO_GRID, n))
        counts = [0] * len(self._categories)
        for place, weight in zip(self._places, scored, strict=True):
            counts[place] += weight
        right = sum(count for count, (x, y) in zip(counts, self._categories, strict=True) if x == y)
        return {
            "accuracy": share(right, n),
            "accuracy_pessimistic": share(right, total),
            "kappa": (kappa(self._categories, counts), n),
            "kappa_quadratic": (quadratic_kappa(self._categories, counts), n),
            "alpha_nominal": (self._nominal(counts, "nominal"), n),
        }


class CategoryAgreement:
    """Agreement of values with labels that are texts."""

    def __init__(self, cells: Sequence[Judged]) -> None:
        self._cells = cells
        self._alpha = Alpha(cells)

    def __call__(self, weights: Sequence[int]) -> Mapping[str, Point]:
        """Accuracy, kappa and nominal alpha."""
        scored = [0 if cell.value is None else weight for cell, weight in zip(self._cells, weights, strict=True)]
        right = sum(weight for cell, weight in zip(self._cells, scored, strict=True) if cell.value == cell.label)
        n = sum(scored)
        return {
            "accuracy": share(right, n),
            "accuracy_pessimistic": share(right, sum(weights)),
            "kappa": (kappa(self._cells, scored), n),
            "alpha_nominal": (self._alpha(scored, "nominal"), n),
        }


class RankAgreement:
    """One rank correlation of values with something else: `spearman` or `kendall`, named as the figure is."""

    def __init__(self, cells: Sequence[tuple[float, float]], names: Mapping[str, str], **constants: str) -> None:
        self._ranks = RankPairs(cells, **constants)
        self._names = names

    def __call__(self, weights: Sequence[int]) -> Mapping[str, Point]:
        """The correlations by their names."""
        n = sum(weights)
        return {name: (getattr(self._ranks, how)(weights), n) for name, how in self._names.items()}


class PairAgreement:
    """Preferences of the judge against those of labels, and both against the longer answer."""

    def __init__(self, cells: Sequence[Pair]) -> None:
        self._cells = cells
        self._sides = [(0 if cell.judge is None else cell.judge, cell.label) for cell in cells]
        self._alpha = Alpha(self._sides)

    def __call__(self, weights: Sequence[int]) -> Mapping[str, Point]:
        """Accuracies, ties, chance-corrected agreement, and how often the longer one wins."""
        counted = [(cell, weight) for cell, weight in zip(self._cells, weights, strict=True) if weight]
        scored = [0 if cell.judge is None else weight for cell, weight in zip(self._cells, weights, strict=True)]

        n, total = sum(scored), sum(weights)
        right = sum(w for cell, w in counted if cell.judge == cell.label)
        ties = sum(w for cell, w in counted if cell.judge == 0)
        label_ties = sum(w for cell, w in counted if cell.label == 0)
        decided = [(cell, w) for cell, w in counted if cell.judge and cell.label]
        longer = [(cell, w) for cell, w in counted if cell.label and cell.longer]
        both = [(cell, w) for cell, w in decided if cell.longer]
        return {
            "accuracy": share(right, n),
            "accuracy_decided": share(sum(w for c, w in decided if c.judge == c.label), sum(w for _, w in decided)),
            "accuracy_pessimistic": share(right, total),
            "ties": share(ties, n),
            "label_ties": share(label_ties, total),
            "kappa": (kappa(self._sides, scored), n),
            "alpha_nominal": (self._alpha(scored, "nominal"), n),
            "longer_accuracy": share(sum(w for c, w in longer if c.longer == c.label), sum(w for _, w in longer)),
            "over_longer": _difference(both),
            **_length_bias(counted),
        }


def _difference(pairs: Sequence[tuple[Pair, int]]) -> Point:
    """The judge's accuracy less that of the longer answer, on the pairs that all three decide."""
    n = sum(weight for _, weight in pairs)
    judge = sum(weight for pair, weight in pairs if pair.judge == pair.label)
    longer = sum(weight for pair, weight in pairs if pair.longer == pair.label)
    return ((judge - longer) / n if n else NOTHING), n


def _length_bias(pairs: Sequence[tuple[Pair, int]]) -> dict[str, Point]:
    """How often the longer answer won among pairs that the judge decides: in all, and given the label."""
    seen = [(pair, weight) for pair, weight in pairs if pair.judge and pair.longer]
    why = "no decided pair of unequal lengths"

    def won(kept: Sequence[tuple[Pair, int]]) -> Point:
        return share(sum(w for p, w in kept if p.judge == p.longer), sum(w for _, w in kept), why)

    return {
        "longer_won": won(seen),
        "longer_won_when_better": won([one for one in seen if one[0].label == one[0].longer]),
        "longer_won_when_worse": won([one for one in seen if one[0].label == -(one[0].longer or 0)]),
        "longer_won_when_tied": won([one for one in seen if one[0].label == 0]),
    }


class OrderFigures:
    """What the order in which answers are shown does to a comparing judge."""

    def __init__(self, cells: Sequence[Asked]) -> None:
        self._cells = cells

    def __call__(self, weights: Sequence[int]) -> Mapping[str, Point]:
        """Consistency, what both orders and single ones get right, and wins of the one shown first."""
        counted = [(cell, weight) for cell, weight in zip(self._cells, weights, strict=True) if weight]
        both = [(cell, w) for cell, w in counted if cell.both and cell.agreed is not None]
        told = [(c, w) for c, w in counted if c.both and c.forward is not None and c.backward is not None]
        labelled = [(c, w) for c, w in told if c.label]
        first = last = right = singles = 0
        for cell, weight in counted:
            # the answer shown first won: `first` where it came first, `second` where that did
            first += weight * ((cell.forward == 1) + (cell.backward == -1))
            last += weight * ((cell.forward == -1) + (cell.backward == 1))
            if cell.label:
                singles += weight * ((cell.forward is not None) + (cell.backward is not None))
                right += weight * ((cell.forward == cell.label) + (cell.backward == cell.label))
        untold = "no pair was asked in both orders"
        return {
            "consistent": share(sum(w for c, w in both if c.agreed), sum(w for _, w in both), untold),
            "both_tied": share(
                sum(w for c, w in told if c.forward == 0 == c.backward), sum(w for _, w in told), untold
            ),
            "both_right": share(
                sum(w for c, w in labelled if c.forward == c.label == c.backward), sum(w for _, w in labelled), untold
            ),
            "single_order_right": share(right, singles, "no order of a labelled pair is told"),
            "first_shown_won": share(first, first + last, "no order names a winner, or none is told"),
        }


class VoteFigures:
    """How far the votes on one question agree."""

    def __init__(self, cells: Sequence[Voted]) -> None:
        self._cells = cells
        self._alpha = Alpha([cell.votes for cell in cells])
        self._numbers = all(isinstance(vote, float) for cell in cells for vote in cell.votes)
        self._variances = [variance(cell.votes) if self._numbers else None for cell in cells]
        self._agreements = [
            max((cell.votes.count(vote) for vote in set(cell.votes)), default=0) / (len(cell.votes) + cell.missing)
            for cell in cells
        ]

    def __call__(self, weights: Sequence[int]) -> Mapping[str, Point]:
        """Spread, agreement and alphas of votes."""
        total = sum(weights)
        spread = [(v, w) for v, w in zip(self._variances, weights, strict=True) if v is not None and w]
        items = sum(w for _, w in spread)
        votes = sum(w * (len(c.votes) + c.missing) for c, w in zip(self._cells, weights, strict=True))
        missing = sum(w * c.missing for c, w in zip(self._cells, weights, strict=True))
        agreed = math.fsum(w * a for a, w in zip(self._agreements, weights, strict=True))
        unanimous = sum(w for a, w in zip(self._agreements, weights, strict=True) if a == 1.0)
        levels = _LEVELS if self._numbers else _LEVELS[:1]
        return {
            "variance": (math.fsum(v * w for v, w in spread) / items if items else "no item has two votes", items),
            "unanimous": share(unanimous, total),
            "agreement": (agreed / total if total else NOTHING, total),
            "missing_votes": share(missing, votes),
            **{f"alpha_{level}": (self._alpha(weights, level), total) for level in levels},
        }


def variance(votes: Sequence[Value]) -> float | None:
    """The unbiased variance, Σ(v - mean)² / (n - 1); None for fewer than two votes."""
    numbers = [float(vote) for vote in votes]
    if len(numbers) < 2:
        return None
    mean = math.fsum(numbers) / len(numbers)
    return math.fsum((number - mean) ** 2 for number in numbers) / (len(numbers) - 1)


class Choice:
    """Whether the judge's highest response is one that the label names."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._cells = cells

    def __call__(self, weights: Sequence[int]) -> Mapping[str, Point]:
        """How often a labelled best response is found, or only tied."""
        found = dict.fromkeys(("right", "wrong", "tied", "unscored"), 0)
        for cell, weight in zip(self._cells, weights, strict=True):
            found[cell] += weight
        n = found["right"] + found["wrong"] + found["tied"]
        return {"best_found": share(found["right"], n), "best_tied": share(found["tied"], n)}
