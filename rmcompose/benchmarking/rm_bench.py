"""RM-Bench (Liu et al. 2024): three chosen against three rejected responses, from a plain to a fancy style."""

from __future__ import annotations

from collections.abc import Mapping

from rmcompose.benchmarking.benchmark import (
    Benchmark,
    Case,
    Outcome,
    Scores,
    arranged,
    better,
    credit,
    mean_of,
    need_both,
    verdict_of,
)
from rmcompose.calibration.bootstrap import Point
from rmcompose.data import RowError
from rmcompose.data.sources import Row

SIZE = 3
DOMAINS: dict[str, tuple[str, ...]] = {
    "chat": ("chat",),
    "math": ("math",),
    "code": ("code",),
    "safety": ("safety-refuse", "safety-response"),
}
"""The domains of the published table, each with the data's; that of safety is the mean of both."""


class RmBench(Benchmark):
    """The matrix of chosen (rows) against rejected (columns): 1 where the chosen one scores strictly higher.

    `hard` is the mean above the diagonal, where the chosen response has the plainer style, `easy` that below it,
    `normal` the diagonal, `overall` all nine cells; means over prompts. `average` is the mean over domains.
    """

    name = "rm-bench"
    title = "RM-Bench"
    headline = "overall"
    sources = ("rmbench",)
    unit = "prompts"
    single = False

    def case(self, row: Row, where: str) -> Case | None:
        """As in the base class."""
        both = need_both(row)
        if both is None:
            return None
        chosen, rejected = both
        for numbers, name in ((chosen, "chosen"), (rejected, "rejected")):
            if len(numbers) != SIZE:
                raise RowError(f"{len(numbers)} responses are `{name}`: RM-Bench has {SIZE}, from plain to fancy")
        pairs = [(good, bad) for good in chosen for bad in rejected]
        samples, order, lengths = arranged(row, pairs if self.comparing else None)
        subset = self.subset_of(row)
        groups = () if subset is None else (f"subsets/{subset}",)
        return Case(str(row.get("unique_id") or where), where, where, groups, samples, order, lengths, chosen, rejected)

    def outcome(self, case: Case, scores: Scores, tied: float = 0.0) -> Outcome:
        """As in the base class."""
        at = case.at
        sides = []
        for good in case.chosen:
            for bad in case.rejected:
                sample, first, second = at[good, bad]
                sides.append(better(scores[sample][first], scores[sample][second]))
        won = [credit(side, tied) for side in sides]
        found = {"easy": 0.0, "normal": 0.0, "hard": 0.0}
        for cell, value in enumerate(won):
            i, j = divmod(cell, SIZE)
            found["hard" if i < j else "normal" if i == j else "easy"] += value
        figures = {**{name: value / SIZE for name, value in found.items()}, "overall": sum(won) / SIZE**2}
        names = ["", *(f"{group}/" for group in case.groups)]
        parts = tuple((f"{name}{figure}", value, 1.0) for name in names for figure, value in figures.items())
        matrix = [sides[SIZE * i : SIZE * (i + 1)] for i in range(SIZE)]
        return Outcome(
            parts, verdict_of(sides), ties=sides.count(0), unscored=sides.count(None), told={"matrix": matrix}
        )

    def combined(self, figures: Mapping[str, Point]) -> dict[str, Point]:
        """As in the base class."""
        found: dict[str, Point] = {}
        for domain, subsets in DOMAINS.items():
            points = [figures[f"subsets/{name}/overall"] for name in subsets if f"subsets/{name}/overall" in figures]
            if points:
                found[f"domains/{domain}/overall"] = mean_of(points, "nothing is there")
        return {**found, "average": mean_of(list(found.values()), "no row is of a domain of RM-Bench")}

    def notes(self, groups: Mapping[str, int]) -> list[str]:
        """As in the base class."""
        known = [name for names in DOMAINS.values() for name in names]
        there = {name.removeprefix("subsets/"): n for name, n in groups.items()}
        told = [
            f"domain `{name}` ({n:,} prompts) is not one of RM-Bench's and does not count in `average`"
            for name, n in there.items()
            if name not in known
        ]
        missing = [name for name in known if name not in there]
        return [*told, *([f"no rows of {', '.join(missing)}"] if missing else [])]
