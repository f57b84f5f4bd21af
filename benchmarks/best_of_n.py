"""How many model calls it takes to choose the best of eight, and that the same are chosen.

    python benchmarks/best_of_n.py [--rows 200]

Eight candidates a problem of GSM8K: recorded solutions of four models, and each broken off half-way, as at a limit of
tokens. A gate wants a final answer, a rule the right one, and a judge on loopback (`scripted.py`) grades from the
content of the question, failing at some. `every node` is `optimize=False`; what it chooses is computed from its scores.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rmcompose as rm
from report import table
from rmcompose.runtime.client import Client, Config
from scripted import ScriptedJudge, scripted_judge

HERE = Path(__file__).parent
SPEC = HERE / "specs" / "best_of_8.rm"
Row = dict[str, Any]


def rows(count: int) -> list[Row]:
    """The first `count` problems with eight candidates each; whole and broken-off solutions take turns."""
    with gzip.open(HERE / "data" / "gsm8k" / "solutions.jsonl.gz", "rt", encoding="utf-8") as lines:
        problems = [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]
    return [
        {
            "id": str(number),
            "prompt": f"Problem {number}",
            "reference": problem["reference"],
            "responses": [
                text
                for one in problem["solutions"]
                for text in (one["solution"], one["solution"][: len(one["solution"]) // 2])
            ],
        }
        for number, problem in enumerate(problems)
    ]


def client(judge: ScriptedJudge) -> Client:
    """A client that keeps nothing from run to run."""
    config = Config({}, {"OPENAI_API_KEY": "scripted", "OPENAI_BASE_URL": judge.url})
    return Client(config, cache=False)


def best(scores: Sequence[float | None], count: int) -> list[int]:
    """The indices of the highest scores, best first, ties by index."""
    return [index for _, index in sorted((-s, i) for i, s in enumerate(scores) if s is not None)[:count]]


def main() -> int:
    """Prints the table; ends with an error where another response is chosen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200, help="problems, eight candidates each; at most 557")
    options = parser.parse_args()
    data = rows(options.rows)
    lines = []
    with scripted_judge() as judge:
        with rm.load(SPEC, optimize=False, client=client(judge)) as reward:
            full = reward.scores(data)
            every = reward.usage.calls
        with rm.load(SPEC, client=client(judge)) as reward:
            if reward.scores(data) != full:
                raise SystemExit("the optimised run gives other scores")
            needed = reward.usage.calls
        for count in (1, 2, 4):
            with rm.load(SPEC, client=client(judge)) as reward:
                chosen = [line["best"] for line in rm.best_of_n(reward, data, count)]
                calls = reward.usage.calls
            if chosen != [best(scores, count) for scores in full]:
                raise SystemExit(f"the best {count} are others")
            lines.append(
                [f"{count} of 8", f"{every:,}", f"{needed:,}", f"{calls:,}", f"{calls / every:.0%}", "identical"]
            )
    head = ["best", "every node", "all scores, optimised", "best-of-n", "of every node", "chosen"]
    print(table(f"Model calls to choose, {len(data)} prompts", head, lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
