"""Finding `<tag>…</tag>` sections in the reply of a model, in linear time."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Section:
    tag: str
    start: int
    inner: int
    until: int
    end: int


def sections(text: str, tags: Collection[str]) -> dict[str, str]:
    """The content of the last complete section of each tag, without surrounding white space.

    A section begins at the nearest opening tag before its end. One that lies inside a complete section of another tag
    is something that is talked about, not an answer, and does not count.
    """
    found: dict[str, str] = {}
    reach = -1
    for section in sorted(_complete(text, tags), key=lambda one: (one.start, -one.end)):
        # sections of one tag never overlap, so whatever reaches past this one and began before it is another tag's
        if section.end > reach:
            reach = section.end
            found[section.tag] = text[section.inner : section.until].strip()
    return found


def _complete(text: str, tags: Collection[str]) -> list[_Section]:
    names = "|".join(re.escape(tag) for tag in sorted(tags))
    opened: dict[str, re.Match[str]] = {}
    result: list[_Section] = []
    for mark in re.finditer(f"<(/?)({names})>", text):
        tag = mark[2]
        if not mark[1]:
            opened[tag] = mark
        elif tag in opened:
            begin = opened.pop(tag)
            result.append(_Section(tag, begin.start(), begin.end(), mark.start(), mark.end()))
    return result
