"""Where words go: results to stdout, everything said about them to stderr, colours only to a terminal."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO


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


def use_utf8() -> None:
    """Makes both streams take any text, whatever the locale: a lone surrogate in a name must not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
