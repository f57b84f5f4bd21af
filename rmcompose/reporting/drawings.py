"""Drawings of figures: distributions, shares of a whole, and numbers as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rmcompose.pages.markup import clipped, tag
from rmcompose.pages.svg import WIDTH, drawing, line, text


def number(value: float | None, digits: int = 4) -> str:
    """A number without needless digits and with a true minus; a dash for none."""
    if value is None:
        return "–"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{value:,.0f}".replace("-", "−")
    return f"{value:.{digits}g}".replace("-", "−")


def share(part: float, whole: float) -> str:
    """A part of a whole in per cent; small ones are told to be there."""
    return percent(part / whole) if whole else "–"


def percent(value: float) -> str:
    """A share in per cent, with one digit."""
    if 0 < value < 0.001:
        return "< 0.1 %"
    if 0.999 < value < 1:
        return "> 99.9 %"
    return f"{100 * value:.1f} %".replace(".0 %", " %").replace("-", "−")


def histogram(values: dict[str, Any], *, words: str, high: float = 120.0, width: float = WIDTH) -> str:
    """Bars over the range of some values, with their mean as a line and the ends of the range beneath."""
    bars: Sequence[Sequence[float]] = values["bars"]
    left, right, top = 8.0, width - 8.0, 20.0
    bottom = top + high
    start, end = bars[0][0], bars[-1][1]
    most = max(bar[2] for bar in bars) or 1

    def at(value: float) -> float:
        # halves first: the width of the largest numbers is no number
        span = end / 2 - start / 2
        return left + min(1.0, max(0.0, (value / 2 - start / 2) / span)) * (right - left) if span else left

    parts = []
    for low, top_end, count in bars:
        if count:
            tall = max(1.5, high * count / most)
            x, wide = at(low), max(1.0, at(top_end) - at(low))
            title = tag("title", f"{number(low)} to {number(top_end)}: {count:,.0f}")
            parts.append(
                tag(
                    "rect", title, x=x + wide * 0.06, y=bottom - tall, width=wide * 0.88, height=tall, class_="bar pale"
                )
            )
    parts.append(line(left, bottom, right, bottom, "axis"))
    if values["mean"] is not None:
        x = at(values["mean"])
        parts.append(line(x, top - 6, x, bottom, "mean"))
        label = f"mean {number(values['mean'])}"
        fits = x + 5 + 6.5 * len(label) < right
        parts.append(text(x + 5 if fits else x - 5, top - 6, label, "soft" if fits else "soft end"))
    for place, tick in enumerate(_ticks(bars, stepped=values["stepped"])):
        x = min(max(at(tick), left), right)
        side = "mid" if left + 20 <= x <= right - 20 else "" if place == 0 else "end"
        parts.append(text(x, bottom + 15, number(tick, 3), f"soft {side}".strip()))
    return drawing(bottom + 22, words, parts, width=width)


def _ticks(bars: Sequence[Sequence[float]], *, stepped: bool) -> list[float]:
    """Where the axis of bars is marked: at both ends and in the middle, or at steps where each bar is around one."""
    if stepped:
        steps = [(one + other) / 2 for one, other, _ in bars]
        chosen = [steps[0], *([steps[len(steps) // 2]] if len(steps) % 2 and len(steps) > 1 else []), steps[-1]]
        ticks = list(dict.fromkeys(chosen))
    else:
        first, last = bars[0][0], bars[-1][1]
        ticks = [first, first / 2 + last / 2, last]
    # what is left of a 0 after some sums is a 0
    span = abs(bars[-1][1] / 2 - bars[0][0] / 2)
    return [0.0 if abs(tick) < 1e-9 * span else tick for tick in ticks]


def shares(rows: Sequence[tuple[str, float, str]], *, words: str) -> str:
    """Shares of a whole as bars from 0, one a line; a negative one goes the other way.

    `rows` are (name, share, class).
    """
    low = min([0.0, *(value for _, value, _ in rows)])
    high = max([1.0 if low == 0 else 0.5, *(value for _, value, _ in rows)])
    left, right, step, top = 8.0, WIDTH - 8.0, 36.0, 4.0

    def at(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    parts = []
    for place, (name, value, class_) in enumerate(rows):
        y = top + step * place
        start, end = sorted((at(0.0), at(value)))
        parts.append(text(left, y + 12, clipped(name, 48)))
        parts.append(text(right, y + 12, percent(value), "end"))
        parts.append(tag("rect", x=left, y=y + 18, width=right - left, height=9.0, rx=2.0, class_="track"))
        parts.append(tag("rect", x=start, y=y + 18, width=max(1.5, end - start), height=9.0, rx=2.0, class_=class_))
    return drawing(top + step * len(rows), words, parts)
