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
    left, right, top = 8.0, width - 8.0, 16.0
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
        side = " end" if x > width * 0.7 else ""
        parts.append(text(x + (-5 if side else 5), top - 3, f"mean {number(values['mean'])}", "soft" + side))
    stepped = abs((bars[0][0] + bars[0][1]) / 2 - (values["range"] or [None])[0]) < 1e-9 if _has_low(values) else False
    first, last = ((bars[0][0] + bars[0][1]) / 2, (bars[-1][0] + bars[-1][1]) / 2) if stepped else (start, end)
    # what is left of a 0 after some sums is a 0
    ticks = [
        0.0 if abs(tick) < 1e-9 * abs(last / 2 - first / 2) else tick for tick in (first, first / 2 + last / 2, last)
    ]
    for place, tick in enumerate(ticks):
        x = min(max(at(tick), left), right)
        side = ("" if x < left + 20 else "mid", "mid", "end" if x > right - 20 else "mid")[place]
        parts.append(text(x, bottom + 15, number(tick, 3), f"soft {side}".strip()))
    return drawing(bottom + 22, words, parts, width=width)


def _has_low(values: dict[str, Any]) -> bool:
    return bool(values["range"]) and values["range"][0] is not None


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
