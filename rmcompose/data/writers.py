"""Results to JSONL or Parquet, one after another in constant memory, and what a broken-off run has left behind.

Look first at `open_writer`; `completed` tells a resumed run how many rows are already there.
"""

from __future__ import annotations

import json
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, NamedTuple, Self

from rmcompose.data.errors import DataError, reason_of

OutputFormat = Literal["jsonl", "parquet"]

_SUFFIXES: dict[str, OutputFormat] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_FLUSH_ROWS = 64
_FLUSH_SECONDS = 0.2
_FLUSH_BYTES = 1024 * 1024
_GROUP_ROWS = 1000
_GROUP_BYTES = 16 * 1024 * 1024
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
# legal inside JSON text, but many a reader that splits a file into lines would break a row at them
_LINE_BREAKS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Writer(ABC):
    """Takes results one by one; a context manager that closes the file. A fault of the file is a `DataError`."""

    @abstractmethod
    def write(self, result: dict[str, Any]) -> None:
        """Add one result."""

    @abstractmethod
    def flush(self) -> None:
        """Hand what was written to the operating system, so that it outlives this process."""

    @abstractmethod
    def close(self, *, complete: bool = True) -> None:
        """Finish the file; `complete` is false where the run was broken off."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close(complete=kind is None)
        except DataError:
            if kind is None:  # the first fault is the one to hear of
                raise


def open_writer(
    path: str | Path,
    format: OutputFormat | None = None,  # noqa: A002  # the word users know
    *,
    append: bool = False,
    before_flush: Callable[[], None] | None = None,
) -> Writer:
    """A writer of results.

    JSONL has one result a line, as UTF-8 with finite numbers at full precision. Lines are handed to the operating
    system in one piece, at least every 64 rows and every 0.2 s while rows come.

    Parquet has the columns `id`, `composition`, `spec`, `best`, `scores` (a list of doubles, null where unscored),
    `responses` (the list of responses as JSON text, since the nodes differ from spec to spec) and `other` (any further
    fields as JSON text). It is written under its name with `.partial` behind, and put in place when it is complete.

    Args:
        path: the file; `-` is standard output. An existing file is overwritten.
        format: by default what the suffix says; JSONL for standard output and for pipes.
        append: go on after the lines that are there (JSONL only; see `completed`).
        before_flush: called before lines reach the file, for what must not be behind it (JSONL only).

    Raises:
        DataError: the file cannot be written, or the format is not known.
    """
    shown = str(path)
    chosen = format or ("jsonl" if shown == "-" else _format_of(Path(path)))
    if chosen not in ("jsonl", "parquet"):
        raise DataError(f"`{chosen}` is not a format of results: expected `jsonl` or `parquet`")
    if chosen == "parquet":
        if shown == "-" or append:
            raise DataError("Parquet is written as a whole: neither to standard output nor after rows that are there")
        return _ParquetWriter(Path(path))
    if shown == "-":
        return JsonLinesWriter(sys.stdout.buffer, "<stdout>", owned=False)
    try:
        stream = Path(path).open("ab" if append else "wb")  # noqa: SIM115  # the writer closes it
        return JsonLinesWriter(stream, shown, before_flush=before_flush)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot write `{path}`: {reason_of(error)}") from None


class Completed(NamedTuple):
    """How many results a file holds, and its length in bytes."""

    rows: int
    offset: int


def completed(path: str | Path) -> Completed:
    """The complete results of a JSONL file, which is repaired: a last line that was torn is cut off.

    A run that was killed leaves whole lines and at most one torn one. Anything else is not the output of a run, and is
    left as it is.

    Raises:
        DataError: the file is not JSONL results, or it cannot be read or repaired.
    """
    file = Path(path)
    if _format_of(file) == "parquet":
        raise DataError(f"cannot resume `{path}`: only a JSONL file can be added to")
    return repaired(file)


def repaired(path: Path) -> Completed:
    """As `completed`, for a file of JSON lines whatever its name."""
    rows = offset = 0
    try:
        with path.open("r+b") as stream:
            for line in stream:
                if not _is_result(line):
                    torn = not line.endswith(b"\n") and line.lstrip(b"\0")[:1] in (b"{", b"")
                    if not torn:
                        raise DataError(f"cannot resume `{path}`: line {rows + 1} is not a result")
                    break
                rows += 1
                offset += len(line)
            stream.truncate(offset)
    except FileNotFoundError:
        return Completed(0, 0)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot resume `{path}`: {reason_of(error)}") from None
    return Completed(rows, offset)


def _is_result(line: bytes) -> bool:
    if not line.endswith(b"\n"):
        return False
    try:
        return isinstance(json.loads(line.decode("utf-8")), dict)
    except (ValueError, RecursionError):
        return False


class JsonLinesWriter(Writer):
    """Writes JSON lines to a stream, which it closes if it is `owned`; `name` is for messages."""

    def __init__(
        self, stream: BinaryIO, name: str, *, owned: bool = True, before_flush: Callable[[], None] | None = None
    ) -> None:
        self._stream = stream
        self._name = name
        self._owned = owned
        self._before_flush = before_flush
        self._waiting: list[bytes] = []
        self._size = 0
        self._flushed = time.monotonic()

    def write(self, result: dict[str, Any]) -> None:
        """Add one result."""
        self.copy((_text(result) + "\n").encode("utf-8"))

    def copy(self, line: bytes) -> None:
        """Add a line as it is, its end included."""
        self._waiting.append(line)
        self._size += len(line)
        enough = len(self._waiting) >= _FLUSH_ROWS or self._size >= _FLUSH_BYTES
        if enough or time.monotonic() - self._flushed >= _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Hand the lines that wait to the operating system."""
        # taken first: an interrupt in the middle may cost a row, which is scored again, but writes none twice
        lines, self._waiting, self._size = self._waiting, [], 0
        try:
            if lines and self._before_flush is not None:
                self._before_flush()
            self._stream.write(b"".join(lines))
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise DataError(f"cannot write `{self._name}`: {reason_of(error)}") from None
        self._flushed = time.monotonic()

    def close(self, *, complete: bool = True) -> None:  # noqa: ARG002  # every line is whole by itself
        """Hand over what waits, and close the stream if it is owned."""
        if not self._owned:
            self.flush()
            return
        try:
            if not self._stream.closed:
                self.flush()
        finally:
            try:
                self._stream.close()
            except OSError as error:
                raise DataError(f"cannot write `{self._name}`: {reason_of(error)}") from None


class _ParquetWriter(Writer):
    def __init__(self, file: Path) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            raise DataError("Parquet needs `pyarrow`: install `rmcompose[parquet]`") from None
        self._file = file
        self._partial = file.with_name(file.name + ".partial")
        self._arrow = pa
        self._schema = pa.schema(
            {
                "id": pa.string(),
                "composition": pa.string(),
                "spec": pa.string(),
                "best": pa.int64(),
                "scores": pa.list_(pa.float64()),
                "responses": pa.string(),
                "other": pa.string(),
            }
        )
        self._rows: list[dict[str, Any]] = []
        self._size = 0
        self._closed = False
        try:
            self._writer = pq.ParquetWriter(self._partial, self._schema)
        except (OSError, ValueError) as error:
            raise DataError(f"cannot write `{file}`: {reason_of(error)}") from None

    def write(self, result: dict[str, Any]) -> None:
        other = {name: value for name, value in result.items() if name not in self._schema.names}
        responses = result.get("responses") or []
        texts = {"responses": _text(responses), "other": _text(other) if other else None}
        scores = [response.get("score") for response in responses]
        plain = {name: result.get(name) for name in ("id", "composition", "spec", "best")}
        self._rows.append({**plain, **texts, "scores": scores})
        self._size += sum(len(text or "") for text in texts.values())
        if len(self._rows) >= _GROUP_ROWS or self._size >= _GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        rows, self._rows, self._size = self._rows, [], 0
        if not rows:
            return
        try:
            self._writer.write_table(self._arrow.Table.from_pylist(rows, schema=self._schema))
        except (OSError, ValueError, TypeError, self._arrow.ArrowException) as error:
            raise DataError(f"cannot write `{self._file}`: {reason_of(error)}") from None

    def close(self, *, complete: bool = True) -> None:
        if self._closed:
            return
        self._closed = True
        flushed = False
        try:
            self.flush()
            flushed = True
        finally:
            self._finish(complete=complete and flushed)

    def _finish(self, *, complete: bool) -> None:
        try:
            self._writer.close()
            if complete:
                self._partial.replace(self._file)
        except (OSError, ValueError) as error:
            raise DataError(f"cannot write `{self._file}`: {reason_of(error)}") from None


def _text(value: Any) -> str:
    """JSON text on one line, that UTF-8 can hold whatever the texts in it are."""
    try:
        text = _ENCODER.encode(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise DataError(f"a result cannot be written as JSON: {reason_of(error)}") from None
    for char, escape in _LINE_BREAKS.items():
        if char in text:
            text = text.replace(char, escape)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold only as an escape
        return json.dumps(value, allow_nan=False)
    return text


def _format_of(file: Path) -> OutputFormat:
    found = _SUFFIXES.get(file.suffix.lower())
    if found is not None:
        return found
    if file.exists() and not file.is_file():
        return "jsonl"  # a pipe or a device
    raise DataError(f"cannot tell the format of `{file}`: expected `.jsonl` or `.parquet`")
