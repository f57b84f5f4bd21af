"""The report: a section for the composition's result and one for each judge, each with its families of figures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rmcompose.calibration.bootstrap import Figure, Resampling, estimate
from rmcompose.calibration.cases import Labels
from rmcompose.calibration.families import (
    OF_VALUES,
    Asked,
    CategoryAgreement,
    Choice,
    Judged,
    OrderFigures,
    Pair,
    PairAgreement,
    RankAgreement,
    Shares,
    ValueAgreement,
    Voted,
    VoteFigures,
    variance,
)
from rmcompose.calibration.grid import Grid, grid_of
from rmcompose.calibration.labels import Best, Value, Values
from rmcompose.calibration.observed import SCORED, SKIPPED, Case, Seen, Target, preferred, side_of_two

NOT_NUMBERS = "the labels are texts and the values are numbers"
NOT_TEXTS = "the labels are numbers and the values are texts"


@dataclass(slots=True)
class Section:
    """What is told of one target. `states` counts its responses by what became of them.

    `figures` holds families by name (`unscored`, `values`, `pairs`, `choice`, `order`, `length`, `votes`), only those
    that have something to read. `judged` and `pairs` are the labelled observations behind them, and `variances` those
    of the votes within items, for tables and plots. `grid` is that of the labels.
    """

    target: Target
    states: Counter[str]
    unscored_rows: int
    figures: dict[str, dict[str, Figure]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    judged: Counter[Judged] = field(default_factory=Counter)
    pairs: Counter[Pair] = field(default_factory=Counter)
    variances: Counter[float] = field(default_factory=Counter)
    grid: Grid | None = None
    calls: int = 0
    tokens: int = 0
    cached: int = 0

    @property
    def unscored(self) -> dict[str, int]:
        """Unscored responses by the kind of their reason, most frequent first."""
        kinds = [(kind, count) for kind, count in self.states.items() if kind not in (SCORED, SKIPPED)]
        return dict(sorted(kinds, key=lambda one: (-one[1], one[0])))

    def as_dict(self) -> dict[str, Any]:
        """The section as plain data: finite numbers, texts and nulls."""
        target = self.target
        return {
            "node": target.name,
            "mode": target.mode,
            "range": [target.low, target.high] if math.isfinite(target.low) and math.isfinite(target.high) else None,
            "responses": {
                "total": self.states.total(),
                "scored": self.states[SCORED],
                "skipped": self.states[SKIPPED],
                "unscored": self.unscored,
            },
            "calls": self.calls,
            "tokens": self.tokens,
            "cached": self.cached,
            "notes": self.notes,
            "figures": {
                family: {name: figure.as_dict() for name, figure in figures.items()}
                for family, figures in self.figures.items()
            },
            "confusion": [
                {"judge": judge, "label": label, "count": count}
                for (judge, label), count in sorted(self.confusion().items(), key=str)
            ],
            "preferences": [
                {"judge": judge, "label": label, "count": count}
                for (judge, label), count in sorted(self.preferences().items(), key=str)
            ],
            "vote_variances": [{"variance": one, "items": count} for one, count in sorted(self.variances.items())],
        }

    def confusion(self) -> Counter[tuple[Value, Value]]:
        """How often each category of the judge met each of the labels; empty where labels have no categories."""
        found: Counter[tuple[Value, Value]] = Counter()
        for (value, label), count in self.judged.items():
            if isinstance(value, float) and isinstance(label, float) and self.grid is not None:
                found[self.grid.nearest(value), label] += count
            elif isinstance(value, str) and isinstance(label, str):
                found[value, label] += count
        return found

    def preferences(self) -> Counter[tuple[int, int]]:
        """How often the judge preferred the first, neither or the second (1, 0, -1) where the label did."""
        found: Counter[tuple[int, int]] = Counter()
        for pair, count in self.pairs.items():
            if pair.judge is not None:
                found[pair.judge, pair.label] += count
        return found


@dataclass(slots=True)
class Report:
    """All that is told. `results` is the file the results came from, None where they were made for the report."""

    composition: str
    spec: str
    data: str
    results: str | None
    label: str | None
    labels: Labels
    resampling: Resampling
    sections: list[Section]

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data, for `--format json`."""
        return {
            "version": 1,
            "composition": self.composition,
            "spec": self.spec,
            "data": self.data,
            "results": self.results,
            "label": self.label,
            "labels": self.labels.as_dict(),
            "bootstrap": {"resamples": self.resampling.resamples, "seed": self.resampling.seed, "level": 0.95},
            "sections": [section.as_dict() for section in self.sections],
        }


def section_of(target: Target, labels: Labels, resampling: Resampling) -> Section:
    """The section of one target over all cases that have a result."""
    cases = [case for case in labels.cases if target.name in case.seen]
    seen = [case.seen[target.name] for case in cases]
    section = Section(
        target,
        Counter(state for one in seen for state in one.states),
        sum(any(state not in (SCORED, SKIPPED) for state in one.states) for one in seen),
        notes=list(target.notes),
        calls=sum(one.calls for one in seen),
        tokens=sum(one.tokens for one in seen),
        cached=sum(one.cached for one in seen),
    )
    kinds = list(section.unscored)
    states = [[state for state in one.states if state != SKIPPED] for one in seen]
    section.figures["unscored"] = estimate(states, lambda cells: Shares(cells, kinds), resampling)
    pairs_of = list(zip(cases, seen, strict=True))
    _values(section, pairs_of, resampling)
    if not target.per_sample:
        _pairs(section, pairs_of, resampling)
        _lengths(section, pairs_of, resampling)
    _votes(section, seen, resampling)
    if not section.figures.keys() & {"values", "pairs"}:
        one = ": it has one value a sample, and labels tell responses apart" if target.per_sample else ""
        section.notes.append(f"no label can be compared with what is scored here{one}")
    return section


_Cases = Sequence[tuple[Case, Seen]]


def _values(section: Section, cases: _Cases, resampling: Resampling) -> None:
    """Agreement of values with labels, where labels are values."""
    rows = [_judged(case, seen) for case, seen in cases]
    labels = [one.label for row in rows for one in row]
    if not labels:
        return
    numbers = [label for label in labels if isinstance(label, float)]
    if numbers and len(numbers) < len(labels):
        section.notes.append(f"{len(labels) - len(numbers)} labels are texts among numbers and are left out")
        rows = [[one for one in row if isinstance(one.label, float)] for row in rows]
    values = [one.value for row in rows for one in row if one.value is not None]
    texts = any(isinstance(value, str) for value in values)
    section.judged = Counter(one for row in rows for one in row)
    if texts == bool(numbers) and values:
        why = NOT_TEXTS if texts else NOT_NUMBERS
        section.figures["values"] = _undefined(("accuracy", "accuracy_pessimistic", "kappa"), len(values), why)
        return
    if not numbers:
        section.figures["values"] = estimate(rows, CategoryAgreement, resampling, per_cell=2.0)
        return
    grid = section.grid = grid_of(numbers)
    scored = [[_point(one) for one in row if one.value is not None] for row in rows]
    outside = _outside(section.target, numbers)
    if outside:
        section.notes.append(f"{outside}: only ranks can be compared")
        figures = _undefined(OF_VALUES, len(values), outside)
    else:
        figures = estimate(rows, lambda cells: ValueAgreement(cells, grid), resampling, per_cell=2.5)
    for how, cost in (("spearman", 1.6), ("kendall", 4.0)):
        figures |= estimate(scored, partial(RankAgreement, names={how: how}), resampling, per_cell=cost)
    section.figures["values"] = figures or _undefined(OF_VALUES, 0, "no labelled response is scored")


def _judged(case: Case, seen: Seen) -> list[Judged]:
    """The labelled responses of a row that the judge was asked about."""
    if not isinstance(case.label, Values):
        return []
    labels = case.label.values
    if len(seen.values) == 1 and len(labels) > 1:  # one value for the sample: its label must be one too
        labels = labels[:1] if len(set(labels)) == 1 else ()
    return [
        Judged(value, label)
        for value, state, label in zip(seen.values, seen.states, labels, strict=False)
        if state != SKIPPED and label is not None
    ]


def _point(one: Judged) -> tuple[float, float]:
    assert isinstance(one.value, float)
    assert isinstance(one.label, float)
    return one.value, one.label


def _outside(target: Target, labels: Sequence[float]) -> str | None:
    low, high = min(labels), max(labels)
    if target.low <= low and high <= target.high:
        return None
    return f"the labels ({low:g} to {high:g}) lie outside the range [{target.low:g}, {target.high:g}] of the values"


def _pairs(section: Section, cases: _Cases, resampling: Resampling) -> None:
    """Preferences between responses of one row, and the orders in which a comparing judge saw them."""
    rows = [_preferences(case, seen) for case, seen in cases]
    section.pairs = Counter(pair for row in rows for pair in row)
    if section.pairs:
        found = estimate(rows, PairAgreement, resampling)
        bias = {name: figure for name, figure in found.items() if name.startswith("longer_won")}
        section.figures["pairs"] = {name: figure for name, figure in found.items() if name not in bias}
        section.figures["length"] = bias
    if any(len(seen.values) > 2 and isinstance(case.label, Best) for case, seen in cases):
        section.figures["choice"] = estimate([_choice(case, seen) for case, seen in cases], Choice, resampling)
    orders = [
        [
            Asked(one.forward, one.backward, one.asked > 1, one.agreed, preferred(case.label, one.first, one.second))
            for one in seen.compared
        ]
        for case, seen in cases
    ]
    if any(orders):
        section.figures["order"] = estimate(orders, OrderFigures, resampling)


def _preferences(case: Case, seen: Seen) -> list[Pair]:
    found = []
    for first, one in enumerate(seen.values):
        for second in range(first + 1, len(seen.values)):
            label = preferred(case.label, first, second)
            if label is None or SKIPPED in (seen.states[first], seen.states[second]):
                continue
            other = seen.values[second]
            judge = side_of_two(one, other) if isinstance(one, float) and isinstance(other, float) else None
            lengths = case.lengths[first], case.lengths[second]
            longer = None if None in lengths else side_of_two(lengths[0] or 0, lengths[1] or 0)
            found.append(Pair(judge, label, longer))
    return found


def _choice(case: Case, seen: Seen) -> list[str]:
    """What became of choosing the best response of a row with a labelled best."""
    if not isinstance(case.label, Best) or not case.label.responses or len(seen.values) < 2 or SKIPPED in seen.states:
        return []
    numbers = [value for value in seen.values if isinstance(value, float)]
    if len(numbers) < len(seen.values):
        return ["unscored"]
    top = {index for index, value in enumerate(numbers) if value == max(numbers)}
    if top <= case.label.responses:
        return ["right"]
    return ["tied" if top & case.label.responses else "wrong"]


def _lengths(section: Section, cases: _Cases, resampling: Resampling) -> None:
    """Whether longer responses get higher values, and higher labels."""
    judge: list[list[tuple[float, float]]] = []
    label: list[list[tuple[float, float]]] = []
    for case, seen in cases:
        values = case.label.values if isinstance(case.label, Values) else ()
        judge.append(_with_lengths(seen.values, case.lengths))
        label.append(_with_lengths(values, case.lengths))
    figures: dict[str, Figure] = {}
    for name, rows, same in (("value_length", judge, "values"), ("label_length", label, "labels")):
        if any(rows):
            figures |= estimate(
                rows,
                partial(
                    RankAgreement,
                    names={name: "spearman"},
                    same_x=f"the {same} are all the same",
                    same_y="the lengths are all the same",
                ),
                resampling,
                per_cell=1.6,
            )
    if figures:
        section.figures["length"] = figures | section.figures.get("length", {})


def _with_lengths(values: Sequence[Value | None], lengths: Sequence[int | None]) -> list[tuple[float, float]]:
    return [
        (value, float(length))
        for value, length in zip(values, lengths, strict=False)
        if isinstance(value, float) and length is not None
    ]


def _votes(section: Section, seen: Sequence[Seen], resampling: Resampling) -> None:
    rows = [[_voted(votes) for votes in one.votes] for one in seen]
    if not any(rows):
        return
    section.figures["votes"] = estimate(rows, VoteFigures, resampling, per_cell=6.0)
    spreads = [variance(item.votes) for row in rows for item in row if not any(isinstance(v, str) for v in item.votes)]
    section.variances = Counter(round(spread, 6) for spread in spreads if spread is not None)


def _voted(votes: Sequence[Value | None]) -> Voted:
    given = [vote for vote in votes if vote is not None]
    return Voted(tuple(sorted(given, key=str)), len(votes) - len(given))


def _undefined(names: Sequence[str], n: int, why: str) -> dict[str, Figure]:
    return {name: Figure(None, None, None, n, 0, 0, why) for name in names}
