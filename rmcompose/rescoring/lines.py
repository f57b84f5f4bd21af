"""Result lines read from files, one after another, each looked at before it is handed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rmcompose.data.results import fault_of, read_results
from rmcompose.rescoring.errors import ResultsError

Line = dict[str, Any]

_LOOKED_THROUGH = 1000

Results = str | Path | Iterable[Mapping[str, Any]]
"""A file of results (JSONL or Parquet, `-` for stdin), or result lines."""


def result_lines(results: Results, *, nodes: bool = True) -> Iterator[Line]:
    """The lines in order; with `nodes=False` their nodes are not looked at.

    Raises DataError or ResultsError where a file cannot be read, and at what is not a result.
    """
    if isinstance(results, str | Path):
        for _, place, line in read_results(results, nodes=nodes):
            yield _checked(line, place)
        return
    for number, given in enumerate(results, start=1):
        fault = fault_of(given, nodes=nodes)
        if fault is not None:
            raise ResultsError(f"line {number} is not a result of `rmcompose run`: {fault}")
        yield _checked(given, f"line {number}")


def opened(results: Results) -> tuple[Iterator[Line], Line | None]:
    """The lines, and the first of them that has nodes, which a row that could not be read has not; else the first."""
    lines = result_lines(results, nodes=False)
    seen: list[Line] = []
    for line in islice(lines, _LOOKED_THROUGH):
        seen.append(line)
        if line["responses"][0]["nodes"]:
            return chain(seen, lines), line
    return chain(seen, lines), seen[0] if seen else None


def _checked(line: Any, place: str) -> Line:
    """The line, if it has what is read of it beside scores."""
    responses = line["responses"]
    whole = {"id", "spec", "best"} <= line.keys() and all("nodes" in one for one in responses)
    if not whole or not responses or not isinstance(line["spec"], str):
        raise ResultsError(f"`{place}` is not a result of `rmcompose run`: it lacks `id`, `spec`, `best` or responses")
    found: Line = line
    return found
