"""Rows with their labels, read and counted before anything is asked: a run that could not be compared costs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rmcompose.calibration.labels import Best, Label, LabelRule, Problem, Values, label_of
from rmcompose.calibration.observed import Case
from rmcompose.data import Mapping, Record, RowError, SampleView, view

MOST_TOLD = 5
"""Kinds of labels without a meaning that people are told of."""


class LabelError(ValueError):
    """The labels cannot be used as they are given; the message is one line."""


@dataclass(slots=True)
class Labels:
    """The cases of a data set, in order, and what became of their labels.

    `ids` holds the id of each row as its result has it, `own` whether the row itself holds it. `without` counts rows
    without a label, `unreadable` rows that are no sample, `problems` labels that were not understood, by why, each with
    the place of the first in `first`.
    """

    cases: list[Case] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    own: list[bool] = field(default_factory=list)
    values: int = 0
    best: int = 0
    without: int = 0
    unreadable: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    @property
    def labelled(self) -> int:
        """Rows whose label has a meaning."""
        return self.values + self.best

    def told(self) -> list[str]:
        """The commonest labels that were not understood, in words."""
        common = self.problems.most_common(MOST_TOLD)
        lines = [f"{count:,} not understood: {why} (first at {self.first[why]})" for why, count in common]
        rest = self.problems.total() - sum(count for _, count in common)
        return [*lines, f"{rest:,} more not understood, for other reasons"] if rest else lines

    def as_dict(self) -> dict[str, Any]:
        """The counts as plain data."""
        return {
            "rows": len(self.cases),
            "labelled": self.labelled,
            "values": self.values,
            "best": self.best,
            "without_label": self.without,
            "unreadable": self.unreadable,
            "not_understood": [
                {"reason": why, "rows": count, "first": self.first[why]} for why, count in self.problems.most_common()
            ],
        }


def read_labels(records: Sequence[Record], rule: LabelRule, mapping: Mapping | None = None) -> Labels:
    """The labels of all rows.

    Raises:
        LabelError: no row has a label that can be understood, or, where the user did not say which is meant, labels of
            some rows are values and those of others name the best response.
    """
    labels = Labels()
    for record in records:
        _add(labels, record, rule, mapping)
    if not labels.labelled:
        raise LabelError(_none(labels, rule))
    if rule.reading == "auto" and labels.values and labels.best:
        raise LabelError(
            f"the labels of {labels.values} rows read as values and those of {labels.best} as the best response: say "
            "which is meant with `--label-is values` or `--label-is best`"
        )
    return labels


def _add(labels: Labels, record: Record, rule: LabelRule, mapping: Mapping | None) -> None:
    where = f"{record.path}:{record.line}"
    label: Label = None
    lengths: list[int | None] = []
    own = None
    seen = _seen(record, mapping)
    if seen is None:
        labels.unreadable += 1
    else:
        assert record.data is not None
        own = seen.id
        texts = [seen.response("response", index) for index in range(seen.count)]
        lengths = [len(text) if isinstance(text, str) else None for text in texts]
        label = label_of(rule, record.data, seen, mapping)
        labels.values += isinstance(label, Values)
        labels.best += isinstance(label, Best)
        labels.without += label is None
        if isinstance(label, Problem):
            labels.problems[label.why] += 1
            labels.first.setdefault(label.why, where)
    labels.ids.append(own or where)
    labels.own.append(own is not None)
    labels.cases.append(Case(label, lengths))


def _seen(record: Record, mapping: Mapping | None) -> SampleView | None:
    """The view of a row; None where it is no sample, which its result says too."""
    try:
        return None if record.data is None else view(record.data, mapping)
    except RowError:
        return None


def _none(labels: Labels, rule: LabelRule) -> str:
    if not labels.cases:
        return "no label found: there are no rows"
    rows = f"{len(labels.cases)} row{'s' if len(labels.cases) != 1 else ''}"
    if rule.path is None:
        return f"no label found: of {rows} none has `chosen` and `rejected`; say where labels are with `--label PATH`"
    place = ".".join(rule.path)
    if labels.problems:
        why, count = labels.problems.most_common(1)[0]
        return f"no label found: of {rows} none has a `{place}` that is understood; in {count} it is {why}"
    return f"no label found: of {rows} none has `{place}`"
