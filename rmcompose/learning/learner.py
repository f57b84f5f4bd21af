"""One way of fitting, to be used on any part of the examples: on each fold, on the folds within, and on all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rmcompose.ir.types import Number
from rmcompose.learning import thresholds
from rmcompose.learning.dual import Array, Dual
from rmcompose.learning.errors import FitError
from rmcompose.learning.examples import Examples
from rmcompose.learning.folds import folds, rest
from rmcompose.learning.leaves import Evaluated
from rmcompose.learning.model import Memo, Model
from rmcompose.learning.moving import PlanOf
from rmcompose.learning.names import Fitted
from rmcompose.learning.objective import Ints, Objective, Scores, Spread, Units, smoothed
from rmcompose.learning.solving import Shape, Solution, best_scale, finished, moves, position, solve

STRENGTHS = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0001)
"""What is tried where the strength is chosen on the folds within, the strongest first."""
FOLDS_WITHIN = 5

Method = Literal["weights", "threshold", "platt", "isotonic"]


@dataclass(frozen=True, slots=True)
class Learned:
    """What one fit found: values of all fitted params, κ, the strength that was used and whether it converged."""

    values: dict[str, Number]
    scale: float
    strength: float
    converged: bool = True


@dataclass(slots=True)
class Learner:
    """What every fit of one command has in common.

    `strength` is None where it is chosen. `held` are the places of params that keep their values. `model` is None where
    scores are the runtime's alone.
    """

    found: Examples
    params: tuple[Fitted, ...]
    evaluated: Evaluated
    plan_of: PlanOf
    model: Model | None
    shape: Shape
    strength: float | None
    method: Method
    seed: int
    span: tuple[float, float]
    held: frozenset[int] = frozenset()

    @property
    def free(self) -> Ints:
        """The places of the params that are fitted."""
        return np.array([place for place in range(len(self.params)) if place not in self.held], dtype=int)

    # ---- a fit -------------------------------------------------------------------------------------------------------

    def learn(self, which: Ints, seed: int) -> Learned:
        """The params for these units. Raises FitError where none of them has a score."""
        if self.method == "threshold":
            return self._threshold(which)
        strength = self._strength(which, seed)
        objective = self.objective(which, strength)
        solution = self._solved(objective)
        values = finished(objective, self.params, solution, self.shape, self.free)
        scale = best_scale(objective, moves(self.params, values))
        return Learned(values, scale, strength, solution.converged)

    def scale_at_start(self, which: Ints) -> float:
        """κ of the spec as it was, on these units: without a penalty, for it is not the penalty's to judge it."""
        objective = self.objective(which, 0.0)
        return best_scale(objective, np.zeros(len(self.params)))

    def objective(self, which: Ints, strength: float) -> Objective:
        """Loss and penalty on these units, with responses numbered anew."""
        units = Units.of(self.found, which)
        used, back = np.unique(np.concatenate([units.better, units.worse]), return_inverse=True)
        near = Units(units.loss, back[: len(which)], back[len(which) :], units.labels)
        targets = smoothed(units.labels) if self.method == "platt" else None
        spreads = self._spread(near, used) if near.loss == "preference" else []
        return Objective(near, self.scores(used), self.params, self.free, spreads, strength, targets)

    def scores(self, used: Ints) -> Scores:
        """The scores of some responses as a function of how far the params are from the start."""
        if self.model is None:
            return lambda delta: self._by_differences(delta, used)
        model = self.model
        columns = {name: column[used] for name, column in self.evaluated.columns.items()}
        memo: Memo = {}
        return lambda delta: _full(model.scores(delta, columns, memo), len(used))

    def _solved(self, objective: Objective) -> Solution:
        solution = solve(objective, self.params, self.shape)
        if solution.value >= 1e6:
            raise FitError(f"none of the {self.found.unit} has a score")
        return solution

    def _spread(self, units: Units, used: Ints) -> list[Spread]:
        """How much the members of each group of weights differ within pairs."""
        if self.model is None:
            return []
        columns = {name: column[used] for name, column in self.evaluated.columns.items()}
        state = self.model.state(np.zeros(len(self.params)), columns)
        found = []
        for group in self.model.groups:
            differs = []
            for member in self.model.members[group.step]:
                with np.errstate(all="ignore"):
                    value = np.broadcast_to(member(state).value, (len(used),))
                apart = units.margins(value)
                apart = apart[~np.isnan(apart)]
                differs.append(float(np.sqrt((apart**2).mean())) if len(apart) else 0.0)
            found.append(Spread(group, np.array(differs)))
        return found

    def _strength(self, which: Ints, seed: int) -> float:
        """The strength given, or the one with the least loss on the folds within."""
        if self.strength is not None:
            return self.strength
        groups = self.found.groups[which]
        count = min(FOLDS_WITHIN, len(np.unique(groups)))
        if count < 2:
            return STRENGTHS[2]
        losses = np.zeros(len(STRENGTHS))
        for part in folds(groups, count, seed):
            train, test = which[rest(len(which), part)], which[part]
            begin: Array | None = None
            for place, strength in enumerate(STRENGTHS):
                objective = self.objective(train, strength)
                solution = solve(objective, self.params, self.shape, begin)
                begin = position(objective, solution)
                losses[place] += self._loss(test, solution)
        return STRENGTHS[int(np.argmin(losses))]

    def _loss(self, which: Ints, solution: Solution) -> float:
        objective = self.objective(which, 0.0)
        scores = objective.scores(solution.delta).value
        margins = objective.units.margins(scores)
        losses = objective.units.losses(margins, solution.scale)
        return float(np.nansum(losses))

    def _by_differences(self, delta: Array, used: Ints) -> Dual:
        """As the model, by the runtime: slopes are differences of scores on both sides."""
        rows = np.unique(np.searchsorted(self.evaluated.first, used, side="right") - 1)

        def at(moved: Array) -> Array:
            values = self.values_at(moved)
            return self.evaluated.scores(self.plan_of(values), [int(row) for row in rows])[used]

        slopes = np.zeros((len(used), len(self.params)))
        for place in self.free:
            param = self.params[place]
            step = 1.0 if param.whole else 1e-4 * param.width
            ends = [param.held(float(param.start) + delta[place] + side * step) for side in (-1, 1)]
            if ends[1] > ends[0]:
                sides = []
                for end in ends:
                    moved = delta.copy()
                    moved[place] = end - float(param.start)
                    sides.append(at(moved))
                slopes[:, place] = (sides[1] - sides[0]) / (ends[1] - ends[0])
        return Dual(at(delta), slopes)

    def values_at(self, delta: Array) -> dict[str, Number]:
        """The values of the params there, whole ones rounded."""
        values = [param.held(float(param.start) + move) for param, move in zip(self.params, delta, strict=True)]
        return {p.name: round(v) if p.whole else v for p, v in zip(self.params, values, strict=True)}

    def _threshold(self, which: Ints) -> Learned:
        units = Units.of(self.found, which)
        used, back = np.unique(np.concatenate([units.better, units.worse]), return_inverse=True)
        near = Units(units.loss, back[: len(which)], back[len(which) :], units.labels)
        [place] = self.free
        scores = self.scores(used)
        compared = self._compared(int(place), used)
        value = thresholds.best(near, scores, self.params[int(place)], compared, self.span)
        values: dict[str, Number] = {param.name: param.start for param in self.params}
        return Learned({**values, self.params[int(place)].name: value}, 1.0, 0.0)

    def _compared(self, place: int, used: Ints) -> Array | None:
        """All that is compared with the param; None where it stands elsewhere too, or nothing is known of that."""
        if self.model is None or not self.model.thresholds:
            return None
        columns = {name: column[used] for name, column in self.evaluated.columns.items()}
        state = self.model.state(np.zeros(len(self.params)), columns)
        found = [
            np.broadcast_to(one.of(state).value, (len(used),)) for one in self.model.thresholds if one.param == place
        ]
        return np.concatenate(found) if found else None


def _full(found: Dual, size: int) -> Dual:
    return found if found.value.ndim else Dual(np.broadcast_to(found.value, (size,)), found.slope)


def runtime_scores(learner: Learner, values: Mapping[str, Number], rows: Sequence[int] | None = None) -> Array:
    """The scores of the spec with these values, by the runtime."""
    return learner.evaluated.scores(learner.plan_of(values), rows)
