"""What a fit makes small: the loss on examples and the penalty on the params, with their derivatives.

With s the score, κ > 0 fitted beside the params, and θ the params:

- preference: the mean of log(1 + exp(-κ(s⁺ - s⁻))), which is the Bradley–Terry model (Bradley and Terry 1952) with κ·s
  as the logarithm of a response's strength;
- binary: the mean of -y·log s - (1 - y)·log(1 - s);
- squared: the mean of (s - y)².

The penalty of strength λ is ½λ times: for weights fitted on preferences Σ (κ·cₘ·φₘ)², where φₘ is what a member counts
(its weight, in a mean its share of the weights) and cₘ the root mean square of its differences, so that it is the ridge
of a logistic regression on standardised members; for any other param ((θ - θ₀)/width)², which draws it to its default;
where no weights are fitted on preferences, also the mean of (κ(s⁺ - s⁻))².
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rmcompose.learning.dual import Array, Dual
from rmcompose.learning.examples import Examples, Loss
from rmcompose.learning.model import Group
from rmcompose.learning.names import Fitted

Ints = NDArray[np.int_]
Scores = Callable[[Array], Dual]
"""The scores of all responses where the params are moved by so much from the start."""

LEAST_CHANCE = 1e-6
"""How near to 0 and 1 a score is taken as a chance: a single sure mistake must not cost everything."""
FAR = 1e6
"""The value where the params have no score at all."""


@dataclass(frozen=True, slots=True)
class Units:
    """Some of the examples, by the numbers of their responses."""

    loss: Loss
    better: Ints
    worse: Ints
    labels: Array

    @staticmethod
    def of(found: Examples, which: Ints) -> Units:
        """Those units of the examples."""
        return Units(found.loss, found.better[which], found.worse[which], found.labels[which])

    def margins(self, scores: Array) -> Array:
        """What the loss looks at: the difference of a pair, or the score of a response."""
        if self.loss == "preference":
            return np.asarray(scores[self.better] - scores[self.worse])
        return np.asarray(scores[self.better])

    def losses(self, margins: Array, scale: float) -> Array:
        """The loss of each unit; NaN where its score is not known."""
        if self.loss == "preference":
            with np.errstate(invalid="ignore"):  # what has no score
                return np.logaddexp(0.0, -scale * margins)
        if self.loss == "squared":
            return np.asarray((margins - self.labels) ** 2)
        chance = np.clip(margins, LEAST_CHANCE, 1 - LEAST_CHANCE)
        return np.asarray(-self.labels * np.log(chance) - (1 - self.labels) * np.log(1 - chance))

    def slopes(self, margins: Array, scale: float) -> Array:
        """The derivative of each loss by its margin."""
        if self.loss == "preference":
            return np.asarray(-scale / (1 + np.exp(np.clip(scale * margins, -700, 700))))
        if self.loss == "squared":
            return np.asarray(2 * (margins - self.labels))
        chance = np.clip(margins, LEAST_CHANCE, 1 - LEAST_CHANCE)
        inside = (margins > LEAST_CHANCE) & (margins < 1 - LEAST_CHANCE)
        return np.asarray(np.where(inside, (chance - self.labels) / (chance * (1 - chance)), 0.0))


@dataclass(frozen=True, slots=True)
class Spread:
    """A group of weights with how much each member differs: `differs[m]` is the cₘ of the penalty."""

    group: Group
    differs: Array


class Objective:
    """Loss and penalty as a function of x: a step of each free param, as a share of its width, then log κ."""

    def __init__(
        self,
        units: Units,
        scores: Scores,
        params: Sequence[Fitted],
        free: Ints,
        spreads: Sequence[Spread],
        strength: float,
        targets: Array | None = None,
    ) -> None:
        self.units = units if targets is None else Units(units.loss, units.better, units.worse, targets)
        self.scores = scores
        self.free = free
        self.spreads = spreads
        self.strength = strength
        self.widths = np.array([param.width for param in params])
        self.scaled = units.loss == "preference"
        weights = np.array([param.is_weight for param in params], dtype=bool)
        ridged = self.scaled and bool(spreads)
        # weights have a penalty of their own, and are drawn to nothing else
        self.drawn = (~weights if ridged else np.full(len(params), not self.scaled or not weights.all()))[free]

    def delta(self, x: Array) -> Array:
        """How far each param is from the start."""
        delta = np.zeros(len(self.widths))
        delta[self.free] = x[: len(self.free)] * self.widths[self.free]
        return delta

    def scale(self, x: Array) -> float:
        """κ."""
        return float(np.exp(x[-1])) if self.scaled else 1.0

    def __call__(self, x: Array) -> tuple[float, Array]:
        """The value and its derivative."""
        delta, scale = self.delta(x), self.scale(x)
        with np.errstate(all="ignore"):
            return self._at(delta, scale, x)

    def _at(self, delta: Array, scale: float, x: Array) -> tuple[float, Array]:
        units, found = self.units, self.scores(delta)
        value = np.broadcast_to(found.value, (max(int(units.better.max()), int(units.worse.max())) + 1,))
        margins = units.margins(value)
        known = ~np.isnan(margins)
        count = int(known.sum())
        if not count:
            return FAR, np.zeros_like(x)
        margins = margins[known]
        part = Units(units.loss, units.better[known], units.worse[known], units.labels[known])
        slope = self._margin_slopes(part, found)
        losses, outer = part.losses(margins, scale), part.slopes(margins, scale)
        result = float(losses.mean())
        by_delta = outer @ slope / count
        by_scale = float((outer * margins).mean()) if self.scaled else 0.0  # by log κ: κ·z′·m/κ
        if self.strength:
            extra, more, by_log = self._penalty(delta, scale, margins, slope)
            result, by_delta, by_scale = result + extra, by_delta + more, by_scale + by_log
        gradient = by_delta[self.free] * self.widths[self.free]
        steps = x[: len(self.free)]
        result += 0.5 * self.strength * float((steps[self.drawn] ** 2).sum())
        gradient = gradient + self.strength * np.where(self.drawn, steps, 0.0)
        if not np.isfinite(result) or not np.all(np.isfinite(gradient)):
            return FAR, np.zeros_like(x)
        return result, np.append(gradient, by_scale) if self.scaled else gradient

    def _margin_slopes(self, part: Units, found: Dual) -> Array:
        if found.slope is None:
            return np.zeros((len(part.better), len(self.widths)))
        size = int(max(part.better.max(), part.worse.max())) + 1
        slope = np.broadcast_to(found.slope, (max(size, *found.value.shape, 1), len(self.widths)))
        picked = slope[part.better] - slope[part.worse] if self.scaled else slope[part.better]
        return np.asarray(picked)

    def _penalty(self, delta: Array, scale: float, margins: Array, slope: Array) -> tuple[float, Array, float]:
        """Its value, and its derivatives by the params and by log κ."""
        if not self.scaled:
            return 0.0, np.zeros_like(delta), 0.0
        half = 0.5 * self.strength * scale**2
        if not self.spreads:
            value = half * float((margins**2).mean())
            return value, 2 * half * (margins @ slope) / len(margins), 2 * value
        value, by_delta = 0.0, np.zeros_like(delta)
        for spread in self.spreads:
            counts, inner = spread.group.weights(delta), spread.group.slopes
            if spread.group.mean:
                total = counts.sum()
                counts = counts / total
                inner = (inner - np.outer(counts, inner.sum(axis=0))) / total
            squared = spread.differs**2
            value += half * float((squared * counts**2).sum())
            by_delta += 2 * half * ((squared * counts) @ inner)
        return value, by_delta, 2 * value


def smoothed(labels: Array) -> Array:
    """Platt's targets: (n₊ + 1)/(n₊ + 2) for true and 1/(n₋ + 2) for false, instead of 1 and 0 (Platt 1999, §2.2)."""
    positive = float((labels == 1).sum())
    negative = len(labels) - positive
    return np.where(labels == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
