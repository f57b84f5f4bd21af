"""Text rules, patterns and sentences."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.patterns import check_pattern, compile_pattern
from rmcompose.primitives.text.content import contains, ends_with, exact_match, regex_match, starts_with, word_count
from rmcompose.primitives.text.sentences import count_sentences


def test_case_is_folded_only_on_demand() -> None:
    assert not contains("STRASSE", "straße")
    assert contains("STRASSE", "straße", ignore_case=True)
    assert starts_with("Yes", "yes", ignore_case=True)
    assert not starts_with("Yes", "yes")
    assert ends_with("OK", "ok", ignore_case=True)
    assert not ends_with("OK ", "OK")
    assert exact_match(" Paris\n", "Paris")
    assert not exact_match(" Paris", "Paris", strip=False)
    assert exact_match("PARIS", "paris", ignore_case=True)
    assert not exact_match("PARIS", "paris")


def test_words_are_what_stands_between_white_space() -> None:
    assert [word_count(text) for text in ("", " \n", "one", "one-two three\u00a0four")] == [0, 0, 1, 3]


def test_a_pattern_searches_unless_full() -> None:
    assert regex_match("the answer: 42", r"\d+")
    assert not regex_match("the answer: 42", r"\d+", full=True)
    assert regex_match("42", r"\d+", full=True)


def test_the_dialect_of_patterns() -> None:
    assert not compile_pattern("a.b").search("a\nb")
    assert compile_pattern("(?s)a.b").search("a\nb")
    assert not compile_pattern("a$").search("a\n")
    assert compile_pattern("(?m)^b$").search("a\nb\n")
    assert compile_pattern("^.$").search("é")
    assert compile_pattern("^.$").search("😀")
    assert compile_pattern("(?i)^É$").search("é")
    assert compile_pattern(r"^\pL+$").search("naïveß")
    assert not compile_pattern(r"^\w+$").search("naïve")
    assert compile_pattern(r"\?").search("\ud800"), "half a surrogate pair is read as a question mark"


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r"(?=a)", "the pattern uses lookaround (`(?=`)"),
        (r"(?<!a)b", "the pattern uses lookaround (`(?<!`)"),
        (r"(a)\1", r"the pattern uses a backreference (`\1`)"),
        (r"a\Z", r"the end of the text is `\z`"),
        ("(a", "the pattern cannot be compiled: missing ): `(a`"),
        ("a{2000}", "invalid repetition size"),
        ("\ud800", "half of a surrogate pair"),
    ],
)
def test_what_cannot_be_compiled_is_told_and_not_printed(
    pattern: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    fault = check_pattern(pattern)
    assert fault is not None
    assert message in fault
    with pytest.raises(RuleError):
        compile_pattern(pattern)
    assert capfd.readouterr() == ("", "")


def test_a_pattern_must_be_a_text() -> None:
    assert check_pattern(3) == "the pattern must be a text"
    assert check_pattern(r"^\d+$") is None


def test_without_re2_nothing_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(RuleError, match="google-re2"):
        compile_pattern("never compiled before")


def test_a_pattern_that_hangs_other_engines_returns() -> None:
    assert not compile_pattern(r"^(a+)+$").search("a" * 50_000 + "b")


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"\[\[(A|B)\]\]", "[[A]] no, [[B]]", "B"),
        (r"\d+", "1 22 333", "333"),
        (r"x(\d)?", "x1 x", "x"),
        (r"(é)", "aéaé", "é"),
        (r"z", "abc", None),
        (r"", "abc", ""),
    ],
)
def test_the_last_match(pattern: str, text: str, found: str | None) -> None:
    assert compile_pattern(pattern).findall_last(text) == found


@given(st.text(max_size=40))
def test_a_quoted_text_finds_itself(text: str) -> None:
    re2: Any = importlib.import_module("re2")
    assert compile_pattern(re2.escape(text)).fullmatch(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("   ", 0),
        ("?! …", 0),
        ("One", 1),
        ("One. Two! Three?", 3),
        ("Really?! Yes.", 2),
        ("Pi is 3.14 and e is 2.71.", 1),
        ("Dr. Smith met Mr. J. Doe at 5 p.m. in the U.S. embassy.", 1),
        ("It was 5 p.m. Then it rained.", 2),
        ("Fruit, e.g. Apples, is good.", 1),
        ("Tea, milk, etc. were there. So was I. He left.", 3),
        ("Wait... what", 1),
        ("Hm… maybe. Yes.", 2),
        ('"Stop." He left.', 2),
        ("See www.example.com for more.", 1),
        ("1. First item\n2. Second item", 1),
        ("A title\n\nA text. And more", 3),
        ("你好。再见！真的吗？", 3),
        ("これは「本」です。はい。", 2),
        ("यह है। वह था।", 2),
        ("هل هذا؟ نعم.", 2),
        ("No end", 1),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert count_sentences(text) == count


@given(st.lists(st.sampled_from(["The cat sat.", "Did it?", "Yes!", "It cost 3.50."]), max_size=8))
def test_plain_sentences_add_up(parts: list[str]) -> None:
    assert count_sentences(" ".join(parts)) == len(parts)
