"""A benchmark's rows: from files, folders or memory, in their published format, as cases; checked before any is scored.

A row that is not of the format ends the run, because a figure over the rest would be the figure of another benchmark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from rmcompose.benchmarking.benchmark import BenchError, Benchmark, Case
from rmcompose.data import DataError, Format, Record, RowError, read
from rmcompose.data.content import fields_of
from rmcompose.data.sources import SOURCES, Source, recognised
from rmcompose.data.traces import plain
from rmcompose.diagnostics.suggest import nearest

_SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".parquet", ".pq")
MOST_TOLD = 3
"""Rows with a fault, or ids that occur twice, that are told one by one."""

Data = str | Path | Sequence[Any]


@dataclass(slots=True)
class Overview:
    """What a first look at the data found, before anything is scored: how many cases there are in each group of the
    benchmark, by `n`, `ids` that occur twice with where, and rows in which nothing is to be judged.
    """

    rows: int = 0
    cases: int = 0
    left_out: int = 0
    n: Counter[str] = field(default_factory=Counter)
    twice: dict[str, tuple[str, str]] = field(default_factory=dict)

    def notes(self, benchmark: Benchmark) -> list[str]:
        """What people should know of the data, a line each."""
        told = []
        if self.left_out:
            told.append(f"{_count(self.left_out, 'row')} with nothing to judge left out")
        if self.twice:
            some = [f"`{one}` ({first} and {second})" for one, (first, second) in islice(self.twice.items(), MOST_TOLD)]
            rest = len(self.twice) - len(some)
            more = f" and {rest} more" if rest else ""
            told.append(f"{_count(len(self.twice), 'id')} there more than once: {', '.join(some)}{more}")
        groups = {name: n for name, n in self.n.items() if name}
        return told + benchmark.notes(groups)


class Rows:
    """The rows that `data` names: a path, several, folders with all files in them, or rows themselves.

    What can be read only once (standard input) is kept in memory. `source` is the format, by default recognised for
    each row by its columns; `files_as` how files are written, by default by their suffixes; `pattern` the name of the
    files that are meant in folders, where some have it. Raises DataError and BenchError.
    """

    def __init__(
        self,
        data: Data,
        *,
        source: str | None = None,
        limit: int | None = None,
        files_as: Format | None = None,
        pattern: str | None = None,
    ) -> None:
        if source is not None and source not in SOURCES:
            meant = nearest(source, SOURCES)
            advice = f"did you mean `{meant}`?" if meant else f"there are {', '.join(f'`{one}`' for one in SOURCES)}"
            raise BenchError(f"unknown source `{source}`: {advice}")
        self._source, self._limit, self._format = source, limit, files_as
        self._held: list[Record] | None = None
        self.files: list[str] = []
        self._given: list[str] = []
        given = [data] if isinstance(data, str | Path | Mapping) else list(data)
        if all(isinstance(one, str | Path) for one in given):
            self.files = [str(file) for one in given for file in _files(one, pattern)]
            self._given = [str(one) for one in given]
            if self.files.count("-") > 1:
                raise DataError("standard input is given twice")
        else:
            rows = [one if isinstance(one, dict) else plain(fields_of(one)) for one in given]
            self._held = [
                Record(row, "row", number, None if row is not None else "a row must be an object")
                for number, row in enumerate(rows, start=1)
            ]

    @property
    def name(self) -> str:
        """What the data is called."""
        return ", ".join(self._given) if self.files else "rows in memory"

    def records(self) -> Iterator[Record]:
        """The rows as they are published."""
        if self._held is None and "-" in self.files:
            self._held = list(self._read())
        return islice(iter(self._held) if self._held is not None else self._read(), self._limit)

    def cases(self, benchmark: Benchmark) -> Iterator[Case]:
        """The cases. Raises DataError for the first row that is not of the format."""
        for record in self.records():
            found = self._case(record, benchmark)
            if isinstance(found, str):
                raise DataError(f"{_where(record)}: {found}")
            if found is not None:
                yield found

    def overview(self, benchmark: Benchmark) -> Overview:
        """A look at all rows. Raises DataError where some are not of the format, or where there are none."""
        found = Overview()
        seen: dict[str, str] = {}
        faults: list[str] = []
        count = 0
        for record in self.records():
            found.rows += 1
            case = self._case(record, benchmark)
            if isinstance(case, str):
                count += 1
                if len(faults) < MOST_TOLD:
                    faults.append(f"{_where(record)}: {case}")
            elif case is None:
                found.left_out += 1
            else:
                _add(found, case, benchmark, seen)
        if faults:
            rest = "" if count == 1 else f" ({count:,} of {found.rows:,} rows are not of the format; then "
            told = faults[0] + (rest + "; ".join(faults[1:]) + ")" if rest else "")
            raise DataError(told)
        if not found.rows:
            raise DataError(f"there are no rows in {self.name}")
        if not found.cases:
            raise DataError(f"no row of {self.name} says which response is better")
        return found

    def _read(self) -> Iterator[Record]:
        for file in self.files:
            yield from read(file, format=self._format)

    def _case(self, record: Record, benchmark: Benchmark) -> Case | str | None:
        """The case of a record, None where there is nothing to judge, or what is wrong with it."""
        if record.error is not None:
            return record.error
        assert record.data is not None
        source = recognised(record.data) if self._source is None else SOURCES[self._source]
        hint = ""
        if self._source is None and source.name not in ("native", *benchmark.sources):
            # the nearest of the benchmark's own formats says best what is missing
            like = "" if source.name in ("*", "rewardbench") else f"; these are the columns of `{source.name}`"
            hint = f" ({benchmark.name} reads {', '.join(f'`{name}`' for name in benchmark.sources)}{like})"
            source = min((SOURCES[name] for name in benchmark.sources), key=partial(_lacking, record.data))
        try:
            # a source may give a pair in both orders: it counts once
            row = source.rows(record.data)[0]
            sample_id = row.get("unique_id") or row.get("id") or _where(record)
            return benchmark.case({**row, "unique_id": str(sample_id)}, _where(record))
        except RowError as error:
            return f"{error}{hint}"


def _lacking(row: Mapping[str, Any], source: Source) -> int:
    """How many columns of a source a row lacks."""
    return sum(column not in row for column in source.columns)


def _add(found: Overview, case: Case, benchmark: Benchmark, seen: dict[str, str]) -> None:
    found.cases += 1
    for group in ("", *case.groups):
        found.n[group] += benchmark.size(case)
    if case.id != case.where:
        first = seen.setdefault(case.id, case.where)
        if first != case.where:
            if isinstance(case.unit, tuple) and case.unit[0]:
                raise DataError(f"{case.where}: `{case.id}` is there twice (first at {first})")
            found.twice.setdefault(case.id, (first, case.where))


def _files(path: str | Path, pattern: str | None) -> Iterable[str | Path]:
    """The file, or all with data that a folder holds (of that name, if any are), in the order of their names."""
    folder = Path(path)
    if str(path) == "-" or not folder.is_dir():
        return [path]
    found = sorted(
        file for file in folder.rglob("*") if file.is_file() and file.name.removesuffix(".gz").endswith(_SUFFIXES)
    )
    if not found:
        raise DataError(f"the folder `{path}` holds no file with rows (expected {', '.join(_SUFFIXES)})")
    return [file for file in found if file.name == pattern] or found


def _where(record: Record) -> str:
    return f"{record.path}:{record.line}" if record.path != "row" else f"row {record.line}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'} {'is' if number == 1 else 'are'}"
