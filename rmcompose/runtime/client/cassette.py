"""Recorded calls: a JSONL file, one line for each attempt at a question, sorted by key.

    {"key": "…", "attempt": 0, "model": "judge", "vote": 0, "settings": {…}, "messages": […], "reply": "…",
     "tokens_in": 90, "tokens_out": 40}

A line has `kind` before its `reply` where the call did not end well, so that a failure replays as the same failure. The
model is the spec's name for it, so a replay needs neither configuration nor key. No line holds a key, an address or a
header. Of several lines for one attempt the last counts. Lines stay in the file: memory holds where each begins.
"""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from rmcompose.data.locking import is_at, open_locked
from rmcompose.runtime.client.question import Question, Reply
from rmcompose.runtime.client.stored import fields_of, reply_of

NEVER_ASKED = frozenset({"budget_exceeded"})
"""Kinds of replies to questions that no model was asked: a cassette holds neither the reply nor the question."""

_BEGINS = b'{"key": "'
_DIGEST = 32
_MOST_ATTEMPTS = 2**16


class CassetteError(Exception):
    """A cassette cannot be used; the text is one line that says why."""


class CassetteMiss(CassetteError):
    """A replayed cassette lacks a call."""


class Player:
    """Answers from a cassette. Raises `CassetteError` where the file is none, `OSError` where it cannot be read."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._begins = _index(self.path).begins

    def reply(self, asked: Question, attempt: int) -> Reply:
        """The recorded reply. Raises `CassetteMiss`, and `CassetteError` where the file was changed meanwhile."""
        place = _place(asked.key, attempt)
        begin = self._begins.get(place)
        if begin is None:
            raise CassetteMiss(
                f"the cassette `{self.path}` lacks a call of model `{asked.model}` (key {asked.key[:12]}, vote "
                f"{asked.vote}, attempt {attempt}); it was recorded for another spec or other data"
            )
        with self.path.open("rb") as file:
            file.seek(begin)
            found = _parsed(file.readline())
        if found is None or found[0] != place:
            raise CassetteError(f"the cassette `{self.path}` was changed while it was replayed")
        return found[1]


class Recorder:
    """Writes a cassette: line by line while calls are made, so that nothing is lost, and in order when closed.

    Lines that the file already holds are kept, unless their question is asked again: so a recording that was broken off
    goes on, and several specs may share a cassette. Where it is to hold the calls of one run alone, delete the file
    first. Safe to use from threads. A second recorder of the same file, in whatever process, is refused. Raises
    `CassetteError` and `OSError` as `Player` does.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._failed: set[bytes] = set()
        _check_kind(self.path)
        try:
            file = open_locked(self.path)
        except BlockingIOError:
            raise CassetteError(f"the cassette `{self.path}` is being recorded by another run") from None
        try:
            index = _index(self.path)
            # a line that was cut off must not run into the next one
            file.truncate(index.end)
            if not index.whole:
                _append(file, b"\n", index.end)
        except BaseException:
            file.close()
            raise
        self._begins = index.begins
        self._first = self._end = index.end + (not index.whole)
        self._file: FileIO | None = file

    def add(self, asked: Question, attempt: int, reply: Reply) -> None:
        """Record one attempt, once; a reply takes the place of an earlier failure. Raises `OSError`."""
        if reply.kind in NEVER_ASKED:
            return
        place = _place(asked.key, attempt)
        with self._lock:
            known = self._begins.get(place, -1) >= self._first
            if self._file is None or (known and (reply.kind is not None or place not in self._failed)):
                return
            line = _line(asked, attempt, reply)
            _append(self._file, line, self._end)
            self._begins[place] = self._end
            self._end += len(line)
            if reply.kind is None:
                self._failed.discard(place)
            else:
                self._failed.add(place)

    def close(self) -> None:
        """Put the file in order: all at once, or not at all. Closing twice is closing once.

        Raises `OSError`, and `CassetteError` where another file has come into its place; the lines stay as they are.
        """
        with self._lock:
            file, self._file = self._file, None
            if file is not None:
                with file:
                    self._sort(file)

    def _sort(self, held: FileIO) -> None:
        asked = {place[:_DIGEST] for place, begin in self._begins.items() if begin >= self._first}
        kept = [place for place, begin in self._begins.items() if begin >= self._first or place[:_DIGEST] not in asked]
        target = self.path.resolve()
        # one name is enough, as there is one recorder: the next takes away what a killed one left
        temporary = target.with_name(f".{target.name}.sorted")
        with suppress(FileNotFoundError):  # one that was deleted is made again
            if not is_at(held.fileno(), target):
                raise CassetteError(f"the cassette `{self.path}` was replaced while it was recorded")
        try:
            with os.fdopen(os.dup(held.fileno()), "rb") as lines, temporary.open("wb") as file:
                for place in sorted(kept):
                    lines.seek(self._begins[place])
                    file.write(lines.readline().rstrip(b"\r\n") + b"\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(stat.S_IMODE(os.fstat(held.fileno()).st_mode))
            if os.name == "nt":  # there an open file cannot be replaced
                held.close()
            temporary.replace(target)
        finally:
            with suppress(OSError):
                temporary.unlink()


@dataclass(slots=True)
class _Index:
    """Where lines of a cassette begin, by place; `end` is the length in bytes of the part that can be used.

    `whole` says whether that part ends with a line end.
    """

    begins: dict[bytes, int] = field(default_factory=dict)
    end: int = 0
    whole: bool = True


def _index(path: Path) -> _Index:
    _check_kind(path)
    index = _Index()
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            found = _parsed(line) if line.strip() else None
            if found is not None:
                index.begins[found[0]] = index.end
            elif line.strip():
                if line.endswith(b"\n") or not _is_torn(line):
                    raise CassetteError(f"line {number} of `{path}` is not a recorded call")
                break
            index.end += len(line)
            index.whole = line.endswith(b"\n")
    return index


def _check_kind(path: Path) -> None:
    """Refuse pipes and devices: lines are read again. A folder, and what is not there, is refused when it is opened."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise CassetteError(f"the cassette `{path}` is not a regular file")


def _is_torn(line: bytes) -> bool:
    """Whether a last line is the beginning of one of ours; a file system that lost power may leave zeros."""
    return line.startswith(_BEGINS) or _BEGINS.startswith(line.strip(b"\0"))


def _place(key: str, attempt: int) -> bytes:
    """The key of a question and the number of the attempt, in the order of both. Raises `ValueError` if not ours."""
    digest = bytes.fromhex(key)
    if len(digest) != _DIGEST or digest.hex() != key or not 0 <= attempt < _MOST_ATTEMPTS:
        raise ValueError("not a digest, or not the number of an attempt")
    return digest + attempt.to_bytes(2, "big")


def _parsed(line: bytes) -> tuple[bytes, Reply] | None:
    """The place and the reply of a line; None where it is not a recorded call."""
    try:
        fields = json.loads(line.decode("utf-8"))
        if not isinstance(fields, Mapping) or type(fields.get("attempt")) is not int:
            return None
        return _place(str(fields.get("key")), fields["attempt"]), reply_of(fields, "reply")
    except (ValueError, RecursionError):
        return None


def _line(asked: Question, attempt: int, reply: Reply) -> bytes:
    line: dict[str, Any] = {
        "key": asked.key,
        "attempt": attempt,
        "model": asked.model,
        "vote": asked.vote,
        "settings": dict(asked.settings),
        "messages": [dict(message) for message in asked.messages],
        **fields_of(reply, "reply"),
    }
    try:
        return json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold only as an escape
        return json.dumps(line).encode("ascii") + b"\n"


def _append(file: FileIO, line: bytes, end: int) -> None:
    """Write all of a line at the end of the file, or nothing of it."""
    try:
        written = 0
        while written < len(line):
            written += file.write(line[written:])
    except OSError:
        with suppress(OSError):
            file.truncate(end)
        raise
