"""The program in a reply: which of its fenced blocks, or all of it."""

from __future__ import annotations

import re
from typing import Literal

Choice = Literal["last", "first", "longest"]

_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*$", re.MULTILINE)
_PYTHON = frozenset({"python", "py", "python3", "py3"})
_GALLERY_PYTHON, _GALLERY_BARE, _GALLERY_END = "```python", "```", "```"


def program(text: str, choice: Choice) -> str:
    """The Python block that is chosen; else among those without a language; else, without any fence, the whole text.

    A fence of another language is no program: "" where there are only such. A block that is never closed reaches to
    the end (a reply that was cut).
    """
    blocks = _blocks(text)
    if not blocks:
        return text if text.strip() else ""
    python = [body for language, body in blocks if language.lower() in _PYTHON]
    found = python or [body for language, body in blocks if not language]
    if not found:
        return ""
    if choice == "longest":
        return max(found, key=len)
    return found[0 if choice == "first" else -1]


def _blocks(text: str) -> list[tuple[str, str]]:
    blocks: list[tuple[str, str]] = []
    opening: re.Match[str] | None = None
    for line in _FENCE.finditer(text):
        if opening is None:
            opening = line
        elif line[2][0] == opening[2][0] and len(line[2]) >= len(opening[2]) and not line[3]:
            blocks.append((opening[3], _body(text[opening.end() + 1 : line.start()], opening[1])))
            opening = None
    if opening is not None:
        blocks.append((opening[3], _body(text[opening.end() + 1 :], opening[1])))
    return blocks


def _body(lines: str, indent: str) -> str:
    """The lines of a block; a fence inside a list is indented, and its lines with it."""
    if not indent:
        return lines
    return "".join(line.removeprefix(indent) for line in lines.splitlines(keepends=True))


def gallery_program(text: str) -> str:
    """As RM-Gallery: what follows the first ```` ```python ````, else the first bare fence, else the whole text."""
    for fence in (_GALLERY_PYTHON, _GALLERY_BARE):
        before, found, after = text.partition(fence)
        if found:
            return after.partition(_GALLERY_END)[0].strip()
    return before if before.strip() else ""
