"""Structure inside flat cells: CSV has only text, and Parquet exports often hold JSON as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


class CsvText(str):
    """A cell of a CSV file. CSV cannot tell `4` from `"4"`: where a number is wanted, the text may be read as one."""

    __slots__ = ()


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_structure(value: Any) -> bool:
    return isinstance(value, (dict, list))


def _are_messages(value: Any) -> bool:
    return _is_list(value) and all(_is_object(item) and "content" in item for item in value)


def _are_outputs(value: Any) -> bool:
    return _is_list(value) and all(_is_object(item) and _is_object(item.get("answer")) for item in value)


_EXPECTED: dict[str, Callable[[Any], bool]] = {
    "messages": _is_list,
    "responses": _is_list,
    "completions": _is_list,
    "steps": _is_list,
    "metadata": _is_object,
    "label": _is_structure,
    # these two are native only as lists of that form: elsewhere they are plain text, which may well look like JSON
    "input": _are_messages,
    "output": _are_outputs,
}


def parsed_cells(row: dict[str, Any]) -> dict[str, Any]:
    """The row with JSON text read in the columns that hold structure; a cell that is not such JSON stays text."""
    for name, expected in _EXPECTED.items():
        cell = row.get(name)
        if isinstance(cell, str) and cell.lstrip()[:1] in ("{", "["):
            try:
                value = json.loads(cell)
            except (ValueError, RecursionError):
                continue
            if expected(value):
                row[name] = value
    return row
