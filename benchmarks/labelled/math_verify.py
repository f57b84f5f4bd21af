"""Cases of the tests of math-verify: pairs of answers, and whether they count as equal (Apache-2.0).

Most are equal, so that balanced accuracy, the mean of the two shares that are right, says more than agreement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from labelled import Line, agreement
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.mathematics.verify import math_verify, math_verify_reward

DATA = "Math-Verify's own test cases"
Case = dict[str, Any]


def cases(folder: Path) -> list[Case]:
    """The cases; `equal` is their label, `decimals` the precision they are compared with."""
    with (folder / "math_verify" / "cases.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        {**row, "equal": bool(row.get("expected", row.get("result"))), "decimals": row.get("precision", 6)}
        for row in rows
    ]


def ours(case: Case) -> bool | None:
    """What `math_verify` says of a case; None where it is unscored."""
    try:
        return math_verify(case["pred"], case["gold"], decimals=case["decimals"])
    except RuleError:
        return None


def gallery(case: Case) -> bool | None:
    """What RM-Gallery's formula says of a case."""
    return math_verify_reward(case["pred"], case["gold"]) == 1.0


def library(case: Case) -> bool:
    """What the library itself says, with both kinds of answers looked for."""
    return _library(case, ("latex", "plain"))


def library_told(case: Case) -> bool:
    """What the library says where it is told which kind of answers to look for, as two functions of its tests do."""
    told = {"test_number_extraction": ("plain",), "test_latex_notation": ("latex",)}
    return _library(case, told.get(case["test"], ("latex", "plain")))


def _library(case: Case, kinds: tuple[str, ...]) -> bool:
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

    known = {"latex": LatexExtractionConfig(boxed_match_priority=0), "plain": ExprExtractionConfig()}
    targets = [known[kind] for kind in kinds]
    gold, pred = parse(case["gold"], targets), parse(case["pred"], targets)
    return bool(verify(gold, pred, float_rounding=case["decimals"]))


def lines(folder: Path) -> Iterator[Line]:
    """Agreement of `math_verify`, of RM-Gallery's formula and of the library."""
    judges: list[tuple[str, Callable[[Case], bool | None], str]] = [
        ("`math_verify`", ours, ""),
        ("`math_verify_reward`", gallery, "RM-Gallery's formula"),
        ("math-verify itself", library, "looks for LaTeX and plain answers, boxes first"),
        ("math-verify, told the kind", library_told, "LaTeX or plain, as each of its test functions tells it"),
    ]
    for what, judge, note in judges:
        yield agreement(DATA, what, [(judge(case), case["equal"]) for case in cases(folder)], note)
