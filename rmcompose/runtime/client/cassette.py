"""Recorded calls: a JSONL file, one line for each attempt at a question, sorted by key.

    {"key": "…", "attempt": 0, "model": "judge", "vote": 0, "settings": {…}, "messages": […], "reply": "…",
     "tokens_in": 90, "tokens_out": 40}

A line has `kind` before its `reply` where the call did not end well, and `"cut": true` where the model ran into its
token limit, so that a failure replays as the same failure. The model is the spec's name for it, so a replay needs
neither configuration nor key. No line holds a key, an address or a
header. Of several lines for one attempt the last counts. Lines stay in the file: what is held of each is its place.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from rmcompose.data.locking import LockedError, locked
from rmcompose.runtime.client.question import Question, Reply
from rmcompose.runtime.client.stored import fields_of, reply_of

Place = tuple[str, int]
"""The key of a question and the number of the attempt, from 0."""

_BEGINS = b'{"key": "'


class CassetteError(Exception):
    """A cassette cannot be used; the text is one line that says why."""


class CassetteMiss(CassetteError):
    """A replayed cassette lacks a call."""


class Player:
    """Answers from a cassette. Raises `CassetteError` where the file is none, `OSError` where it cannot be read."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._offsets = _index(self.path).offsets

    def reply(self, asked: Question, attempt: int) -> Reply:
        """The recorded reply. Raises `CassetteMiss`, and `CassetteError` where the file was changed meanwhile."""
        place = (asked.key, attempt)
        offset = self._offsets.get(_packed(place))
        if offset is None:
            raise CassetteMiss(
                f"the cassette `{self.path}` lacks a call of model `{asked.model}` (key {asked.key[:12]}, vote "
                f"{asked.vote}, attempt {attempt}); it was recorded for another spec or other data"
            )
        with self.path.open("rb") as file:
            file.seek(offset)
            line = _parsed(file.readline())
        if line is None or line[0] != place:
            raise CassetteError(f"the cassette `{self.path}` was changed while it was replayed")
        return line[1]


class Recorder:
    """Writes a cassette: line by line while calls are made, so that nothing is lost, and in order when closed.

    Lines that the file already holds are kept, unless the same question is asked again: a recording that was broken off
    is continued, and several specs may share a cassette. Where it should hold the calls of one run alone, delete the
    file first. Safe to use from threads; a second recorder of the same file, in whatever process, is refused. Raises
    `CassetteError` and `OSError` as `Player` does.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._new: dict[bytes, bool] = {}  # whether the call failed
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self.path))
            except LockedError:
                raise CassetteError(f"the cassette `{self.path}` is being recorded by another run") from None
            index = _index(self.path) if self.path.exists() else _Index({}, 0, whole=True)
            self._offsets = index.offsets
            self._file: BinaryIO | None = stack.enter_context(self.path.open("ab"))
            # an unfinished last line of an earlier run must not run into the next one
            self._file.truncate(index.end)
            self._end = index.end
            if not index.whole:
                self._end += self._file.write(b"\n")
            self._held = stack.pop_all()

    def add(self, asked: Question, attempt: int, reply: Reply) -> None:
        """Record one attempt, once; a reply takes the place of an earlier failure."""
        place = _packed((asked.key, attempt))
        with self._lock:
            failed = self._new.get(place)
            if self._file is None or (failed is not None and (reply.kind is not None or not failed)):
                return
            line = _line(asked, attempt, reply)
            self._file.write(line)
            self._file.flush()
            self._new[place] = reply.kind is not None
            self._offsets[place] = self._end
            self._end += len(line)

    def close(self) -> None:
        """Put the file in order. Closing twice is closing once."""
        with self._lock:
            if self._file is None:
                return
            self._file = None
            with self._held:
                self._sort()

    def _sort(self) -> None:
        asked = {_unpacked(place)[0] for place in self._new}
        places = sorted(
            (_unpacked(place), offset)
            for place, offset in self._offsets.items()
            if place in self._new or _unpacked(place)[0] not in asked
        )
        target = self.path.resolve()
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            with self.path.open("rb") as lines, temporary.open("wb") as file:
                for _, offset in places:
                    lines.seek(offset)
                    file.write(lines.readline().rstrip(b"\r\n") + b"\n")
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(target, temporary)
            if os.name == "nt":  # there an open file cannot be replaced
                self._held.pop_all().close()
            temporary.replace(target)
        finally:
            with suppress(OSError):
                temporary.unlink()


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


def _parsed(line: bytes) -> tuple[Place, Reply] | None:
    """The place and reply of a line; None where it is not a recorded call."""
    try:
        fields = json.loads(line.decode("utf-8"))
        if not isinstance(fields, dict):
            return None
        key, attempt = fields.get("key"), fields.get("attempt")
        if not isinstance(key, str) or type(attempt) is not int or attempt < 0:
            return None
        return (key, attempt), reply_of(fields, "reply")
    except (ValueError, RecursionError):
        return None


@dataclass(slots=True)
class _Index:
    """Where the lines of a cassette begin, by packed place; `end` is the length in bytes of the usable part.

    `whole` says whether that ends with a line end.
    """

    offsets: dict[bytes, int]
    end: int
    whole: bool


def _index(path: Path) -> _Index:
    index = _Index({}, 0, whole=True)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise CassetteError(f"the cassette `{path}` is not a regular file")
    for number, line in _lines(path):
        found = _parsed(line) if line.strip() else None
        if found is not None:
            index.offsets[_packed(found[0])] = index.end
        elif line.strip():
            # else the recording was cut off in the middle of its last line
            torn = not line.endswith(b"\n") and (line.startswith(_BEGINS) or _BEGINS.startswith(line.strip(b"\0")))
            if not torn:
                raise CassetteError(f"line {number} of `{path}` is not a recorded call")
            break
        index.end += len(line)
        index.whole = line.endswith(b"\n")
    return index


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        yield from enumerate(file, start=1)


def _packed(place: Place) -> bytes:
    """A place in half the memory, where the key is a digest in hex as it always is in a file of ours."""
    key, attempt = place
    try:
        digest = bytes.fromhex(key)
    except ValueError:
        digest = b""
    if digest.hex() == key:
        return b"%d:%b" % (attempt, digest)
    return b"%d;%b" % (attempt, key.encode("utf-8", "surrogatepass"))


def _unpacked(place: bytes) -> Place:
    digits = place[: min(at for at in (place.find(b":"), place.find(b";")) if at >= 0)]
    rest = place[len(digits) + 1 :]
    packed = place[len(digits) : len(digits) + 1] == b":"
    return rest.hex() if packed else rest.decode("utf-8", "surrogatepass"), int(digits)
