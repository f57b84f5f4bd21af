"""Any recognised row as a `DataSample`: what `evaluate` returns has to be one, whatever it was given."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

from pydantic import ValidationError

from rmcompose.data.content import fields_of
from rmcompose.data.errors import RowError, lowered
from rmcompose.data.mapping import Mapping
from rmcompose.data.schema import DataSample, Step
from rmcompose.data.shapes import RESPONSE_COLUMNS
from rmcompose.data.view import ID_COLUMNS, MISSING, PROMPT_COLUMNS, REFERENCE_COLUMNS, SampleView, view

_STANDARD_COLUMNS = {"prompt", "messages", "reference", "label", "metadata", "task_category", "source"}
_DROPPED = RESPONSE_COLUMNS | {*ID_COLUMNS, *_STANDARD_COLUMNS}
"""The columns whose content has a place of its own in a `DataSample`."""
_TO_METADATA = frozenset({"input", "created_at"})
_ALIASES = {*PROMPT_COLUMNS, *REFERENCE_COLUMNS} - _STANDARD_COLUMNS
"""Both kinds of columns can mean something else in a `DataSample` (the aliases where another column is mapped to their
field); in the metadata they are found by the same name."""


def as_sample(row: Any, mapping: Mapping | None = None) -> DataSample:
    """A new `DataSample` with what the row holds; the row itself stays as it is.

    Labels and references go to the answers, columns without a place in a `DataSample` are kept beside its fields or in
    the metadata, and a row without an id gets one made of its content.

    Raises:
        RowError: the row is of no recognised shape, or its fields cannot be those of a `DataSample`.
    """
    if isinstance(row, DataSample) and not mapping:
        return row.model_copy(deep=True)
    fields = row if isinstance(row, dict) else fields_of(row)
    if fields is not None and not mapping and "unique_id" in fields and isinstance(fields.get("output"), list):
        return _validated(copy.deepcopy(row) if isinstance(row, dict) else row.model_dump())
    moved = _TO_METADATA | _ALIASES if mapping else _TO_METADATA
    return _validated(copy.deepcopy(_native(view(row, mapping), dict(row) if fields is None else fields, moved)))


def _native(sample: SampleView, row: dict[str, Any], moved: frozenset[str]) -> dict[str, Any]:
    messages = sample.sample("messages")
    held = sample.sample("metadata")
    metadata = dict(held) if isinstance(held, dict) else {} if held is MISSING else {"metadata": held}
    metadata |= {name: row[name] for name in row.keys() & moved if row[name] is not None}
    texts: dict[str, str] = {}
    for name in ("task_category", "source"):
        value = sample.sample(name)
        if isinstance(value, str):
            texts[name] = value
        elif value is not MISSING:
            metadata[name] = value
    return {
        **{name: value for name, value in row.items() if name not in _DROPPED | moved and value is not None},
        **texts,
        "unique_id": sample.id or _content_id(row),
        "input": [] if messages is MISSING else messages,
        "output": [{"answer": _answer(sample, index)} for index in range(sample.count)],
        "metadata": metadata or None,
    }


def _answer(sample: SampleView, index: int) -> dict[str, Any]:
    found = sample.response("label", index)
    label: dict[str, Any] = dict(found) if isinstance(found, dict) else {} if found is MISSING else {"label": found}
    reference = sample.response("reference", index)
    if reference is not MISSING:
        label["reference"] = reference
    own = sample.own(index)
    kept = {name: own[name] for name in own.keys() - Step.model_fields.keys() - {"reference"}}
    kept |= {name: own[name] for name in own.keys() & {"tool_calls", "reasoning_content"}}
    # a field that means something else in a `Step` is found by the same name in the label
    label |= {name: own[name] for name in own.keys() & {"name", "reward"} if name not in label}
    text = sample.response("response", index)
    return {**kept, "role": "assistant", "content": None if text is MISSING else text, "label": label}


def _content_id(row: dict[str, Any]) -> str:
    text = json.dumps(row, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _validated(fields: dict[str, Any]) -> DataSample:
    try:
        return DataSample.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RowError(f"not a `DataSample`: `{place}`: {lowered(first['msg'])}") from None
