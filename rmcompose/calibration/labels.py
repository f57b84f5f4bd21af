"""What a row's label says: a value of each response, or which of several responses is best.

A label is a dotted path into the row. What it means is settled by its form alone; where a form could mean two things
the user says which (`Reading`), and what has neither meaning is a `Problem` that is counted and told.

| responses | at the path | means |
|---|---|---|
| one | a number, bool or text, or a list of one | its value |
| several | something in each response itself | the value of each |
| several | a list with one number, bool, text or null a response | the value of each (`best`: see below) |
| several | a shorter list of whole numbers | the best responses (`values`: a problem) |
| several | a whole number | the best response (`values`: the value of each) |
| several | the tie marker | all are equally good |
| `chosen`, `rejected` | no path is given | response 0 is better |
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rmcompose.data import MISSING, CsvText, SampleView
from rmcompose.data import Mapping as FieldMapping

Reading = Literal["auto", "values", "best"]
Value = float | str

DECIMALS = 12
"""Values are compared to this many decimals: what arithmetic adds beyond them is not a disagreement."""

_TIE = "tie"


@dataclass(frozen=True, slots=True)
class Values:
    """A value of each response, None where it has none."""

    values: tuple[Value | None, ...]


@dataclass(frozen=True, slots=True)
class Best:
    """The responses that are better than all others, by index; none where all are equally good."""

    responses: frozenset[int]


@dataclass(frozen=True, slots=True)
class Problem:
    """A label that has no meaning here, and why."""

    why: str


Label = Values | Best | Problem | None
"""None where the row has no label."""


@dataclass(frozen=True, slots=True)
class LabelRule:
    """Where labels are and how they are read.

    `path` is None where only `chosen` and `rejected` tell. `base` is the number of the first response. `tie` is what
    stands for a tie: a text in any case, a number, or None for a null; where `base` is 1 a 0 is a tie as well.
    """

    path: tuple[str, ...] | None
    base: int = 0
    reading: Reading = "auto"
    tie: str | float | None = _TIE


def clean(value: Any) -> Value | None:
    """A value as it is compared: a number to 12 decimals, bools as 1 and 0, a text as it is; None for anything else."""
    if isinstance(value, bool | int | float):
        try:
            number = float(value)
        except OverflowError:
            return None
        return round(number, DECIMALS) + 0.0 if math.isfinite(number) else None
    return str(value) if isinstance(value, str) else None


def label_of(rule: LabelRule, row: Mapping[str, Any], view: SampleView, mapping: FieldMapping | None = None) -> Label:
    """The label of a row that was read as `view`."""
    if rule.path is None:
        return Best(frozenset({0})) if _is_preference(row, mapping) else None
    found = view.lookup(rule.path)
    each = [view.lookup(rule.path, index) for index in range(view.count)]
    if any(one is not found for one in each):
        return _own(rule, each)
    if found is MISSING:
        is_tie = rule.tie is None and view.count > 1 and _is_null(row, rule.path)
        return Best(frozenset()) if is_tie and rule.reading != "values" else None
    found = _cell(found)
    if rule.reading != "values" and view.count > 1:
        if _is_tie(rule, found):
            return Best(frozenset())
        if isinstance(found, list):
            return _list(rule, found, view.count)
        return _best(rule, [found], view.count)
    if rule.reading == "best":
        return Problem("a single response is best of nothing")
    return _values(found, view.count)


def _own(rule: LabelRule, each: Sequence[Any]) -> Label:
    """The labels that the responses hold themselves."""
    if rule.reading == "best":
        return Problem("each response has a label of its own, which names no best one")
    values = [None if one is MISSING else clean(_cell(one)) for one in each]
    for one, value in zip(each, values, strict=True):
        if value is None and one is not MISSING:
            return Problem(f"{_kind(one)} is no value")
    return Values(tuple(values))


def _list(rule: LabelRule, found: list[Any], count: int) -> Label:
    if rule.reading == "auto" and len(found) >= count:
        return _values(found, count)
    return _best(rule, found, count)


def _values(found: Any, count: int) -> Label:
    items = found if isinstance(found, list) else [found] * count
    if len(items) != count:
        return Problem(f"a list of {len(items)} for {count} {'response' if count == 1 else 'responses'}")
    values = [clean(one) for one in items]
    for one, value in zip(items, values, strict=True):
        if value is None and one is not None:
            return Problem(f"{_kind(one)} is no value")
    return Values(tuple(values)) if any(value is not None for value in values) else None


def _best(rule: LabelRule, items: Sequence[Any], count: int) -> Label:
    best: set[int] = set()
    for item in items:
        if isinstance(item, bool) or not isinstance(item, int | float) or not float(item).is_integer():
            return Problem(f"{_kind(item)} is no number of a response, and {count} responses are there")
        index = int(item) - rule.base
        if not 0 <= index < count:
            return Problem(f"number {int(item)} of {count} responses, counted from {rule.base}")
        if index in best:
            return Problem(f"response {int(item)} is named twice")
        best.add(index)
    if not best:
        return Problem("an empty list names no response")
    return Best(frozenset(best) if len(best) < count else frozenset())


def _is_tie(rule: LabelRule, found: Any) -> bool:
    if isinstance(found, str):
        return isinstance(rule.tie, str) and found.strip().lower() == rule.tie.lower()
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    return (rule.base == 1 and found == 0) or (not isinstance(rule.tie, str | None) and found == rule.tie)


def _cell(value: Any) -> Any:
    """A cell of CSV as the number, bool or list that its text may be; tuples as lists."""
    if isinstance(value, CsvText):
        try:
            read = json.loads(value.strip().lower() if value.strip().lower() in ("true", "false") else value)
        except (ValueError, RecursionError):
            return str(value)
        return read if isinstance(read, bool | int | float | list) else str(value)
    return list(value) if isinstance(value, tuple) else value


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "a text"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a fraction" if math.isfinite(value) else "a number that is not finite"
    return "null" if value is None else "a list" if isinstance(value, list) else "an object"


def _is_null(row: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Whether the path leads to a null that stands there, not to nothing."""
    holder: Any = row
    for part in path[:-1]:
        holder = holder.get(part) if isinstance(holder, Mapping) else None
    return isinstance(holder, Mapping) and path[-1] in holder and holder[path[-1]] is None


def _is_preference(row: Mapping[str, Any], mapping: FieldMapping | None) -> bool:
    """Whether the responses of the row were read from `chosen` and `rejected`."""
    if mapping and {"chosen", "rejected"} & mapping.paths.keys():
        return True
    if mapping and {"response", "responses", "completions", "completion", "output"} & mapping.paths.keys():
        return False
    others = [row.get(name) for name in ("response", "responses", "completions", "completion")]
    if any(one is not None for one in others) or isinstance(row.get("output"), list | tuple):
        return False
    return row.get("chosen") is not None and row.get("rejected") is not None
