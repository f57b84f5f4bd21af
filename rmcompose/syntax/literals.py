"""Literals: from their source form to the value and back.

Numbers, quoted, raw and block texts, and prose. Pure functions on strings; who calls them reports the faults.
"""

from __future__ import annotations

import math
import re

from rmcompose.ir.types import Number

NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)

LARGEST_INT = int(float.fromhex("0x1.fffffffffffffp+1023"))
"""Ints past the largest float cannot take part in arithmetic with floats."""

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_UNESCAPES = {value: "\\" + key for key, value in _ESCAPES.items()}
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_MUST_ESCAPE = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]')
_BLANK = " \t"
BLANK_END = " \t\r"
"""What is dropped at the end of a line of prose or of a comment."""


class BadNumber(ValueError):
    """A number token that is none; the text says what is wrong with it."""


def read_number(text: str) -> Number:
    """The value of an unsigned number: an int, or a float where it has a point or an exponent.

    Raises:
        BadNumber: It is malformed (`1.2.3`, `1_000`, `0x10`, `5%`) or larger than the largest float.
    """
    if not NUMBER.fullmatch(text):
        raise BadNumber("malformed number")
    if text.isdigit():
        # the length is checked first: converting digits to an int costs the square of their count
        value = int(text) if len(text.lstrip("0")) <= 309 else LARGEST_INT + 1
        if value > LARGEST_INT:
            raise BadNumber("number too large")
        return value
    number = float(text)
    if math.isinf(number):
        raise BadNumber("number too large")
    return number


def write_number(value: Number) -> str:
    """The shortest text that reads back to the same number, with its sign."""
    return repr(value)


def read_quoted(body: str) -> tuple[str, list[tuple[int, int]]]:
    r"""The value of what stands between the quotes, and the places (start, end) of unknown escapes in it.

    Known are `\n \t \r \" \\ \uXXXX`; two `\u` that form a surrogate pair are one character, half of one
    is unknown. An unknown escape is kept as it is written.
    """
    if "\\" not in body:
        return body, []
    unknown: list[tuple[int, int]] = []

    def replace(match: re.Match[str]) -> str:
        escape = match.group()
        units = [int(digits, 16) for digits in escape.split("\\u")[1:] if digits]
        if len(units) == 2:
            return chr(0x10000 + ((units[0] - 0xD800) << 10) + (units[1] - 0xDC00))
        if units and not 0xD800 <= units[0] <= 0xDFFF:
            return chr(units[0])
        value = _ESCAPES.get(escape[1:])
        if value is None:
            unknown.append(match.span())
            return escape
        return value

    return _ESCAPE.sub(replace, body), unknown


def write_quoted(value: str) -> str:
    """The text as a quoted literal on one line."""

    def escape(match: re.Match[str]) -> str:
        char = match.group()
        return _UNESCAPES.get(char) or f"\\u{ord(char):04x}"

    return '"' + _MUST_ESCAPE.sub(escape, value) + '"'


def read_block(body: str) -> str:
    '''The value of what stands between `"""` and `"""`.

    Nothing is escaped. A line end right after the opening is dropped, and so is a last line of only blanks; then the
    common indentation goes, in which lines of only blanks (they become empty) do not count.
    '''
    lines = [line.removesuffix("\r") for line in body.split("\n")]
    first_is_text = bool(lines[0].strip(_BLANK))
    if len(lines) == 1:
        return lines[0]
    if not first_is_text:
        lines = lines[1:]
    if not lines[-1].strip(_BLANK):
        lines = lines[:-1]
    head = lines[:1] if first_is_text else []
    return "\n".join(head + dedented(lines[len(head) :]))


def write_block(value: str, indent: str) -> str | None:
    """The text as a block whose lines are indented by `indent`, or None where a block would not read back to it."""
    lines = [f"{indent}{line}" if line else "" for line in value.split("\n")]
    body = "\n".join(["", *lines, indent])
    if '"""' in body or _MUST_ESCAPE.search(re.sub('[\\t\\n"\\\\]', "", value)) or read_block(body) != value:
        return None
    return f'"""{body}"""'


def dedented(lines: list[str]) -> list[str]:
    """The lines without their common indentation; lines of only blanks become empty and do not count."""
    margin: str | None = None
    for line in lines:
        if body := line.lstrip(_BLANK):
            blank = line[: len(line) - len(body)]
            margin = blank if margin is None else _common(margin, blank)
    width = len(margin or "")
    return [line[width:] if line.strip(_BLANK) else "" for line in lines]


def _common(a: str, b: str) -> str:
    length = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return a[:length]


def prose(text: str) -> str:
    """Prose as the IR holds it: no blanks at line ends, no empty lines around it, no common indentation.

    A block of `.rm` and a block scalar of YAML read to the same text this way. Idempotent.
    """
    if "\n" not in text:
        return text.rstrip(BLANK_END).lstrip(_BLANK)
    lines = dedented([line.rstrip(BLANK_END) for line in text.split("\n")])
    start, end = 0, len(lines)
    while start < end and not lines[start]:
        start += 1
    while end > start and not lines[end - 1]:
        end -= 1
    return "\n".join(lines[start:end])
