"""Rows as what a fit learns from: which response is better, or what each response is worth; and which belong together.

Pairs come of `chosen` and `rejected`, of responses whose own label has `preference` `chosen` or `rejected` (native
samples), or of `--label`. Rows with the same prompt are one group, which is never on both sides of a fold.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rmcompose.calibration.labels import Best, Label, LabelRule, Problem, Values, label_of
from rmcompose.calibration.observed import preferred
from rmcompose.data import MISSING, Record, RowError, SampleView, view
from rmcompose.data import Mapping as FieldMapping
from rmcompose.learning.dual import Array
from rmcompose.learning.errors import FitError

Loss = Literal["auto", "preference", "binary", "squared"]
Ints = NDArray[np.int_]


@dataclass(slots=True)
class Examples:
    """What is learned from.

    `units` are pairs (first better than second) as numbers of responses in `better` and `worse`, or single responses in
    `better` with their labels in `labels`. `rows` is the row of each unit, `groups` its group. Counts say what became
    of the other rows.
    """

    loss: Loss
    views: list[SampleView]
    better: Ints
    worse: Ints
    labels: Array
    rows: Ints
    groups: Ints
    read: int = 0
    unreadable: int = 0
    without: int = 0
    ties: int = 0
    problems: Counter[str] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        """How many pairs, or labelled responses."""
        return len(self.better)

    @property
    def pairs(self) -> bool:
        """Whether units are pairs."""
        return self.loss == "preference"

    @property
    def unit(self) -> str:
        """What a unit is called."""
        return "pairs" if self.pairs else "labelled responses"


def examples(
    rows: Iterable[Record | Mapping[str, Any] | Any],
    rule: LabelRule,
    loss: Loss,
    *,
    mapping: FieldMapping | None = None,
    group: Sequence[str] | None = None,
) -> Examples:
    """The examples of rows, which are records of a file, or dicts of any known shape.

    Raises FitError where there is nothing to learn from.
    """
    none = np.zeros(0, dtype=int)
    found = Examples(loss, [], none, none, np.zeros(0), none, none)
    labels: list[Label] = []
    keys: list[str] = []
    for row in rows:
        found.read += 1
        seen, data = _seen(row, mapping)
        if seen is None:
            found.unreadable += 1
            continue
        label = label_of(rule, data, seen, mapping)
        if label is None and rule.path is None:
            label = _preference(seen)
        if isinstance(label, Problem):
            found.problems[label.why] += 1
        elif label is None:
            found.without += 1
        else:
            labels.append(label)
            found.views.append(seen)
            keys.append(_group(seen, group, len(keys)))
    if not labels:
        raise FitError(_nothing(found, rule))
    found.loss = _loss(loss, labels)
    (_pairs if found.pairs else _singles)(found, labels, keys)
    if not found.size:
        what = "pair in which one response is better" if found.pairs else "response with a number as its label"
        raise FitError(f"there is no {what} among {found.read} rows")
    return found


def _seen(row: Any, mapping: FieldMapping | None) -> tuple[SampleView | None, Mapping[str, Any]]:
    data = row.data if isinstance(row, Record) else row
    if data is None:
        return None, {}
    try:
        seen = view(data, mapping)
    except RowError:
        return None, {}
    return seen, data if isinstance(data, Mapping) else {}


def _preference(seen: SampleView) -> Label:
    """The label of a native sample whose responses say `chosen` or `rejected` themselves."""
    said = [seen.lookup(("label", "preference"), index) for index in range(seen.count)]
    chosen = frozenset(index for index, one in enumerate(said) if one == "chosen")
    known = all(one in ("chosen", "rejected") for one in said)
    return Best(chosen) if known and chosen and len(chosen) < seen.count else None


def _group(seen: SampleView, path: Sequence[str] | None, number: int) -> str:
    if path is not None:
        found = seen.lookup(tuple(path))
    else:
        found = seen.sample("prompt")
        if found is MISSING:
            found = seen.sample("messages")
    if found is MISSING:
        return f"row {number}"
    return "of " + json.dumps(found, sort_keys=True, default=str)


def _loss(loss: Loss, labels: Sequence[Label]) -> Loss:
    if loss != "auto":
        return loss
    if any(isinstance(one, Best) for one in labels):
        return "preference"
    values = [value for one in labels if isinstance(one, Values) for value in one.values if value is not None]
    return "binary" if set(values) <= {0.0, 1.0} else "squared"


def _pairs(found: Examples, labels: Sequence[Label], keys: Sequence[str]) -> None:
    better, worse, rows = [], [], []
    start = 0
    for row, (label, seen) in enumerate(zip(labels, found.views, strict=True)):
        for first in range(seen.count):
            for second in range(first + 1, seen.count):
                side = preferred(label, first, second)
                if side == 0:
                    found.ties += 1
                elif side is not None:
                    up, down = (first, second) if side > 0 else (second, first)
                    better.append(start + up)
                    worse.append(start + down)
                    rows.append(row)
        start += seen.count
    _set(found, better, worse, [1.0] * len(better), rows, keys)


def _singles(found: Examples, labels: Sequence[Label], keys: Sequence[str]) -> None:
    places, values, rows = [], [], []
    start = 0
    for row, (label, seen) in enumerate(zip(labels, found.views, strict=True)):
        if isinstance(label, Best):
            raise FitError(f"the labels name the best response, and `--loss {found.loss}` needs a value of each")
        if isinstance(label, Values):
            for index, value in enumerate(label.values[: seen.count]):
                if isinstance(value, str):
                    raise FitError(f"the label `{value}` is a text: `--loss {found.loss}` needs numbers")
                if value is not None:
                    places.append(start + index)
                    values.append(value)
                    rows.append(row)
        start += seen.count
    if found.loss == "binary" and not set(values) <= {0.0, 1.0}:
        raise FitError("`--loss binary` needs labels that are true or false, or 1 or 0")
    if found.loss == "binary" and len(set(values)) < 2:
        raise FitError("all labels are the same: there is nothing to tell apart")
    _set(found, places, places, values, rows, keys)


def _set(
    found: Examples,
    better: Sequence[int],
    worse: Sequence[int],
    labels: Sequence[float],
    rows: Sequence[int],
    keys: Sequence[str],
) -> None:
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    found.better, found.worse = np.array(better, dtype=int), np.array(worse, dtype=int)
    found.labels, found.rows = np.array(labels, dtype=float), np.array(rows, dtype=int)
    found.groups = np.array([numbers[keys[row]] for row in rows], dtype=int)


def _nothing(found: Examples, rule: LabelRule) -> str:
    if not found.read:
        return "there are no rows"
    rows = f"{found.read} row{'s' if found.read != 1 else ''}"
    if found.problems:
        why, count = found.problems.most_common(1)[0]
        return f"of {rows} none has a label that is understood; in {count} it is {why}"
    if rule.path is not None:
        return f"of {rows} none has `{'.'.join(rule.path)}`"
    return f"of {rows} none has `chosen` and `rejected`; say where labels are with `--label PATH`"
