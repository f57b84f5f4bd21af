"""How well the reward agrees with people: its scores beside `is_correct`, which GSM8K's authors recorded.

python agreement.py OUT.jsonl
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

THRESHOLDS = (0.1, 0.9, 0.95, 1.0)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main(out: Path) -> int:
    """Prints agreement at some thresholds, and what picking the best of four is worth."""
    labels = {row["id"]: row["label"]["is_correct"] for row in _rows(Path(__file__).with_name("data.jsonl"))}
    pairs = []
    picked = []
    for row in _rows(out):
        correct = labels[row["id"]]
        pairs += [
            (response["score"], correct[response["index"]])
            for response in row["responses"]
            if response["score"] is not None
        ]
        if row["best"] is not None:
            picked.append(correct[row["best"]])

    print(f"{len(pairs)} scored solutions of {len(labels)} problems, {sum(c for _, c in pairs)} of them right")
    print()
    print("| score at least | solutions | agrees with is_correct |")
    print("|---:|---:|---:|")
    for threshold in THRESHOLDS:
        passed = [score >= threshold for score, _ in pairs]
        agrees = sum(p == c for p, (_, c) in zip(passed, pairs, strict=True)) / len(pairs)
        print(f"| {threshold:g} | {sum(passed)} | {agrees:.1%} |")
    print()
    chance = sum(sum(c) / len(c) for c in labels.values()) / len(labels)
    within_reach = sum(any(c) for c in labels.values()) / len(labels)
    print(f"best of four is right in {sum(picked) / len(labels):.1%} of the problems")
    print(f"(a random one in {chance:.1%}; at least one of the four in {within_reach:.1%})")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
