"""What scoring saved results anew costs: `rescore` against reading the file and writing it again.

    python benchmarks/rescore.py [--rows 100000] [--rounds 5]

Both sides go through the same reader and writer, in one process, in turns; the figure is the ratio of the medians. No
client is given, so no call can be made. Three cases: every leaf was evaluated; a gate spared the judge in a third of
the rows; four responses a row, which are compared.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import rmcompose as rm
from report import table
from rmcompose.data import open_writer, read

SPEC = """\
rmcompose 1

composition main -> score[0, 1] {
  rule same  = accuracy()
  rule words = word_count()
  rule shape = reasoning_format()
  judge sound: score[1, 5] {
    model = "m"
    given = [prompt, response]
    rubric "Is every step sound?"
  }

  let brief = clamp(1.0 - words / 200, 0.0, 1.0)
  aggregate mix = weighted_mean {
    member same  weight 0.7
    member shape weight 0.3
  }

  GATE
  return clamp(0.6 * mix + 0.2 * normalize(sound) + 0.2 * brief, 0.0, 1.0)
}
"""
GATED = SPEC.replace("GATE", 'require same >= 0.5 else 0.0 because "wrong"')
RANKED = SPEC.replace("GATE", "").replace("0.2 * brief, 0.0", "0.2 * minmax(brief + sound), 0.0")

Line = dict[str, Any]


def node(value: float | None, reason: str | None = None, calls: int = 0) -> Line:
    """A node as a run tells it."""
    status = "skipped" if value is None else "scored"
    told = {"value": value, "status": status, "reason": reason, "ms": 0.021 if value is not None else 0.0}
    return {**told, "calls": calls, "tokens": 240 * calls, "cached": False}


def nodes_of(number: int, *, gated: bool) -> Line:
    """What became of the nodes of one response; a gate spares the judge where the answer is wrong."""
    wrong = number % 3 == 0
    told = "The steps follow from one another, and the last one answers what was asked."
    judged = node(None, "a gate failed: wrong") if gated and wrong else node(float(1 + number % 5), told, 1)
    rules = {"same": node(0.0 if wrong else 1.0), "words": node(number % 180), "shape": node(float(number % 2))}
    return {**rules, "sound": judged, "brief": node(0.5), "mix": node(0.7)}


def lines(count: int, responses: int, digest: str, *, gated: bool) -> Iterator[Line]:
    """Result lines as a run of the spec writes them; what formulas gave is not looked at."""
    for number in range(count):
        each = [
            {"index": index, "score": 0.5, "status": "scored", "reason": None, "nodes": nodes}
            for index in range(responses)
            for nodes in [nodes_of(number * responses + index, gated=gated)]
        ]
        yield {"id": str(number), "composition": "main", "spec": digest, "best": 0, "responses": each}


def copied(source: Path, target: Path) -> None:
    """Reads the file and writes it."""
    with open_writer(target) as writer:
        for record in read(source):
            assert record.data is not None
            writer.write(record.data)


def measured(folder: Path, text: str, count: int, responses: int, rounds: int, *, gated: bool) -> list[float]:
    """The medians of both sides in seconds."""
    (folder / "old.rm").write_text(text, encoding="utf-8")
    (folder / "new.rm").write_text(text.replace("0.6 *", "0.5 *").replace("0.7\n", "0.4\n"), encoding="utf-8")
    source = folder / "out.jsonl"
    with open_writer(source) as writer:
        for line in lines(count, responses, rm.load(folder / "old.rm").spec_hash, gated=gated):
            writer.write(line)

    def anew() -> None:
        rescoring = rm.rescore(source, folder / "new.rm", old=folder / "old.rm")
        written = rescoring.write(folder / "new.jsonl")
        if written != count or rescoring.undone:
            raise SystemExit(f"{written} lines written of {count}, {rescoring.undone.total()} undone")

    sides: list[Callable[[], None]] = [lambda: copied(source, folder / "copy.jsonl"), anew]
    seconds: list[list[float]] = [[], []]
    for _ in range(rounds):
        for side, times in zip(sides, seconds, strict=True):
            start = time.perf_counter()
            side()
            times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in seconds]


def main() -> int:
    """Measures the three cases and prints the table; 1 where one takes more than twice the copy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    cases = {
        "all evaluated": (SPEC.replace("GATE", ""), 1, False),
        "a gate spares the judge": (GATED, 1, True),
        "four responses, compared": (RANKED, 4, False),
    }
    told, worst = [], 0.0
    for name, (text, responses, gated) in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            count = options.rows // responses
            copy, anew = measured(Path(folder), text, count, responses, options.rounds, gated=gated)
        worst = max(worst, anew / copy)
        told.append([name, f"{count:,}", f"{copy:.2f}", f"{anew:.2f}", f"{count / anew:,.0f}", f"{anew / copy:.2f}"])
    head = ["case", "rows", "read and write s", "rescore s", "rows/s", "ratio"]
    print(table(f"Scoring saved results anew, {options.rounds} rounds in turns", head, told))
    return 1 if worst > 2.0 else 0


if __name__ == "__main__":
    sys.exit(main())
