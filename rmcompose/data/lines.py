"""Bytes to lines and lines to rows, one at a time and bounded, each fault kept with its line number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from rmcompose.data.errors import kind_of, lowered

MAX_LINE = 64 * 1024 * 1024
"""The longest line that is read, in bytes: memory stays bounded whatever the file holds."""

_BOM = b"\xef\xbb\xbf"
_CHUNK = 1024 * 1024


class BadLine(Exception):
    """A line that is not a row; the message says why."""


def numbered_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its 1-based number and without a byte order mark; None for one longer than `MAX_LINE`."""
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(_BOM)
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(_CHUNK)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line


def decoded(line: bytes | None) -> str:
    """The text of a line.

    Raises:
        BadLine: the line is too long, or not UTF-8.
    """
    if line is None:
        raise BadLine(f"the line is longer than {MAX_LINE // (1024 * 1024)} MiB")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadLine(f"the line is not UTF-8: byte {error.start + 1} is 0x{line[error.start]:02x}") from None


def row_of(text: str) -> dict[str, Any]:
    """The object that a line of JSON holds. `NaN` and `Infinity` are read: whoever meets them says so.

    Raises:
        BadLine: the line is not JSON, or not an object.
    """
    try:
        value = json.loads(text.rstrip("\r\n"))
    except json.JSONDecodeError as error:
        raise BadLine(f"invalid JSON at column {error.colno}: {lowered(error.msg)}") from None
    except (ValueError, RecursionError) as error:
        raise BadLine(f"invalid JSON: {json_fault(error)}") from None
    if not isinstance(value, dict):
        raise BadLine(f"a row must be an object, this is {kind_of(value)}")
    return value


def json_fault(error: Exception) -> str:
    """What the JSON reader could not take, apart from syntax: depth, or the digits of a number."""
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number has too many digits"
