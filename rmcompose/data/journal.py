"""What the rows of a result file were made from: beside it `.OUT.run`, with the options and a digest a row of data.

It lets a resumed run see that the data are still the same, row by row, however many more have come. It is also the lock
that keeps a second run off the same file. Digests reach the disk before the results they belong to, so whatever instant
a run is killed at, the file knows at least as many rows as there are results. No result depends on it: without it a
run resumes unchecked.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from rmcompose.data.errors import reason_of
from rmcompose.data.locking import LockedError, opened
from rmcompose.data.readers import Record

_DIGITS = 16
_WIDTH = _DIGITS + 1
_LONGEST_HEAD = 1024 * 1024
# what JSON has no word for comes from Parquet: dates, decimals, bytes
_ENCODER = json.JSONEncoder(default=repr)


class Changed(Exception):
    """What the rows were made from is not what it was; the message says what has changed."""


class Journal:
    """The record of one result file, and the lock on it, from `__enter__` to `__exit__`.

    `options` are those that decide what a row of data means; `facts` are told of the rows and never compared (see
    `recorded`). Where a record cannot be kept (no regular file, a folder
    that cannot be written) everything still works, without a lock and unchecked; `fault` says why.

    Raises:
        LockedError: on entering, where another run has the file.
    """

    def __init__(
        self, output: str | Path, options: dict[str, str], *, facts: Mapping[str, str] | None = None, kept: bool = True
    ) -> None:
        self.fault: str | None = None
        self.unchecked = 0
        self._output = output
        self._options = options
        self._facts = dict(facts or {})
        self._kept = kept
        self._file: BinaryIO | None = None
        self._body = 0
        self._held = 0

    @property
    def path(self) -> Path:
        """Where the record is: beside the file that is really written."""
        return _beside(self._output)

    def __enter__(self) -> Self:
        output = Path(self._output)
        if str(output) == "-" or (output.exists() and not output.is_file()):
            return self
        try:
            self._file = os.fdopen(opened(self.path), "r+b")
        except BlockingIOError:
            raise LockedError(f"`{self._output}` is being written by another run") from None
        except (OSError, ValueError) as error:
            self.fault = reason_of(error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        with self._file as file:
            file.flush()
            if not self._kept or os.fstat(file.fileno()).st_size == 0:  # nothing came of the run
                with contextlib.suppress(OSError):
                    self.path.unlink()
        self._file = None

    def start(self) -> None:
        """Begin the record of a new result file, which must be empty by now: an old record belongs to old rows."""
        if self._file is None:
            return
        head = json.dumps({"run": 1, **self._options, "facts": self._facts}, sort_keys=True).encode() + b"\n"
        if len(head) > _LONGEST_HEAD:
            head = json.dumps({"run": 1, **self._options}, sort_keys=True).encode() + b"\n"
        self._file.seek(0)
        self._file.truncate()
        self._file.write(head)
        self._body = len(head)
        self._held = 0

    def noted(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records, each put on record before it is handed on."""
        for record in records:
            if self._file is not None and self._kept:
                self._file.write(digest(record) + b"\n")
            yield record

    def note(self, found: bytes) -> None:
        """Put the digest of the next row on record, where it is known from another one."""
        if self._file is not None and self._kept:
            self._file.write(found + b"\n")

    def flush(self) -> None:
        """Hand what is on record to the operating system."""
        if self._file is not None:
            self._file.flush()

    def known(
        self, records: Iterator[Record], rows: int, *, limited: bool = False, anyway: bool = False
    ) -> Iterator[Record]:
        """The first `rows` of the records, each compared with what is on record.

        When all have been taken, `unchecked` is how many could not be compared, and the record holds these rows alone.
        With `anyway` nothing is compared, and the rows of now are put on record. Fewer records are right only where
        they are `limited`.

        Raises:
            Changed: at the first record that has changed, before it is handed on; at the start where an option has.
        """
        self._open(anyway=anyway)
        number = -1
        for number, record in enumerate(islice(records, rows)):
            found = digest(record)
            before = self._at(number)
            if before is None:
                self.unchecked += not anyway
                self._put(number, found)
            elif before != found:
                raise Changed(
                    f"row {number + 1} of the data is not the row that was scored, or is read as another format"
                )
            yield record
        if number + 1 < rows and not (limited or anyway):
            raise Changed(f"{rows:,} rows of the data were scored, and now there are {number + 1:,}")
        self._cut(rows)

    def _open(self, *, anyway: bool) -> None:
        """Read the options on record, and how many rows there are."""
        if self._file is None:
            return
        self._file.seek(0)
        head = self._file.readline(_LONGEST_HEAD)
        before = _options_of(head)
        if before is None or anyway:
            self.start()
            return
        for name in sorted(before.keys() | self._options.keys()):
            old, new = before.get(name, ""), self._options.get(name, "")
            if old != new:
                raise Changed(f"`--{name}` was {_quoted(old)}, and now is {_quoted(new)}")
        self._body = len(head)
        self._held = (self._file.seek(0, os.SEEK_END) - self._body) // _WIDTH

    def _at(self, number: int) -> bytes | None:
        """The digest of a row (0-based); None where there is none that can be read."""
        if self._file is None or number >= self._held:
            return None
        self._file.seek(self._body + number * _WIDTH)
        line = self._file.read(_WIDTH)
        return line[:-1] if _is_digest(line) else None

    def _put(self, number: int, found: bytes) -> None:
        if self._file is not None:
            self._file.seek(self._body + number * _WIDTH)
            self._file.write(found + b"\n")
            self._held = max(self._held, number + 1)

    def _cut(self, rows: int) -> None:
        if self._file is not None:
            self._held = min(self._held, rows)
            self._file.seek(self._body + self._held * _WIDTH)
            self._file.truncate()


class Recorded:
    """The record of a result file as it lies there, to look at: neither lock nor change. A context manager.

    `facts` and `options` are empty and every digest None where there is no record, or none that can be read.
    """

    def __init__(self, output: str | Path) -> None:
        self.facts: dict[str, str] = {}
        self.options: dict[str, str] = {}
        self._file: BinaryIO | None = None
        with contextlib.suppress(OSError, ValueError):
            self._file = _beside(output).open("rb")
        if self._file is not None:
            head = self._file.readline(_LONGEST_HEAD)
            options = _options_of(head)
            if options is None:
                self.close()
            else:
                self.facts, self.options = _facts_of(head), options

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the record; it tells nothing any more."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def digests(self) -> Iterator[bytes | None]:
        """The digest of each row of the data, in order; None, for ever, where nothing is on record any more."""
        while self._file is not None and _is_digest(line := self._file.read(_WIDTH)):
            yield line[:-1]
        while True:
            yield None


def digest(record: Record) -> bytes:
    """What a record says, in 16 hex digits: its data in their order, or the fault of its line, but not its place."""
    try:
        text = _ENCODER.encode(record.data if record.error is None else [record.error])
    except (ValueError, TypeError, RecursionError):
        text = "too deep to be told apart"
    return hashlib.blake2b(text.encode(), digest_size=_DIGITS // 2).hexdigest().encode()


def _options_of(head: bytes) -> dict[str, str] | None:
    try:
        found = json.loads(head.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if not head.endswith(b"\n") or not isinstance(found, dict) or found.pop("run", None) != 1:
        return None
    found.pop("facts", None)
    return found if all(isinstance(value, str) for value in found.values()) else None


def _facts_of(head: bytes) -> dict[str, str]:
    found = json.loads(head).get("facts")
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def _beside(output: str | Path) -> Path:
    file = Path(os.path.realpath(output))
    return file.with_name(f".{file.name}.run")


def _is_digest(line: bytes) -> bool:
    return len(line) == _WIDTH and line.endswith(b"\n") and all(digit in b"0123456789abcdef" for digit in line[:-1])


def _quoted(value: str) -> str:
    return f"`{value}`" if value else "not given"
