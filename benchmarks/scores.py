"""What the graph costs: five rules through `reward.scores(rows)` against the same five functions called by hand.

    python benchmarks/scores.py [--responses 12000] [--rounds 7]

Both sides run in one process, in turns, over the same synthetic responses; the figure is the ratio of the medians.
The scores of both are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import rmcompose as rm
from report import table
from rmcompose.primitives import registry

SPEC = """\
rmcompose 1

composition mix -> float {
  rule same   = accuracy()
  rule shared = f1_score(tokenizer_type = "simple")
  rule number = number_accuracy()
  rule brief  = length_penalty(min_length = 20, max_length = 400)
  rule shape  = reasoning_format()

  return 0.4 * same + 0.3 * shared + 0.2 * number + 0.1 * shape + brief
}
"""
WORDS = "the sum of seven and eight is fifteen so each box holds three red apples and two green pears 12 40 7.5".split()

RULES = ("accuracy", "f1_score", "number_accuracy", "length_penalty", "reasoning_format")

Row = dict[str, Any]


def rows_of(count: int, per_sample: int = 4) -> list[Row]:
    """`count` responses in samples of `per_sample`, of 10 to 80 words, the same at every run."""
    rng = random.Random(20)
    rows = []
    for index in range(count // per_sample):
        responses = []
        for _ in range(per_sample):
            body = " ".join(rng.choices(WORDS, k=rng.randint(10, 80)))
            responses.append(
                f"<think>{body}</think><answer>{rng.randint(1, 50)}</answer>" if rng.random() < 0.5 else body
            )
        rows.append(
            {"id": str(index), "prompt": "How many?", "responses": responses, "reference": str(rng.randint(1, 50))}
        )
    return rows


def _function(name: str) -> Callable[..., float]:
    signature = registry.signature(name)
    assert signature is not None
    return signature.function


def by_hand() -> Callable[[list[Row]], list[list[float | None]]]:
    """The same formula in Python over the same primitives."""
    accuracy, f1_score, number_accuracy, length_penalty, reasoning_format = map(_function, RULES)

    def scores(rows: list[Row]) -> list[list[float | None]]:
        return [
            [
                0.4 * accuracy(text=text, reference=row["reference"])
                + 0.3 * f1_score(text=text, reference=row["reference"], tokenizer_type="simple")
                + 0.2 * number_accuracy(text=text, reference=row["reference"])
                + 0.1 * reasoning_format(text=text)
                + length_penalty(text=text, min_length=20, max_length=400)
                for text in row["responses"]
            ]
            for row in rows
        ]

    return scores


def main() -> int:
    """Times both and prints the table; 1 where the two disagree on a score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--responses", type=int, default=12_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()

    rows = rows_of(options.responses)
    reward = rm.loads(SPEC)
    sides = {"by hand": by_hand(), "reward.scores": reward.scores}
    first = {name: side(rows) for name, side in sides.items()}  # warms up, too
    if first["by hand"] != first["reward.scores"]:
        print("the two sides give different scores", file=sys.stderr)
        return 1

    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(options.rounds):
        for name, side in sides.items():
            start = time.perf_counter()
            side(rows)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    lines = [
        [
            name,
            f"{median:.3f}",
            f"{options.responses / median:,.0f}",
            f"{median / options.responses * 1e6:.1f}",
            f"{median / medians['by hand']:.2f}",
        ]
        for name, median in medians.items()
    ]
    head = ["side", "median s", "responses/s", "µs/response", "ratio"]
    print(table(f"Five rules, {options.responses:,} responses, {options.rounds} rounds in turns", head, lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
