"""How many model calls are saved, and that nothing else changes.

    python benchmarks/calls.py [--rows 100]

Three compositions, each run as it is and with `optimize=False`, against a scripted judge on loopback (`scripted.py`)
that answers from the content of a question and fails at some. The disk cache is off; identical questions are asked once
in either run, as always. `one by one` is what a runner asks that puts every judge's question for every response and
shares nothing; it is counted, not run. The scores of both runs, and why a response has none, are compared to the bit
before anything is printed. Grades are drawn at random: judges who agree more often than chance save more.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rmcompose as rm
from report import table
from rmcompose.runtime.client import Client, Config
from scripted import ScriptedJudge, scripted_judge

HERE = Path(__file__).parent
MATH = HERE.parent / "examples" / "math"

Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """The result lines of a run, the names of the judges in them, and the calls that were made."""

    lines: list[Row]
    judges: frozenset[str]
    calls: int

    def scores(self) -> list[tuple[float | None, str | None]]:
        """The score of every response, or the kind of reason why it has none."""
        return [
            (response["score"], response["reason"] and response["reason"]["kind"])
            for line in self.lines
            for response in line["responses"]
        ]

    def judged(self) -> list[dict[str, Any]]:
        """What became of every judge for every response."""
        return [
            node
            for line in self.lines
            for response in line["responses"]
            for name, node in response["nodes"].items()
            if name in self.judges
        ]

    def one_by_one(self) -> int:
        """The requests that the answers took had none been shared: one, and one more whenever a reply was unreadable.

        Only of a run in which every judge was asked for every response, once each.
        """
        return sum(node["detail"].get("attempts", 1) if "detail" in node else 1 for node in self.judged())


def math_rows(count: int) -> list[Row]:
    """The first `count` problems of the math example, with four solutions each."""
    lines = (MATH / "data.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines[:count]]


def chat_rows(count: int) -> list[Row]:
    """`count` prompts with four answers each, drawn from a few as a model samples them: the likely ones come twice."""
    rng = random.Random(20)
    rows = []
    for index in range(count):
        prompt = f"{rng.choice(OPENINGS)} {rng.choice(TOPICS)}, in {index + 20} words?"
        known = [f"{start} {rng.choice(TOPICS)}. {rng.choice(ENDS)}" for start in STARTS]
        responses = rng.choices(known, weights=(8, 4, 2, 1), k=4)
        rows.append({"id": str(index), "prompt": prompt, "responses": responses})
    return rows


OPENINGS = ("Could you explain", "What should I know about", "How would you describe", "Can you sum up")
TOPICS = ("bread and yeast", "tides", "old clocks", "a fair contract", "sleep", "cleaning with bleach", "bee keeping")
STARTS = ("It all begins with", "Most people think first of", "Ask three experts about", "I would start with")
ENDS = (
    "The rest follows.",
    "Take your time.",
    "Write to jane.doe@example.org for more.",
    "That is all there is to it.",
)

SCENARIOS = {
    "math example: a format gate, a judge for right answers": (MATH / "math.rm", math_rows),
    "best of 4 chat, with duplicates": (HERE / "specs" / "chat.rm", chat_rows),
    "three judges, two of whom must accept; a length rule": (HERE / "specs" / "panel.rm", math_rows),
}


def run(spec: Path, rows: Sequence[Row], judge: ScriptedJudge, *, optimize: bool) -> Run:
    """Scores all rows. Raises SystemExit where the server counts other calls than the client."""
    config = Config({}, {"OPENAI_API_KEY": "scripted", "OPENAI_BASE_URL": judge.url})
    before = judge.requests
    with rm.load(spec, optimize=optimize, client=Client(config, cache=False)) as reward:
        lines = [reward.trace(row) for row in rows]
        judges = frozenset(step.id for step in reward.plan.judges)
        calls = reward.usage.calls
    if judge.requests - before != calls:
        raise SystemExit(f"{spec.name}: the client counts {calls} calls, the server {judge.requests - before}")
    return Run(lines, judges, calls)


def compared(spec: Path, rows: Sequence[Row], judge: ScriptedJudge) -> tuple[Run, Run]:
    """The run without the optimiser and the one with it. Raises SystemExit where they differ in a score or a reason."""
    every = run(spec, rows, judge, optimize=False)
    needed = run(spec, rows, judge, optimize=True)
    if every.scores() != needed.scores():
        raise SystemExit(f"{spec.name}: the optimised run gives other scores")
    return every, needed


def main() -> int:
    """Runs all scenarios and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100, help="rows of each, four responses a row; at most 100")
    options = parser.parse_args()

    lines = []
    with scripted_judge() as judge:
        for name, (spec, rows) in SCENARIOS.items():
            every, needed = compared(spec, rows(options.rows), judge)
            told, shared_by_none = every.scores(), every.one_by_one()
            lines.append(
                [
                    name,
                    f"{len(told):,}",
                    f"{sum(score is None for score, _ in told):,}",
                    f"{shared_by_none:,}",
                    f"{every.calls:,}",
                    f"{needed.calls:,}",
                    f"{1 - needed.calls / every.calls:.0%}",
                    f"{1 - needed.calls / shared_by_none:.0%}",
                    "identical",
                ]
            )
    head = ["composition", "responses", "unscored", "one by one", "`--no-optimize`", "calls"]
    head += ["saved by optimising", "saved in all", "scores"]
    print(table("Model calls saved", head, lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
