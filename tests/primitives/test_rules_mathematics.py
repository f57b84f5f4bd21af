"""Mathematical answers: where they stand, how they compare, and that nothing hangs."""

from __future__ import annotations

import json
import os
import threading
from fractions import Fraction
from pathlib import Path

import pytest

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.mathematics import pool
from rmcompose.primitives.mathematics.answer import as_number, find_answer
from rmcompose.primitives.mathematics.verify import math_verify, math_verify_reward

CASES = [
    json.loads(line) for line in (Path(__file__).parent / "data" / "math_verify_cases.jsonl").read_text().splitlines()
]
"""A part of the cases of the math-verify library's own tests (Apache-2.0, licence beside the file)."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_the_cases_of_the_library(case: dict[str, object]) -> None:
    decimals = int(str(case.get("precision", 6)))
    assert math_verify(str(case["pred"]), str(case["gold"]), decimals=decimals) is bool(case["expected"])


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("3 * 4 = 12\nA: 12", 12),
        ("long\n#### 1,234", 1234),
        ("**Answer:** $50", 50),
        ("Final answer: -3.50.", Fraction(-7, 2)),
        ("I think the answer is 7. Not 8", 7),
        ("first A: 1\nA: 2\nA: 3", 3),
        ("1e3", 1000),
        ("<think>A: 9</think>\nThe answer is 8", 8),
        ("\u22125", -5),
        ("1/2", None),
        ("12 apples", None),
        ("no number", None),
        ("", None),
    ],
)
def test_a_plain_number_is_found_without_algebra(text: str, answer: int | Fraction | None) -> None:
    assert as_number(find_answer(text)) == answer


@pytest.mark.parametrize(
    ("text", "reference", "equal"),
    [
        ("2x", "2y", False),
        ("2xy", "2ab", False),
        ("So we get 2x", "2", False),
        ("So we get 2x", "2x", True),
        ("2*x", "2x", True),
        ("x^2", "x*x", True),
        ("x^10", "x^1*0", False),
        ("1/2", "0.5", True),
        ("so \\boxed{\\frac{1}{2}}", "work\n#### 0.5", True),
        ("The answer is 42 dollars.", "42", True),
        ("100 m2", "100", True),
        ("\\boxed{\\text{Evelyn}}", "Evelyn", True),
        ("The answer is (B).", "B", True),
        ("Yes", "No", False),
        ("1, 2, 3", "3, 2, 1", True),
        ("2 sqrt(3)", "2\\sqrt{3}", True),
        ("2πr", "2\\pi r", True),
        ("x ≥ 2", "2 \\leq x", True),
        ("0.333333", "1/3", True),
        ("0.33", "1/3", False),
        ("the answer is $12$ since $x=3$", "12", True),
        (
            "\\boxed{3} is wrong, in truth and after much thought about the whole of this question it is \\boxed{4}",
            "4",
            True,
        ),
        ("I do not know", "42", False),
        ("", "42", False),
    ],
)
def test_answers_are_equal(text: str, reference: str, equal: bool) -> None:
    assert math_verify(text, reference) is equal


def test_decimals_bound_inexact_numbers() -> None:
    assert not math_verify("3.14", "3.1416")
    assert math_verify("3.14", "3.1416", decimals=2)


def test_a_reference_without_an_answer_is_an_error() -> None:
    with pytest.raises(RuleError, match="the reference holds no answer"):
        math_verify("42", "")
    with pytest.raises(RuleError, match="the reference holds no answer"):
        math_verify("42", "Prove it, by induction.\nThat is all.")


def test_what_would_run_for_ever_is_unscored_and_the_next_one_is_not() -> None:
    with pytest.raises(RuleError, match="within 1 seconds") as caught:
        math_verify("\\boxed{9^{9^{9^{9}}}}", "7", timeout=1.0)
    assert caught.value.kind == "timeout"
    assert math_verify("\\boxed{x+1}", "1+x")


def test_the_gallery_rule_gives_its_score_where_time_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*args: object, **kwargs: object) -> dict[str, bool]:
        raise RuleError("late", "timeout")

    monkeypatch.setattr(pool, "compare", late)
    assert math_verify_reward("x", "y", timeout_score=0.25) == 0.25


def test_a_worker_that_dies_is_an_error_and_is_replaced() -> None:
    worker = pool._Worker()
    worker._process.kill()
    with pytest.raises(RuleError, match="ended unexpectedly"):
        worker.ask({"gold": ("raw", "1"), "pred": ("raw", "1"), "decimals": 6, "first": False, "seconds": 60.0}, 60.0)
    worker._process.wait()
    assert not worker.is_alive()
    slots = pool._slots(os.getpid())
    slots.put(worker)
    try:
        assert math_verify("\\boxed{2y}", "2y")
    finally:
        slots.get().close()  # type: ignore[union-attr]  # the worker that took the place of the dead one


def test_a_worker_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_WORKER", Path(os.devnull))
    with pytest.raises(RuleError, match="did not start"):
        pool._Worker()


def test_any_thread_may_ask() -> None:
    found: list[tuple[int, bool, float]] = []

    def ask(index: int) -> None:
        equal = math_verify(f"\\boxed{{{index}x}}", f"{index} x")
        found.append((index, equal, math_verify_reward(f"{index}*x", f"{index + 1}x")))

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(index, True, 0.0) for index in range(8)]
