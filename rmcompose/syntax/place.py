"""Where a character of a piece of text stands in the file it came from.

A `.rm` file is its own piece. A formula in `.rm.yaml` is a scalar whose characters may be escaped or folded, so it
comes with a map from its characters to those of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rmcompose.diagnostics import Source, Span

Place = Callable[[int, int], Span]
"""The span of characters `start` to `end` (exclusive) of a piece, in the file."""


def in_file(source: Source, offset: int = 0) -> Place:
    """The place of a piece that stands in the file as it is, `offset` characters from its start."""
    return lambda start, end: Span(source, offset + start, offset + end)


def mapped(source: Source, offsets: Sequence[int]) -> Place:
    """The place of a piece whose character i stands at `offsets[i]`; one more entry holds where the piece ends."""
    last = len(offsets) - 1

    def span(start: int, end: int) -> Span:
        start = min(start, last)
        if end <= start:
            return Span(source, offsets[start], offsets[start])
        return Span(source, offsets[start], offsets[min(end, last + 1) - 1] + 1)

    return span
