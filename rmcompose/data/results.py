"""Results read back: the lines that `run` wrote, as JSONL or Parquet, one after another in constant memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rmcompose.data.errors import DataError
from rmcompose.data.readers import Format, read

_STATES = ("scored", "unscored", "skipped")
_COUNTS = ("calls", "tokens", "cost", "ms")


class Result(NamedTuple):
    """One result line: its 1-based `number` among the results, where it stands (`FILE:LINE`), and the line itself."""

    number: int
    place: str
    line: dict[str, Any]


def read_results(path: str | Path, *, nodes: bool = True) -> Iterator[Result]:
    """The results in a file, as they are asked for; `-` is standard input, JSON lines.

    With `nodes=False` what is told of nodes is not looked at, for those who do so themselves. Raises DataError where
    the file cannot be read, and for the first line that is not a result, with its place.
    """
    shown = "<stdin>" if str(path) == "-" else str(path)
    suffixes = Path(path).suffixes
    format_: Format | None = "jsonl" if shown == "<stdin>" else None
    if any(suffix.lower() in (".csv", ".json", ".html", ".rm", ".yaml") for suffix in suffixes):
        raise DataError(f"`{path}` is not a file of results: `run` writes `.jsonl` and `.parquet`")
    for number, record in enumerate(read(path, format=format_), start=1):
        place = f"{shown}:{record.line}"
        if record.data is None:
            raise DataError(f"`{place}`: {record.error}")
        line = _unpacked(record.data)
        fault = fault_of(line, nodes=nodes)
        if fault is not None:
            raise DataError(f"`{place}` is not a result of `rmcompose run`: {fault}")
        yield Result(number, place, line)


def _unpacked(row: dict[str, Any]) -> dict[str, Any]:
    """A row of Parquet in the shape of a line: there are columns for the scores and for all further fields."""
    if not {"scores", "other"} <= row.keys():
        return row
    line = {name: value for name, value in row.items() if name not in ("scores", "other")}
    try:
        other = json.loads(row["other"] or "{}")
    except (ValueError, TypeError, RecursionError):
        return line
    return {**line, **other} if isinstance(other, dict) else line


def fault_of(line: object, *, nodes: bool = True) -> str | None:
    """What is wrong with something that should be a result line, with `nodes` in those too; None where nothing is."""
    if not isinstance(line, dict) or not isinstance(line.get("responses"), list):
        return "it has no list of `responses`"
    for number, response in enumerate(line["responses"]):
        if not isinstance(response, dict):
            return f"response {number} is no object"
        if "score" not in response or not isinstance(response.get("nodes", {}), dict):
            return f"response {number} has no `score` and `nodes`"
        score = response["score"]
        if score is not None and not _is_number(score):
            return f"the score of response {number} is not a finite number"
        for name, node in response.get("nodes", {}).items() if nodes else ():
            fault = _node_fault(node)
            if fault is not None:
                return f"node `{name}` of response {number} {fault}"
    return None


def _node_fault(node: object) -> str | None:
    if not isinstance(node, dict) or node.get("status") not in _STATES:
        return "has no `status`"
    for name in _COUNTS:
        count = node.get(name, 0)
        # compared and not converted: a whole number of JSON may be beyond any float
        if type(count) not in (int, float) or not 0 <= count <= sys.float_info.max:
            return f"has a `{name}` that is no number from 0"
    steps = node.get("steps")
    if steps is None:
        return None
    if not isinstance(steps, list):
        return "has `steps` that are no list"
    return next((fault for fault in map(_node_fault, steps) if fault is not None), None)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
