"""Solutions of four models to 557 problems of GSM8K's test set, with `is_correct` as its authors recorded it (MIT)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from labelled import Line, agreement
from rmcompose.primitives.mathematics.final import final_number
from rmcompose.primitives.mathematics.number import number_accuracy, number_match
from rmcompose.primitives.mathematics.verify import math_verify, math_verify_reward

DATA = "GSM8K, 557 problems × 4 models"


class Solution(NamedTuple):
    """A solution, the worked reference of its problem (`#### 42` at the end), and whether it is right."""

    text: str
    reference: str
    is_correct: bool


def solutions(folder: Path) -> list[Solution]:
    """All solutions, problem by problem."""
    with gzip.open(folder / "gsm8k" / "solutions.jsonl.gz", "rt", encoding="utf-8") as lines:
        problems = [json.loads(line) for line in lines]
    return [
        Solution(one["solution"], problem["reference"], one["is_correct"])
        for problem in problems
        for one in problem["solutions"]
    ]


def lines(folder: Path) -> Iterator[Line]:
    """Agreement of the rules for final answers, and of two that do not look for one."""
    data = solutions(folder)
    for rule in (math_verify, final_number):
        yield agreement(DATA, f"`{rule.__name__}`", [(rule(text, reference), label) for text, reference, label in data])
    # the last number of the worked reference is what RM-Gallery's users would give as the reference
    final = [(text, reference.rpartition("#### ")[2], label) for text, reference, label in data]
    for gallery, note in ((math_verify_reward, "RM-Gallery's formula"), (number_accuracy, "RM-Gallery's formula")):
        pairs = [(gallery(text, reference) == 1.0, label) for text, reference, label in final]
        yield agreement(DATA, f"`{gallery.__name__} == 1`", pairs, f"{note}, the final answer as reference")
    pairs = [(number_match(text, reference) == 1.0, label) for text, reference, label in final]
    yield agreement(DATA, "`number_match == 1`", pairs, "the answer anywhere in the solution")
