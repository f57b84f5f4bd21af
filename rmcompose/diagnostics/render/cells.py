"""Source text on a terminal: what each character shows as, and how many columns it takes."""

from __future__ import annotations

import unicodedata

TAB = "    "
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# these reorder what is displayed, so the text on screen would not be the text that is compiled
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSHOWABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ZERO_WIDTH = frozenset({"Mn", "Me", "Cf"})


def shown(char: str) -> str:
    """What stands for one character: itself, spaces for a tab, the replacement character for what moves the cursor."""
    if char == "\t":
        return TAB
    if char.isascii() and char.isprintable():
        return char
    if char in _BIDI or unicodedata.category(char) in _UNSHOWABLE:
        return REPLACEMENT
    return char


def width(char: str) -> int:
    """The terminal columns that one character takes as it is shown: 0, 1 or 2, and 4 for a tab."""
    if char == "\t":
        return len(TAB)
    if char.isascii() or shown(char) == REPLACEMENT:
        return 1
    if unicodedata.category(char) in _ZERO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def columns(text: str) -> list[int]:
    """The display column (from 0) at which each character starts, and last the column after the text."""
    starts = [0]
    for char in text:
        starts.append(starts[-1] + width(char))
    return starts


def display(text: str) -> str:
    """A line of text as it is safe to print."""
    return "".join(map(shown, text))


def message(text: str) -> str:
    """A message as it is safe to print: its line breaks stay, nothing else moves the cursor."""
    return "\n".join(display(line) for line in text.split("\n"))


def one_line(text: str) -> str:
    r"""A message on one line: line breaks are written `\n`."""
    return display(text.replace("\r\n", "\n").replace("\n", "\\n"))
