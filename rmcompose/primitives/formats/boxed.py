r"""Answers in `\boxed{…}`: how many there are, whether there is exactly one, and what stands in the last.

Braces balance as in TeX: `\{` and `\}` are no braces. A box that is never closed is none.
"""

from __future__ import annotations

import math
import re

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import TEXT, register

_PIECE = re.compile(r"\\boxed\s?\{|\\.|[{}]", re.DOTALL)


def boxes(text: str) -> list[tuple[int, int]]:
    r"""Where the content of each `\boxed{…}` begins and ends, by its end; one in another counts as well. Linear."""
    found: list[tuple[int, int]] = []
    opened: list[int] = []  # where the content of a box begins, -1 for another brace
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece == "}":
            start = opened.pop() if opened else -1
            if start >= 0:
                found.append((start, match.start()))
        elif piece == "{" or piece.startswith("\\boxed"):
            opened.append(-1 if piece == "{" else match.end())
    return found


def _last(text: str) -> str | None:
    """The content of the box that ends last: of nested ones the outer."""
    found = boxes(text)
    return text[slice(*found[-1])] if found else None


def _explain(_value: object, text: str) -> str:
    last = _last(text)
    return "no box" if last is None else f"{len(boxes(text))} boxes, the last holds {last[:80]!r}"


@register(
    "boxed_count",
    returns="int",
    low=0,
    high=math.inf,
    arguments={"text": TEXT},
    explain=_explain,
    example=r'boxed_count(text = "\\boxed{1} or \\boxed{\\frac{1}{2}}") -> 2',
)
def boxed_count(text: str) -> int:
    r"""The number of `\boxed{…}` with balanced braces, nested ones included."""
    return len(boxes(text))


@register(
    "boxed_format",
    returns="bool",
    arguments={"text": TEXT},
    explain=_explain,
    example=r'boxed_format(text = "So it is \\boxed{\\frac{1}{2}}.") -> true',
)
def boxed_format(text: str) -> bool:
    r"""Whether there is exactly one `\boxed{…}` with balanced braces, and something in it.

    A second `\boxed{` that is never closed makes it false.
    """
    found = boxes(text)
    opened = sum(match.group().startswith("\\boxed") for match in _PIECE.finditer(text))
    return opened == len(found) == 1 and bool(text[slice(*found[0])].strip())


@register(
    "boxed_content",
    returns="text",
    arguments={"text": TEXT},
    explain=_explain,
    example=r'boxed_content(text = "\\boxed{1}, no, \\boxed{\\frac{1}{2}}.") -> "\\frac{1}{2}"',
)
def boxed_content(text: str) -> str:
    r"""What stands in the last `\boxed{…}` with balanced braces, without white space around it; else unscored."""
    last = _last(text)
    if last is None:
        raise RuleError("the text has no `\\boxed{…}` with balanced braces")
    return last.strip()
