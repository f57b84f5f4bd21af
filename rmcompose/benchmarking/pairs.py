"""Benchmarks of pairs that are right where the chosen response scores strictly higher: `preference`, RewardBench, RMB.

Ties and missing scores are losses, and counted beside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import ClassVar

from rmcompose.benchmarking.benchmark import (
    Benchmark,
    Case,
    Outcome,
    Scores,
    arranged,
    better,
    credit,
    mean_of,
    metadata_of,
    need_both,
    verdict_of,
)
from rmcompose.calibration.bootstrap import Point
from rmcompose.data import RowError
from rmcompose.data.sources import Row

NO_ROWS = "there are no such rows"


class Pairs(Benchmark):
    """Every chosen response of a row against every rejected one; the pairs of one row are drawn together."""

    figure: ClassVar[str]

    def groups(self, row: Row, where: str) -> tuple[str, ...]:  # noqa: ARG002  # some are told by their file
        """The groups of a row."""
        subset = self.subset_of(row)
        return () if subset is None else (f"subsets/{subset}",)

    def case(self, row: Row, where: str) -> Case | None:
        """As in the base class."""
        both = need_both(row)
        if both is None:
            return None
        chosen, rejected = both
        pairs = [(good, bad) for good in chosen for bad in rejected]
        samples, order, lengths = arranged(row, pairs if self.comparing else None)
        return Case(
            str(row.get("unique_id") or where),
            where,
            where,
            self.groups(row, where),
            samples,
            order,
            lengths,
            chosen,
            rejected,
        )

    def outcome(self, case: Case, scores: Scores, tied: float = 0.0) -> Outcome:
        """As in the base class."""
        at = case.at
        sides = []
        for good in case.chosen:
            for bad in case.rejected:
                sample, first, second = at[good, bad]
                sides.append(better(scores[sample][first], scores[sample][second]))
        won = sum(credit(side, tied) for side in sides)
        names = ["", *(f"{group}/" for group in case.groups)]
        parts = tuple((f"{name}{self.figure}", won, float(len(sides))) for name in names)
        return Outcome(parts, verdict_of(sides), ties=sides.count(0), unscored=sides.count(None))

    def size(self, case: Case) -> int:
        """As in the base class."""
        return len(case.chosen) * len(case.rejected)


class Preference(Pairs):
    """Accuracy on preference pairs."""

    name = "preference"
    title = "preference pairs"
    headline = figure = "accuracy"
    sources = (
        "rewardbench",
        "rewardbench2",
        "rmbench",
        "rmbbenchmark_pairwise",
        "rmbbenchmark_bestofn",
        "judgebench",
        "helpsteer2_pairwise",
        "helpsteer3_preference",
        "prmbench",
        "llmbar",
    )


SECTIONS: dict[str, dict[str, int]] = {
    "Chat": {
        "alpacaeval-easy": 100,
        "alpacaeval-length": 95,
        "alpacaeval-hard": 95,
        "mt-bench-easy": 28,
        "mt-bench-med": 40,
    },
    "Chat Hard": {
        "mt-bench-hard": 37,
        "llmbar-natural": 100,
        "llmbar-adver-neighbor": 134,
        "llmbar-adver-GPTInst": 92,
        "llmbar-adver-GPTOut": 47,
        "llmbar-adver-manual": 46,
    },
    "Safety": {
        "refusals-dangerous": 100,
        "refusals-offensive": 100,
        "xstest-should-refuse": 250,
        "xstest-should-respond": 154,
        "donotanswer": 136,
    },
    "Reasoning": {
        "math-prm": 984,
        "hep-cpp": 164,
        "hep-go": 164,
        "hep-java": 164,
        "hep-js": 164,
        "hep-python": 164,
        "hep-rust": 164,
    },
}
"""The subsets of each section with the weights of the official `EXAMPLE_COUNTS`, as they are: `math-prm` (447 rows)
counts as much as all code, and the counts of the two XSTest subsets (154 and 250 rows) stand the wrong way round."""
PRIOR = ("anthropic_helpful", "anthropic_hhh", "shp", "summarize")
"""The prior test sets: their plain mean is a section of half the weight."""
_SECTION_OF = {subset: section for section, subsets in SECTIONS.items() for subset in subsets}


class RewardBench(Pairs):
    """RewardBench (Lambert et al. 2024): sections are means of subsets weighted by `SECTIONS`, the score their mean."""

    name = "rewardbench"
    title = "RewardBench"
    headline = "score"
    figure = "accuracy"
    sources = ("rewardbench",)

    def groups(self, row: Row, where: str) -> tuple[str, ...]:
        """As in the base class."""
        subset = self.subset_of(row)
        # the prior sets are published with a file each, named after the set, and a `subset` of another meaning
        stem = re.split(r"\.|-\d+-of-", PurePath(where.rpartition(":")[0]).name)[0]
        if stem in PRIOR:
            subset = stem
        if subset is None:
            raise RowError("`subset` is missing")
        return (f"subsets/{subset}",)

    def combined(self, figures: Mapping[str, Point]) -> dict[str, Point]:
        """As in the base class."""
        found: dict[str, Point] = {}
        for section, weights in SECTIONS.items():
            reached = total = 0.0
            n = 0
            for subset, weight in weights.items():
                value, count = figures.get(f"subsets/{subset}/accuracy", (NO_ROWS, 0))
                if not isinstance(value, str):
                    reached, total, n = reached + weight * value, total + weight, n + count
            if total:
                found[f"sections/{section}/score"] = reached / total, n
        prior = mean_of([figures.get(f"subsets/{name}/accuracy", (NO_ROWS, 0)) for name in PRIOR], NO_ROWS)
        sections = [(value, 1.0, n) for value, n in found.values() if not isinstance(value, str)]
        if not isinstance(prior[0], str):
            found["sections/Prior Sets/score"] = prior
            sections.append((prior[0], 0.5, prior[1]))
        if not sections:
            return {**found, "score": ("no row is of a subset of RewardBench", 0)}
        whole = sum(share for _, share, _ in sections)
        score = sum(value * share for value, share, _ in sections) / whole
        return {**found, "score": (score, sum(n for _, _, n in sections))}

    def notes(self, groups: Mapping[str, int]) -> list[str]:
        """As in the base class."""
        there = {name.removeprefix("subsets/"): n for name, n in groups.items()}
        told = [
            f"subset `{name}` ({n:,} pairs) is not one of RewardBench's and counts in no section"
            for name, n in there.items()
            if name not in _SECTION_OF and name not in PRIOR
        ]
        for section, subsets in SECTIONS.items():
            missing = [name for name in subsets if name not in there]
            if missing:
                what = "without rows" if len(missing) == len(subsets) else f"without {', '.join(missing)}"
                told.append(f"section {section} is {what}")
        lacking = [name for name in PRIOR if name not in there]
        if 0 < len(lacking) < len(PRIOR):
            told.append(f"the prior sets are without {', '.join(lacking)}")
        return told


class Rmb(Benchmark):
    """RMB (Zhou et al. 2025): pairs, and best of n, where the best response must score higher than every other."""

    name = "rmb"
    title = "RMB"
    headline = "pairwise"
    sources = ("rmbbenchmark_pairwise", "rmbbenchmark_bestofn")
    unit = "prompts"

    def case(self, row: Row, where: str) -> Case | None:
        """As in the base class."""
        both = need_both(row)
        if both is None:
            return None
        chosen, rejected = both
        if len(chosen) > 1:
            raise RowError(f"{len(chosen)} responses are `chosen`: one is the best")
        metadata = metadata_of(row)
        source = row.get("source")
        kind = "best_of_n" if source == "rmbbenchmark_bestofn" or len(rejected) > 1 else "pairwise"
        samples, order, lengths = arranged(row, [(chosen[0], bad) for bad in rejected] if self.comparing else None)
        # `BoN_set/Helpfulness/Chat/Discussion`: the set, the goal, the scenario and its kind
        steps = [
            step for step in str(metadata.get("category_path") or row.get("category_path") or "").split("/") if step
        ]
        groups = (f"goals/{steps[1]}", f"subsets/{'/'.join(steps[1:])}") if len(steps) > 1 else ()
        return Case(
            str(row.get("unique_id") or where), where, where, groups, samples, order, lengths, chosen, rejected, kind
        )

    def outcome(self, case: Case, scores: Scores, tied: float = 0.0) -> Outcome:
        """As in the base class."""
        at = case.at
        sides = []
        for bad in case.rejected:
            sample, first, second = at[case.chosen[0], bad]
            sides.append(better(scores[sample][first], scores[sample][second]))
        won = 1.0 if all(side == 1 for side in sides) else 0.0
        if tied and all(side in (0, 1) for side in sides):
            won = 1 / (1 + sides.count(0))  # a coin among all that are as long
        names = ["", *(f"{group}/" for group in case.groups)]
        verdict = verdict_of(sides)
        return Outcome(
            tuple((f"{name}{case.facts}", won, 1.0) for name in names),
            verdict,
            ties=int(verdict == "tie"),
            unscored=int(None in sides),
        )

    def combined(self, figures: Mapping[str, Point]) -> dict[str, Point]:
        """As in the base class."""
        goals = [point for name, point in figures.items() if name.startswith("goals/")]
        return {"overall": mean_of(goals, "no row has a `category_path`")} if goals else {}

    def notes(self, groups: Mapping[str, int]) -> list[str]:
        """As in the base class."""
        known = ("goals/Helpfulness", "goals/Harmlessness")
        return [
            f"the goal `{name.removeprefix('goals/')}` ({n:,} prompts) is not one of RMB's"
            for name, n in groups.items()
            if name.startswith("goals/") and name not in known
        ]
