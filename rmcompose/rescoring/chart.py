"""Old scores against new ones, drawn: a point a response, and beneath it how many moved how far."""

from __future__ import annotations

from pathlib import Path

from rmcompose.calibration import plots
from rmcompose.pages import document, markup
from rmcompose.rescoring.movement import Movement


def scatter(movement: Movement) -> str:
    """Old (across) against new (up) on one scale; those on the diagonal have not moved."""
    points = [
        (old, new, upset)
        for (was, now), upset in zip(movement.pairs, movement.upset, strict=True)
        for old, new in zip(was, now, strict=True)
    ]
    moved = sum(old != new for old, new, _ in points)
    words = f"{len(points):,} responses, old score against new: {moved:,} moved"
    marked = "of samples with another winner" if any(movement.upset) else ""
    return plots.against(points, words=words, across="old score", up="new score", marked=marked)


def shifts(movement: Movement) -> str:
    """How many responses moved how far, as columns."""
    found = movement.shifts()
    low, high = (found[0], found[-1]) if found else (0.0, 0.0)
    counts: dict[float, int] = {}
    for one in found:
        counts[one] = counts.get(one, 0) + 1
    edges = plots.bin_edges(list(counts), low, high)
    bars = plots.binned_counts(counts, edges)
    words = f"shifts of {len(found):,} responses, from {low:.3g} to {high:.3g}"
    named = [(f"{(edges[i] + edges[i + 1]) / 2:.2g}", count) for i, count in enumerate(bars)]
    return plots.columns(named, words=words, below="new score − old score")


def chart(movement: Movement) -> str:
    """The scatter as a file of its own."""
    style = Path(document.__file__).with_name("page.css").read_text(encoding="utf-8")
    drawn = scatter(movement)
    head, _, rest = drawn.partition(">")
    background = markup.tag("rect", width="100%", height="100%", style="fill: var(--card)")
    return f'{head} xmlns="http://www.w3.org/2000/svg"><style>{style}</style>{background}{rest}\n'
