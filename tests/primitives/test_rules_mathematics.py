"""Mathematical answers: where they stand, how they compare, and that nothing hangs."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from fractions import Fraction
from pathlib import Path

import pytest

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.mathematics import pool
from rmcompose.primitives.mathematics.answer import find_answer
from rmcompose.primitives.mathematics.quantity import read
from rmcompose.primitives.mathematics.verify import math_verify, math_verify_reward


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
        ("<think>9</think><answer>8</answer>", 8),
        ("<answer>7</answer> or not: <answer>8 apples</answer>, 9", 8),
        ("A: 9\n<answer>The answer is 8. It took 3 steps.</answer>", 8),
        ("I was cut off: <answer>8", 8),
        ("\u22125", -5),
        ("1/2", Fraction(1, 2)),
        ("12 apples", 12),
        ("so \\boxed{5} and \\boxed{\\text{6 cm}}", 6),
        ("The answer is $12$ since $x=3$", None),
        ("\\boxed{x", None),
        ("no number", None),
        ("", None),
    ],
)
def test_a_number_is_found_without_algebra(text: str, answer: int | Fraction | None) -> None:
    found = read(find_answer(text).own)
    assert (None if found is None else found.value) == answer


@pytest.mark.parametrize(
    ("text", "reference", "equal"),
    [
        ("2x", "2y", False),
        ("2xy", "2ab", False),
        ("So we get 2x", "2", False),
        ("So we get 2x", "2x", True),
        ("2*x", "2x", True),
        ("\\boxed{ x_1 + \\int f }", "\\boxed{x_1+\\int f}", True),
        ("five", "5", True),
        ("The answer is twenty-one.", "21", True),
        ("x^2", "x*x", True),
        ("x^10", "x^1*0", False),
        ("1/2", "0.5", True),
        ("so \\boxed{\\frac{1}{2}}", "work\n#### 0.5", True),
        ("The answer is 42 dollars.", "42", True),
        ("100 m2", "100", True),
        ("\\boxed{\\text{Evelyn}}", "Evelyn", True),
        ("The answer is (B).", "B", True),
        ("Yes", "No", False),
        ("<think>0.5 or 2</think><answer>1/2</answer>", "0.5", True),
        ("<think>1/2</think><answer>2</answer>", "0.5", False),
        ("<answer>\\frac{1}{2}</answer>", "0.5", True),
        ("<answer>{1, 2}</answer>", "\\{2, 1\\}", True),
        ("\\boxed{3} <answer>4</answer>", "3", True),
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
        ("I do not know", r"\(\frac{333}{1997}\)", False),
        (r"It is \(\frac{333}{1997}\) then", r"\[\frac{333}{1997}\]", True),
        # units are read where both have one
        ("5 cm", "5 m", False),
        ("\\boxed{5\\text{ cm}}", "5\\text{ m}", False),
        ("5 km", "5000 m", True),
        ("\\boxed{90\\,\\mathrm{km/h}}", "25 m/s", True),
        ("50 cents", "$0.50", True),
        ("$5", "€5", False),
        ("5", "5 cm", True),
        ("5 apples", "5", True),
        # numbers of any country, mixed ones, powers of ten, and with words
        ("1.234,5", "1234.5", True),
        ("1,234", "1234", True),
        ("1,234", "234", False),
        ("1,234", "1", False),
        ("12", "2", False),
        ("1 1/2", "3/2", True),
        ("$1\\frac12$", "1.5", True),
        ("3.0e8 m/s", "300000000", True),
        ("1 million", "1000000", True),
        # points, intervals, sets, lists, tuples
        ("[1,2]", "(1,2)", False),
        ("$(1,2]$", "$[1,2]$", False),
        ("(1,2)", "1", False),
        ("$(1,2)$", "$(2,1)$", False),
        ("$\\{1,2\\}$", "$\\{2,1\\}$", True),
        ("\\{1,2\\}", "\\{1,2,3\\}", False),
        ("$\\pm 2$", "2", False),
        # equations
        ("x=5", "5", True),
        ("5", "x=5", True),
        ("$x=5$", "$y=5$", False),
        ("$2x$", "$2y$", False),
        ("5x", "5", False),
        # LaTeX without delimiters, and names the checker does not know
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"$\begin{pmatrix}1&2\\3&4\end{pmatrix}$", True),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix}1&2\\3&5\end{pmatrix}", False),
        (r"\boxed{\varnothing}", r"\emptyset", True),
        (r"\boxed{5~\text{cm}}", "5 cm", True),
        # parts of one answer in two boxes
        (r"\boxed{3} and \boxed{4}", r"\boxed{3,4}", True),
        # inline math stands on one line, as math-verify has it; display math, boxes and money do not care
        ("So it is $\n7\n$", "7", False),
        ("So it is \\(\n x+1 \n\\)", "$x+1$", False),
        ("So it is $$\n7\n$$", "7", True),
        ("So it is \\[\n7\n\\]", "7", True),
        ("$\n\\boxed{7}\n$", "7", True),
        ("It was $5\nand then $6\nso the total is 11", "11", True),
        ("", "42", False),
    ],
)
def test_answers_are_equal(text: str, reference: str, equal: bool) -> None:
    assert math_verify(text, reference) is equal


def test_decimals_bound_inexact_numbers() -> None:
    assert not math_verify("3.14", "3.1416")
    assert math_verify("3.14", "3.1416", decimals=2)


@pytest.mark.parametrize(
    ("text", "reference", "equal"),
    [
        (r"\boxed{(1+\sqrt3)^{4033}}", r"(1+\sqrt{3})^{4032}(1+\sqrt{3})", True),
        (r"\boxed{(1+\sqrt3)^{4033}}", r"(1+\sqrt{3})^{4032}", False),
        (r"\boxed{\sqrt{5+2\sqrt6}}", r"\sqrt2+\sqrt3", True),
        (r"\boxed{\sqrt{5+2\sqrt6}-\sqrt2-\sqrt3}", "0", True),
        (r"\boxed{\sqrt{2}}", "1.414214", True),
        (r"\boxed{\sqrt{2}}", "1.41422", False),
        (r"\boxed{10^{10^{10}}}", "7", False),
        (r"\boxed{10000000!}", "7", False),
        (r"\boxed{1/\sqrt{2}}", r"\frac{\sqrt{2}}{2}", True),
        (r"\boxed{\infty}", r"-\infty", False),
        (r"\boxed{\frac{100!}{99!}}", "100", True),
        (r"\boxed{10^{30}+\sqrt2}", r"10^{30}+\sqrt3", False),
    ],
)
def test_exact_numbers_are_compared_by_value(text: str, reference: str, equal: bool) -> None:
    assert math_verify(text, reference) is equal


@pytest.mark.parametrize(
    ("text", "reference", "either", "hundredths"),
    [
        ("5%", "5", True, False),
        ("5", "5\\%", True, False),
        ("5%", "0.05", True, True),
        ("\\boxed{5\\%}", "5 percent", True, True),
        ("5%", "500%", False, False),
        ("50%", "\\frac{x}{2x}", True, True),
        ("50%", "\\sqrt{2500}", False, False),
    ],
)
def test_what_percent_is_worth_is_a_setting(text: str, reference: str, either: bool, hundredths: bool) -> None:
    assert math_verify(text, reference) is either
    assert math_verify(text, reference, percent="hundredths") is hundredths


def test_a_relation_may_be_the_set_that_it_describes() -> None:
    assert not math_verify("$x>5$", "$(5,\\infty)$")
    assert math_verify("$x>5$", "$(5,\\infty)$", intervals=True)
    assert math_verify("$0<x<1$", "$(0,1)$", intervals=True)
    assert not math_verify("$0<x<1$", "$[0,1]$", intervals=True)


def test_a_reference_without_an_answer_is_an_error() -> None:
    with pytest.raises(RuleError, match="the reference holds no answer"):
        math_verify("42", "")
    with pytest.raises(RuleError, match="the reference holds no answer"):
        math_verify("42", "Prove it, by induction.\nThat is all.")


@pytest.mark.parametrize(
    "hostile",
    [
        r"9^{9^{9^{9}}}",
        r"\binom{100000000}{50000000}",
        r"\sum_{k=1}^{1000000000} \sin(k^k)",
    ],
)
def test_what_would_run_for_ever_is_unscored_and_the_next_one_is_not(hostile: str) -> None:
    started = time.monotonic()
    with pytest.raises(RuleError, match="within 1 seconds") as caught:
        math_verify(f"\\boxed{{{hostile}}}", "7", timeout=1.0)
    assert caught.value.kind == "timeout"
    assert time.monotonic() - started < 20  # a worker is ended, not waited for
    assert math_verify("\\boxed{x+1}", "1+x")


@pytest.mark.parametrize(
    "hostile",
    ["(" * 400 + "1" + ")" * 400, "\\frac{1}{" * 200 + "2" + "}" * 200, "9" * 100_000, "{" * 5_000, "x" * 10**6],
)
def test_what_is_deep_or_long_ends_too(hostile: str) -> None:
    for text in (f"\\boxed{{{hostile}}}", f"The answer is {hostile}", hostile):
        with contextlib.suppress(RuleError):
            assert math_verify(text, "7", timeout=1.0) is False
    assert math_verify("\\boxed{y+1}", "1+y")


@pytest.mark.parametrize("kind", ["timeout", "rule_error"])
def test_the_gallery_rule_gives_its_score_where_the_comparison_fails(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def fails(*args: object, **kwargs: object) -> dict[str, bool]:
        raise pool.Incomparable("late, or too large", kind)

    monkeypatch.setattr(pool, "compare", fails)
    assert math_verify_reward("x", "y", timeout_score=0.25) == 0.25


def test_the_gallery_rule_is_unscored_where_nothing_can_be_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*args: object, **kwargs: object) -> dict[str, bool]:
        raise RuleError("the package `math_verify` is not installed")

    monkeypatch.setattr(pool, "compare", missing)
    with pytest.raises(RuleError, match="not installed"):
        math_verify_reward("x", "y", timeout_score=0.25)


def test_a_worker_that_dies_is_an_error_and_is_replaced() -> None:
    worker = pool._Worker()
    worker._process.kill()
    with pytest.raises(RuleError, match="ended unexpectedly"):
        worker.ask(
            {
                "gold": ("raw", "1"),
                "pred": ("raw", "1"),
                "decimals": 6,
                "intervals": False,
                "first": False,
                "seconds": 60.0,
            },
            60.0,
        )
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


def test_hostile_answers_do_not_disturb_those_of_other_threads() -> None:
    found: dict[int, object] = {}

    def ask(index: int) -> None:
        try:
            text = "\\boxed{9^{9^{9^{9}}}}" if index % 6 == 0 else f"\\boxed{{{index}x+1}}"
            found[index] = math_verify(text, f"1+{index if index % 2 else index + 1}x", timeout=2.0)
        except RuleError as fault:
            found[index] = fault.kind

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(18)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {index: "timeout" if index % 6 == 0 else index % 2 == 1 for index in range(18)}
