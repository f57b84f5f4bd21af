"""Weights learned for the recorded judges of LLMBar: an equal vote, single judges and fitted weights, held out.

    python benchmarks/fit.py

Each judge's vote for a response is the share of both orders in which it preferred it, an order without a verdict half;
the votes are inputs of a spec that weighs them. Fitted weights are judged on folds that they were not fitted on, and on
the sets that they were not fitted on. A tie is a pair that is not right. Nothing here depends on the machine.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import rmcompose as rm
from rmcompose.calibration.bootstrap import Figure
from rmcompose.learning.report import FitReport

DATA = Path(__file__).parent / "data" / "llmbar" / "pairs.jsonl.gz"
SETS = ("Natural", "Manual", "GPTOut")
"""Those that all judges were asked about; of `FairEval` eight judges have verdicts."""
STRATEGY = "Metrics_Reference"
FOLDS = 10
SPECS = {
    "`weighted_sum`, signed": ("weighted_sum", "[-1.0, 1.0]"),
    "`weighted_mean`, not negative": ("weighted_mean", "[0.0, 1.0]"),
}

MEASURES = ("accuracy", "half")

Judge = tuple[str, str]
Pair = dict[str, Any]


@cache
def pairs() -> list[Pair]:
    """The pairs with their recorded verdicts."""
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def judges(strategy: str | None = None, subset: str = "Natural") -> list[Judge]:
    """The judges that were asked about a set, as model and prompting strategy."""
    found = next(pair["verdicts"] for pair in pairs() if pair["subset"] == subset)
    return [(model, how) for model, each in found.items() for how in each if strategy in (None, how)]


def name_of(judge: Judge) -> str:
    """The judge as a name of the language."""
    return "_".join(judge).lower().replace("-", "")


def votes(pair: Pair, judge: Judge) -> float:
    """The share of its verdicts that prefer the first output."""
    given = pair["verdicts"][judge[0]][judge[1]]
    return sum(0.5 if one is None else float(one == "1") for one in given) / len(given)


def row(pair: Pair, voters: Sequence[Judge]) -> dict[str, Any]:
    """The pair as a preference, each response with the votes for it."""
    first = {name_of(judge): votes(pair, judge) for judge in voters}
    sides = [
        {"content": pair["output_1"], **first},
        {"content": pair["output_2"], **{name: 1.0 - vote for name, vote in first.items()}},
    ]
    chosen, rejected = sides if pair["label"] == 1 else sides[::-1]
    return {"id": f"{pair['subset']}-{pair['idx']}", "prompt": pair["input"], "chosen": chosen, "rejected": rejected}


def rows(voters: Sequence[Judge], subsets: Sequence[str] = SETS) -> list[dict[str, Any]]:
    """The pairs of these sets as preferences."""
    return [row(pair, voters) for pair in pairs() if pair["subset"] in subsets]


def spec(voters: Sequence[Judge], function: str, bounds: str) -> str:
    """A spec that weighs the votes, all the same at first."""
    names = [name_of(judge) for judge in voters]
    lines = ["rmcompose 1", "", "composition vote -> float {"]
    lines += [f"  input {name}: float[0, 1]" for name in names]
    lines += [f"  param w_{name}: float{bounds} = 1.0" for name in names]
    lines += [
        f"  aggregate all_votes = {function} {{",
        *(f"    member {name} weight w_{name}" for name in names),
        "  }",
    ]
    return "\n".join([*lines, "  return all_votes", "}", ""])


def fitted(voters: Sequence[Judge], function: str, bounds: str, subsets: Sequence[str] = SETS) -> FitReport:
    """The fit of a spec to these sets, which is written to a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vote.rm"
        path.write_text(spec(voters, function, bounds), encoding="utf-8")
        return rm.fit(path, rows(voters, subsets), folds=FOLDS)


def longer(subsets: Sequence[str] = SETS) -> float:
    """The share of pairs in which the longer output is the better one; equal lengths count half."""
    gaps = [
        (len(one["output_1"]) - len(one["output_2"])) * (1 if one["label"] == 1 else -1)
        for one in pairs()
        if one["subset"] in subsets
    ]
    return sum(0.5 if gap == 0 else float(gap > 0) for gap in gaps) / len(gaps)


def accuracy(text: str, data: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """The share of pairs that a spec gets right, and with a tie as half."""
    scores = rm.loads(text).scores(list(data))
    right = [(one or 0.0) > (other or 0.0) for one, other in scores]
    half = [0.5 * (one == other) for one, other in scores]
    return sum(right) / len(right), (sum(right) + sum(half)) / len(right)


def share(value: float | None) -> str:
    """A share in percent."""
    return "" if value is None else f"{100 * value:.1f}"


def told(figure: Figure) -> str:
    """A figure in percent, with its interval."""
    if figure.value is None or figure.low is None or figure.high is None:
        return share(figure.value)
    return f"{share(figure.value)} [{share(figure.low)}, {share(figure.high)}]"


def held_out() -> list[list[str]]:
    """A row for each way to vote, of six judges and of all."""
    found = []
    for voters, who in ((judges(STRATEGY), "6 judges"), (judges(), f"{len(judges())} judges")):
        for place, (called, (function, bounds)) in enumerate(SPECS.items()):
            figures = fitted(voters, function, bounds).figures
            if place == 0:
                for side, name in (("equal", "equal vote"), ("single", "best single judge, chosen on the other folds")):
                    line = [told(figures[f"{measure}_{side}"]) for measure in MEASURES]
                    found.append([f"{who}: {name}", *line, "", "", "", ""])
            line = [told(figures[f"{measure}_after"]) for measure in MEASURES]
            gains = [told(figures[f"{measure}_gain_on_{side}"]) for side in ("equal", "single") for measure in MEASURES]
            found.append([f"{who}: {called}", *line, *gains])
    return found


def across() -> list[list[str]]:
    """Weights fitted on one set and judged on each of the others; eight judges have verdicts on all four sets."""
    voters = judges(None, "FairEval")
    sets = (*SETS, "FairEval")
    found = []
    for called, (function, bounds) in SPECS.items():
        for source in (*sets, "the other three"):
            line = [f"{called}, fitted on {source}"]
            for target in sets:
                on = [one for one in sets if one != target] if source == "the other three" else [source]
                if target == source:
                    line.append("")
                    continue
                report = _of(tuple(voters), function, bounds, tuple(on))
                line.append(share(accuracy(report.spec_text, rows(voters, [target]))[1]))
            found.append(line)
    equal = spec(voters, "weighted_mean", "[0.0, 1.0]")
    baseline = ["equal vote", *(share(accuracy(equal, rows(voters, [one]))[1]) for one in sets)]
    alone = {
        one: max(accuracy(spec([judge], "weighted_sum", "[-1.0, 1.0]"), rows([judge], [one]))[1] for judge in voters)
        for one in sets
    }
    single = ["best single judge of the set, in hindsight", *map(share, alone.values())]
    length = ["the longer output", *(share(longer([one])) for one in sets)]
    return [length, baseline, single, *found]


@cache
def _of(voters: tuple[Judge, ...], function: str, bounds: str, subsets: tuple[str, ...]) -> FitReport:
    return fitted(voters, function, bounds, subsets)


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(line)} |" for line in body)])


def main() -> int:
    """Prints the tables."""
    print(f"### Votes of recorded judges of LLMBar: {len(rows(judges(STRATEGY)))} pairs, {FOLDS} folds, percent\n")
    both = ("right", "ties as half")
    gains = [f"{what}: gain on the {side}" for side in ("equal vote", "best single judge") for what in both]
    print(_table(["vote", *both, *gains], held_out()))
    print("\n### Fitted on one set, judged on another: percent right, ties as half, 8 judges\n")
    print(_table(["vote", *SETS, "FairEval"], across()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
