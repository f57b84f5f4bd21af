"""The `concise` format: one line per diagnostic, `path:line:column: error[CODE] message`."""

from __future__ import annotations

from collections.abc import Sequence

from rmcompose.diagnostics.diagnostic import Diagnostic
from rmcompose.diagnostics.render.cells import one_line
from rmcompose.diagnostics.render.style import Painter


def concise(diagnostics: Sequence[Diagnostic], *, color: bool = False) -> str:
    """One line per diagnostic; one without a place has no path."""
    paint = Painter(color=color)
    return "\n".join(_line(one, paint) for one in diagnostics)


def _line(one: Diagnostic, paint: Painter) -> str:
    head = paint(f"{one.severity}[{one.code}]", one.severity)
    text = f"{head} {one_line(one.message)}"
    if one.span is None:
        return text
    line, column = one.span.position
    return f"{one_line(one.span.source.path)}:{line}:{column}: {text}"
