"""What the nodes look like that a fit weighs: how they agree with the labels and with each other, and where they stop.

With pairs, nodes are looked at by their differences within pairs, for these alone can tell responses apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rmcompose.ir import Name
from rmcompose.learning.dual import Array
from rmcompose.learning.learner import Learner

ALIKE = 0.999
"""The correlation above which two nodes say the same."""


@dataclass(frozen=True, slots=True)
class Look:
    """One node. Shares are of its known values, or of pairs with both; None where there is nothing to count.

    `at_low` and `at_high` are the shares of values at the ends of its range, `tied` that of pairs that it does not tell
    apart, `agrees` that of the others in which it prefers the better one. For labelled responses `agrees` is Pearson's
    correlation with the label. `alone` is its accuracy on all pairs, a tie counting half. `weight` is its weight in the
    new spec where that is one of an aggregate.
    """

    name: str
    known: int
    unscored: int
    mean: float | None
    deviation: float | None
    at_low: float | None
    at_high: float | None
    tied: float | None
    agrees: float | None
    alone: float | None

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Looks:
    """All nodes, with their correlations (None where one is constant) in the order of `nodes`."""

    nodes: list[Look]
    pearson: list[list[float | None]]
    spearman: list[list[float | None]]
    warnings: list[str]


def looks(learner: Learner) -> Looks:
    """The nodes of the examples."""
    columns = learner.evaluated.columns
    nodes = [_look(learner, name) for name in columns]
    apart = {name: _apart(learner, column) for name, column in columns.items()}
    names = list(columns)
    pearson, spearman = (
        [[None if i != j else 1.0 for j in range(len(names))] for i in range(len(names))] for _ in (0, 1)
    )
    for i, one in enumerate(names):
        for j in range(i):
            both = ~np.isnan(apart[one]) & ~np.isnan(apart[names[j]])
            x, y = apart[one][both], apart[names[j]][both]
            pearson[i][j] = pearson[j][i] = _correlation(x, y)
            spearman[i][j] = spearman[j][i] = _correlation(_ranks(x), _ranks(y))
    return Looks(nodes, pearson, spearman, _warnings(learner, nodes, apart, pearson))


def _apart(learner: Learner, column: Array) -> Array:
    """The differences of a node within pairs, or its values."""
    found = learner.found
    return column[found.better] - column[found.worse] if found.pairs else column[found.better]


def _look(learner: Learner, name: str) -> Look:
    column = learner.evaluated.columns[name]
    known = column[~np.isnan(column)]
    low, high = _ends(learner, name)
    apart = _apart(learner, column)
    there = apart[~np.isnan(apart)]
    tied = agrees = alone = None
    if len(there) and learner.found.pairs:
        tied = float((there == 0).mean())
        decided = there[there != 0]
        agrees = float((decided > 0).mean()) if len(decided) else None
        alone = float(np.where(np.isnan(apart), 0.0, np.where(apart == 0, 0.5, apart > 0)).mean())
    elif len(there):
        agrees = _correlation(there, learner.found.labels[~np.isnan(apart)])
    return Look(
        name=name,
        known=len(known),
        unscored=len(column) - len(known),
        mean=float(known.mean()) if len(known) else None,
        deviation=float(known.std()) if len(known) else None,
        at_low=float((known <= low).mean()) if len(known) and math.isfinite(low) else None,
        at_high=float((known >= high).mean()) if len(known) and math.isfinite(high) else None,
        tied=tied,
        agrees=agrees,
        alone=alone,
    )


def _ends(learner: Learner, name: str) -> tuple[float, float]:
    """The declared range of a node that has one."""
    assert learner.model is not None
    step = learner.model.leaves[name].step
    if step.kind == "bool":
        return 0.0, 1.0
    if isinstance(step.value, Name) and step.range is not None:
        return float(step.range[0]), float(step.range[1])
    return -math.inf, math.inf


def _correlation(x: Array, y: Array) -> float | None:
    """Pearson's, None where a side is constant."""
    if len(x) < 2:
        return None
    x, y = x - x.mean(), y - y.mean()
    size = math.sqrt(float(x @ x) * float(y @ y))
    return None if size < 1e-12 else min(max(float(x @ y) / size, -1.0), 1.0)


def _ranks(x: Array) -> Array:
    """Midranks: Pearson's correlation of them is Spearman's."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(x), dtype=float)


def _warnings(
    learner: Learner, nodes: list[Look], apart: Mapping[str, Array], pearson: list[list[float | None]]
) -> list[str]:
    told = []
    names = [node.name for node in nodes]
    for node in nodes:
        there = apart[node.name][~np.isnan(apart[node.name])]
        if not len(there):
            told.append(f"`{node.name}` has no value anywhere")
        elif learner.found.pairs and not there.any():
            told.append(f"`{node.name}` is the same for both responses of every pair: it tells nothing apart")
        elif not learner.found.pairs and there.min() == there.max():
            told.append(f"`{node.name}` is {there[0]:g} for every response: it tells nothing apart")
    alike = False
    for i, row in enumerate(pearson):
        for j in range(i):
            value = row[j]
            if value is not None and abs(value) > ALIKE:
                alike = True
                told.append(
                    f"`{names[j]}` and `{names[i]}` say the same (correlation {value:.3f}): what each is worth beside "
                    "the other cannot be told"
                )
    if not alike and _dependent(list(apart.values())):
        told.append("some nodes follow from others (they are linearly dependent): what each is worth cannot be told")
    return told


def _dependent(columns: list[Array]) -> bool:
    table = np.column_stack(columns) if columns else np.zeros((0, 0))
    table = table[~np.isnan(table).any(axis=1)]
    table = table[:, table.std(axis=0) > 0] if len(table) else table
    if len(table) <= table.shape[1] or not table.shape[1]:
        return False
    return bool(np.linalg.matrix_rank(table / table.std(axis=0), tol=1e-8 * math.sqrt(len(table))) < table.shape[1])
