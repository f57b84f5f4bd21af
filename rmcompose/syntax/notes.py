"""Comments by the part of a document they belong to, to carry them into a text that is written anew."""

from __future__ import annotations

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
        if here < start:
            notes.head.append(comment.text)
            continue
        while at < len(parts) and parts[at][1] <= here:
            at += 1
        on_line = [part for part in parts[max(at - 1, 0) : at + 1] if part[0] <= here]
        if not comment.own_line and on_line:
            notes.parts.setdefault(id(on_line[-1][2]), []).append(comment.text)
        elif at < len(parts):
            notes.parts.setdefault(id(parts[at][2]), []).append(comment.text)
        else:
            notes.end.append(comment.text)
    return notes


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
