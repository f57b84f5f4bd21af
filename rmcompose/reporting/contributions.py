"""What decides the total: the variance of the scores, told apart by the way a result took and by what it adds up.

With W the way that a response took and S its score, Var S = Var E[S | W] + E Var[S | W] (the law of total variance).
The first part is that of the *branch*: which gate stopped the response, which arm was taken. Within a way whose result
is a sum c + Σ aᵢxᵢ + r, Var S = Σ aᵢ Cov(xᵢ, S) + Cov(r, S), and the part of a summand is what it gives of that sum.
Parts are shares of Var S over all scored responses and sum to 1; one may be negative, where a summand works against the
others. Responses that lack the value of a summand count for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rmcompose.calibration.moments import CoMoments, Moments
from rmcompose.reporting.ways import Way, Ways


@dataclass(frozen=True, slots=True)
class Part:
    """What one thing gives of the variance: `kind` is `branch`, `node` or `rest`.

    `factor` is the weight that the node has in the sum, None where that depends on the way. `responses` are those over
    which the part was found.
    """

    kind: str
    name: str
    share: float
    responses: int
    factor: float | None = None


@dataclass(slots=True)
class _Taken:
    """The responses that took one way; `complete` are those in which every summand has a value."""

    scores: Moments = field(default_factory=Moments)
    complete: int = 0
    terms: dict[str, CoMoments] = field(default_factory=dict)


class Contributions:
    """Takes scored responses in, one by one."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._all = Moments()
        self._taken: dict[str, tuple[Way, _Taken]] = {}

    def add(self, score: float, values: Mapping[str, Any], way: Way) -> None:
        """Takes in a response with the values of its nodes and the way that it took."""
        self._all.add(score)
        _, taken = self._taken.setdefault(way.name, (way, _Taken()))
        taken.scores.add(score)
        numbers = {name: values.get(name) for name in way.terms}
        if any(not isinstance(value, bool | int | float) for value in numbers.values()):
            return
        taken.complete += 1
        for name, value in numbers.items():
            taken.terms.setdefault(name, CoMoments()).add(float(value), score)  # type: ignore[arg-type]  # all numbers

    def taken(self) -> list[tuple[Way, int, float]]:
        """Each way with the number of responses that took it and their mean score, as the composition has them."""
        order = {way.name: place for place, way in enumerate(self._ways.ways)}
        told = sorted(self._taken.items(), key=lambda one: order.get(one[0], len(order)))
        return [(way, taken.scores.count, taken.scores.mean) for _, (way, taken) in told]

    def parts(self) -> list[Part]:
        """The parts, greatest first; empty where scores do not vary."""
        everything = self._all.std**2 * self._all.count
        if not 0 < everything < math.inf:
            return []
        within = sum(taken.scores.std**2 * taken.scores.count for _, taken in self._taken.values())
        nodes: dict[str, list[tuple[float, int, float]]] = {}
        rest = 0.0
        rest_count = 0
        for way, taken in self._taken.values():
            squares = taken.scores.std**2 * taken.scores.count
            told = 0.0
            for name, pair in taken.terms.items():
                part = way.terms[name] * pair.xy
                told += part
                nodes.setdefault(name, []).append((part / everything, taken.complete, way.terms[name]))
            if abs(squares - told) > 1e-9 * everything:
                rest += (squares - told) / everything
                rest_count += taken.scores.count
        found = [
            Part(
                "node", name, sum(part for part, _, _ in each), sum(n for _, n, _ in each), _only([f for *_, f in each])
            )
            for name, each in nodes.items()
        ]
        if self._ways.branches:
            found.append(Part("branch", self._branch_name(), max(0.0, 1 - within / everything), self._all.count))
        if rest_count:
            found.append(Part("rest", self._rest_name(), rest, rest_count))
        return sorted(found, key=lambda part: -part.share)

    def _branch_name(self) -> str:
        has_gates, has_arms = bool(self._ways.stops), len(self._ways.ways) > len(self._ways.stops) + 1
        if has_gates and has_arms:
            return "gates, and which arm is taken"
        return "gates" if has_gates else "which arm is taken"

    def _rest_name(self) -> str:
        texts = list(dict.fromkeys(text for way, _ in self._taken.values() for text in way.rest))
        if not texts:
            return "what no node tells"
        return ", ".join(texts[:3]) + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")


def _only(factors: list[float]) -> float | None:
    return factors[0] if len({round(factor, 12) for factor in factors}) == 1 else None
