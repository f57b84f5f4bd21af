"""What a fit gives back: the new spec, and what it is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rmcompose.calibration.bootstrap import Figure, Resampling
from rmcompose.ir.types import Number

if TYPE_CHECKING:  # they compute with NumPy, which is not always installed
    from rmcompose.learning.assessment import Assessment
    from rmcompose.learning.contribution import Contributions
    from rmcompose.learning.looks import Looks
    from rmcompose.learning.names import Fitted


@dataclass(frozen=True, slots=True)
class FittedParam:
    """A param before and after, with its bounds (None where open) and what each fold alone made of it."""

    name: str
    before: Number
    after: Number
    low: float | None
    high: float | None
    folds: tuple[Number, ...]
    is_weight: bool

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {name: getattr(self, name) for name in self.__slots__} | {"folds": list(self.folds)}


@dataclass(frozen=True, slots=True)
class Counts:
    """The rows: how many were read, and what became of those that nothing is learned from.

    `units` are pairs or labelled responses, `groups` the different prompts, `unscored` units without a score at the
    start, and `problems` labels that were not understood, by why.
    """

    rows: int
    unreadable: int
    without_label: int
    ties: int
    problems: Counter[str]
    units: int
    groups: int
    unscored: int


@dataclass(slots=True)
class FitReport:
    """The result of `fit`. `spec_text` is the new spec, `values` the fitted params in it, `figures` the held-out ones.

    `training` has the measures on the very examples that were fitted: they flatter, and are told for comparison alone.
    `method` is `weights`, `threshold`, `platt` or `isotonic`, `strength` that of the penalty and `scale` the κ of the
    Bradley–Terry model in `spec_text`. `main` names the figure that decides `within_noise`. `spec` and `new_spec` are
    digests as results have them.
    """

    composition: str
    path: str
    spec: str
    new_spec: str
    spec_text: str
    data: str
    method: str
    loss: str
    unit: str
    counts: Counts
    params: tuple[FittedParam, ...]
    strength: float
    strength_chosen: bool
    scale: float
    assessment: Assessment
    training: dict[str, float]
    contributions: Contributions | None
    looks: Looks | None
    resampling: Resampling
    warnings: list[str] = field(default_factory=list)

    @property
    def values(self) -> dict[str, Number]:
        """The fitted params as they stand in the new spec."""
        return {param.name: param.after for param in self.params}

    @property
    def figures(self) -> dict[str, Figure]:
        """The held-out figures by name, as `accuracy_before`, `accuracy_after`, `accuracy_gain`."""
        return self.assessment.figures

    @property
    def main(self) -> str:
        """The name of the figure that tells whether the new spec is better."""
        return self.assessment.main

    @property
    def within_noise(self) -> bool:
        """Whether the interval of the gain holds 0, or there is none: then nothing says that the new spec is better."""
        gain = self.figures[self.main]
        return gain.low is None or gain.low <= 0

    def __str__(self) -> str:
        from rmcompose.learning.telling import text

        return text(self)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data, without the text of the spec."""
        return {
            "composition": self.composition,
            "path": self.path,
            "spec": self.spec,
            "new_spec": self.new_spec,
            "data": self.data,
            "method": self.method,
            "loss": self.loss,
            "unit": self.unit,
            "examples": {
                "rows": self.counts.rows,
                "units": self.counts.units,
                "groups": self.counts.groups,
                "unscored": self.counts.unscored,
                "ties": self.counts.ties,
                "without_label": self.counts.without_label,
                "unreadable": self.counts.unreadable,
                "not_understood": dict(self.counts.problems),
            },
            "params": [param.as_dict() for param in self.params],
            "penalty": {"strength": self.strength, "chosen": self.strength_chosen},
            "scale": self.scale,
            "held_out": {name: figure.as_dict() for name, figure in self.figures.items()},
            "main": self.main,
            "within_noise": self.within_noise,
            "training": self.training,
            "best_single": self.assessment.single,
            "equal_weights": self.assessment.equal,
            "folds": [
                {
                    "units": len(fold.held_out),
                    "values": fold.learned.values,
                    "strength": fold.learned.strength,
                    "scale": fold.learned.scale,
                    "best_single": fold.single,
                }
                for fold in self.assessment.folds
            ],
            "contributions": None if self.contributions is None else _contributions(self.contributions),
            "nodes": None if self.looks is None else [look.as_dict() for look in self.looks.nodes],
            "correlations": None if self.looks is None else _correlations(self.looks),
            "intervals": {"resamples": self.resampling.resamples, "seed": self.resampling.seed},
            "warnings": self.warnings,
        }


def _contributions(found: Contributions) -> dict[str, Any]:
    return {
        "exact": found.orders == 0,
        "orders": found.orders,
        "nothing": found.nothing,
        "everything": found.everything,
        "nodes": [{"name": one.name, "ablation": one.ablation, "shapley": one.shapley} for one in found.nodes],
    }


def _correlations(found: Looks) -> dict[str, Any]:
    return {
        "nodes": [look.name for look in found.nodes],
        "pearson": found.pearson,
        "spearman": found.spearman,
    }


def fitted_rows(params: Sequence[Fitted], after: dict[str, Number], done: Assessment) -> tuple[FittedParam, ...]:
    """The params of the report."""
    return tuple(
        FittedParam(
            name=param.name,
            before=param.start,
            after=after[param.name],
            low=_end(param.low),
            high=_end(param.high),
            folds=tuple(fold.learned.values[param.name] for fold in done.folds),
            is_weight=param.is_weight,
        )
        for param in params
    )


def _end(value: float) -> float | None:
    return value if abs(value) != float("inf") else None
