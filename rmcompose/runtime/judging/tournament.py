"""Tournaments without cycles: which wins to disregard so that nobody is, round a circle, better than himself.

An arc runs from the winner of a comparison to its loser and weighs |2·share - 1|; a tie is no arc. A set of feedback
arcs is one without which there is no cycle; the lightest such set is the evidence that a ranking has to go against.
Placing the responses in an order goes against the arcs that run backward in it, so the lightest sets are those of the
best orders (Slater's and Kemeny's problem).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Arcs = Sequence[Sequence[int]]
"""`arcs[i][j]` is the weight of the arc from i to j, 0 where there is none."""

EXACT_UP_TO = 10
"""Responses that one knot of cycles may have to be solved exactly: the work is 2^k·k²."""
UNITS = 10**9
"""A full win in whole units: weights add up exactly, and shares that differ by rounding alone weigh the same."""


def net_wins(shares: Sequence[Sequence[float]]) -> list[Fraction]:
    """Wins less losses of each response over the comparisons that agree with the best order, exactly.

    Only comparisons within a strongly connected component can be on a cycle. Where several orders of a component are
    best, a comparison counts by the share of them that it agrees with, so that no numbering is preferred. A component
    of more than `EXACT_UP_TO` is ordered by the net weight of its comparisons instead, those of equal net in all ways
    alike, which is not always best.
    """
    count = len(shares)
    arcs = [[_weight(shares[i][j]) if i != j else 0 for j in range(count)] for i in range(count)]
    kept = [[Fraction(weight > 0) for weight in row] for row in arcs]
    for members in _components(arcs):
        inner = [[arcs[i][j] for j in members] for i in members]
        against = _backward(inner) if len(members) <= EXACT_UP_TO else _backward_by_net(inner)
        for i, row in zip(members, against, strict=True):
            for j, share in zip(members, row, strict=True):
                kept[i][j] -= share
    return [sum(kept[i], Fraction(0)) - sum((row[i] for row in kept), Fraction(0)) for i in range(count)]


def _weight(share: float) -> int:
    return max(round((2.0 * share - 1.0) * UNITS), 0)


def _components(arcs: Arcs) -> list[list[int]]:
    """The strongly connected components of more than one member, each in ascending order."""
    count = len(arcs)
    reach = [sum(1 << j for j in range(count) if arcs[i][j]) for i in range(count)]
    for via in range(count):  # Warshall's closure, a row at a time
        for i in range(count):
            if reach[i] >> via & 1:
                reach[i] |= reach[via]
    components: dict[int, list[int]] = {}
    for i in range(count):
        if reach[i] >> i & 1:  # on a cycle: the members of a component reach the same
            components.setdefault(reach[i], []).append(i)
    return list(components.values())


def _backward(arcs: Arcs) -> list[list[Fraction]]:
    """For each arc the share of the best orders in which it runs backward.

    Dynamic programming over the set that is placed first: `least` is the weight that its best orders go against, `ways`
    how many they are; `rest` counts the best ways to go on from it.
    """
    count = len(arcs)
    full = (1 << count) - 1
    # what placing i next goes against: its arcs to those already placed
    costs = [[0] * (full + 1) for _ in range(count)]
    for i in range(count):
        for placed in range(1, full + 1):
            lowest = (placed & -placed).bit_length() - 1
            costs[i][placed] = costs[i][placed & (placed - 1)] + arcs[i][lowest]
    least: list[int] = [0] * (full + 1)
    ways: list[int] = [1] * (full + 1)
    for placed in range(1, full + 1):
        options = [(least[placed ^ (1 << i)] + costs[i][placed ^ (1 << i)], placed ^ (1 << i)) for i in _bits(placed)]
        least[placed] = min(cost for cost, _ in options)
        ways[placed] = sum(ways[before] for cost, before in options if cost == least[placed])
    rest = [0] * (full + 1)
    rest[full] = 1
    against = [[0] * count for _ in range(count)]
    for placed in range(full - 1, -1, -1):
        for i in _bits(full ^ placed):
            after = placed | (1 << i)
            if rest[after] and least[placed] + costs[i][placed] == least[after]:
                rest[placed] += rest[after]
                orders = ways[placed] * rest[after]
                for j in _bits(placed):
                    if arcs[i][j]:
                        against[i][j] += orders
    return [[Fraction(orders, ways[full]) for orders in row] for row in against]


def _backward_by_net(arcs: Arcs) -> list[list[Fraction]]:
    """The same for the orders by net weight: an arc between two of equal net runs backward in half of them."""
    count = len(arcs)
    nets = [sum(arcs[i]) - sum(row[i] for row in arcs) for i in range(count)]
    return [
        [_half_of((nets[i] < nets[j]) - (nets[i] > nets[j])) if arcs[i][j] else Fraction(0) for j in range(count)]
        for i in range(count)
    ]


def _half_of(side: int) -> Fraction:
    return Fraction(side + 1, 2)


def _bits(placed: int) -> list[int]:
    return [i for i in range(placed.bit_length()) if placed >> i & 1]
