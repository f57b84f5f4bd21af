"""The comments of a YAML text, which its parser drops."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rmcompose.diagnostics import Source
from rmcompose.syntax.literals import BLANK_END
from rmcompose.syntax.parsed import Comment
from rmcompose.syntax.yaml_tree import Items, Pairs, Scalar, Tree

_COMMENT = re.compile(r"(?:(?<=\s)|(?<![^\n\ufeff]))#[^\n\r]*")


def yaml_comments(source: Source, tree: Tree | None) -> list[Comment]:
    """Every comment of a well-formed text, in order: a `#` after a blank or at a line's start that is in no scalar."""
    text = source.text
    scalars = sorted((one.start, one.end, one.style) for one in _scalars(tree))
    scalars.append((len(text), len(text), None))
    gaps: list[tuple[int, int]] = []
    at = 0
    for start, end, style in scalars:
        gaps.append((at, start))
        # what follows the mark of a block scalar on its line is a comment, the lines after it are text
        if style in ("|", ">"):
            gaps.append((start, max(text.find("\n", start, end), start)))
        at = max(at, end)
    found = [match for gap in gaps for match in _COMMENT.finditer(text, *gap)]
    return [_comment(source, match.start(), match.group().rstrip(BLANK_END)) for match in found]


def _comment(source: Source, start: int, text: str) -> Comment:
    line = source.text.rfind("\n", 0, start) + 1
    own_line = not source.text[line:start].strip("\ufeff \t")
    return Comment(text, source.span(start, start + len(text)), own_line)


def _scalars(tree: Tree | None) -> Iterator[Scalar]:
    stack = [tree] if tree is not None else []
    seen: set[int] = set()
    while stack:
        one = stack.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        match one:
            case Scalar():
                yield one
            case Items():
                stack += one.items
            case Pairs():
                stack += [part for pair in one.pairs for part in pair]
