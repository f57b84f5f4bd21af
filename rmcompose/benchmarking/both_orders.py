"""Benchmarks that judge each pair in both orders: JudgeBench (Tan et al. 2025) and LLMBar (Zeng et al. 2024).

The responses are shown as they are published, and exchanged. A judge that asks both orders itself (`both_orders`, which
is the default of a pairwise judge) gives the same verdict both times, and is consistent by construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from rmcompose.benchmarking.benchmark import (
    Benchmark,
    Case,
    Outcome,
    Scores,
    Verdict,
    better,
    credit,
    metadata_of,
    preferences,
    shown,
)
from rmcompose.data import RowError
from rmcompose.data.sources import Row

CATEGORIES = (("mmlu-pro", "knowledge"), ("livebench-reasoning", "reasoning"), ("livebench-math", "math"))
CODING = ("livecodebench", "coding")


class BothOrders(Benchmark):
    """The pair of a row as two samples, the second with the responses exchanged."""

    unit = "pairs"
    reorders = True

    def case(self, row: Row, where: str) -> Case | None:
        """As in the base class."""
        if len(row["output"]) != 2:
            raise RowError(f"there are {len(row['output'])} responses: two are compared")
        chosen, rejected = preferences(row)
        if (chosen or rejected) and not (chosen and rejected):
            raise RowError("one response is `chosen`, the other `rejected`")
        if not chosen and not self.equal(row):
            return None
        samples, order, lengths = shown(row, ((0, 1), (1, 0)))
        label = 0 if not chosen else 1 if chosen == (0,) else -1
        groups = self.groups(row, where)
        return Case(
            str(row.get("unique_id") or where), where, where, groups, samples, order, lengths, chosen, rejected, label
        )

    def equal(self, row: Row) -> bool:  # noqa: ARG002  # for those that have such rows
        """Whether a row without a preference says that both responses are equally good."""
        return False

    def groups(self, row: Row, where: str) -> tuple[str, ...]:
        """The groups of a row."""
        raise NotImplementedError

    @staticmethod
    def decisions(scores: Scores) -> list[int | None]:
        """In each order which of the published two is preferred: 1 the first, -1 the second, 0 neither."""
        (one, other), (swapped_other, swapped_one) = scores
        return [better(one, other), better(swapped_one, swapped_other)]


class JudgeBench(BothOrders):
    """A pair is right where more of both verdicts are the label than its opposite.

    `consistency` is the share of pairs with the same verdict in both orders, `both_right` that of pairs where both are
    the label. A missing verdict is neither, and agrees with nothing.
    """

    name = "judgebench"
    title = "JudgeBench"
    headline = "accuracy"
    sources = ("judgebench",)
    subset_field = "source"

    def equal(self, row: Row) -> bool:
        """As in the base class."""
        return metadata_of(row).get("label") == "A=B"

    def groups(self, row: Row, where: str) -> tuple[str, ...]:  # noqa: ARG002  # rows say it all
        """As in the base class."""
        source = metadata_of(row).get("source")
        if not isinstance(source, str) or not source:
            return ()
        known = next((name for start, name in (*CATEGORIES, CODING) if source.startswith(start)), source)
        return (f"subsets/{known}",)

    def outcome(self, case: Case, scores: Scores, tied: float = 0.0) -> Outcome:
        """As in the base class."""
        decisions = self.decisions(scores)
        label = case.facts
        if label == 0:
            net = decisions.count(0)
        else:
            net = sum((decision == label) - (decision == -label) for decision in decisions)
        lacking = None in decisions
        verdict: Verdict = "right" if net > 0 else "wrong" if net < 0 else "unscored" if lacking else "tie"
        figures = {
            "accuracy": 1.0 if net > 0 else tied if net == 0 and not lacking else 0.0,
            "consistency": float(not lacking and decisions[0] == decisions[1]),
            "both_right": float(all(decision == label for decision in decisions)),
        }
        if tied and net == 0:
            figures["both_right"] = tied
        names = ["", *(f"{group}/" for group in case.groups)]
        parts = tuple((f"{name}{figure}", value, 1.0) for name in names for figure, value in figures.items())
        return Outcome(
            parts, verdict, ties=int(verdict == "tie"), unscored=int(lacking), told={"decisions": list(decisions)}
        )

    def notes(self, groups: Mapping[str, int]) -> list[str]:
        """As in the base class."""
        known = {name for _, name in (*CATEGORIES, CODING)}
        return [
            f"source `{name.removeprefix('subsets/')}` ({n:,} pairs) is not one of JudgeBench's"
            for name, n in groups.items()
            if name.removeprefix("subsets/") not in known
        ]


class LlmBar(BothOrders):
    """The figures of the authors' `statistics.json`.

    `given` and `exchanged` are the shares of right verdicts in each order (`correct_False`, `correct_True`),
    `accuracy` is their mean (`correct_average`), `both_right` is `correct_both` and `consistency` is `equal`, which
    counts two missing verdicts as the same.
    """

    name = "llmbar"
    title = "LLMBar"
    headline = "accuracy"
    sources = ("llmbar",)
    files = "dataset.json"

    def groups(self, row: Row, where: str) -> tuple[str, ...]:
        """As in the base class."""
        # published as `LLMBar/Adversarial/Manual/dataset.json`: the folder is the subset
        file = PurePath(where.rpartition(":")[0])
        folder = file.parent.name if file.name.startswith("dataset.") else ""
        subset = self.subset_of(row) or folder
        return (f"subsets/{subset.rsplit('/', 1)[-1]}",) if subset else ()

    def outcome(self, case: Case, scores: Scores, tied: float = 0.0) -> Outcome:
        """As in the base class."""
        decisions = self.decisions(scores)
        won = [credit(None if side is None else side * case.facts, tied) for side in decisions]
        both = all(value == 1 for value in won)
        figures = {
            "accuracy": sum(won) / 2,
            "given": won[0],
            "exchanged": won[1],
            "both_right": tied if tied in won and tied else float(both),
            "consistency": float(decisions[0] == decisions[1]),
        }
        names = ["", *(f"{group}/" for group in case.groups)]
        parts = tuple((f"{name}{figure}", value, 1.0) for name in names for figure, value in figures.items())
        sides = [None if side is None else side * case.facts for side in decisions]
        verdict: Verdict = "right" if both else "wrong" if -1 in sides else "unscored" if None in sides else "tie"
        return Outcome(
            parts, verdict, ties=sides.count(0), unscored=sides.count(None), told={"decisions": list(decisions)}
        )
