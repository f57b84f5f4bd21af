"""What each node adds: the new spec with and without it, on examples it was not fitted on.

A node is left out by giving it the same value for every response: its mean, or for a condition what it mostly is. Left
out of nothing but itself it is *ablated*; its *Shapley value* is the mean of what it adds to every set of the others
(Shapley 1953), so that the values of all nodes sum to what all of them add together. Nothing is fitted anew. With more
than `EXACT` nodes Shapley values are means over random orders of the nodes (Castro, Gómez and Tejada 2009).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from rmcompose.learning.assessment import Fold
from rmcompose.learning.dual import Array
from rmcompose.learning.learner import Learner
from rmcompose.learning.objective import Units
from rmcompose.learning.solving import moves
from rmcompose.learning.thresholds import right

EXACT = 10
"""Nodes up to which every set is looked at."""
WORK = 30_000_000
"""Units times sets that are looked at, about, where orders are drawn."""
FEWEST_ORDERS, MOST_ORDERS = 4, 200

Worth = dict[str, float]
"""Measures of a set of nodes: higher is better."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a node adds, by measure: `accuracy` (a tie counts half) and `loss` (the loss it takes away)."""

    name: str
    ablation: Worth
    shapley: Worth


@dataclass(frozen=True, slots=True)
class Contributions:
    """Those of all nodes. `nothing` and `everything` are the worth of no node and of all; `orders` is 0 where exact."""

    nodes: list[Contribution]
    nothing: Worth
    everything: Worth
    orders: int


def contributions(learner: Learner, done: Sequence[Fold]) -> Contributions | None:
    """The contribution of each node on the held-out folds; None where scores are the runtime's alone."""
    if learner.model is None or not learner.evaluated.columns:
        return None
    names = list(learner.evaluated.columns)
    worth = _Cached(_Sets(learner, done, names))
    every = frozenset(range(len(names)))
    ablated = [_less(worth(every), worth(every - {place})) for place in range(len(names))]
    orders = 0
    if len(names) <= EXACT:
        shapley = [_exact(worth, place, len(names)) for place in range(len(names))]
    else:
        orders = min(max(WORK // (learner.found.size * len(names)), FEWEST_ORDERS), MOST_ORDERS)
        shapley = _sampled(worth, len(names), orders, learner.seed)
    nodes = [Contribution(*one) for one in zip(names, ablated, shapley, strict=True)]
    return Contributions(nodes, worth(frozenset()), worth(every), orders)


class _Sets:
    """The worth of a set of nodes, over all folds."""

    def __init__(self, learner: Learner, done: Sequence[Fold], names: Sequence[str]) -> None:
        assert learner.model is not None
        self.names = names
        self.neutral = [_neutral(learner, name) for name in names]
        self.span = learner.span
        self.threshold = learner.method == "threshold"
        self.model = learner.model
        self.parts: list[tuple[Units, dict[str, Array], Array, float]] = []
        for fold in done:
            units = Units.of(learner.found, fold.held_out)
            used, back = np.unique(np.concatenate([units.better, units.worse]), return_inverse=True)
            size = len(units.better)
            near = Units(units.loss, back[:size], back[size:], units.labels)
            columns = {name: column[used] for name, column in learner.evaluated.columns.items()}
            self.parts.append((near, columns, moves(learner.params, fold.learned.values), fold.learned.scale))

    def __call__(self, there: frozenset[int]) -> Worth:
        hits: list[Array] = []
        losses: list[Array] = []
        labels: list[Array] = []
        for units, columns, delta, scale in self.parts:
            kept = {
                name: columns[name] if place in there else np.full_like(columns[name], self.neutral[place])
                for place, name in enumerate(self.names)
            }
            size = int(max(units.better.max(), units.worse.max())) + 1
            scores = np.broadcast_to(self.model.scores(delta, kept).value, (size,))
            hit, loss = _judged(units, scores, scale, self.span)
            hits.append(hit)
            losses.append(loss)
            labels.append(units.labels)
        worth = _worth(self.parts[0][0], np.concatenate(hits), np.concatenate(losses), np.concatenate(labels))
        return {"accuracy": worth["accuracy"]} if self.threshold else worth


def _neutral(learner: Learner, name: str) -> float:
    assert learner.model is not None
    column = learner.evaluated.columns[name]
    known = column[~np.isnan(column)]
    if not len(known):
        return float("nan")
    return float(known.mean() >= 0.5) if learner.model.leaves[name].is_bool else float(known.mean())


def _judged(units: Units, scores: Array, scale: float, span: tuple[float, float]) -> tuple[Array, Array]:
    margins = units.margins(scores)
    unknown = np.isnan(margins)
    with np.errstate(all="ignore"):
        losses = units.losses(margins, scale)
    if units.loss == "preference":
        # differences that are but rounding of floats are none
        tied = unknown | (np.abs(margins) <= 1e-12 * (1 + np.abs(np.nan_to_num(scores)).max(initial=0.0)))
        return np.where(tied, 0.5, margins > 0), np.where(unknown, np.log(2.0), losses)
    hit = right(units, scores, span).right if units.loss == "binary" else np.zeros_like(margins)
    return hit, losses


def _worth(units: Units, hits: Array, losses: Array, labels: Array) -> Worth:
    loss = -float(np.nanmean(losses)) if not np.isnan(losses).all() else 0.0
    if units.loss == "preference":
        return {"accuracy": float(hits.mean()), "loss": loss}
    if units.loss == "squared":
        return {"loss": loss}
    sides = [hits[labels == side] for side in (0.0, 1.0)]
    return {"accuracy": float(np.mean([side.mean() for side in sides if len(side)])), "loss": loss}


class _Cached:
    """Each set is looked at once."""

    def __init__(self, worth: Callable[[frozenset[int]], Worth]) -> None:
        self.worth = worth
        self.known: dict[frozenset[int], Worth] = {}

    def __call__(self, there: frozenset[int]) -> Worth:
        if there not in self.known:
            self.known[there] = self.worth(there)
        return self.known[there]


def _less(one: Worth, other: Worth) -> Worth:
    return {name: one[name] - other[name] for name in one}


def _exact(worth: Callable[[frozenset[int]], Worth], place: int, count: int) -> Worth:
    """Σ over sets S of the others of |S|!(n - |S| - 1)!/n! · (v(S ∪ i) - v(S))."""
    others = [other for other in range(count) if other != place]
    total: Worth = {}
    for size in range(count):
        share = 1 / (count * comb(count - 1, size))
        for chosen in combinations(others, size):
            there = frozenset(chosen)
            for name, added in _less(worth(there | {place}), worth(there)).items():
                total[name] = total.get(name, 0.0) + share * added
    return total


def _sampled(worth: Callable[[frozenset[int]], Worth], count: int, orders: int, seed: int) -> list[Worth]:
    """Means over random orders, each with its reverse: what one overrates the other underrates."""
    draw = random.Random(seed).random  # noqa: S311  # a seeded estimate, no secret
    totals: list[Worth] = [{} for _ in range(count)]
    order: list[int] = []
    for number in range(orders):
        order = sorted(range(count), key=lambda _: draw()) if number % 2 == 0 else order[::-1]
        there: frozenset[int] = frozenset()
        for place in order:
            for name, added in _less(worth(there | {place}), worth(there)).items():
                totals[place][name] = totals[place].get(name, 0.0) + added / orders
            there |= {place}
    return totals
