"""Comments by the part of a document they belong to, to carry them into a text that is written anew."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rmcompose import ir
from rmcompose.syntax.parsed import Comment


@dataclass(slots=True)
class Notes:
    """Comment lines: of the whole file, before each part (by the identity of its IR node), and after the last."""

    head: list[str] = field(default_factory=list)
    parts: dict[int, list[str]] = field(default_factory=dict)
    end: list[str] = field(default_factory=list)

    def before(self, part: ir.Node | None) -> tuple[str, ...]:
        """The comments of a part."""
        return tuple(self.parts.get(id(part), ()))


def attach(document: ir.Document, comments: Sequence[Comment]) -> Notes:
    """Each comment with the part it stands in or before; one at the end of a line with what starts on that line.

    The document must be as it was read, with its spans.
    """
    notes = Notes()
    start = document.span.start if document.span is not None else 0
    parts = sorted(_parts(document), key=lambda part: part[0])
    at = 0
    for comment in comments:
        here = comment.span.start
        while at < len(parts) and parts[at][1] <= here:
            at += 1
        if here < start:
            notes.head.append(comment.text)
        elif not comment.own_line and at > 0 and (at == len(parts) or here < parts[at][0]):
            notes.parts.setdefault(id(parts[at - 1][2]), []).append(comment.text)
        elif at < len(parts):
            notes.parts.setdefault(id(parts[at][2]), []).append(comment.text)
        else:
            notes.end.append(comment.text)
    return notes


def stand_alone(document: ir.Document, comments: Sequence[Comment]) -> Iterator[bool]:
    """For each comment, whether it stands on lines of its own and in no part: then `attach` leaves it in its place."""
    parts = sorted((start, end) for start, end, _ in _parts(document))
    starts = [start for start, _ in parts]
    for comment in comments:
        at = bisect_right(starts, comment.span.start) - 1
        yield comment.own_line and (at < 0 or parts[at][1] <= comment.span.start)


def _parts(document: ir.Document) -> Iterator[tuple[int, int, ir.Node]]:
    """Every part that comments can stand before, with its first and last offset."""
    nodes: list[ir.Node] = [*document.imports]
    for one in document.compositions:
        nodes += [*one.inputs, *one.params, *one.nodes, *one.gates, *one.tests]
        nodes += [one.result] if one.result is not None else []
        if one.name_span is not None:
            # what stands inside a composition belongs to what it stands before there
            yield one.name_span.start, one.name_span.end, one
    for node in nodes:
        if node.span is not None:
            start = min(node.span.start, node.name_span.start) if node.name_span is not None else node.span.start
            yield start, node.span.end, node
