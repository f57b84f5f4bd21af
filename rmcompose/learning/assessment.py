"""What a fit is worth: every example judged by params that were fitted without it, beside the spec as it was.

Scores are the runtime's, of the spec as it would be written. A pair is right where the better response scores more: a
tie is not, nor is a pair without a score. Intervals are those of `calibration.bootstrap`, over groups (prompts).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rmcompose.calibration.bootstrap import Figure, Point, Resampling, Statistic, estimate
from rmcompose.ir.types import Number
from rmcompose.learning.dual import Array
from rmcompose.learning.folds import folds, rest
from rmcompose.learning.learner import Learned, Learner, runtime_scores
from rmcompose.learning.objective import Ints, Units
from rmcompose.learning.thresholds import right

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold: the units that were held out, what was fitted without them, and the best single node without them."""

    held_out: Ints
    learned: Learned
    single: str | None


@dataclass(slots=True)
class Assessment:
    """The held-out figures, by name; `columns` has what they are means of, a number for each unit.

    Names are `<measure>_<side>`: the measures of `MEASURES`, the sides `before after gain`, and for accuracy also
    `equal single best` with `gain_on_…`. A gain is positive where the new spec is better.
    """

    folds: list[Fold]
    figures: dict[str, Figure]
    columns: dict[str, Array]
    main: str
    single: str | None = None
    equal: dict[str, Number] | None = None
    notes: list[str] = field(default_factory=list)


def assess(learner: Learner, count: int, resampling: Resampling, told: Told = lambda _: None) -> Assessment:
    """Fits on all folds but one, for each, and judges that one."""
    found = learner.found
    size = found.size
    parts = folds(found.groups, count, learner.seed)
    before = runtime_scores(learner, {param.name: param.start for param in learner.params})
    after = np.full_like(before, np.nan)
    everything = np.arange(size)
    columns: dict[str, Array] = {}
    singles = np.full(size, np.nan)
    done: list[Fold] = []
    for number, part in enumerate(parts):
        told(f"fold {number + 1} of {count}")
        train = rest(size, part)
        learned = learner.learn(train, learner.seed + 1 + number)
        rows = sorted({int(row) for row in found.rows[part]})
        scored = runtime_scores(learner, learned.values, rows)
        units = Units.of(found, part)
        start_scale = 1.0 if learner.method == "threshold" else learner.scale_at_start(train)
        _put(columns, "after", part, _judged(learner, units, scored, learned.scale), size)
        _put(columns, "before", part, _judged(learner, units, before, start_scale), size)
        used = np.unique(np.concatenate([units.better, units.worse]))
        after[used] = scored[used]
        single = _best_single(learner, train)
        if single is not None:
            singles[part] = _alone(learner, single, part)
        done.append(Fold(part, learned, single))
    main = "accuracy" if found.pairs or learner.method == "threshold" else "loss"
    result = Assessment(done, {}, columns, f"{main}_gain")
    _gains(columns)
    if found.pairs:
        _others(learner, result, singles, everything)
    result.figures = _figures(columns, found.groups, None if found.pairs else found.labels, resampling)
    return result


def _put(columns: dict[str, Array], side: str, part: Ints, values: Mapping[str, Array], size: int) -> None:
    for name, value in values.items():
        columns.setdefault(f"{name}_{side}", np.full(size, np.nan))[part] = value


def _judged(learner: Learner, units: Units, scores: Array, scale: float) -> dict[str, Array]:
    """The measures of each unit. What a threshold gives is right or wrong, and no chance that a loss could read."""
    found = _measured(units, scores, scale, learner.span)
    return {name: found[name] for name in found if learner.method != "threshold" or name in ("accuracy", "half")}


def _measured(units: Units, scores: Array, scale: float, span: tuple[float, float]) -> dict[str, Array]:
    margins = units.margins(scores)
    unknown = np.isnan(margins)
    losses = units.losses(margins, scale)
    if units.loss == "preference":
        half = np.where(margins == 0, 0.5, (margins > 0).astype(float))
        return {
            "accuracy": (margins > 0).astype(float),
            "half": np.where(unknown, 0.0, half),
            # what has no score tells nothing of the pair: a coin's loss
            "loss": np.where(unknown, np.log(2.0), losses),
        }
    if units.loss == "squared":
        return {"loss": losses, "error": np.abs(margins - units.labels)}
    return {"accuracy": right(units, scores, span).right, "loss": losses, "error": (margins - units.labels) ** 2}


def _gains(columns: dict[str, Array]) -> None:
    for name in ("accuracy", "half", "loss", "error"):
        if f"{name}_after" in columns:
            change = columns[f"{name}_after"] - columns[f"{name}_before"]
            columns[f"{name}_gain"] = change if name in ("accuracy", "half") else -change


def _others(learner: Learner, result: Assessment, singles: Array, everything: Ints) -> None:
    """Equal weights and single nodes beside the new spec."""
    columns = result.columns
    result.equal = equal_weights(learner)
    if result.equal is not None:
        scored = runtime_scores(learner, result.equal)
        units = Units.of(learner.found, everything)
        margins = units.margins(scored)
        columns["accuracy_equal"] = (margins > 0).astype(float)
        columns["half_equal"] = np.where(np.isnan(margins), 0.0, np.where(margins == 0, 0.5, columns["accuracy_equal"]))
        for name in ("accuracy", "half"):
            columns[f"{name}_gain_on_equal"] = columns[f"{name}_after"] - columns[f"{name}_equal"]
    if not np.isnan(singles).any():
        columns["accuracy_single"] = (singles > 0).astype(float)
        columns["half_single"] = np.where(singles == 0, 0.5, columns["accuracy_single"])
        for name in ("accuracy", "half"):
            columns[f"{name}_gain_on_single"] = columns[f"{name}_after"] - columns[f"{name}_single"]
    best = _best_single(learner, everything)
    if best is not None:
        margins = _alone(learner, best, everything)
        columns["accuracy_best"] = (margins > 0).astype(float)
        columns["half_best"] = np.where(margins == 0, 0.5, columns["accuracy_best"])
        result.single = best


def equal_weights(learner: Learner) -> dict[str, Number] | None:
    """The params with every fitted weight the same number; None where there are no weights or bounds forbid it."""
    weights = [param for param in learner.params if param.is_weight]
    if len(weights) < 2:
        return None
    low, high = max(one.low for one in weights), min(one.high for one in weights)
    if low > high or high <= 0:
        return None
    value = min(max(1.0, low), high)
    if any(one.whole for one in weights):
        if value != round(value):
            return None
        value = round(value)
    return {one.name: value if one.is_weight else one.start for one in learner.params}


def _best_single(learner: Learner, which: Ints) -> str | None:
    """The node that alone gets most of these pairs right, a tie counting half; of equal ones the first."""
    if not learner.found.pairs or not learner.evaluated.columns:
        return None
    shares = {}
    for name in learner.evaluated.columns:
        margins = _alone(learner, name, which)
        shares[name] = float(np.where(margins == 0, 0.5, margins > 0).mean())
    return max(shares, key=lambda name: shares[name])


def _alone(learner: Learner, name: str, which: Ints) -> Array:
    """The difference of a node in each pair; below 0 where it has no value for one of them."""
    column = learner.evaluated.columns[name]
    margins = column[learner.found.better[which]] - column[learner.found.worse[which]]
    return np.where(np.isnan(margins), -1.0, margins)


# ---- figures ---------------------------------------------------------------------------------------------------------


def _figures(
    columns: Mapping[str, Array], groups: Ints, labels: Array | None, resampling: Resampling
) -> dict[str, Figure]:
    """Each column's mean with its interval; accuracy over responses is the mean over both labels."""
    names = list(columns)
    table = np.column_stack([columns[name] for name in names])
    sides = np.zeros(len(table)) if labels is None else labels
    rows = [
        [(float(sides[place]), *map(float, table[place])) for place in np.flatnonzero(groups == name)]
        for name in np.unique(groups)
    ]
    balanced = labels is not None and set(labels.tolist()) <= {0.0, 1.0}
    return estimate(rows, lambda cells: _means(names, cells, balanced=balanced), resampling, per_cell=0.2)


def _means(names: Sequence[str], cells: Sequence[tuple[float, ...]], *, balanced: bool) -> Statistic:
    table = np.array(cells, dtype=float).reshape(len(cells), len(names) + 1)
    sides, values = table[:, 0], table[:, 1:]
    known = ~np.isnan(values)
    filled = np.nan_to_num(values)
    shares = np.array([balanced and name.startswith("accuracy") for name in names])

    def statistic(weights: Sequence[int]) -> Mapping[str, Point]:
        drawn = np.asarray(weights, dtype=float)
        with np.errstate(all="ignore"):
            counts = drawn @ known
            means = (drawn @ filled) / counts
            if shares.any():
                each = [(drawn * (sides == side)) @ np.column_stack([filled, np.ones(len(filled))]) for side in (0, 1)]
                both = (each[0][:-1] / each[0][-1] + each[1][:-1] / each[1][-1]) / 2
                means = np.where(shares, both, means)
        return {
            name: ("nothing has a score" if not np.isfinite(mean) else float(mean), int(count))
            for name, mean, count in zip(names, means, counts, strict=True)
        }

    return statistic


def training_measures(learner: Learner, scores: Array, scale: float, which: Ints) -> dict[str, float]:
    """The measures of some units under these scores, as one number each."""
    units = Units.of(learner.found, which)
    judged = _judged(learner, units, scores, scale)
    found = {name: float(np.nanmean(column)) for name, column in judged.items() if not np.isnan(column).all()}
    if "accuracy" in found and not learner.found.pairs:
        found["accuracy"] = right(units, scores, learner.span).share
    return found
