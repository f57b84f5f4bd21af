"""From comparisons to one value for each response.

A comparison is a share in [0, 1]: how much of the win goes to the first of two responses (1 won, 0.5 tied, 0 lost). The
comparisons of a group are a square table: `shares[i][j]` is the share of i against j, `shares[j][i]` is the rest of it
to 1, both are None where it is not known, and the diagonal is not read.

Each ranking is a function of that table: values in [0, 1], higher is better, 0.5 for all where all is tied. None of
them knows the responses by their numbers: numbering them otherwise numbers the values otherwise, to the bit. That is
why sums are exact (`fsum`) and passes use nothing but what was known before the pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rmcompose.runtime.judging.spec import RankBy
from rmcompose.runtime.judging.tournament import net_wins

Share = float | None
Shares = Sequence[Sequence[Share]]
Known = Sequence[Sequence[float]]
"""A table in which every share is known; the diagonal is not read."""

START, STEP = 1500.0, 32.0
"""Where Elo ratings begin, and the most points that one game moves."""
PASSES, SETTLED = 100, 0.01
"""The most passes over all games, and the change in rating points below which ratings have settled."""
ROUNDING = 6
"""Decimals of a rating that count: what is beyond them is noise, which min-max would amplify."""
STEADY = 21
"""Opponents up to which a pass cannot overshoot: STEP · ln 10/400 · 1/4 · (n - 1) stays below 1 with n - 1 = 21."""
VIRTUAL = 0.1
"""Bradley-Terry's prior: wins that each of two responses is given over the other, which keep all strengths finite."""
STEPS, EXACT = 10_000, 1e-13
"""The most steps to the strengths, and the relative change below which they have arrived."""


def win_rate(shares: Sequence[float]) -> float:
    """The share of the others that a response beats, a tie counting half: the mean of its shares. In [0, 1]."""
    return math.fsum(shares) / len(shares)


def copeland(shares: Known) -> list[float]:
    """Wins less losses, by the largest that a response of the group has either way, moved to [0, 1]."""
    nets = []
    for index in range(len(shares)):
        wins, losses, _ = outcomes(against(shares, index))
        nets.append(wins - losses)
    most = max(map(abs, nets))
    return [(net / most + 1) / 2 if most else 0.5 for net in nets]


def elo(shares: Known) -> list[float]:
    """Elo ratings, min-max to [0, 1]."""
    ratings = [round(rating, ROUNDING) for rating in elo_ratings(shares)]
    least, most = min(ratings), max(ratings)
    return [(rating - least) / (most - least) if most > least else 0.5 for rating in ratings]


def elo_ratings(shares: Known) -> list[float]:
    """The ratings of responses that play each other again and again until nothing moves, 1500 on average.

    All games of a pass are rated from the ratings before it. Where there are many opponents the points of a game are
    cut so that their sum cannot overshoot, which would shuffle the ratings.
    """
    count = len(shares)
    step = STEP * min(1.0, STEADY / (count - 1))
    ratings = [START] * count
    for _ in range(PASSES):
        # the expected score of i against j is 1 / (1 + 10^((R_j - R_i) / 400)) = q_i / (q_i + q_j)
        powers = [10.0 ** ((rating - START) / 400.0) for rating in ratings]
        moves = [
            step
            * math.fsum(
                [share - power / (power + powers[other]) for other, share in enumerate(shares[index]) if other != index]
            )
            for index, power in enumerate(powers)
        ]
        ratings = [rating + move for rating, move in zip(ratings, moves, strict=True)]
        if max(map(abs, moves)) < SETTLED:
            break
    return ratings


def bradley_terry(shares: Known) -> list[float]:
    """The chance to beat an average response under the Bradley-Terry model: p / (p + 1).

    The strengths p are the most likely ones, a tie counting as half a win each way and with `VIRTUAL` wins added each
    way, scaled to a geometric mean of 1; found by the minorise-maximise steps of Hunter (2004), all at once.
    """
    count = len(shares)
    wins = [math.fsum([*against(shares, index), VIRTUAL * (count - 1)]) for index in range(count)]
    games = 1.0 + 2.0 * VIRTUAL
    strengths = [1.0] * count
    for _ in range(STEPS):
        found = [
            wins[index]
            / (games * math.fsum([1.0 / (strength + other) for at, other in enumerate(strengths) if at != index]))
            for index, strength in enumerate(strengths)
        ]
        mean = math.exp(math.fsum(map(math.log, found)) / count)
        found = [one / mean for one in found]
        moved = max(abs(new - old) / old for new, old in zip(found, strengths, strict=True))
        strengths = found
        if moved < EXACT:
            break
    return [strength / (strength + 1.0) for strength in strengths]


def dgr(shares: Known) -> list[float]:
    """Copeland's score of a tournament rid of its cycles (`net_wins`), by the largest of the group, moved to [0, 1]."""
    nets = net_wins(shares)
    most = max(map(abs, nets))
    return [float((net / most + 1) / 2) if most else 0.5 for net in nets]


TOGETHER: dict[RankBy, Callable[[Known], list[float]]] = {
    "copeland": copeland,
    "elo": elo,
    "bradley_terry": bradley_terry,
    "dgr": dgr,
}
"""Rankings in which every comparison of the group may count for each value."""


def values_of(shares: Shares, by: RankBy) -> list[float | None]:
    """The values in [0, 1] of at least two responses; None where a share that is not known may count for a value.

    `win_rate` and `borda` are means of a response's own shares. They differ in what a share is: `borda` counts each
    reply as a ballot, so that orders which disagree need not be a tie.
    """
    if by in ("win_rate", "borda"):
        return [None if None in own else win_rate([one for one in own if one is not None]) for own in _own(shares)]
    if any(None in own for own in _own(shares)):
        return [_sure(own) if by != "bradley_terry" else None for own in _own(shares)]
    return list(TOGETHER[by]([[0.5 if share is None else share for share in row] for row in shares]))


def _sure(own: Sequence[Share]) -> float | None:
    """The end of the scale where whoever wins, or loses, every comparison outright stands, whatever the others do."""
    if all(share == 1.0 for share in own):
        return 1.0
    return 0.0 if all(share == 0.0 for share in own) else None


def _own(shares: Shares) -> list[list[Share]]:
    return [[share for other, share in enumerate(row) if other != index] for index, row in enumerate(shares)]


def against(shares: Known, index: int) -> list[float]:
    """The shares of a response against each of the others, in their order."""
    return [share for other, share in enumerate(shares[index]) if other != index]


def outcomes(shares: Sequence[float]) -> tuple[int, int, int]:
    """Wins, losses and ties: the signs of the shares around one half."""
    wins = sum(share > 0.5 for share in shares)
    losses = sum(share < 0.5 for share in shares)
    return wins, losses, len(shares) - wins - losses


def settle(forward: float, backward: float) -> tuple[float, bool]:
    """One pair asked in both orders: the share of the first, and whether the two orders agree.

    `forward` is the share of the first when it was shown first, `backward` that of the second when it was shown
    first. Orders that name different winners, or a winner and a tie, are a tie.
    """
    mirrored = 1.0 - backward
    if _side(forward) != _side(mirrored):
        return 0.5, False
    return (forward + mirrored) / 2, True


def _side(share: float) -> int:
    return (share > 0.5) - (share < 0.5)
