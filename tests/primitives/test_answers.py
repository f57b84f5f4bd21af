"""Phrases, lists, recitations and citations against what they should be."""

from __future__ import annotations

import difflib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.primitives.answers.citations import citation_precision, citation_recall
from rmcompose.primitives.answers.lists import list_match, mrcr_match
from rmcompose.primitives.answers.phrase import answer_match, normalized
from rmcompose.primitives.answers.places import PLACES, answer_at
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import signature


@pytest.mark.parametrize(
    ("where", "text", "found"),
    [
        ("boxed", r"It is \boxed{\text{the Sun}}.", "the Sun"),
        ("boxed", "It is the Sun.", None),
        ("marked", "Blah.\n**Final answer:** the Sun. I am sure.", "the Sun"),
        ("marked", "A: one\nA: two", "two"),
        ("marked", "The Sun.", None),
        ("tag", "<answer> a </answer><answer>b</answer>", "b"),
        ("tag", "<answer>a", None),
        ("json", 'So {"answer": "x {y}"} and {"other": 1}', "x {y}"),
        ("json", '{"answer": 42}', "42"),
        ("json", '{"answer": ["a"]}', '["a"]'),
        ("json", '{"answer": null}', None),
        ("json", "{", None),
        ("last_line", "a\n\n  b  \n\n", "b"),
        ("last_word", "It is **Correct**.", "Correct"),
        ("all", " a b ", "a b"),
        ("auto", "Answer: a\n<answer>b</answer>", "b"),
        ("auto", "<answer>b</answer> \\boxed{c}", "c"),
        ("auto", "Answer: a", "a"),
        ("auto", "just this", "just this"),
        ("auto", "<think>\\boxed{x}</think>Answer: y", "y"),
        ("auto", "", None),
    ],
)
def test_where_the_answer_stands(where: str, text: str, found: str | None) -> None:
    assert answer_at(text, where, "answer") == found


@pytest.mark.parametrize(
    ("phrase", "plain"),
    [
        ("The  Sun!", "sun"),
        ("an apple, a pear", "apple pear"),
        ("U.S.A.", "usa"),
        ("3.5", "3.5"),
        ("-5", "-5"),
        ("1,234", "1234"),
        ("12:30", "12:30"),
        (r"$\text{Paris}$", "paris"),
        ("The", "the"),
        ("ﬁve", "five"),
        ("Straße", "strasse"),
        ("…", ""),
    ],
)
def test_phrases_are_compared_without_their_dress(phrase: str, plain: str) -> None:
    assert normalized(phrase) == plain


@pytest.mark.parametrize(
    ("text", "reference", "same"),
    [
        ("Final answer: the Sun", "Sun", True),
        ("Final answer: the Moon", "Sun", False),
        (r"\boxed{\text{amino acids}}", "amino", False),
        ("Answer: 1,234.50", "1234.5", True),
        ("Answer: 35", "3.5", False),
        ("Answer: -5", "5", False),
        ("Answer: 1/2", "0.5", True),
        ("", "x", False),
    ],
)
def test_phrases(text: str, reference: str, same: bool) -> None:
    assert answer_match(text, reference) is same


def test_synonyms() -> None:
    groups = [["none of them", "neither"], ["both of them", "both"]]
    assert answer_match("Answer: Neither.", "none of them", synonyms=groups)
    assert not answer_match("Answer: both", "none of them", synonyms=groups)
    assert not answer_match("Answer: neither", "none of them")
    check = signature("answer_match").argument("synonyms").check  # type: ignore[union-attr]
    assert check is not None
    assert check(groups) is None
    for wrong in ("both", [["a"], []], [["a", 1]], ["a"]):
        assert check(wrong)


def test_an_empty_reference_is_an_error() -> None:
    with pytest.raises(RuleError, match="the reference holds no answer"):
        answer_match("x", "...")


@pytest.mark.parametrize(
    ("text", "reference", "metric", "value"),
    [
        ("Final Answer: [a, b]", "[b, a]", "f1", 1.0),
        ("Final Answer: [a, b]", '["b", "a"]', "f1", 1.0),
        ("Final Answer: ['a', \"b\", a]", "a, b", "exact", 1.0),
        ("[a, x]", "[a, b, c]", "f1", 0.4),
        ("[a, x]", "[a, b, c]", "precision", 0.5),
        ("[a, x]", "[a, b, c]", "recall", 1 / 3),
        ("[a, x]", "[a, b, c]", "jaccard", 0.25),
        ("[a, x]", "[a, b, c]", "exact", 0.0),
        ("[]", "[]", "f1", 1.0),
        ("[]", "[a]", "f1", 0.0),
        ("[a]", "[]", "precision", 0.0),
        ("[A]", "[a]", "f1", 0.0),
        ("none", "[]", "f1", 0.0),
        ("[a] then [b]", "[b]", "f1", 1.0),
        ("[b]</think>[a]", "[a]", "f1", 1.0),
        ("[1, 2]", "[2, 1]", "exact", 1.0),
    ],
)
def test_lists(text: str, reference: str, metric: str, value: float) -> None:
    assert list_match(text, reference, metric) == pytest.approx(value)


def test_a_reference_without_a_list_is_an_error() -> None:
    with pytest.raises(RuleError, match="the reference holds no list"):
        list_match("[a]", " ")


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_f1_is_symmetric_and_between_the_others(left: set[str], right: set[str]) -> None:
    one, other = (f"[{', '.join(sorted(side))}]" for side in (left, right))
    f1 = list_match(one, other)
    assert f1 == list_match(other, one)
    assert list_match(one, other, "jaccard") <= f1
    parts = [list_match(one, other, metric) for metric in ("precision", "recall")]
    assert min(parts) <= f1 <= max(parts)


@given(st.text(max_size=30), st.text(max_size=30))
def test_mrcr_is_the_published_grade(text: str, reference: str) -> None:
    given = f"k7{text}".strip().removeprefix("k7")
    assert mrcr_match(f" k7{text}", f"k7{reference}", "k7") == difflib.SequenceMatcher(None, given, reference).ratio()


def test_a_recitation_without_its_mark_is_0() -> None:
    assert mrcr_match("abc", "k7abc", "k7") == 0.0
    with pytest.raises(RuleError, match="too long to compare"):
        mrcr_match("k7" + "a" * 200_000, "b", "k7")


BRACKETS = r"\[(s\d+(?:, ?s\d+)*)\]"


def test_citations() -> None:
    text = "One [s1]. Two [s2, s9], again [s1]. See s3."
    assert citation_precision(text, ["s1", "s2", "s3"], BRACKETS) == pytest.approx(2 / 3)
    assert citation_precision(text, ["s1", "s2", "s3"], BRACKETS, r"s\d+") == 0.5
    assert citation_precision("none", ["s1"], BRACKETS) == 0.0
    assert citation_precision("s1", ["s1"], BRACKETS, r"s\d+") == 0.0
    assert citation_precision("[s1]", ["s1"], BRACKETS, r"s\d+") == 1.0
    assert citation_recall(text, ["s1", "s3"], BRACKETS) == 0.5
    assert citation_recall(text, ["s1", "s2"], BRACKETS) == 1.0
    assert citation_recall("《s1》", ["s1"], "《(.+?)》") == 1.0


def test_sources_must_be_lists_of_texts() -> None:
    with pytest.raises(RuleError, match="`known` is not a list of texts"):
        citation_precision("[s1]", [1], BRACKETS)
    with pytest.raises(RuleError, match="`expected` holds no source"):
        citation_recall("[s1]", [], BRACKETS)


def test_long_texts_take_linear_time() -> None:
    started = time.monotonic()
    for text in ("{" * 500_000, '{"answer": ' * 50_000, "<answer>" * 100_000, "[" * 500_000, "Answer: " * 100_000):
        for where in PLACES:
            answer_at(text, where, "answer")
        list_match(text, "[a]")
    assert time.monotonic() - started < 20
