"""The prompts and responses behind results that are shown, found in the data that they were made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rmcompose.data import MISSING, Mapping, Record, RowError, SampleView, view
from rmcompose.reporting.keeping import LONGEST_TEXT, Kept, cut


@dataclass(frozen=True, slots=True)
class Matched:
    """How many of the samples that are shown were looked for in the data, and for how many nothing was found."""

    wanted: int
    lost: int


def match(kept: Sequence[Kept], records: Iterable[Record], mapping: Mapping | None = None) -> Matched:
    """Fills in `prompt`, `text` and `reference`, in one pass over the data.

    A row belongs to a result where it has the same id; of several with one id, the one in the same place. A row without
    an id of its own belongs to the result in the same place whose id ends with its line, as `run` names it.
    """
    by_id: dict[str, list[Kept]] = {}
    by_number: dict[int, list[Kept]] = {}
    for one in kept:
        by_id.setdefault(one.id, []).append(one)
        by_number.setdefault(one.number, []).append(one)
    for number, record in enumerate(records, start=1):
        if record.data is None:
            continue
        try:
            sample = view(record.data, mapping)
        except RowError:
            continue
        here = by_number.get(number, [])
        own = sample.id
        if own is None:
            for one in here:
                if not one.matched and one.id.endswith((f":{record.line}", f"row {number}")):
                    _fill(one, sample)
            continue
        name = cut(own, 200)
        for one in by_id.get(name, []):
            if not one.matched or one.number == number:
                _fill(one, sample)
    wanted = {(one.number, one.id) for one in kept}
    return Matched(len(wanted), len(wanted - {(one.number, one.id) for one in kept if one.matched}))


def _fill(one: Kept, sample: SampleView) -> None:
    one.matched = True
    one.prompt = _text(sample.sample("prompt"))
    if one.index < sample.count:
        one.text = _text(sample.response("response", one.index))
        one.reference = _text(sample.response("reference", one.index))


def _text(value: Any) -> str | None:
    if value is MISSING:
        return None
    return cut(value if isinstance(value, str) else str(value), LONGEST_TEXT)
