"""Inline SVG: a drawing says in words what it shows, and its colours are those of `page.css`."""

from __future__ import annotations

from collections.abc import Sequence

from rmcompose.pages.markup import esc, tag

WIDTH = 440.0
"""Units of a drawing that stands in a column: its texts can be read on a phone."""


def drawing(height: float, words: str, parts: Sequence[str], *, width: float = WIDTH, class_: str = "plot") -> str:
    """The drawing around its parts."""
    title = tag("title", esc(words))
    return tag(
        "svg", title + "".join(parts), viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=words, class_=class_
    )


def text(x: float, y: float, content: object, class_: str | None = None) -> str:
    """A text, not escaped yet, that begins at a point; its class may move it."""
    return tag("text", esc(content), x=x, y=y, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)
