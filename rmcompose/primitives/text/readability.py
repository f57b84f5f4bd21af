"""How hard an English text is to read, by the classic formulas over sentences, words, syllables and letters."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from typing import NamedTuple

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.pictures.declared import curve
from rmcompose.primitives.registry import TEXT, register
from rmcompose.primitives.text.sentences import count_sentences
from rmcompose.primitives.text.syllables import syllables

_MOST_CHARACTERS = 2_000_000
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_INFLECTED = re.compile(r"(?:es|ed|ing)$")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_ENGLISH = (
    "The formula is made for English prose: in other languages the numbers mean little, and a text in Chinese, "
    "Japanese or Korean characters is an error. Code, tables and lists count as prose."
)

_SENTENCE = ("Yesterday", "the", "cat", "sat", "on", "the", "beautiful", "mat")


class Counts(NamedTuple):
    """What the formulas are made of; words and sentences are at least 1."""

    sentences: int
    words: int
    syllables: int
    letters: int
    """Letters and digits."""
    long: int
    """Words of three or more syllables."""
    hard: int
    """Those that still have three without `-es`, `-ed` or `-ing`, hyphenated words left out."""


@functools.lru_cache(maxsize=32)
def _counts(text: str) -> Counts:
    if len(text) > _MOST_CHARACTERS:
        raise RuleError(f"the text is too long: {len(text)} characters, at most {_MOST_CHARACTERS}")
    words = _WORD.findall(text.replace("\u2019", "'"))
    if not words:
        raise RuleError("the text has no words")
    if _CJK.search(text) and len(_CJK.findall(text)) * 5 > len(text):
        raise RuleError("the text is not in an alphabet that words and syllables can be counted in")
    total = letters = long = hard = 0
    for word in words:
        lowered = word.lower()
        count = _syllables(lowered)
        total += count
        letters += sum(map(str.isalnum, word))
        if count >= 3:
            long += 1
            hard += "-" not in word and _syllables(_INFLECTED.sub("", lowered)) >= 3
    return Counts(min(len(words), max(1, count_sentences(text))), len(words), total, letters, long, hard)


def _syllables(word: str) -> int:
    parts = _PART.findall(word.replace("'", ""))
    return sum(map(syllables, parts)) or 1


def _explain(_value: float, text: str) -> str:
    counts = _counts(text)
    return (
        f"{counts.sentences} sentences, {counts.words} words, {counts.syllables} syllables, {counts.letters} letters, "
        f"{counts.long} words of three or more syllables"
    )


def _sentence(count: int) -> str:
    """The same words over and over, in one sentence."""
    return " ".join(_SENTENCE[number % len(_SENTENCE)] for number in range(count)) + "."


def _readability(
    name: str, *, low: float, high: float, example: str, quirks: str = ""
) -> Callable[[Callable[..., float]], Callable[..., float]]:
    """Registers one of the formulas."""
    return register(
        name,
        returns="float",
        low=low,
        high=high,
        arguments={"text": TEXT},
        explain=_explain,
        example=f'{name}(text = "The cat sat on the mat. Nobody noticed.") -> {example}',
        quirks=f"{quirks} {_ENGLISH}".strip(),
        picture=curve("text", 1, 40, over="words in a sentence", make=_sentence),
    )


@_readability("flesch_reading_ease", low=-math.inf, high=121.22, example="86.45")
def flesch_reading_ease(text: str) -> float:
    """206.835 - 1.015 · words per sentence - 84.6 · syllables per word (Flesch 1948): higher is easier.

    60 to 70 is plain English, below 30 is for graduates. There is no lower bound: one very long sentence is far
    below 0; the function `clamp` of formulas keeps it between 0 and 100. A text without words is an error.
    """
    counts = _counts(text)
    value = 206.835 - 1.015 * counts.words / counts.sentences - 84.6 * counts.syllables / counts.words
    return min(121.22, value)


@_readability("flesch_kincaid_grade", low=-3.4, high=math.inf, example="2.195")
def flesch_kincaid_grade(text: str) -> float:
    """0.39 · words per sentence + 11.8 · syllables per word - 15.59 (Kincaid 1975): the US school grade it takes.

    Lower is easier; -3.4 at least, without an upper bound. A text without words is an error.
    """
    counts = _counts(text)
    value = 0.39 * counts.words / counts.sentences + 11.8 * counts.syllables / counts.words - 15.59
    return max(-3.4, value)


@_readability(
    "gunning_fog", low=0.4, high=math.inf, example="6.6", quirks="Proper names are not told from other words."
)
def gunning_fog(text: str) -> float:
    """0.4 · (words per sentence + 100 · hard words / words) (Gunning 1952): the years of school it takes.

    Hard words have three or more syllables, `-es`, `-ed` and `-ing` at their end not counted; hyphenated words are not
    hard. Lower is easier, without an upper bound. A text without words is an error.
    """
    counts = _counts(text)
    return max(0.4, 0.4 * (counts.words / counts.sentences + 100 * counts.hard / counts.words))


@_readability(
    "smog", low=3.1291, high=math.inf, example="7.168621630094336",
    quirks="The formula was fitted to 30 sentences or more; with fewer it varies much.",
)  # fmt: skip
def smog(text: str) -> float:
    """1.043 · √(30 · long words / sentences) + 3.1291 (SMOG, McLaughlin 1969): the years of school it takes.

    Long words have three or more syllables. Lower is easier, without an upper bound. A text without words is an error.
    """
    counts = _counts(text)
    return max(3.1291, 1.043 * math.sqrt(30 * counts.long / counts.sentences) + 3.1291)


@_readability("coleman_liau", low=-45.4, high=math.inf, example="-1.15")
def coleman_liau(text: str) -> float:
    """0.0588 · letters per 100 words - 0.296 · sentences per 100 words - 15.8 (Coleman and Liau 1975): a US grade.

    Digits count as letters; syllables do not matter. Lower is easier, without an upper bound. A text without words is
    an error.
    """
    counts = _counts(text)
    value = 5.88 * counts.letters / counts.words - 29.6 * counts.sentences / counts.words - 15.8
    return max(-45.4, value)


@_readability("ari", low=-16.22, high=math.inf, example="-1.7675")
def ari(text: str) -> float:
    """4.71 · letters per word + 0.5 · words per sentence - 21.43 (Automated Readability Index, 1967): a US grade.

    Digits count as letters; syllables do not matter. Lower is easier, without an upper bound. A text without words is
    an error.
    """
    counts = _counts(text)
    return max(-16.22, 4.71 * counts.letters / counts.words + 0.5 * counts.words / counts.sentences - 21.43)
