"""From several votes to one value.

A vote without a value stands for any value of the range: the votes are decided only where it could not change them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rmcompose.runtime.judging.spec import VoteBy


def tally(votes: Sequence[float | None], by: VoteBy, low: float, high: float) -> float | None:
    """One value in [low, high] from at least one vote; None where a missing vote could change it, or on a tie.

    `median` is the middle vote, or the mean of the middle two; `mean` is the mean; `majority` is the most frequent
    value, and a tie for most frequent has no value.
    """
    if by == "majority":
        return _most_frequent(votes)
    # median and mean never fall when a vote rises: the ends of the range decide
    least = _middle([low if vote is None else vote for vote in votes], by)
    most = _middle([high if vote is None else vote for vote in votes], by)
    return least if least == most else None


def agreement(votes: Sequence[float | None]) -> float:
    """The share of the votes that gave the most frequent value, in [0, 1]; a vote without a value agrees with none."""
    counts = Counter(vote for vote in votes if vote is not None)
    return max(counts.values(), default=0) / len(votes)


def _middle(votes: list[float], by: VoteBy) -> float:
    ordered, half = sorted(votes), len(votes) // 2
    if by == "median":
        return ordered[half] if len(votes) % 2 else (ordered[half - 1] + ordered[half]) / 2
    # a mean lies between its values; rounding may have moved it past them
    return min(max(sum(votes) / len(votes), ordered[0]), ordered[-1])


def _most_frequent(votes: Sequence[float | None]) -> float | None:
    ranked = Counter(vote for vote in votes if vote is not None).most_common(2)
    if not ranked:
        return None
    value, count = ranked[0]
    rival = ranked[1][1] if len(ranked) > 1 else 0
    return value if count > rival + sum(vote is None for vote in votes) else None
