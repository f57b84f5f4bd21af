"""Plots as inline SVG: every one takes plain numbers, says in words what it shows, and needs no script.

All are 440 units wide, so that their texts can be read on a phone; colours are those of `page.css`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rmcompose.calibration.bootstrap import Figure
from rmcompose.calibration.labels import Value
from rmcompose.pages.markup import clipped, tag
from rmcompose.pages.svg import WIDTH, drawing, line, text

MOST_POINTS = 2000
"""Points of a strip that are drawn."""
BINS = 10
MOST_STEPS = 20
"""Steps of a scale that get a bar each."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a plot of whiskers; `other` draws it in the second colour: a baseline, not the judge."""

    name: str
    figure: Figure
    other: bool = False


def whiskers(
    rows: Sequence[Row],
    *,
    low: float,
    high: float,
    ticks: Sequence[float],
    write: Callable[[float], str],
    words: str,
    neutral: float | None = None,
) -> str:
    """Figures as dots on one axis, each with its interval as a whisker; `neutral` is a dashed line."""
    left, right, step, top = 148.0, WIDTH - 24.0, 24.0, 8.0
    bottom = top + step * len(rows)

    def at(value: float) -> float:
        return left + (min(max(value, low), high) - low) / (high - low) * (right - left)

    parts = [line(at(tick), top, at(tick), bottom, "grid") for tick in ticks]
    parts += [text(at(tick), bottom + 16, write(tick), "soft mid") for tick in ticks]
    parts.append(line(left, bottom, right, bottom, "axis"))
    if neutral is not None:
        parts.append(line(at(neutral), top - 4, at(neutral), bottom, "neutral"))
    for place, row in enumerate(rows):
        y = top + step * (place + 0.5)
        colour = " other" if row.other else ""
        parts.append(text(left - 10, y + 4, clipped(row.name, 26), "end"))
        figure = row.figure
        if figure.low is not None and figure.high is not None:
            parts.append(line(at(figure.low), y, at(figure.high), y, "whisker" + colour))
            parts += [line(at(end), y - 4, at(end), y + 4, "whisker" + colour) for end in (figure.low, figure.high)]
        if figure.value is not None:
            parts.append(tag("circle", cx=at(figure.value), cy=y, r=4.5, class_="dot" + colour))
        else:
            parts.append(text(left + 4, y + 4, "undefined", "soft"))
    return drawing(bottom + 24, words, parts)


def heat(
    counts: Mapping[tuple[Value, Value], int], rows: Sequence[Value], columns: Sequence[Value], *, words: str
) -> str:
    """Counts by (row, column), shaded by their share in the column; equal categories are framed."""
    left, top = 84.0, 30.0
    side = min(58.0, (WIDTH - left - 8) / len(columns))
    high = min(side, 36.0)
    sums = Counter[Value]()
    for (_, column), count in counts.items():
        sums[column] += count
    parts = [text(left + side * len(columns) / 2, 12, "label", "soft mid")]
    parts += [
        text(left + side * (place + 0.5), 26, clipped(written(name), max(3, int(side / 7))), "mid")
        for place, name in enumerate(columns)
    ]
    parts.append(text(4, top + high * len(rows) / 2 + 4, "judge", "soft"))
    frames = []
    for down, row in enumerate(rows):
        y = top + high * down
        parts.append(text(left - 8, y + high / 2 + 4, clipped(written(row), 8), "end"))
        for across, column in enumerate(columns):
            x, count = left + side * across, counts.get((row, column), 0)
            part = count / sums[column] if sums[column] else 0.0
            shade = 0.06 + 0.94 * part
            parts.append(tag("rect", x=x, y=y, width=side, height=high, class_="cell", fill_opacity=round(shade, 2)))
            if count:
                on = "mid on" if shade > 0.55 else "mid"
                parts.append(text(x + side / 2, y + high / 2 + 4, f"{count}", on))
            if row == column:
                frames.append(
                    tag("rect", x=x + 1.5, y=y + 1.5, width=side - 3, height=high - 3, class_="right", rx=1.0)
                )
    return drawing(top + high * len(rows) + 8, words, parts + frames)


def written(value: Value) -> str:
    """A category as it is written: a number without needless digits, a text as it is."""
    return f"{value:.4g}" if isinstance(value, float) else value


def ridges(groups: Sequence[tuple[Value, Mapping[float, int]]], *, low: float, high: float, words: str) -> str:
    """The distribution of values for each label, one above the other on one axis; heights are shares of the label."""
    left, right, step, top = 84.0, WIDTH - 14.0, 44.0, 10.0
    bottom = top + step * len(groups)
    edges = bin_edges([value for _, counts in groups for value in counts], low, high)
    span = edges[-1] - edges[0] or 1.0

    def at(value: float) -> float:
        return left + (value - edges[0]) / span * (right - left)

    binned = [(name, binned_counts(counts, edges)) for name, counts in groups]
    most = max((max(bars) / (sum(bars) or 1) for _, bars in binned), default=1.0) or 1.0
    parts = [text(4, top + (bottom - top) / 2 + 4, "label", "soft")]
    for place, (name, bars) in enumerate(binned):
        base, total = top + step * (place + 1), sum(bars) or 1
        parts.append(line(left, base, right, base, "axis"))
        parts.append(text(left - 8, base - 8, clipped(written(name), 8), "end"))
        for number, count in enumerate(bars):
            if count:
                x, tall = at(edges[number]), (step - 10) * count / total / most
                wide = at(edges[number + 1]) - x
                parts.append(
                    tag("rect", x=x + wide * 0.08, y=base - tall, width=wide * 0.84, height=tall, class_="bar pale")
                )
    parts += [text(at(tick), bottom + 16, f"{tick:.3g}", "soft mid") for tick in value_ticks(edges)]
    return drawing(bottom + 24, words, parts)


def bin_edges(values: Sequence[float], low: float, high: float) -> list[float]:
    """Edges of bars over the range: one around each step where values lie on few even steps, else ten of one width."""
    distinct = sorted(set(values)) or [0.0]
    start = low if math.isfinite(low) else distinct[0]
    end = high if math.isfinite(high) else distinct[-1]
    if end <= start:
        return [start - 0.5, start + 0.5]
    step = min((other - one for one, other in pairwise(distinct)), default=1.0)
    even = all(_is_whole((value - distinct[0]) / step) for value in distinct)
    if even and (end - start) / step <= MOST_STEPS:
        first = distinct[0] - math.floor((distinct[0] - start) / step + 1e-9) * step
        count = math.floor((end - first) / step + 1e-9) + 1
        return [first + (place - 0.5) * step for place in range(count + 1)]
    return [start + (end - start) * place / BINS for place in range(BINS + 1)]


def _is_whole(number: float) -> bool:
    return abs(number - round(number)) < 1e-6


def binned_counts(counts: Mapping[float, int], edges: Sequence[float]) -> list[int]:
    """How many values fall between each two edges; the last edge belongs to the last bar."""
    bars, span = [0] * (len(edges) - 1), edges[-1] - edges[0]
    for value, count in counts.items():
        place = int((value - edges[0]) / span * len(bars))
        bars[min(max(place, 0), len(bars) - 1)] += count
    return bars


def value_ticks(edges: Sequence[float]) -> list[float]:
    """Where an axis of bars is marked: at the middle of some bars, at most nine."""
    middles = [(one + other) / 2 for one, other in pairwise(edges)]
    return middles[:: math.ceil(len(middles) / 9)] if len(middles) != BINS else [edges[0], edges[BINS // 2], edges[-1]]


def strip(points: Sequence[tuple[float, float]], *, words: str) -> str:
    """Label (across) against value (up), a point each; at most 2,000 of them, taken evenly."""
    left, right, top, bottom = 52.0, WIDTH - 14.0, 12.0, 250.0
    if len(points) > MOST_POINTS:
        points = [points[place * len(points) // MOST_POINTS] for place in range(MOST_POINTS)]
    (x_low, x_high), (y_low, y_high) = _ends([x for x, _ in points]), _ends([y for _, y in points])

    def place(x: float, y: float) -> tuple[float, float]:
        across = left + 6 + (x - x_low) / (x_high - x_low) * (right - left - 12)
        return across, bottom - 6 - (y - y_low) / (y_high - y_low) * (bottom - top - 12)

    parts = [line(left, bottom, right, bottom, "axis"), line(left, top, left, bottom, "axis")]
    for part in range(5):
        x, y = x_low + (x_high - x_low) * part / 4, y_low + (y_high - y_low) * part / 4
        across, up = place(x, y)
        parts += [text(across, bottom + 16, f"{x:.3g}", "soft mid"), text(left - 6, up + 4, f"{y:.3g}", "soft end")]
        parts.append(line(left, up, right, up, "grid"))
    for x, y in points:
        across, up = place(x, y)
        parts.append(tag("circle", cx=round(across, 1), cy=round(up, 1), r=2.5, class_="point"))
    parts += [text((left + right) / 2, bottom + 32, "label", "soft mid"), text(4, 12, "value", "soft")]
    return drawing(bottom + 38, words, parts)


def against(points: Sequence[tuple[float, float, bool]], *, words: str, across: str, up: str, marked: str) -> str:
    """Two values of the same things on one scale, a point each, those on the dashed diagonal being equal.

    The third of a point draws it in the second colour, which means what `marked` says. At most 2,000 points are drawn,
    taken evenly, and as many of those that are marked.
    """
    side, left, top = 300.0, 64.0, 28.0
    right, bottom = left + side, top + side
    low, high = _ends([value for x, y, _ in points for value in (x, y)] or [0.0, 1.0])

    def at(value: float) -> float:
        return 6 + (value - low) / (high - low) * (side - 12)

    parts = [line(left, bottom, right, bottom, "axis"), line(left, top, left, bottom, "axis")]
    for part in range(5):
        value = low + (high - low) * part / 4
        parts.append(line(left, bottom - at(value), right, bottom - at(value), "grid"))
        parts.append(text(left + at(value), bottom + 16, f"{value:.3g}", "soft mid"))
        parts.append(text(left - 6, bottom - at(value) + 4, f"{value:.3g}", "soft end"))
    parts.append(line(left + at(low), bottom - at(low), left + at(high), bottom - at(high), "neutral"))
    for colour in (False, True):
        drawn = [(x, y) for x, y, other in points if other is colour]
        if len(drawn) > MOST_POINTS:
            drawn = [drawn[place * len(drawn) // MOST_POINTS] for place in range(MOST_POINTS)]
        class_ = "point other" if colour else "point"
        parts += [
            tag("circle", cx=round(left + at(x), 1), cy=round(bottom - at(y), 1), r=2.5, class_=class_)
            for x, y in drawn
        ]
    parts += [text((left + right) / 2, bottom + 34, across, "soft mid"), text(4, 12, up, "soft")]
    height = bottom + 40
    if marked:
        parts.append(tag("circle", cx=left + 6, cy=height + 4, r=3.5, class_="dot other"))
        parts.append(text(left + 16, height + 8, marked, "soft"))
        height += 16
    return drawing(height, words, parts)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def columns(bars: Sequence[tuple[str, int]], *, words: str, below: str) -> str:
    """Counts as columns side by side, with their names below."""
    left, right, top, bottom = 44.0, WIDTH - 14.0, 18.0, 170.0
    most = max((count for _, count in bars), default=1) or 1
    wide = (right - left) / max(1, len(bars))
    parts = [line(left, bottom, right, bottom, "axis")]
    for place, (name, count) in enumerate(bars):
        tall = (bottom - top) * count / most
        x = left + wide * place
        inner = min(wide * 0.84, 64.0)
        middle = x + wide / 2
        parts.append(tag("rect", x=middle - inner / 2, y=bottom - tall, width=inner, height=tall, class_="bar pale"))
        if count:
            parts.append(text(middle, bottom - tall - 5, f"{count}", "mid"))
        parts.append(text(middle, bottom + 16, name, "soft mid"))
    parts.append(text((left + right) / 2, bottom + 34, below, "soft mid"))
    return drawing(bottom + 42, words, parts)
