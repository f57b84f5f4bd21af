"""How scores, ranks and winners moved from one set of results to another, in figures with intervals.

    shift     new score - old score of a response that is scored in both
    order     pairs of responses of one sample: kept their order, swapped, became or ceased to be tied
    ranks     Kendall's tau-b and Spearman's rho of old and new scores within a sample, mean over samples
    winner    the response with the highest score, of equal ones the first (`best`)

Intervals are percentile bootstrap intervals over samples, as everywhere (`calibration/bootstrap.py`).
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rmcompose.calibration.bootstrap import Figure, Point, Resampling, Statistic, estimate, quantile
from rmcompose.calibration.ranks import RankPairs
from rmcompose.rescoring.lines import Line

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)

Family = dict[str, Figure]

KEPT, SWAPPED, TIED, UNTIED, BOTH_TIED = "kept", "swapped", "tied", "untied", "tied in both"


@dataclass
class NodeMovement:
    """One node over all responses: how often its value is another, and its mean where it is scored in both."""

    both: int = 0
    changed: int = 0
    became_scored: int = 0
    became_unscored: int = 0
    old_sum: float = 0.0
    new_sum: float = 0.0
    numbers: int = 0

    def add(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Takes in the node of one response; of one that has a value per step, each step."""
        if "steps" in old or "steps" in new:
            for one, other in zip(old.get("steps", ()), new.get("steps", ()), strict=False):
                self.add(one, other)
            return
        was, now = old.get("value"), new.get("value")
        if was is None or now is None:
            self.became_scored += was is None and now is not None
            self.became_unscored += now is None and was is not None
            return
        self.both += 1
        self.changed += was != now
        if not isinstance(was, str) and not isinstance(now, str):
            self.numbers += 1
            self.old_sum += was
            self.new_sum += now

    def as_dict(self) -> dict[str, Any]:
        """The counts as plain data; `old` and `new` are means."""
        mean = None if not self.numbers else (self.old_sum / self.numbers, self.new_sum / self.numbers)
        return {
            "both": self.both,
            "changed": self.changed,
            "became_scored": self.became_scored,
            "became_unscored": self.became_unscored,
            "old": None if mean is None else mean[0],
            "new": None if mean is None else mean[1],
        }


@dataclass(frozen=True, slots=True, order=True)
class Move:
    """A response whose score moved: by how much, in which sample."""

    size: float
    id: str
    index: int
    old: float
    new: float

    def as_dict(self) -> dict[str, Any]:
        """The move as plain data."""
        return {"id": self.id, "index": self.index, "old": self.old, "new": self.new, "shift": self.new - self.old}


@dataclass(frozen=True, slots=True, order=True)
class Upset:
    """A sample with another winner; `size` is by how much the new one leads the old one now, and did then."""

    size: float
    id: str
    old: int
    new: int

    def as_dict(self) -> dict[str, Any]:
        """The upset as plain data."""
        return {"id": self.id, "old": self.old, "new": self.new, "margin": self.size}


@dataclass
class Movement:
    """What two sets of results differ in; `add` takes in one pair of lines. `top` is how many rows are named.

    `pairs` are the old and new scores of the responses of each sample that are scored in both, `upset` whether its
    winner is another. `old_only` and `new_only` name the nodes that one side alone has, `reasons` counts why responses
    became unscored.
    """

    top: int = 10
    samples: int = 0
    responses: int = 0
    scored: int = 0
    became_scored: int = 0
    became_unscored: int = 0
    unscored: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    nodes: dict[str, NodeMovement] = field(default_factory=dict)
    old_only: dict[str, None] = field(default_factory=dict)
    new_only: dict[str, None] = field(default_factory=dict)
    winners_lost: int = 0
    winners_found: int = 0
    pairs: list[tuple[array[float], array[float]]] = field(default_factory=list)
    upset: list[bool] = field(default_factory=list)
    winners: list[tuple[int, int]] = field(default_factory=list)
    _moves: list[Move] = field(default_factory=list)
    _upsets: list[Upset] = field(default_factory=list)

    def add(self, old: Line, new: Line) -> None:
        """Takes in the old and the new line of one sample."""
        self.samples += 1
        was, now = array("d"), array("d")
        for before, after in zip(old["responses"], new["responses"], strict=True):
            self.responses += 1
            one, other = before["score"], after["score"]
            if one is not None and other is not None:
                self.scored += 1
                was.append(one)
                now.append(other)
                if one != other:
                    self._named(self._moves, Move(abs(other - one), str(old["id"]), before["index"], one, other))
            elif other is not None:
                self.became_scored += 1
            elif one is not None:
                self.became_unscored += 1
                self.reasons[_kind(after.get("reason"))] += 1
            else:
                self.unscored += 1
            self._nodes(before["nodes"], after["nodes"])
        self.pairs.append((was, now))
        self.upset.append(len(old["responses"]) > 1 and old["best"] != new["best"])
        self._winner(old, new)

    def _nodes(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        for name, node in new.items():
            if name in old:
                self.nodes.setdefault(name, NodeMovement()).add(old[name], node)
            elif old:
                self.new_only[name] = None
        if new and old.keys() - new.keys():
            self.old_only |= dict.fromkeys(name for name in old if name not in new)

    def _winner(self, old: Line, new: Line) -> None:
        first, second = old["best"], new["best"]
        if len(old["responses"]) < 2 or first == second is None:
            return
        if first is None or second is None:
            self.winners_lost += second is None
            self.winners_found += first is None
            return
        self.winners.append((first, second))
        if first != second:
            before, after = ([one["score"] for one in line["responses"]] for line in (old, new))
            led = 0.0 if before[second] is None else before[first] - before[second]
            leads = 0.0 if after[first] is None else after[second] - after[first]
            self._named(self._upsets, Upset(led + leads, str(old["id"]), first, second))

    def _named(self, heap: list[Any], one: Any) -> None:
        if len(heap) < self.top:
            heapq.heappush(heap, one)
        elif self.top:
            heapq.heappushpop(heap, one)

    @property
    def moves(self) -> list[Move]:
        """The responses whose scores moved most, the largest move first."""
        return sorted(self._moves, key=lambda move: (-move.size, move.id, move.index))

    @property
    def upsets(self) -> list[Upset]:
        """The samples whose winner changed, by how much it takes."""
        return sorted(self._upsets, key=lambda upset: (-upset.size, upset.id))

    def shifts(self) -> list[float]:
        """The shift of every response that is scored in both, in order of size."""
        return sorted(new - old for was, now in self.pairs for old, new in zip(was, now, strict=True))

    def quantiles(self) -> dict[str, float | None]:
        """The quantiles of the shifts (definition 7 of Hyndman and Fan, 1996)."""
        shifts = self.shifts()
        return {f"{share:g}": quantile(shifts, share) if shifts else None for share in QUANTILES}

    def overall(self) -> dict[str, float | str]:
        """Kendall's tau-b and Spearman's rho of old and new scores over all responses, or why there is none."""
        cells = Counter((old, new) for was, now in self.pairs for old, new in zip(was, now, strict=True))
        same = ("the old scores are all the same", "the new scores are all the same")
        ranked, weights = RankPairs(list(cells), *same), list(cells.values())
        return {"kendall": ranked.kendall(weights), "spearman": ranked.spearman(weights)}

    def figures(self, resampling: Resampling) -> dict[str, Family]:
        """The figures by family, with intervals over samples."""
        shift = [[new - old for old, new in zip(was, now, strict=True)] for was, now in self.pairs]
        order = [_orders(was, now) for was, now in self.pairs]
        ranks = [_ranks(was, now) for was, now in self.pairs]
        winners = [[int(first != second)] for first, second in self.winners]
        return {
            "shift": estimate(shift, _shift, resampling),
            "order": estimate(order, _order, resampling),
            "ranks": estimate(ranks, _means, resampling),
            "winner": estimate(winners, _share("changed"), resampling),
        }


def _kind(reason: object) -> str:
    return str(reason.get("kind")) if isinstance(reason, Mapping) else "unscored"


def _orders(was: Sequence[float], now: Sequence[float]) -> list[str]:
    """What became of the order of each two responses."""
    found = []
    for i in range(len(was)):
        for k in range(i + 1, len(was)):
            before, after = _sign(was[i], was[k]), _sign(now[i], now[k])
            if before == after:
                found.append(KEPT if before else BOTH_TIED)
            elif before and after:
                found.append(SWAPPED)
            else:
                found.append(TIED if before else UNTIED)
    return found


def _sign(one: float, other: float) -> int:
    return (one > other) - (one < other)


def _ranks(was: Sequence[float], now: Sequence[float]) -> list[tuple[float, float]]:
    """Kendall's tau-b and Spearman's rho of one sample; nothing where either side has no order."""
    if len(was) < 2 or min(was) == max(was) or min(now) == max(now):
        return []
    ranked = RankPairs(list(zip(was, now, strict=True)))
    tau, rho = ranked.kendall([1] * len(was)), ranked.spearman([1] * len(was))
    return [] if isinstance(tau, str) or isinstance(rho, str) else [(tau, rho)]


def _weighted(values: Iterable[float], weights: Sequence[int], n: int) -> float:
    return math.fsum(weight * value for value, weight in zip(values, weights, strict=True)) / n


def _shift(cells: list[float]) -> Statistic:
    def of(weights: Sequence[int]) -> dict[str, Point]:
        n = sum(weights)
        if not n:
            return dict.fromkeys(("mean", "mean_absolute", "moved"), ("no response is scored in both", 0))
        return {
            "mean": (_weighted(cells, weights, n), n),
            "mean_absolute": (_weighted(map(abs, cells), weights, n), n),
            "moved": (_weighted((one != 0.0 for one in cells), weights, n), n),
        }

    return of


def _order(cells: list[str]) -> Statistic:
    def of(weights: Sequence[int]) -> dict[str, Point]:
        n = sum(weights)
        if not n:
            return dict.fromkeys((KEPT, SWAPPED, TIED, UNTIED), ("no sample has two responses scored in both", 0))
        return {
            name: (_weighted((one == name for one in cells), weights, n), n) for name in (KEPT, SWAPPED, TIED, UNTIED)
        }

    return of


def _means(cells: list[tuple[float, float]]) -> Statistic:
    def of(weights: Sequence[int]) -> dict[str, Point]:
        n = sum(weights)
        if not n:
            return dict.fromkeys(("kendall", "spearman"), ("no sample has an order in both", 0))
        return {
            "kendall": (_weighted((tau for tau, _ in cells), weights, n), n),
            "spearman": (_weighted((rho for _, rho in cells), weights, n), n),
        }

    return of


def _share(name: str) -> Callable[[list[int]], Statistic]:
    def prepare(cells: list[int]) -> Statistic:
        def of(weights: Sequence[int]) -> dict[str, Point]:
            n = sum(weights)
            return {name: (_weighted(cells, weights, n), n) if n else ("no sample has a winner among several", 0)}

        return of

    return prepare
