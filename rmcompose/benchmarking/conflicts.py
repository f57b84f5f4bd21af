"""Conflicts: whether the preferences between the responses of a sample contradict each other.

The formulas of RM-Gallery's conflict detector. Each two responses are compared once; an edge leads from the better to
the worse. A strongly connected component of more than one response is a conflict, its size the severity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations, permutations

from rmcompose.benchmarking.benchmark import (
    Benchmark,
    Case,
    Outcome,
    Scores,
    Verdict,
    arranged,
    better,
    credit,
    preferences,
)
from rmcompose.data import RowError
from rmcompose.data.sources import Row

MOST = 64
"""Responses of a sample, at most: triples are looked at one by one."""


class Conflicts(Benchmark):
    """Where the composition compares, each two responses are a sample of their own; else each is scored once.

    Scores of single responses cannot contradict each other.

    `conflict_rate` is the share of samples with a conflict, `cycles` the conflicts a sample, `severity` their mean
    size, `density` the responses in conflicts a sample, `intransitive` of the chains i > j > k those where i is not
    better than k. With labels: `accuracy` is the share of chosen-rejected comparisons that the chosen response wins,
    `dominance` the share of samples where no other response wins as often as the chosen ones.
    """

    name = "conflicts"
    title = "conflicts"
    headline = "conflict_rate"
    sources = ("rewardbench2", "rmbench", "rmbbenchmark_bestofn", "rewardbench", "responses")
    unit = "samples"
    ranked = False

    def case(self, row: Row, where: str) -> Case | None:
        """As in the base class."""
        count = len(row["output"])
        if count < 2:
            raise RowError("there is one response: conflicts are between several")
        if count > MOST:
            raise RowError(f"there are {count} responses: at most {MOST} are compared with each other")
        chosen, rejected = preferences(row)
        subset = self.subset_of(row)
        if subset is not None and subset.casefold() == "ties":
            return None  # equally right responses have no order to contradict
        samples, order, lengths = arranged(row, combinations(range(count), 2) if self.comparing else None)
        groups = () if subset is None else (f"subsets/{subset}",)
        return Case(
            str(row.get("unique_id") or where),
            where,
            where,
            groups,
            samples,
            order,
            lengths,
            chosen,
            rejected,
            count,
        )

    def outcome(self, case: Case, scores: Scores, tied: float = 0.0) -> Outcome:
        """As in the base class."""
        count: int = case.facts
        at = case.at
        sides: dict[tuple[int, int], int | None] = {}
        for pair in combinations(range(count), 2):
            sample, first, second = at[pair]
            side = better(scores[sample][first], scores[sample][second])
            sides[pair] = side
            sides[pair[::-1]] = None if side is None else -side
        beats = [[other for other in range(count) if sides.get((one, other)) == 1] for one in range(count)]
        conflicts = [sorted(one) for one in components(beats) if len(one) > 1]
        chains, broken = intransitive(beats)
        compared = [sides[pair] for pair in combinations(range(count), 2)]
        figures: dict[str, tuple[float, float]] = {
            "conflict_rate": (float(bool(conflicts)), 1.0),
            "cycles": (float(len(conflicts)), 1.0),
            "severity": (float(sum(map(len, conflicts))), float(len(conflicts))),
            "density": (float(sum(map(len, conflicts))), 1.0),
            "per_comparison": (float(sum(map(len, conflicts))), float(len(compared))),
            "intransitive": (float(broken), float(chains)),
        }
        if case.chosen and case.rejected:
            against = [sides[good, bad] for good in case.chosen for bad in case.rejected]
            wins = Counter(one for one in range(count) for _ in beats[one])
            most = max(wins[one] for one in range(count))
            top = [one for one in range(count) if wins[one] == most]
            figures["accuracy"] = (sum(credit(side, tied) for side in against), float(len(against)))
            figures["dominance"] = (float(set(top) <= set(case.chosen)), 1.0)
        names = ["", *(f"{group}/" for group in case.groups)]
        parts = tuple((f"{name}{figure}", *value) for name in names for figure, value in figures.items())
        lacking = compared.count(None)
        verdict: Verdict = "wrong" if conflicts else "unscored" if lacking else "right"
        return Outcome(
            parts, verdict, ties=compared.count(0), unscored=lacking, told={"conflicts": conflicts, "broken": broken}
        )


def components(graph: Sequence[Sequence[int]]) -> list[list[int]]:
    """The strongly connected components (Tarjan 1972), without recursion."""
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    found: list[list[int]] = []
    for root in range(len(graph)):
        if root in number:
            continue
        work = [(root, iter(graph[root]))]
        number[root] = low[root] = len(number)
        stack.append(root)
        while work:
            node, left = work[-1]
            for other in left:
                if other not in number:
                    number[other] = low[other] = len(number)
                    stack.append(other)
                    work.append((other, iter(graph[other])))
                    break
                if other in stack:
                    low[node] = min(low[node], number[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    at = stack.index(node)
                    found.append(stack[at:])
                    del stack[at:]
    return found


def intransitive(beats: Sequence[Sequence[int]]) -> tuple[int, int]:
    """How many chains i > j > k there are, and in how many of them i is not better than k."""
    wins = [set(one) for one in beats]
    chains = broken = 0
    for i, j, k in permutations(range(len(beats)), 3):
        if j in wins[i] and k in wins[j]:
            chains += 1
            broken += k not in wins[i]
    return chains, broken
