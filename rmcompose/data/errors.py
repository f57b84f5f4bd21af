"""What can go wrong with samples: a file, a row or a mapping. Every message is one line for the user to read."""

from __future__ import annotations


class DataError(Exception):
    """A file that cannot be read or written: missing, corrupt, of an unknown format, or the disk is full."""


class RowError(Exception):
    """A row that is not a sample: not an object, without a response, or with a response that is not text."""


class MappingError(Exception):
    """A `--map` option that says nothing usable."""


def kind_of(value: object) -> str:
    """What a JSON value is, for a message: `a number`, `text`, `a list`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    return f"a `{type(value).__name__}`"


def lowered(message: str) -> str:
    """A message of the standard library in the style of this one: a small letter first, one line, no full stop."""
    line = " ".join(message.split()).rstrip(".")
    return line[:1].lower() + line[1:]


def reason_of(error: BaseException) -> str:
    """The fault of a library or of the system in one line, for the end of a message."""
    return lowered(getattr(error, "strerror", None) or str(error) or type(error).__name__)
