"""Recorded calls: a JSONL file, one line for each attempt at a question, sorted by key.

    {"key": "…", "attempt": 0, "model": "judge", "vote": 0, "settings": {…}, "messages": […], "reply": "…",
     "tokens_in": 90, "tokens_out": 40}

A line has `kind` beside its `reply` where the call did not end well, and `"cut": true` where the model ran into its
token limit, so that a failure replays as the same failure. The model is the spec's name for it, so a replay needs
neither configuration nor key. No line holds a key, an address or a header.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any, TextIO

from rmcompose.runtime.judging.odds import read_odds
from rmcompose.runtime.judging.questions import Question, Reply

Place = tuple[str, int]
"""The key of a question and the number of the attempt, from 0."""


class CassetteError(Exception):
    """A cassette cannot be used; the text is one line that says why."""


class CassetteMiss(CassetteError):
    """A replayed cassette lacks a call."""


class Player:
    """Answers from a cassette. Raises `CassetteError` where the file is none, `OSError` where it cannot be read."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lines = _read(self.path)

    def reply(self, asked: Question, attempt: int) -> Reply:
        """The recorded reply. Raises `CassetteMiss`."""
        line = self._lines.get((asked.key, attempt))
        if line is None:
            raise CassetteMiss(
                f"the cassette `{self.path}` lacks a call of model `{asked.model}` (key {asked.key[:12]}, vote "
                f"{asked.vote}, attempt {attempt}); it was recorded for another spec or other data"
            )
        cut, odds = line.get("cut") is True, read_odds(line.get("odds"))
        kind, used = line.get("kind"), (line["tokens_in"], line["tokens_out"])
        return Reply(line["reply"], kind, *used, cut=cut, cached=True, odds=odds)


class Recorder:
    """Writes a cassette: line by line while calls are made, so that nothing is lost, and in order when closed.

    Lines that the file already holds are kept, unless the same question is asked again. Safe to use from threads.
    Raises `CassetteError` and `OSError` as `Player` does.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._old = _read(self.path) if self.path.exists() else {}
        self._new: dict[Place, dict[str, Any]] = {}
        # an unfinished last line of an earlier run must not run into the next one
        self._file: TextIO | None = self.path.open("a", encoding="utf-8")
        if self.path.stat().st_size:
            self._file.write("\n")

    def add(self, asked: Question, attempt: int, reply: Reply) -> None:
        """Record one attempt, once; a reply takes the place of an earlier failure."""
        place = (asked.key, attempt)
        with self._lock:
            known = self._new.get(place)
            if self._file is None or (known is not None and (reply.kind is not None or "kind" not in known)):
                return
            line = _line(asked, attempt, reply)
            self._new[place] = line
            self._file.write(_dumped(line))
            self._file.flush()

    def close(self) -> None:
        """Put the file in order. Closing twice is closing once."""
        with self._lock:
            if self._file is None:
                return
            self._file.close()
            self._file = None
            asked = {key for key, _ in self._new}
            lines = {place: line for place, line in self._old.items() if place[0] not in asked} | self._new
            temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            with temporary.open("w", encoding="utf-8") as file:
                file.writelines(_dumped(lines[place]) for place in sorted(lines))
            temporary.replace(self.path)


def _line(asked: Question, attempt: int, reply: Reply) -> dict[str, Any]:
    line: dict[str, Any] = {
        "key": asked.key,
        "attempt": attempt,
        "model": asked.model,
        "vote": asked.vote,
        "settings": dict(asked.settings),
        "messages": [dict(message) for message in asked.messages],
    }
    if reply.kind is not None:
        line["kind"] = reply.kind
    if reply.cut:
        line["cut"] = True
    line |= {"reply": reply.text, "tokens_in": reply.tokens_in, "tokens_out": reply.tokens_out}
    return line | {"odds": reply.odds} if reply.odds else line


def _dumped(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8") + "\n"


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    kinds = {"key": str, "attempt": int, "reply": str, "tokens_in": int, "tokens_out": int}
    if not isinstance(line, dict) or any(not isinstance(line.get(name), kind) for name, kind in kinds.items()):
        return None
    return line


def _read(path: Path) -> dict[Place, dict[str, Any]]:
    lines: dict[Place, dict[str, Any]] = {}
    text = path.read_text(encoding="utf-8", errors="replace")
    raw = text.split("\n")
    for number, one in enumerate(raw, start=1):
        if not one.strip():
            continue
        line = _parsed(one)
        if line is not None:
            lines[line["key"], line["attempt"]] = line
        elif number < len(raw):  # else the recording was cut off in the middle of its last line
            raise CassetteError(f"line {number} of `{path}` is not a recorded call")
    return lines
