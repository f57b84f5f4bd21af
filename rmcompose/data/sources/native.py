"""The native row: what every source is turned into, and the parts that it is made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rmcompose.data.content import fields_of, is_conversation, last_assistant
from rmcompose.data.errors import RowError, kind_of
from rmcompose.data.shapes import RESPONSE_COLUMNS
from rmcompose.data.traces import after_the_user
from rmcompose.data.view import PROMPT_COLUMNS

Row = dict[str, Any]
Convert = Callable[[Row], list[Row]]

CHOSEN, REJECTED = "chosen", "rejected"

_MOVED = RESPONSE_COLUMNS | {*PROMPT_COLUMNS, "input", "messages", "steps", "id", "unique_id", "created_at"}
"""Columns that mean something else in a native row: where a source does not use them, they go into the metadata."""


@dataclass(frozen=True, slots=True)
class Source:
    """A published format: the `columns` that tell it, and how one of its rows becomes native rows.

    `lists` says that its responses (`output`, or `chosen` and `rejected`) are lists, not texts or messages.
    """

    name: str
    columns: tuple[str, ...]
    convert: Convert
    lists: bool = False

    def fits(self, row: Row) -> bool:
        """Whether a row has the columns."""
        if any(row.get(column) is None for column in self.columns):
            return False
        return not self.lists or all(_is_list(row.get(name)) for name in ("output", CHOSEN, REJECTED) if name in row)

    def rows(self, row: Row) -> list[Row]:
        """The native rows of a row, mostly one. Raises RowError, which names the field that is missing or wrong."""
        return self.convert(row)


def need(row: Mapping[str, Any], name: str) -> Any:
    """A field that must be there. Raises RowError."""
    value = row.get(name)
    if value is None:
        raise RowError(f"`{name}` is {'null' if name in row else 'missing'}")
    return value


def need_list(row: Mapping[str, Any], name: str) -> Sequence[Any]:
    """A field that must be a list with something in it. Raises RowError."""
    value = need(row, name)
    if not isinstance(value, list | tuple):
        raise RowError(f"`{name}` is {kind_of(value)}, not a list")
    if not value:
        raise RowError(f"`{name}` is an empty list")
    return value


def need_text(row: Mapping[str, Any], name: str) -> str:
    """A field that must be text. Raises RowError."""
    value = need(row, name)
    if not isinstance(value, str):
        raise RowError(f"`{name}` is {kind_of(value)}, not text")
    return value


def number(row: Mapping[str, Any], name: str) -> float:
    """A field that must be a finite number. Raises RowError."""
    value = need(row, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RowError(f"`{name}` is {kind_of(value)}, not a number")
    if not math.isfinite(value):
        raise RowError(f"`{name}` is not a finite number")
    return float(value)


def conversation(value: Any, name: str) -> list[Any]:
    """The messages that a prompt is: a text or one message is the user's. Raises RowError."""
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    fields = fields_of(value)
    if fields is not None:
        return [{"role": "user", **fields}]
    if not is_conversation(value):
        raise RowError(f"`{name}` is {kind_of(value)}, not text or messages")
    if not value:
        raise RowError(f"`{name}` is an empty list")
    return list(value)


def answer(value: Any, name: str, label: Mapping[str, Any]) -> Row:
    """One item of `output`: a text, a message, or messages, of which the assistant's last is meant. Raises RowError.

    What comes between the user's last message and that one are the steps of the answer.
    """
    if isinstance(value, str):
        return {"answer": {"role": "assistant", "content": value, "label": dict(label)}}
    if isinstance(value, list | tuple):
        last = last_assistant(value)
        if last is None:
            raise RowError(f"`{name}` is a list without a message of the assistant")
        steps = list(value[after_the_user(value) : last])
        item = answer(value[last], name, label)
        return {**item, "steps": steps} if steps else item
    fields = fields_of(value)
    if fields is None:
        raise RowError(f"`{name}` is {kind_of(value)}, not text")
    key = next((key for key in ("content", "text", "response", "answer") if fields.get(key) is not None), None)
    if key is None and not fields.get("tool_calls"):
        raise RowError(f"`{name}` has no text: expected `content`, `text`, `response` or `answer`")
    rest = {field: held for field, held in fields.items() if field not in (key, "role", "content")}
    own = rest.pop("label", None)
    merged = {**(own if isinstance(own, Mapping) else {}), **label}
    content = None if key is None else fields[key]
    return {"answer": {**rest, "role": "assistant", "content": content, "label": merged}}


def native_row(
    row: Row,
    *,
    used: Collection[str],
    messages: Sequence[Any],
    output: Sequence[Row],
    source: str,
    category: str,
    sample_id: Any = None,
    metadata: Mapping[str, Any] | None = None,
) -> Row:
    """The native row. Columns of the source that were not `used` are kept: beside the fields, or in the metadata."""
    rest = {name: value for name, value in row.items() if name not in used and value is not None}
    held = rest.pop("metadata", None)
    told = dict(held) if isinstance(held, Mapping) else {} if held is None else {"metadata": held}
    told |= {name: rest.pop(name) for name in rest.keys() & {*_MOVED, "source", "task_category"}}
    told |= {name: value for name, value in (metadata or {}).items() if value is not None}
    found = {**rest, "input": list(messages), "output": list(output), "source": source, "task_category": category}
    if told:
        found["metadata"] = told
    if isinstance(sample_id, str | int) and not isinstance(sample_id, bool) and sample_id != "":
        found["unique_id"] = str(sample_id)
    return found


def _is_list(value: Any) -> bool:
    """Whether a value is a list of responses, not the messages of one."""
    if not isinstance(value, list | tuple):
        return False
    return not any((fields := fields_of(item)) is not None and "role" in fields for item in value)
