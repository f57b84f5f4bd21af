"""The excerpt of one source in a frame: numbered lines with marks beneath.

A span over several lines is marked on its first and its last line. Lines that lie apart have `...` between them; very
long lines are cut to a window around what is marked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby

from rmcompose.diagnostics.diagnostic import Diagnostic, Severity
from rmcompose.diagnostics.render.cells import columns, display, one_line
from rmcompose.diagnostics.render.style import Painter, Style
from rmcompose.diagnostics.source import Source, Span

LONGEST_LINE = 160
"""Characters of a source line that are shown at most."""
LEAD = 60
"""Characters shown before the mark of a line that is cut."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters `start` to `end` (from 0, exclusive, never empty) of one line, and the words beside them."""

    start: int
    end: int
    text: str
    primary: bool


@dataclass(slots=True)
class Snippet:
    """What one frame shows of one source; `position` is the place its head names."""

    source: Source
    position: tuple[int, int]
    marks: dict[int, list[Mark]] = field(default_factory=dict)

    @property
    def number_width(self) -> int:
        """The digits of its largest line number."""
        return len(str(max(self.marks)))

    def add(self, span: Span, text: str, *, primary: bool) -> None:
        """Marks a span: one mark within a line, else one on its first and one, with the text, on its last."""
        line, column = self.source.position(span.start)
        # the last character that is covered, so that a line end at the end stays on its line
        end_line, end_column = self.source.position(max(span.start, span.end - 1))
        if line == end_line:
            end = end_column if span.end > span.start else column
            self._mark(line, Mark(column - 1, max(end, column), text, primary))
            return
        self._mark(line, Mark(column - 1, max(len(self.source.line(line)), column), "", primary))
        last = self.source.line(end_line)
        start = min(len(last) - len(last.lstrip()), end_column - 1)
        self._mark(end_line, Mark(start, end_column, text, primary))

    def _mark(self, line: int, mark: Mark) -> None:
        self.marks.setdefault(line, []).append(mark)

    def rows(self, gutter: int, severity: Severity, paint: Painter) -> list[str]:
        """The rows of the excerpt; line numbers are right-aligned in `gutter` columns."""
        rows: list[str] = []
        previous: int | None = None
        for number in sorted(self.marks):
            if previous is not None and number - previous == 2:
                rows += self._line(previous + 1, [], gutter, severity, paint)
            elif previous is not None and number - previous > 2:
                rows.append(" " * (gutter - 1) + paint("...", "quiet"))
            rows += self._line(number, self.marks[number], gutter, severity, paint)
            previous = number
        return rows

    def _line(self, number: int, marks: list[Mark], gutter: int, severity: Severity, paint: Painter) -> list[str]:
        text, marks = _clip(self.source.line(number), marks)
        rows = [f"{paint(f'{number:>{gutter}} |', 'quiet')} {display(text)}".rstrip()]
        bar = " " * (gutter + 1) + paint("|", "quiet")
        return rows + [f"{bar} {row}" for row in _underlines(text, marks, severity, paint)]


def snippets(one: Diagnostic) -> list[Snippet]:
    """The excerpts of a diagnostic: its own source first, then those of labels in other sources."""
    if one.span is None:
        return []
    found: dict[str, Snippet] = {}
    places = [(one.span, one.label, True), *((label.span, label.text, False) for label in one.labels)]
    for span, text, primary in places:
        snippet = found.setdefault(span.source.path, Snippet(span.source, span.position))
        snippet.add(span, one_line(text), primary=primary)
    return list(found.values())


def _clip(text: str, marks: list[Mark]) -> tuple[str, list[Mark]]:
    """The line cut to `LONGEST_LINE` characters around its first primary mark, and the marks moved with it."""
    if len(text) <= LONGEST_LINE:
        return text, marks
    focus = min(marks, key=lambda mark: (not mark.primary, mark.start)).start if marks else 0
    low = max(0, min(focus - LEAD, len(text) - LONGEST_LINE))
    high = low + LONGEST_LINE
    before, after = "…" if low else "", "…" if high < len(text) else ""
    moved = []
    for mark in marks:
        start = min(max(mark.start, low), high - 1) - low + len(before)
        end = min(max(mark.end, low + 1), high) - low + len(before)
        moved.append(Mark(start, max(end, start + 1), mark.text, mark.primary))
    return before + text[low:high] + after, moved


def _underlines(text: str, marks: list[Mark], severity: Severity, paint: Painter) -> list[str]:
    """The rows beneath a line: marks with the rightmost text beside them, the other texts hanging below."""
    starts = columns(text)

    def column(index: int) -> int:
        return starts[index] if index < len(starts) else starts[-1] + index - len(starts) + 1

    if not marks:
        return []
    row = _Row()
    for mark in sorted(marks, key=lambda mark: mark.primary):  # carets over dashes where they overlap
        start, end = column(mark.start), column(mark.end)
        sign = "^" if mark.primary else "-"
        row.put(start, sign * max(1, end - start), severity if mark.primary else "label")
    ordered = sorted(marks, key=lambda mark: (mark.end, mark.start))
    beside = ordered.pop() if ordered[-1].text else None
    if beside is not None:
        row.put(row.width + 1, beside.text, severity if beside.primary else "label")
    rows = [row]
    hanging = sorted((mark for mark in ordered if mark.text), key=lambda mark: (mark.start, mark.end))
    if hanging:
        rows.append(_bars(hanging, column, severity))
    while hanging:
        mark = hanging.pop()
        row = _bars([other for other in hanging if other.start != mark.start], column, severity)
        row.put(column(mark.start), mark.text, severity if mark.primary else "label")
        rows.append(row)
    return [row.painted(paint) for row in rows]


def _bars(marks: list[Mark], column: Callable[[int], int], severity: Severity) -> _Row:
    row = _Row()
    for mark in marks:
        row.put(column(mark.start), "|", severity if mark.primary else "label")
    return row


class _Row:
    """A row that is written at columns, in styles."""

    def __init__(self) -> None:
        self.cells: list[tuple[str, Style]] = []

    @property
    def width(self) -> int:
        return len(self.cells)

    def put(self, column: int, text: str, style: Style) -> None:
        """Writes text from a column on, over what is there."""
        missing = column + len(text) - len(self.cells)
        self.cells += [(" ", "")] * max(0, missing)
        self.cells[column : column + len(text)] = [(char, style) for char in text]

    def painted(self, paint: Painter) -> str:
        """The row with runs of one style wrapped once."""
        runs = groupby(self.cells, key=lambda cell: cell[1])
        return "".join(paint("".join(char for char, _ in run), style) for style, run in runs)
