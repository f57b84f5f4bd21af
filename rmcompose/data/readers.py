"""Rows from JSONL, JSON, CSV and Parquet files, one after another in constant memory.

Look first at `read`. A row that cannot be read is a `Record` with an `error`, and the reading goes on: no row is lost,
none is an exception. A file that cannot be read at all is a `DataError`.
"""

from __future__ import annotations

import json
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast, get_args

from rmcompose.data.cells import parsed_cells
from rmcompose.data.csv_rows import csv_rows
from rmcompose.data.errors import DataError, kind_of, lowered, reason_of
from rmcompose.data.lines import BadLine, decoded, json_fault, numbered_lines, row_of

Format = Literal["jsonl", "json", "csv", "parquet"]

_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_PARQUET_BATCH = 256


@dataclass(slots=True)
class Record:
    """One row of a file: its `data`, or the `error` that says why there is none.

    `line` is the 1-based line where the row begins in a JSONL or CSV file, and the number of the row elsewhere.
    """

    data: dict[str, Any] | None
    path: str
    line: int
    error: str | None = None


def read(
    path: str | Path,
    *,
    format: Format | None = None,  # noqa: A002  # the word users know
    limit: int | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Record]:
    """The rows of a file, read as they are asked for.

    Args:
        path: the file; `-` is standard input, JSONL or one JSON list. JSONL, JSON and CSV may be compressed (`.gz`).
        format: what the file holds; by default its suffix says so, and a pipe is looked into.
        limit: how many records to read at most, those with an error among them.
        stdin: what to read for `-`, by default the standard input of the process.

    Raises:
        DataError: there is no such file, or it cannot be read at all (at once, or while rows are read where a Parquet
            or compressed file breaks off).
    """
    shown = "<stdin>" if str(path) == "-" else str(path)
    if format is not None and format not in get_args(Format):
        raise DataError(f"`{format}` is not a format: expected `jsonl`, `json`, `csv` or `parquet`")
    if str(path) == "-":
        if format == "parquet":
            raise DataError("Parquet cannot be read from standard input")
        return _limited(_rows(stdin or sys.stdin.buffer, shown, format), limit)
    file = Path(path)
    regular = _checked(file)
    chosen = format or _format_of(file, regular=regular)
    return _limited(_parquet(file) if chosen == "parquet" else _opened(file, chosen), limit)


def _checked(file: Path) -> bool:
    """Whether the file is a regular one, not a pipe or device; a fault is told before the first row is asked for."""
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        raise DataError(f"there is no file `{file}`") from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read `{file}`: {reason_of(error)}") from None
    if stat.S_ISDIR(mode):
        raise DataError(f"`{file}` is a folder, not a file")
    return stat.S_ISREG(mode)


def _format_of(file: Path, *, regular: bool) -> Format | None:
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    found = _SUFFIXES.get(suffixes[-1]) if suffixes else None
    if found is None and regular:
        raise DataError(f"cannot tell the format of `{file}`: expected `.jsonl`, `.json`, `.csv` or `.parquet`")
    return found


def _limited(records: Iterator[Record], limit: int | None) -> Iterator[Record]:
    with closing(cast("Any", records)):
        if limit is not None and limit <= 0:
            return
        for count, record in enumerate(records, start=1):
            yield record
            if count == limit:
                return


def _opened(file: Path, format_: Format | None) -> Iterator[Record]:
    try:
        with file.open("rb") as raw:
            if file.suffix.lower() == ".gz":
                import gzip

                with gzip.GzipFile(fileobj=raw) as stream:
                    yield from _rows(cast("BinaryIO", stream), str(file), format_)
            else:
                yield from _rows(raw, str(file), format_)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot read `{file}`: {reason_of(error)}") from None


def _rows(stream: BinaryIO, path: str, format_: Format | None) -> Iterator[Record]:
    if format_ == "csv":
        return _csv(stream, path)
    if format_ == "json":
        return _json(stream.read(), path)
    return _jsonl(numbered_lines(stream), path) if format_ == "jsonl" else _sniffed(stream, path)


def _sniffed(stream: BinaryIO, path: str) -> Iterator[Record]:
    """JSONL, unless the first line that is not blank opens a list."""
    lines = numbered_lines(stream)
    for number, line in lines:
        if line is not None and line.lstrip()[:1] == b"[":
            yield from _json(line + stream.read(), path)
            return
        yield from _jsonl([(number, line)], path)
        if line is None or line.strip():
            break
    yield from _jsonl(lines, path)


def _jsonl(lines: Iterable[tuple[int, bytes | None]], path: str) -> Iterator[Record]:
    for number, line in lines:
        try:
            text = decoded(line)
            if text.strip():
                yield Record(row_of(text), path, number)
        except BadLine as error:
            yield Record(None, path, number, str(error))


def _json(content: bytes, path: str) -> Iterator[Record]:
    """The objects of a JSON list, or the one object; a file of JSON lines under this name is read as such."""
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"`{path}` is not UTF-8: byte {error.start + 1} is 0x{content[error.start]:02x}") from None
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            import io

            yield from _jsonl(numbered_lines(io.BytesIO(content)), path)
            return
        place = f"line {error.lineno}, column {error.colno}"
        raise DataError(f"`{path}` is not valid JSON: {place}: {lowered(error.msg)}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"`{path}` is not valid JSON: {json_fault(error)}") from None
    if not isinstance(value, (list, dict)):
        raise DataError(f"`{path}` holds {kind_of(value)}: expected a list of objects, or one object")
    for number, row in enumerate(value if isinstance(value, list) else [value], start=1):
        if isinstance(row, dict):
            yield Record(row, path, number)
        else:
            yield Record(None, path, number, f"a row must be an object, this is {kind_of(row)}")


def _csv(stream: BinaryIO, path: str) -> Iterator[Record]:
    for line, row in csv_rows(stream, path):
        yield Record(None, path, line, row) if isinstance(row, str) else Record(row, path, line)


def _parquet(file: Path) -> Iterator[Record]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise DataError("Parquet needs `pyarrow`: install `rmcompose[parquet]`") from None
    path, number = str(file), 0
    try:
        with pq.ParquetFile(file) as table:
            for batch in table.iter_batches(batch_size=_PARQUET_BATCH):
                for row in _batch_rows(batch):
                    number += 1
                    if isinstance(row, str):
                        yield Record(None, path, number, row)
                    else:
                        yield Record(parsed_cells(row), path, number)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise DataError(f"cannot read `{file}` as Parquet: {reason_of(error)}") from None


def _batch_rows(batch: Any) -> Iterable[dict[str, Any] | str]:
    """The rows of a batch; a row with a value that Python cannot hold is the text of the fault."""
    try:
        return cast("list[dict[str, Any]]", batch.to_pylist())
    except (ValueError, OverflowError):  # text that is not UTF-8, a time before year 1: found again row by row
        return [_single_row(batch.slice(position, 1)) for position in range(batch.num_rows)]


def _single_row(batch: Any) -> dict[str, Any] | str:
    try:
        return cast("dict[str, Any]", batch.to_pylist()[0])
    except (ValueError, OverflowError) as error:
        return f"the row cannot be read: {reason_of(error)}"
