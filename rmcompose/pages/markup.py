"""Text that is safe inside HTML and SVG, and the few elements that pages are made of."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_VOID = frozenset({"input"})
"""Elements of these pages that have no end."""


def visible(text: str) -> str:
    """A text in which everything that would hide or reorder the rest is a mark."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def esc(text: object) -> str:
    """A text as it stands between tags and in attributes, `visible`."""
    return html.escape(visible(str(text)))


def clipped(text: object, longest: int) -> str:
    """At most so many characters of a text, not escaped; the last one says that there were more."""
    line = " ".join(str(text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def tag(name: str, content: str = "", /, **attributes: object) -> str:
    """An element around markup. `class_` is `class`, and `_` in other names is `-`; None leaves an attribute out."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{esc(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{words}>" if name in _VOID else f"<{name}{words}>{content}</{name}>"


def _short(value: object) -> object:
    """Coordinates to a tenth of a pixel at most two digits, so that pages are small and the same everywhere."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: frozenset[int] = frozenset(),
    lines: Sequence[str] | None = None,
) -> str:
    """A table of cells that are markup already; the first cell of each row heads it.

    `numbers` are the columns that are right-aligned. `lines`, one a row, stand below the row over the whole width.
    """

    def cell(name: str, place: int, content: str, **more: str) -> str:
        return tag(name, content, class_="n" if place in numbers else None, **more)

    top = "".join(cell("th", place, esc(head), scope="col") for place, head in enumerate(heads))
    body = []
    for number, row in enumerate(rows):
        cells = [
            cell("td", place, one) if place else cell("th", place, one, scope="row") for place, one in enumerate(row)
        ]
        body.append(tag("tr", "".join(cells), class_=None if lines is None else "told"))
        if lines is not None:
            body.append(tag("tr", tag("td", lines[number], class_="why", colspan=len(heads))))
    return tag("div", tag("table", tag("thead", tag("tr", top)) + tag("tbody", "".join(body))), class_="scroll")
