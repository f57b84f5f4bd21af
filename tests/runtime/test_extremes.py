"""Formulas over the largest and smallest numbers: optimised, plain and straight evaluation agree to the bit."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest

from rmcompose.compiler import Compilation

HUGE = 10**200
CONSTANTS = (
    "0",
    "1",
    "-1",
    "0.5",
    "2",
    "3",
    "0.1",
    "1e16",
    "1e308",
    "-1e308",
    "1e-308",
    "5e-324",
    f"{HUGE}",
    f"-{HUGE}",
)
NAMES = ("x", "n", "a", "w", "f")
VALUES = (0, 1, -1, 0.5, 2, 1e308, -1e308, 5e-324, HUGE, HUGE**2, math.nan, math.inf, None, True, "text")
SHAPES = (
    "({0} + {1})",
    "({0} - {1})",
    "({0} * {1})",
    "({0} / (1 + abs({1})))",
    "(-{0})",
    "({0} ?? {1})",
    "min({0}, {1})",
    "max({0}, {1}, {2})",
    "mean({0}, {1})",
    "sum({0}, {1}, {2})",
    "abs({0})",
    "clamp({0}, -1, 1)",
    "clamp({0}, {1}, {2})",
    "round({0})",
    "round({0}, 2)",
    "sqrt({0})",
    "exp({0})",
    "log({0})",
    "sigmoid({0})",
    "tanh({0})",
    "minmax({0})",
    "piecewise({0}, [-1, 0], [0, 2], [1e300, 7])",
    "(if {0} {op} {1} then {2} else {3})",
    "(route {{ when {0} {op} {1} => {2} when {2} {op} {3} => {0} otherwise => {3} }})",
)


def formula(chosen: random.Random, depth: int) -> str:
    if depth == 0:
        return chosen.choice(CONSTANTS + NAMES * 3)
    parts = [formula(chosen, depth - 1) for _ in range(4)]
    return chosen.choice(SHAPES).format(*parts, op=chosen.choice(["<", "<=", ">", ">=", "==", "!="]))


def row(chosen: random.Random) -> dict[str, Any]:
    fields = {name: chosen.choice(VALUES) for name in ("x", "n", "a")}
    return {"prompt": "q", "responses": ["a b", "c"], "f": chosen.random() < 0.5, **fields}


@pytest.mark.parametrize("seed", range(4))
def test_every_way_of_evaluating_agrees(seed: int) -> None:
    chosen = random.Random(seed)
    checked = 0
    for _ in range(150):
        text = f"""rmcompose 1
composition main -> float {{
  input x: float
  input n: int
  input a: float[0, 1]
  input f: bool
  rule w = word_count()
  let l = {formula(chosen, 2)}
  return {chosen.choice(["", "0 * l + ", "l * "])}{formula(chosen, chosen.choice([2, 3]))}
}}
"""
        compilation = Compilation("main.rm", text)
        if any(diagnostic.is_error for diagnostic in compilation.diagnostics):
            continue
        checked += 1
        optimised, plain = compilation.reward(), compilation.reward(optimize=False)
        for sample in (row(chosen) for _ in range(3)):
            lines = [reward.trace(sample) for reward in (optimised, plain)]
            first, second = ([(repr(r["score"]), r["status"]) for r in line["responses"]] for line in lines)
            assert first == second, (text, sample)
            assert repr(optimised.scores([sample])) == repr([[r["score"] for r in lines[0]["responses"]]]), (
                text,
                sample,
            )
            json.dumps(lines, allow_nan=False)
    assert checked > 50
