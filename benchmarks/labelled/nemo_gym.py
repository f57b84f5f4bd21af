"""Rollouts of NeMo Gym with the reward that each verifier recorded (Apache-2.0), two a verifier.

`COMPOSITIONS` are the verifiers whose reward follows from what is recorded, each as a composition of
`benchmarks/specs/nemo_gym.rm`. `ASKS_A_MODEL` and `NOT_RECORDED` are the others, and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rmcompose as rm
from labelled import Line

DATA = "NeMo Gym rollouts"
SPEC = Path(__file__).parent.parent / "specs" / "nemo_gym.rm"

COMPOSITIONS = {
    "citation_if": "citation_if",
    "code_gen": "code_gen",
    "equivalence_rule": "equivalence_rule",
    "format_verification": "format_verification",
    "gpqa_diamond": "gpqa_diamond",
    "graphwalks": "graphwalks",
    "hotpotqa_qa": "hotpotqa_qa",
    "imo_gradingbench": "imo_gradingbench",
    "instruction_following": "instruction_following",
    "math_proof_judgement": "math_proof_judgement",
    "math_with_judge": "library_reward",
    "mcqa": "mcqa",
    "mrcr": "mrcr",
    "physics_judge": "library_reward",
    "polymath": "library_reward",
    "ragtruth": "ragtruth",
    "rolemrc": "rolemrc",
    "single_step_tool_use_with_argument_comparison": "single_step_tool_use",
    "spartqa": "spartqa",
    "string_match": "string_match",
    "structeval": "structeval",
    "structured_outputs": "structured_outputs",
    "swerl_llm_judge": "swerl_llm_judge",
    "ugphysics_judge": "library_reward",
    "wmt_translation": "wmt_translation",
}
"""The composition of each verifier."""

ASKS_A_MODEL = {
    "abstention": "a judge reads the answer",
    "arena_judge": "a judge compares with a baseline, in both orders",
    "bbq": "a judge reads answer and explanation",
    "equivalence_llm_judge": "a judge compares with the reference",
    "inverse_if": "a judge reads each criterion",
    "proof_judge": "a judge reads the proof",
    "simpleqa": "a judge grades the answer",
    "verifif": "a judge reads five of the ten instructions, and the settings of the others are not recorded",
    "xstest": "a judge says whether it is a refusal",
}
NOT_RECORDED = {
    "evalplus": "the tests of HumanEval+",
    "example_tool_call_multireward": "the expected call",
    "reasoning_gym": "the expected answer",
    "xlam_fc": "the expected calls",
}
"""Deterministic, but what they compare with is not in the record."""

TOLERANCE = 1e-9


def rollouts(folder: Path) -> list[dict[str, Any]]:
    """All rows, a sample each with `verifier` and the recorded `reward`."""
    with (folder / "nemo_gym" / "rollouts.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def scores(verifier: str, rows: list[dict[str, Any]]) -> list[float | None]:
    """The value of a verifier's composition for each of its rows."""
    reward = rm.load(f"{SPEC}::{COMPOSITIONS[verifier]}")
    samples = [{key: value for key, value in row.items() if key not in ("verifier", "reward")} for row in rows]
    return [score for [score] in reward.scores(samples)]


def reproduced(folder: Path) -> dict[str, tuple[int, int]]:
    """By verifier, how many of its rewards are reproduced, and how many there are."""
    found = {}
    data = rollouts(folder)
    for verifier in COMPOSITIONS:
        rows = [row for row in data if row["verifier"] == verifier]
        values = scores(verifier, rows)
        same = [
            value is not None and abs(value - row["reward"]) <= TOLERANCE
            for value, row in zip(values, rows, strict=True)
        ]
        found[verifier] = (sum(same), len(rows))
    return found


def lines(folder: Path) -> Iterator[Line]:
    """One line for all verifiers, with the names of those whose rewards are not all reproduced."""
    found = reproduced(folder)
    wrong = [verifier for verifier, (same, count) in found.items() if same < count]
    note = f"{len(found)} verifiers" + (f"; not all of {', '.join(wrong)}" if wrong else "")
    yield Line(
        DATA,
        "a composition each",
        sum(same for same, _ in found.values()),
        sum(count for _, count in found.values()),
        f"{note}; of the others {len(ASKS_A_MODEL)} ask a model, {len(NOT_RECORDED)} do not record the reference",
    )
