"""From comparisons to one value for each response.

A comparison is a share in [0, 1]: how much of the win goes to the first of two responses (1 won, 0.5 tied, 0 lost).
Let `shares[i][j]` be the share of i against j; then `shares[j][i]` is its rest to 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from rmcompose.runtime.judging.spec import RankBy


def win_rate(shares: Sequence[float]) -> float:
    """The share of the others that a response beats, a tie counting half: the mean of its shares. In [0, 1]."""
    return sum(shares) / len(shares)


def copeland(shares: Sequence[float]) -> float:
    """Copeland's score, (wins - losses), moved from [-n, n] over n others to [0, 1]."""
    wins, losses, _ = outcomes(shares)
    return (wins - losses + len(shares)) / (2 * len(shares))


def outcomes(shares: Sequence[float]) -> tuple[int, int, int]:
    """Wins, losses and ties: the signs of the shares around one half."""
    wins = sum(share > 0.5 for share in shares)
    losses = sum(share < 0.5 for share in shares)
    return wins, losses, len(shares) - wins - losses


def value_of(shares: Sequence[float], by: RankBy) -> float:
    """The value in [0, 1] of a response from its shares against each of the others (at least one)."""
    return copeland(shares) if by == "copeland" else win_rate(shares)


def settle(forward: float, backward: float) -> tuple[float, bool]:
    """One pair asked in both orders: the share of the first, and whether the two orders agree.

    `forward` is the share of the first when it was shown first, `backward` that of the second when it was shown
    first. Orders that name different winners, or a winner and a tie, are a tie.
    """
    mirrored = 1.0 - backward
    if _side(forward) != _side(mirrored):
        return 0.5, False
    return (forward + mirrored) / 2, True


def shares_of(groups: Sequence[Sequence[int]]) -> dict[int, list[float]]:
    """The shares of each response against all the others, from a ranking with ties (best group first)."""
    count = sum(map(len, groups))
    shares: dict[int, list[float]] = {}
    above = 0
    for group in groups:
        tied = len(group) - 1
        below = count - above - len(group)
        for index in group:
            shares[index] = [1.0] * below + [0.5] * tied + [0.0] * above
        above += len(group)
    return shares


def _side(share: float) -> int:
    return (share > 0.5) - (share < 0.5)
