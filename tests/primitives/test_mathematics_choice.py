"""Letters of multiple-choice answers: where they are found, and what is unclear."""

from __future__ import annotations

import time

import pytest

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.mathematics.choice import choice_match, find_choice
from rmcompose.primitives.registry import signature

LETTERS = "ABCDEFGHIJ"


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        # a letter and no more
        ("B", "B"), ("(B)", "B"), ("b", "B"), ("(b)", "B"), ("**B**", "B"), ("B.", "B"), ("B) four", "B"),
        ("B. four", "B"),        ("[B]", "B"), ("Option B", "B"), ("B, because it is so", "B"), ("B is correct", "B"),
        # stated
        ("The answer is B", "B"), ("The answer is (B).", "B"), ("the answer is: **(C)** because A is wrong", "C"),
        ("Answer: D", "D"), ("**Answer:** D", "D"), ("Answer: $D$", "D"), ("Answer: c", "C"), ("Answer - B", "B"),
        ("The correct option is D) 5", "D"), ("So option B is correct.", "B"), ("option (B) is the correct one", "B"),
        ("Choice C is the best answer", "C"),
        ("The best answer is therefore option E.", "E"), ('{"answer": "C"}', "C"),
        ("Correct answer: (A) Paris", "A"), ("The answer is (I).", "I"), ("The answer is I because", "I"),
        ("答案是 B", "B"), ("答案：(C)", "C"), ("answer is A, I think", "A"),
        # boxed and in tags
        ("Final Answer: \\boxed{C}", "C"), ("\\boxed{\\text{(A)}}", "A"), ("\\boxed{\\textbf{E}}", "E"),
        ("\\boxed{B) 4}", "B"), ("\\boxed{4}\nThe answer is B", "B"), ("<answer>B</answer>", "B"),
        ("<think>Answer: A</think>\n<solution>B</solution>", "B"),
        # the last statement counts
        ("The answer is A. Wait, the answer is B. No, the answer is C.", "C"),
        ("Answer: B\n\nOption A is wrong.", "B"),
        ("<think>Answer: A</think>\nAnswer: B", "B"), ("The answer is B, A is wrong", "B"),
        # a list of all options chooses none
        ("A) 3\nB) 4\nC) 5\n\nB", "B"), ("A) 3\nB) 4\nC) 5\nI cannot say", ""), ("It must be (C).", "C"),
        # several, or none
        ("The answer is A or B", "AB"), ("The answer is A, B", "AB"), ("Answer: A/B", "AB"),
        ("The answer is A and B.", "AB"),        ("It is (A), not (B)", "AB"),
        ("A good question, hard to say.", ""), ("The answer is a matter of taste", ""),
        ("The answer is A matter of taste", ""), ("The answer is not A", ""),
        ("A is a good choice but not correct.", ""),        ("The correct answer isn't A.", ""),
        ("The answer is neither A nor B", ""), ("Answer: None of the above", ""),
        ("Z", ""), ("", ""), ("B2B", ""), ("Bananas", ""),
    ],
)  # fmt: skip
def test_the_letter_that_a_text_chooses(text: str, chosen: str) -> None:
    assert "".join(find_choice(text, LETTERS)) == chosen


def test_what_is_unclear_is_wrong_or_unscored() -> None:
    assert choice_match("The answer is B", "B")
    assert not choice_match("The answer is B", "C")
    assert not choice_match("A or B", "A")
    assert not choice_match("no idea", "A")
    with pytest.raises(RuleError, match="the text names A and B"):
        choice_match("The answer is A or B", "A", unclear="unscored")
    with pytest.raises(RuleError, match="the text names no option"):
        choice_match("no idea", "A", unclear="unscored")


@pytest.mark.parametrize("reference", ["B", "(B)", "b", "B) four", "B. four", "The answer is B", "\\boxed{B}"])
def test_references(reference: str) -> None:
    assert choice_match("Answer: B", reference)


@pytest.mark.parametrize("reference", ["", "four", "A or B"])
def test_a_reference_that_names_no_option_is_an_error(reference: str) -> None:
    with pytest.raises(RuleError, match="the reference names"):
        choice_match("Answer: B", reference)


def test_letters_bound_the_options() -> None:
    assert find_choice("The answer is E", "ABCD") == []
    assert find_choice("The answer is K", "ABCDEFGHIJKLMN") == ["K"]
    rule = signature("choice_match")
    assert rule is not None
    check = rule.argument("letters").check  # type: ignore[union-attr]
    assert check is not None
    assert check("ABCD") is None
    for wrong in ("abcd", "AAB", "", "A B", 4):
        assert check(wrong)


def test_an_answer_may_be_the_text_of_an_option() -> None:
    options = ["Rome", "the Nile", "Paris"]
    assert choice_match("It is \\boxed{\\text{Paris}}.", "C", options)
    assert choice_match("Answer: Nile.", "B", options)
    assert choice_match("paris", "Paris", options)
    assert not choice_match("Answer: Rome", "C", options)
    assert not choice_match("Answer: Rome or Paris", "C", options)
    assert choice_match("Answer: C", "C", options)
    assert not choice_match("Answer: Paris", "C", ["Paris", "Rome", "Paris"])  # two options say the same
    with pytest.raises(RuleError, match="`options` must be texts, at most 2"):
        choice_match("Paris", "A", options, letters="AB")
    with pytest.raises(RuleError, match="`options` must be texts"):
        choice_match("Paris", "A", [1])


def test_long_texts_take_linear_time() -> None:
    started = time.monotonic()
    for text in ("answer is " * 100_000, "A, " * 300_000, "option " * 100_000, "(A) " * 200_000, "<answer>" * 100_000):
        find_choice(text, LETTERS)
    assert time.monotonic() - started < 10
