"""Overlap of words, and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.mathematics.number import number_accuracy, number_match, numbers
from rmcompose.primitives.text.overlap import f1_score, rouge, token_f1
from rmcompose.primitives.text.rouge import rouge_l
from rmcompose.primitives.text.words import common_subsequence, words

WORDS = st.lists(st.sampled_from("abcd"), max_size=12)


def test_words_leave_punctuation_and_case_out() -> None:
    assert words("Don't — STOP, now!") == ["don't", "stop", "now"]
    assert words("你好 world，ok") == ["你", "好", "world", "ok"]
    assert words("Straße") == words("STRASSE")


@given(st.text(max_size=30).filter(str.isascii))
def test_a_character_beyond_ascii_changes_no_other_word(text: str) -> None:
    assert words(text + " é") == [*words(text), "é"]


@given(WORDS, WORDS)
def test_common_subsequence_is_that_of_the_table(left: list[str], right: list[str]) -> None:
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    assert common_subsequence(left, right) == table[-1][-1]


@given(WORDS, WORDS)
def test_overlap_is_symmetric_and_1_for_the_same(left: list[str], right: list[str]) -> None:
    one, other = " ".join(left), " ".join(right)
    for rule in (token_f1, rouge_l, rouge):
        assert rule(one, other) == pytest.approx(rule(other, one))
        assert rule(one, one) == 1.0
    assert rouge_l(one, other) <= token_f1(one, other) + 1e-12


def test_repeats_count_in_token_f1_only() -> None:
    assert token_f1("a a a b", "a b") == pytest.approx(2 / 3)
    assert f1_score("a a a b", "a b", tokenizer_type="simple") == 1.0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,234.5 and 1234", [1234.5, 1234]),
        ("5-3, -3, (-2), x=-1, \u22127", [5, 3, -3, -2, -1, -7]),
        ("1e3 2.5E-2 .5 3.", [1000, 0.025, 0.5, 3]),
        ("H2O v1.2.3 10.0.0.1 x5", []),
        ("1,2,3 12,34", [1, 2, 3, 12, 34]),
        ("$1,000,000; 50%", [1_000_000, 50]),
        ("1e999", []),
    ],
)
def test_numbers(text: str, found: list[float]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("text", "reference", "share"),
    [
        ("x 5 then 42", "42", 1.0),
        ("1,234", "1234", 1.0),
        ("4, 2, 1", "1, 2, 3, 4", 0.75),
        ("7", "7 7", 0.5),
        ("nothing", "3", 0.0),
        ("1000000.5", "1000000", 1.0),
        ("0.1000005", "0.1", 1.0),
        ("0.1001", "0.1", 0.0),
    ],
)
def test_number_match(text: str, reference: str, share: float) -> None:
    assert number_match(text, reference) == share


def test_a_reference_without_numbers_is_an_error_only_where_that_is_no_quirk() -> None:
    with pytest.raises(RuleError, match="no number"):
        number_match("3", "none")
    assert number_accuracy("3", "none") == 0.0


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_order_does_not_matter_to_number_match(wanted: list[int], random: object) -> None:
    text = " ".join(map(str, sorted(wanted)))
    assert number_match(text, " ".join(map(str, wanted))) == 1.0
