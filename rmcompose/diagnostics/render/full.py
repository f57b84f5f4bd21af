"""The `full` format: a framed excerpt of the source with the fault underlined, and what would help beneath.

The layout follows the Rust compiler's, which people know how to read: the head, the place, the lines with their
numbers, carets under the fault and dashes under what explains it, then notes and help.
"""

from __future__ import annotations

from collections.abc import Sequence

from rmcompose.diagnostics.diagnostic import Diagnostic
from rmcompose.diagnostics.render.cells import message, one_line
from rmcompose.diagnostics.render.snippet import snippets
from rmcompose.diagnostics.render.style import Painter


def full(diagnostics: Sequence[Diagnostic], *, color: bool = False) -> str:
    """The frames, an empty line between two."""
    paint = Painter(color=color)
    return "\n\n".join(_frame(one, paint) for one in diagnostics)


def _frame(one: Diagnostic, paint: Painter) -> str:
    parts = snippets(one)
    gutter = max((part.number_width for part in parts), default=1)
    rows = [paint(f"{one.severity}[{one.code}]", one.severity) + paint(f": {message(one.message)}", "bold")]
    bar = " " * (gutter + 1) + paint("|", "quiet")
    for index, part in enumerate(parts):
        if index:
            rows.append(bar)
        arrow = paint(":::" if index else "-->", "quiet")
        line, column = part.position
        rows.append(f"{' ' * gutter}{arrow} {one_line(part.source.path)}:{line}:{column}")
        rows.append(bar)
        rows += part.rows(gutter, one.severity, paint)
    tail = [("note", note) for note in one.notes] + [("help", text) for text in one.help]
    if tail and parts:
        rows.append(bar)
    for word, text in tail:
        first, *more = message(text).split("\n")
        rows.append(f"{' ' * (gutter + 1)}{paint('=', 'quiet')} {paint(f'{word}:', 'bold')} {first}")
        indent = " " * (gutter + len(word) + 5)
        rows += [(indent + line).rstrip() for line in more]
    return "\n".join(rows)
