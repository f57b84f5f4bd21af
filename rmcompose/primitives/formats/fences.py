"""Code fences of Markdown, as CommonMark 0.31 has them: how many, of which language, and whether each is closed.

A fence is a line that begins with three or more backticks or tildes, after at most three spaces; it is closed by a line
of as many or more of them. Look first at `fences`.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from rmcompose.primitives.registry import TEXT, register, setting

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)", re.DOTALL)


class Fence(NamedTuple):
    """A block: the first word behind the opening fence in lower case, what is inside, and whether it is closed."""

    language: str
    content: str
    closed: bool


def fences(text: str) -> list[Fence]:
    """The fenced blocks of a text, in order; linear in the text."""
    found: list[Fence] = []
    opened = language = ""
    body: list[str] = []
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if opened:
            if match and match[1][0] == opened[0] and len(match[1]) >= len(opened) and not match[2].strip():
                found.append(Fence(language, "\n".join(body), closed=True))
                opened = ""
            else:
                body.append(line)
        elif match and not ("`" in match[2] and match[1][0] == "`"):
            opened, body = match[1], []
            language = (match[2].split() or [""])[0].lower()
    if opened:
        found.append(Fence(language, "\n".join(body), closed=False))
    return found


def outside(text: str) -> str:
    """The lines of a text that are not in a fenced block."""
    kept: list[str] = []
    opened = ""
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if opened:
            if match and match[1][0] == opened[0] and len(match[1]) >= len(opened) and not match[2].strip():
                opened = ""
        elif match and not ("`" in match[2] and match[1][0] == "`"):
            opened = match[1]
        else:
            kept.append(line)
    return "\n".join(kept)


def unfenced(text: str) -> str:
    """What is inside the one closed fence that is the whole text, white space aside; else the text itself."""
    stripped = text.strip()
    if not stripped.startswith(("```", "~~~")):
        return text
    found = fences(stripped)
    if len(found) != 1 or not found[0].closed or outside(stripped).strip():
        return text
    return found[0].content


_LANGUAGE = setting("count those of this language only, as written behind the opening fence; empty for all")


def _explain(_value: float, text: str, **_: str) -> str:
    found = fences(text)
    said = ", ".join(dict.fromkeys(one.language or "no language" for one in found[:20]))
    still = sum(not one.closed for one in found)
    return f"{len(found)} fences ({said})" + (f", {still} not closed" if still else "") if found else "no fence"


@register(
    "code_fence_count",
    returns="int",
    low=0,
    high=math.inf,
    arguments={"text": TEXT, "language": _LANGUAGE},
    explain=_explain,
    example='code_fence_count(text = "```python\\nx = 1\\n```", language = "python") -> 1',
)
def code_fence_count(text: str, language: str = "") -> int:
    """The number of fenced code blocks, or with `language` of those in it; one that is never closed counts too.

    Blocks are those of CommonMark 0.31 outside of lists and quotes. The language is the first word behind the opening
    fence, in any case.
    """
    return sum(not language or one.language == language.lower() for one in fences(text))


@register(
    "code_fences_closed",
    returns="bool",
    arguments={"text": TEXT},
    explain=_explain,
    example='code_fences_closed(text = "```python\\nx = 1") -> false',
)
def code_fences_closed(text: str) -> bool:
    """Whether every fenced code block of the text is closed; true of a text without one."""
    return all(one.closed for one in fences(text))


@register(
    "only_code_fence",
    returns="bool",
    arguments={
        "text": TEXT,
        "language": setting("the language behind the opening fence; empty for any, also none"),
    },
    explain=_explain,
    example='only_code_fence(text = "```sql\\nSELECT 1\\n```", language = "sql") -> true',
)
def only_code_fence(text: str, language: str = "") -> bool:
    """Whether the whole text is one closed code fence, white space around it aside."""
    found = fences(text)
    fits = len(found) == 1 and found[0].closed and not outside(text).strip()
    return fits and (not language or found[0].language == language.lower())
