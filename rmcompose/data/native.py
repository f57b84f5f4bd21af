"""Any recognised row as a `DataSample`: what `evaluate` returns has to be one, whatever it was given."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

from pydantic import ValidationError

from rmcompose.data.content import Absent, fields_of
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
    answers = [_answer(sample, index) for index in range(sample.count)]
    steps = [_steps(sample, index) for index in range(sample.count)]
    placed: set[str] = {"steps"} if any(steps) else set()
    for answer in answers if placed else ():
        answer.pop("steps", None)
    return {
        **{name: value for name, value in row.items() if name not in _DROPPED | moved | placed and value is not None},
        **texts,
        "unique_id": sample.id or _content_id(row),
        "input": [] if messages is MISSING else messages,
        "output": [{"answer": one, "steps": led} for one, led in zip(answers, steps, strict=True)],
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


def _steps(sample: SampleView, index: int) -> list[dict[str, Any]] | None:
    """The steps of a response; None where it has none, and where what is called so has no text."""
    found = sample.steps(index)
    if isinstance(found, Absent) or all(isinstance(text, Absent) for text in found.texts):
        return None
    return [step_fields(one) for one in found.held]


def step_fields(held: Any) -> dict[str, Any]:
    """What a row holds for a step, as the fields of a `Step`: its text is the content, its label an object."""
    fields: dict[str, Any] = {"content": held} if isinstance(held, str) else dict(fields_of(held) or {"content": None})
    if fields.get("content") is None and isinstance(fields.get("text"), str):
        fields["content"] = fields.pop("text")
    label = fields.get("label")
    if label is not None and not isinstance(label, dict):
        fields["label"] = {"label": label}
    return {"role": "assistant", **fields}


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
