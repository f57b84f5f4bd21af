"""Where words go: results to stdout, everything said about them to stderr, colours only to a terminal."""

from __future__ import annotations

import io
import os
import shutil
import sys
from typing import TextIO
from weakref import WeakKeyDictionary

PIPED = 80
"""The columns of what is drawn where there is no terminal."""
_encodings: WeakKeyDictionary[TextIO, str] = WeakKeyDictionary()
"""What streams were set up for before `use_utf8`."""


def use_color(stream: TextIO) -> bool:
    """Whether colours are right for a stream: a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str) -> None:
    """One line about what happened, on stderr."""
    print(text, file=sys.stderr)


def out(text: str) -> None:
    """A result, on stdout; nothing at all for an empty one."""
    if text:
        print(text)


def columns() -> int:
    """How wide stdout is: the terminal's columns, `COLUMNS` where that is set, and 80 in a pipe."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return PIPED
    return shutil.get_terminal_size((PIPED, 24)).columns


def ascii_only() -> bool:
    """Whether stdout was set up for an encoding that has no block characters: what is drawn is then ASCII."""
    try:
        "█░…".encode(_encodings.get(sys.stdout) or sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def use_utf8() -> None:
    """Makes both streams take any text, whatever the locale: a lone surrogate in a name must not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            _encodings.setdefault(stream, stream.encoding)
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
