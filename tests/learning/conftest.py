"""Preferences made of known weights, specs that weigh, and the command in an empty folder."""

from __future__ import annotations

import json
import math
import random

import pytest

from tests.cli.conftest import folder, rmcompose, spec  # noqa: F401  # fixtures
from tests.judging.conftest import serve  # noqa: F401  # a fixture


def weighing(names, function="weighted_sum", bounds="[-2.0, 2.0]", default="1.0", extra="", returns="float"):
    """A spec with one input and one weight a name."""
    lines = ["rmcompose 1", "", "# the vote", f"composition vote -> {returns} {{"]
    lines += [f"  input {name}: float[0, 1]" for name in names]
    lines += [f"  param w_{name}: float{bounds} = {default}  # of {name}" for name in names]
    lines.append(f"  aggregate total = {function} {{")
    lines += [f"    member {name} weight w_{name}" for name in names]
    return "\n".join([*lines, "  }", extra, "  return total", "}", ""])


def preferences(weights, count, seed=0, scale=6.0, prompts=None):
    """Pairs whose better response was drawn by the Bradley-Terry model with these weights of uniform values."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        pair = [{name: round(draw.random(), 3) for name in weights} for _ in range(2)]
        strengths = [sum(weights[name] * one[name] for name in weights) for one in pair]
        chance = 1 / (1 + math.exp(-scale * (strengths[0] - strengths[1])))
        if draw.random() > chance:
            pair.reverse()
        prompt = f"p{number if prompts is None else number % prompts}"
        chosen, rejected = ({"content": f"{side} {number}", **one} for side, one in zip("ab", pair, strict=True))
        rows.append({"prompt": prompt, "chosen": chosen, "rejected": rejected})
    return rows


def written(path, rows):
    """Writes rows as JSONL."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path.name


@pytest.fixture
def vote(tmp_path):
    """`vote(text)` writes a spec and gives its path."""

    def write(text, name="vote.rm"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
