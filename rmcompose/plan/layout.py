"""Where the boxes of a graph stand: in rows, each below all that it needs, with few lines that cross.

The layered drawing of Sugiyama, Tagawa and Toda (1981): rows by the longest way from a source, a place to pass through
in every row that a line crosses, an order by barycentres, and columns that keep lines short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 8
MOST_PASSED = 3000
"""Places to pass through; in a graph that would need more, lines run straight and boxes stay in their order."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The middle of each box as (x, row), x in the units of the widths; `lines` have an x for every row they touch.

    `width` is that of the whole, and `rows` the number of rows.
    """

    places: dict[str, tuple[float, int]]
    lines: dict[tuple[str, str], list[float]]
    width: float
    rows: int


def layout(
    keys: Sequence[str], edges: Sequence[tuple[str, str]], *, wide: float, gap: float, passing: float = 16.0
) -> Layout:
    """The places of boxes of one width.

    Args:
        keys: the boxes, what one needs before it.
        edges: (needed, needing), each once.
        wide: the width of a box.
        gap: what is left free between two.
        passing: the room that a line takes which goes through a row.
    """
    depth = dict.fromkeys(keys, 0)
    for key in keys:
        depth[key] = max((depth[one] + 1 for one, other in edges if other == key), default=0)
    _lower(keys, edges, depth)
    rows: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for key in keys:
        rows[depth[key]].append(key)
    chains: dict[tuple[str, str], list[str]] = {}
    small = len(keys) + sum(depth[end] - depth[start] for start, end in edges) <= MOST_PASSED
    widths = dict.fromkeys(keys, wide)
    for number, (start, end) in enumerate(edges):
        chain = [start]
        for row in range(depth[start] + 1, depth[end]) if small else ():
            through = f"\0{number}:{row}"
            rows[row].append(through)
            widths[through] = passing
            chain.append(through)
        chains[start, end] = [*chain, end]
    above, below = _neighbours(chains)
    if small:
        _order(rows, above, below)
    at = _columns(rows, widths, gap, above, below)
    left = min((at[key] - widths[key] / 2 for row in rows for key in row), default=0.0)
    right = max((at[key] + widths[key] / 2 for row in rows for key in row), default=0.0)
    return Layout(
        {key: (at[key] - left, depth[key]) for key in keys},
        {edge: [at[key] - left for key in chain] for edge, chain in chains.items()},
        right - left,
        len(rows),
    )


def _lower(keys: Sequence[str], edges: Sequence[tuple[str, str]], depth: dict[str, int]) -> None:
    """What needs nothing stands just above the first that needs it, not at the top."""
    needing = {other for _, other in edges}
    for key in keys:
        if key not in needing:
            depth[key] = min((depth[other] - 1 for one, other in edges if one == key), default=depth[key])


def _neighbours(chains: Mapping[tuple[str, str], list[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for chain in chains.values():
        for one, other in pairwise(chain):
            above.setdefault(other, []).append(one)
            below.setdefault(one, []).append(other)
    return above, below


def _order(rows: list[list[str]], above: Mapping[str, list[str]], below: Mapping[str, list[str]]) -> None:
    """Orders each row by the middle of its neighbours, down and up in turns; the order with fewest crossings stays."""
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        sides = above if down else below
        inner = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for number in inner:
            beside = {key: place for place, key in enumerate(rows[number - 1 if down else number + 1])}
            own = {key: float(place) for place, key in enumerate(rows[number])}
            rows[number].sort(key=lambda key: _mean([beside[one] for one in sides.get(key, ())], own[key]))
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _crossings(rows: Sequence[Sequence[str]], below: Mapping[str, list[str]]) -> int:
    count = 0
    for upper, lower in pairwise(rows):
        place = {key: number for number, key in enumerate(lower)}
        ends = [place[other] for key in upper for other in sorted(below.get(key, ()), key=place.__getitem__)]
        count += sum(one > other for number, one in enumerate(ends) for other in ends[number + 1 :])
    return count


def _columns(
    rows: Sequence[Sequence[str]],
    widths: Mapping[str, float],
    gap: float,
    above: Mapping[str, list[str]],
    below: Mapping[str, list[str]],
) -> dict[str, float]:
    """The middle of each box: near those of its neighbours, in the order of its row and apart from those beside it."""
    at: dict[str, float] = {}
    for row in rows:
        x = -sum(widths[key] + gap for key in row) / 2
        for key in row:
            at[key] = x + widths[key] / 2
            x += widths[key] + gap
    for sweep in range(SWEEPS):
        sides = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [_mean([at[one] for one in sides.get(key, ())], at[key]) for key in row]
            at.update(zip(row, _apart(row, wanted, widths, gap), strict=True))
    return at


def _apart(row: Sequence[str], wanted: Sequence[float], widths: Mapping[str, float], gap: float) -> list[float]:
    """The places nearest to those wanted, by squares, that keep the order and the gaps (pooling adjacent violators)."""
    offsets = [0.0]
    for one, other in pairwise(row):
        offsets.append(offsets[-1] + (widths[one] + widths[other]) / 2 + gap)
    blocks: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=False):
        total, count = want - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before = blocks.pop()
            total, count = total + before[0], count + before[1]
        blocks.append((total, count))
    starts = [total / count for total, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=False)]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
