"""What a rule may say of its own picture, as `register(…, picture=curve(…))`.

A rule that says nothing is shown with its example, changes of it, and marks below the words that matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Marks = Literal["words", "characters", "influence", "none"]


@dataclass(frozen=True, slots=True)
class Curve:
    """The value over one argument, from `low` to `high`; `over` is what is written below the axis.

    `make` gives the argument's value for a place (left out: the place itself), `whole` says that places are integers.
    `at` is the place of the example, None where the curve does not pass through it. Each of `series` is a curve of its
    own, with these arguments in place of the example's.
    """

    argument: str
    low: float
    high: float
    over: str
    at: float | None = None
    make: Callable[[Any], Any] | None = None
    whole: bool = True
    series: tuple[Mapping[str, Any], ...] = ({},)


@dataclass(frozen=True, slots=True)
class Variants:
    """The example and changes of it.

    `marks` is what is marked: `words` or `characters` that text and reference share, the words whose `influence` on the
    value is seen when each is left out, or nothing; None leaves the choice to the rule's arguments. `also` are further
    changes: a label, and the arguments that differ.
    """

    marks: Marks | None = None
    also: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@dataclass(frozen=True, slots=True)
class Unpictured:
    """There is no picture, and why: what it would take."""

    why: str


Declared = Curve | Variants | Unpictured


def curve(
    argument: str,
    low: float,
    high: float,
    *,
    over: str,
    at: float | None = None,
    make: Callable[[Any], Any] | None = None,
    whole: bool = True,
    series: tuple[Mapping[str, Any], ...] = ({},),
) -> Curve:
    """The value over an argument; see `Curve`. Raises ValueError where there is nothing between the ends."""
    if not low < high:
        raise ValueError("a curve needs two ends, the lower one first")
    return Curve(argument, low, high, over, at, make, whole, series)


def repeated(piece: str, most: int, *, at: int | None = None, least: int = 1) -> Curve:
    """The value over how often a piece of text is said, with spaces between."""
    return curve("text", least, most, over=f"times {piece!r}", at=at, make=lambda count: " ".join([piece] * count))


def variants(marks: Marks | None = None, *, also: tuple[tuple[str, Mapping[str, Any]], ...] = ()) -> Variants:
    """The example and changes of it; see `Variants`."""
    return Variants(marks, also)
