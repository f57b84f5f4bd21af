"""Which response to look at next, from what is known of each: the arithmetic of branch and bound.

A response's score is a number, or certainly none (unscored), or a range it lies in while questions are open. Every
range holds the score that full evaluation gives, so what is left out by its range would not have been chosen then
either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rmcompose.runtime.unknown import Unknown, reach_of

Place = tuple[float, int]
"""What responses are ordered by, best first: the negative score, then the index."""


def is_open(value: Any) -> bool:
    """Whether a value may still become a number."""
    return type(value) is Unknown and value.cause is None and bool(value.wants)


def ranked(values: Sequence[Any]) -> list[Place]:
    """The responses whose score is known, best first, ties by index."""
    return sorted((-float(value), index) for index, value in enumerate(values) if type(value) is not Unknown)


def bar_of(values: Sequence[Any], count: int) -> Place | None:
    """The last place of the best `count` that are known; None where fewer are known, so that any may join them."""
    known = ranked(values)
    return known[count - 1] if len(known) >= count else None


def contender(values: Sequence[Any], count: int) -> int | None:
    """The response to look at next: the open one that could be best of all. None once the best `count` are settled.

    One whose upper bound does not beat `count` known scores is left alone for good: scores that are known stay.
    """
    bar = bar_of(values, count)
    hopes = [(-reach_of(value)[1], index) for index, value in enumerate(values) if is_open(value)]
    best = min(hopes, default=None)
    return best[1] if best is not None and (bar is None or best < bar) else None
