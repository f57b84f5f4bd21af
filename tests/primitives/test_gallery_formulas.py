"""The rule rewards of RM-Gallery against its formulas written out plainly, on real responses and on hostile ones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import signature
from tests.primitives import gallery_formulas, tried
from tests.primitives.gallery_formulas import ALONE, SETTINGS, WITH_REFERENCE, Crashes

ROOT = Path(__file__).parent.parent.parent
CASES = [(name, index) for name in (*WITH_REFERENCE, *ALONE) for index in range(len(SETTINGS.get(name, [{}])))]
CALL = '{"name": "f", "arguments": {}}'
TAGS = [
    "<think>", "</think>", "<answer>", "</answer>", "<tool_call>", "</tool_call>", "<thinking>", "</thinking>",
    "5", "[]", "<response>", "</response>", CALL, '{"name": "f"}', '"name arguments"', "null",
    " ", "\n",
]  # fmt: skip
CODE = [
    "```python\n",
    "```\n",
    "\n```",
    "x = 1\n",
    "def Foo(a):\n",
    "\tpass\n",
    "    pass\n",
    "a == b",
    "é=2",
    "(",
    "\0",
    "2x=",
]
PRIVATE = [
    "ann@example.com", "a@b", "@", ".co", "123-456-7890", "+1 (123) 456-7890", "110101199001011234",
    "4111 1111 1111 1111", "1.2.3.4", "172.16.0.1", "10.0.0.1", "-", "x", "|", "_", " ",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from([*TAGS, *CODE, *PRIVATE, *tried.pieces()]), max_size=9).map("".join)


def _rows(path: str) -> list[dict[str, Any]]:
    with gzip.open(ROOT / path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def real_pairs() -> list[tuple[str, str]]:
    """Responses of models and what to compare them with: solutions with their reference, answers to instructions."""
    pairs = [
        (one["solution"], problem["reference"])
        for problem in _rows("benchmarks/data/gsm8k/solutions.jsonl.gz")
        for one in problem["solutions"]
    ]
    pairs += [(pair["output_1"], pair["output_2"]) for pair in _rows("tests/judging/llmbar/pairs.jsonl.gz")]
    cases = (ROOT / "benchmarks/data/math_verify/cases.jsonl").read_text(encoding="utf-8").splitlines()
    return pairs + [(case["pred"], case["gold"]) for case in map(json.loads, cases)]


REAL = real_pairs()
SPARSE = {"math_verify_reward": 4, "code_patch_similarity": 8}
"""Of the slow ones every fourth and every eighth pair."""


def _ours(name: str, setting: dict[str, Any]) -> Callable[[str, str], float | None]:
    rule = signature(name)
    assert rule is not None
    call = rule.bind(**setting)

    def value(text: str, reference: str) -> float | None:
        try:
            return call(text=text, reference=reference) if name in WITH_REFERENCE else call(text=text)  # type: ignore[no-any-return]
        except RuleError:
            return None

    return value


def _theirs(name: str, setting: dict[str, Any]) -> Callable[[str, str], float | None]:
    function = getattr(gallery_formulas, name)

    def value(text: str, reference: str) -> float | None:
        try:
            return function(text, reference, **setting) if name in WITH_REFERENCE else function(text, **setting)  # type: ignore[no-any-return]
        except Crashes:
            return None

    return value


@pytest.mark.filterwarnings("ignore")  # jieba and the parser of Python warn
@pytest.mark.parametrize(("name", "index"), CASES)
def test_real_responses(name: str, index: int) -> None:
    setting = SETTINGS.get(name, [{}])[index]
    ours, theirs = _ours(name, setting), _theirs(name, setting)
    for text, reference in REAL[:: SPARSE.get(name, 1)]:
        assert ours(text, reference) == pytest.approx(theirs(text, reference), abs=1e-12), text


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "index"), [case for case in CASES if case[0] not in SPARSE])
def test_hostile_responses(name: str, index: int) -> None:
    setting = SETTINGS.get(name, [{}])[index]
    ours, theirs = _ours(name, setting), _theirs(name, setting)

    @settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(HOSTILE, HOSTILE)
    def agree(text: str, reference: str) -> None:
        assert ours(text, reference) == pytest.approx(theirs(text, reference), abs=1e-12)

    agree()


def test_there_are_real_responses() -> None:
    assert len(REAL) > 2500
    assert len(CASES) > 25
