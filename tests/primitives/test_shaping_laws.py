"""Rewards for length, for small errors and against repetition: known values, laws, and hostile input."""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rmcompose as rm
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import signature
from rmcompose.primitives.shaping.errors import exp_error
from rmcompose.primitives.shaping.lengths import cosine_length, group_length, length_band, soft_overlong
from rmcompose.primitives.shaping.penalties import ngram_repetition_penalty
from rmcompose.primitives.shaping.repetition import (
    compression_ratio,
    distinct_n,
    longest_loop,
    repeated_lines,
    repetition,
    repetition_penalty,
)
from rmcompose.primitives.text.words import tokens

LENGTHS = st.integers(0, 400)
BANDS: list[dict[str, Any]] = [
    {"min_length": 50, "max_length": 100, "falloff": falloff, "curve": curve}
    for falloff in (0.0, 1.0, 40.0, 1e6)
    for curve in ("linear", "cosine", "gaussian")
]


# ---- length ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("band", BANDS)
@given(one=LENGTHS, two=LENGTHS)
def test_the_band_is_full_inside_and_never_rises_away_from_it(band: dict[str, Any], one: int, two: int) -> None:
    near, far = sorted((one, two), key=lambda size: max(50 - size, size - 100, 0))
    values = [length_band("", length=size, **band) for size in (near, far)]
    assert values[0] >= values[1]
    for size, value in zip((near, far), values, strict=True):
        assert (value == 1.0) == (50 <= size <= 100) or band["falloff"] == 1e6
    if 50 <= near <= 100 and not band["falloff"]:
        assert values[1] in (0.0, 1.0)


def test_the_curves_of_the_band() -> None:
    def at(distance: int, curve: str) -> float:
        return length_band("x" * (10 + distance), max_length=10, falloff=8, curve=curve)

    assert [at(d, "linear") for d in (0, 2, 4, 8, 9)] == [1, 0.75, 0.5, 0, 0]
    assert [at(d, "cosine") for d in (0, 4, 8, 9)] == pytest.approx([1, 0.5, 0, 0])
    assert at(2, "cosine") == pytest.approx((1 + math.cos(math.pi / 4)) / 2)
    assert at(8, "gaussian") == pytest.approx(math.exp(-0.5))
    assert length_band("abc", min_length=5, max_length=9, falloff=4) == 0.5
    with pytest.raises(RuleError, match="above"):
        length_band("a", min_length=5, max_length=4)


def test_lengths_are_counted_in_characters_words_or_handed_over() -> None:
    chinese = "我爱北京 OK"
    assert length_band(chinese, max_length=5, unit="words", falloff=0) == 1.0
    assert length_band(chinese, max_length=4, unit="words", falloff=0) == 0.0
    assert length_band(chinese, max_length=6, falloff=0) == 0.0
    assert length_band(chinese, max_length=6, falloff=0, length=6) == 1.0
    for wrong in (-1, math.nan, math.inf, "5"):
        with pytest.raises(RuleError, match="length"):
            length_band("a", max_length=6, length=wrong)  # type: ignore[arg-type]


@given(LENGTHS, LENGTHS, st.integers(0, 300), st.integers(0, 300))
def test_soft_overlong_is_the_formula_and_never_rises(one: int, two: int, maximum: int, cache: int) -> None:
    cache = min(cache, maximum)
    values = []
    for size in sorted((one, two)):
        if size <= maximum - cache:
            expected = 0.0
        elif size <= maximum:
            expected = ((maximum - cache) - size) / cache
        else:
            expected = -1.0
        values.append(soft_overlong("x" * size, max_length=maximum, cache=cache))
        assert values[-1] == expected
    assert values[0] >= values[1]


def test_soft_overlong_of_trl() -> None:
    # the example in TRL's documentation: 90 of 100 tokens with a cache of 20
    assert soft_overlong("", max_length=100, cache=20, length=90) == -0.5
    with pytest.raises(RuleError, match="above"):
        soft_overlong("", max_length=1, cache=2)


def open_r1(size: int, correct: bool, maximum: int) -> float:
    """The formula of open-r1's `get_cosine_scaled_reward`, with its defaults."""
    cosine = math.cos(size / maximum * math.pi)
    low, high = (0.5, 1.0) if correct else (-0.5, -1.0)
    return low + 0.5 * (high - low) * (1.0 + cosine)


@given(LENGTHS, st.booleans(), st.integers(1, 500))
def test_cosine_length_is_that_of_open_r1_up_to_the_longest(size: int, correct: bool, maximum: int) -> None:
    value = cosine_length("x" * size, correct=correct, max_length=maximum)
    assert value == pytest.approx(open_r1(min(size, maximum), correct, maximum))


@given(LENGTHS, LENGTHS)
def test_short_is_better_when_right_and_long_when_wrong(one: int, two: int) -> None:
    short, long = sorted((one, two))
    right = [cosine_length("", correct=True, max_length=300, length=size) for size in (short, long)]
    wrong = [cosine_length("", correct=False, max_length=300, length=size) for size in (short, long)]
    assert right[0] >= right[1] >= 0.5
    assert wrong[0] <= wrong[1] <= -0.5


def test_what_is_too_long_has_its_own_value() -> None:
    values = [cosine_length("", correct=True, max_length=10, length=size, exceeded=-1.0) for size in (9, 10, 11)]
    assert values[0] > 0.5
    assert values[1:] == [-1.0, -1.0]


def kimi(sizes: list[int], correct: list[bool]) -> list[float]:
    """Section 2.3.3 of the report on Kimi k1.5."""
    if max(sizes) == min(sizes):
        return [0.0] * len(sizes)
    shares = [0.5 - (size - min(sizes)) / (max(sizes) - min(sizes)) for size in sizes]
    return [share if good else min(0, share) for share, good in zip(shares, correct, strict=True)]


@given(st.lists(st.tuples(LENGTHS, st.booleans()), min_size=1, max_size=8))
def test_group_length_is_that_of_kimi(group: list[tuple[int, bool]]) -> None:
    sizes, correct = [size for size, _ in group], [good for _, good in group]
    texts = ["x" * size for size in sizes]
    assert group_length(texts, correct) == kimi(sizes, correct)
    assert group_length([""] * len(sizes), correct, length=[float(size) for size in sizes]) == kimi(sizes, correct)


def test_rewards_for_length_in_a_spec() -> None:
    reward = rm.loads(
        "rmcompose 1\n\ncomposition lengths -> score[-2, 2] {\n  input n_tokens: int\n\n"
        "  rule right = exact_match()\n  rule group = group_length(correct = right)\n"
        "  rule over  = soft_overlong(max_length = 100, cache = 20, length = n_tokens)\n"
        "  rule curve = cosine_length(correct = right, max_length = 100, length = n_tokens)\n\n"
        "  return group + over + 0.5 * curve\n}\n"
    )
    row = {"prompt": "p", "responses": ["a", "bbb"], "reference": "a", "n_tokens": 90}
    curve = [cosine_length("", correct=good, max_length=100, length=90) for good in (True, False)]
    assert reward.scores([row]) == [pytest.approx([0.5 - 0.5 + 0.5 * curve[0], -0.5 - 0.5 + 0.5 * curve[1]])]
    # a count that is not there is no count of characters
    assert reward.scores([{**row, "n_tokens": None}]) == [[None, None]]


def test_exp_error_is_that_of_rm_gallery() -> None:
    values = [exp_error(value=5 - apart, reference=5, rate=0.5) for apart in range(5)]
    assert values == pytest.approx([1, 0.6065306597, 0.3678794412, 0.2231301601, 0.1353352832])
    assert exp_error(value=3, reference=" 3.0 ") == 1.0  # type: ignore[arg-type]
    assert exp_error(value=1e308, reference=-1e308) == 0.0
    for wrong in ("four", None, math.nan, True, [3]):
        with pytest.raises(RuleError, match="not a number"):
            exp_error(value=3, reference=wrong)  # type: ignore[arg-type]


# ---- repetition ------------------------------------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from(["a", "b", "c", "好", "!"]), max_size=30)


@given(WORDS, st.integers(1, 5))
def test_repetition_is_counted_as_by_a_plain_loop(words: list[str], n: int) -> None:
    text = " ".join(words)
    seen: dict[tuple[str, ...], int] = {}
    for start in range(len(words) - n + 1):
        gram = tuple(words[start : start + n])
        seen[gram] = seen.get(gram, 0) + 1
    copies, total = sum(count - 1 for count in seen.values()), sum(seen.values())
    assert repetition(text, n=n) == pytest.approx(copies / total if total else 0.0)
    assert distinct_n(text, n=n) == pytest.approx(1 - repetition(text, n=n))
    assert repetition_penalty(text, n=n, max_penalty=-0.5) == pytest.approx(-0.5 * repetition(text, n=n))
    gallery = ngram_repetition_penalty(text, n=n, penalty_threshold=0, tokenizer_type="simple")
    assert repetition(text, n=n) == pytest.approx(-gallery)


@given(WORDS.filter(lambda words: len(words) > 4))
def test_saying_it_again_never_lowers_repetition_of_words(words: list[str]) -> None:
    text = " ".join(words)
    assert repetition(f"{text} {text}", n=1) >= repetition(text, n=1)
    assert distinct_n(f"{text} {text}", n=1) <= distinct_n(text, n=1)


def test_marks_and_texts_without_spaces_repeat_too() -> None:
    assert repetition("!" * 40, n=3) > 0.9
    assert repetition("好的好的好的好的", n=2) > 0.6
    assert repetition("abcabcabc", n=3, unit="characters") == pytest.approx(4 / 7)
    assert repetition("The the THE", n=1) == pytest.approx(2 / 3)
    assert repetition("a b", n=3) == 0.0
    assert str(repetition_penalty("a b c", n=1)) == "0.0"
    with pytest.raises(RuleError, match="outside"):
        repetition_penalty("a", max_penalty=-2.0)


def test_what_is_repeated_is_told() -> None:
    known = signature("repetition")
    assert known is not None
    assert known.explain is not None
    assert known.explain(0.5, text="we wait and we wait", n=2) == "5 words, 2 times 'we wait'"
    assert known.explain(0.5, text="abab", n=2, unit="characters") == "4 characters, 2 times 'ab'"
    assert known.explain(0.0, text="a b", n=2) == "2 words, no repetition"


def test_repeated_lines() -> None:
    assert repeated_lines("a\nb\n\n a \r\nb") == 0.5
    assert repeated_lines("") == repeated_lines("one line") == 0.0


def plain_loop(words: list[str], most: int) -> float:
    """The longest stretch of period p that goes round twice, by trying every start."""
    longest = 0
    for period in range(1, most + 1):
        for start in range(len(words)):
            end = start
            while end + period < len(words) and words[end] == words[end + period]:
                end += 1
            if end - start >= period:
                longest = max(longest, end - start + period)
    return longest / len(words) if words else 0.0


@given(st.lists(st.sampled_from("abc"), max_size=25), st.integers(1, 12))
def test_the_longest_loop_is_that_of_a_plain_search(words: list[str], most: int) -> None:
    assert longest_loop(" ".join(words), max_period=most) == pytest.approx(plain_loop(words, most))


def test_the_longest_loop() -> None:
    assert longest_loop("so we wait and wait and wait and") == pytest.approx(6 / 8)
    assert longest_loop("all words differ here") == longest_loop("") == 0.0
    assert longest_loop("哈" * 50) == 1.0
    assert tokens("哈哈!!") == ["哈", "哈", "!", "!"]


def test_compression_ratio_is_that_of_whisper() -> None:
    for text in ("a", "la " * 500, "你好，世界", "x" * 1_000_000):
        raw = text.encode()
        assert compression_ratio(text) == len(raw) / len(zlib.compress(raw))
    assert compression_ratio("la " * 500) > 2.4
    assert compression_ratio("a") < 1
    assert compression_ratio("") == 0.0
    assert compression_ratio("x" * 10**7) <= 1032


LONG = [
    "word " * 200_000,
    "!" * 1_000_000,
    "\ud800" * 1000,
    "\n" * 500_000,
    "".join(random.Random(1).choices("ab \n", k=500_000)),
]


@pytest.mark.parametrize(
    "rule", [repetition, distinct_n, repetition_penalty, repeated_lines, longest_loop, compression_ratio]
)
def test_hostile_texts_are_judged(rule: Callable[..., float]) -> None:
    for text in LONG:
        assert math.isfinite(rule(text))


def test_a_search_that_would_take_too_long_is_refused_with_the_limit() -> None:
    with pytest.raises(RuleError, match="100,000,000"):
        longest_loop("!" * 600_000, max_period=200)
