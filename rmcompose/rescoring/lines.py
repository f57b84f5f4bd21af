"""Result lines read from files, one after another, each looked at before it is handed on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rmcompose.data import Record, read
from rmcompose.rescoring.errors import ResultsError

Line = dict[str, Any]

_LOOKED_THROUGH = 1000

Results = str | Path | Iterable[Mapping[str, Any]]
"""A file of results (JSONL or Parquet, `-` for stdin), or result lines."""


def result_lines(results: Results) -> Iterator[Line]:
    """The lines in order. Raises DataError where the file cannot be read, ResultsError at what is not a result."""
    if isinstance(results, str | Path):
        shown = "stdin" if str(results) == "-" else str(results)
        for record in read(results):
            yield _checked(_of(record), shown, record.line)
        return
    for number, line in enumerate(results, start=1):
        yield _checked(line, "the results", number)


def opened(results: Results) -> tuple[Iterator[Line], Line | None]:
    """The lines, and the first of them that has nodes, which a row that could not be read has not; else the first."""
    lines = result_lines(results)
    seen: list[Line] = []
    for line in islice(lines, _LOOKED_THROUGH):
        seen.append(line)
        if line["responses"][0]["nodes"]:
            return chain(seen, lines), line
    return chain(seen, lines), seen[0] if seen else None


def _of(record: Record) -> Any:
    if record.data is None:
        raise ResultsError(f"{record.path}:{record.line}: {record.error}")
    row = record.data
    if "scores" in row and "other" in row:  # as a Parquet file of results has them
        other = row.pop("other")
        del row["scores"]
        if isinstance(other, str):
            row.update(json.loads(other))
    return row


def _checked(line: Any, where: str, number: int) -> Line:
    """The line, if it has the shape of a result: responses, each with nodes by name."""
    try:
        for response in line["responses"]:
            _ = response["nodes"].items, response["score"]  # what all that follows reads
        if line["responses"] and isinstance(line["spec"], str):
            return line  # type: ignore[no-any-return]  # looked at just now
    except (KeyError, TypeError, AttributeError):
        pass
    raise ResultsError(f"{where}: line {number} is not a result of `rmcompose run`")
