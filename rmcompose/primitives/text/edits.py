"""How many edits lie between two texts: as a count, as a share, and as the ratios of fuzzy matching."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.packages import load
from rmcompose.primitives.pictures.declared import variants
from rmcompose.primitives.registry import TEXT, register, setting
from rmcompose.primitives.text.references import REFERENCES, best, least
from rmcompose.primitives.text.words import LARGEST_TABLE, words

_UNIT = setting("what is inserted, deleted and replaced", choices=("characters", "words"))
_NEEDS = ("rapidfuzz",)
_LARGEST_SLIDE = 4 * 10**6
_SHORT = 64


def _items(text: str, unit: str) -> Sequence[str]:
    return words(text) if unit == "words" else text


def _distance(left: Sequence[str], right: Sequence[str]) -> int:
    _bound(left, right, LARGEST_TABLE)
    distance: int = load("rapidfuzz", "rapidfuzz.distance.Levenshtein").distance(left, right)
    return distance


def _bound(left: Sequence[str], right: Sequence[str], largest: int) -> None:
    if len(left) * len(right) > largest:
        raise RuleError(f"texts of lengths {len(left):,} and {len(right):,} are too long: at most {largest:,} pairs")


@register(
    "edit_distance",
    laws=("symmetric",),
    returns="int",
    low=0,
    high=math.inf,
    arguments={"text": TEXT, "reference": REFERENCES, "unit": _UNIT},
    example='edit_distance(text = "kitten", reference = "sitting") -> 3',
    needs=_NEEDS,
)
def edit_distance(text: str, reference: str | list[str], unit: str = "characters") -> int:
    """The Levenshtein distance: the fewest characters (or words) to insert, delete or replace.

    Characters are Unicode code points, case and white space count; words are those of `token_f1`. Of several references
    the nearest counts. Texts of which the lengths multiply to more than 10,000,000,000 are refused.
    """
    left = _items(text, unit)
    return least(lambda against: _distance(left, _items(against, unit)), reference)


@register(
    "edit_similarity",
    laws=("symmetric", "reflexive"),
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT, "reference": REFERENCES, "unit": _UNIT},
    example='edit_similarity(text = "kitten", reference = "sitting") -> 0.5714285714285714',
    needs=_NEEDS,
)
def edit_similarity(text: str, reference: str | list[str], unit: str = "characters") -> float:
    """1 - d / n, where d is the `edit_distance` and n the length of the longer side; 1 where both are empty.

    Of several references the best counts. `fuzzy_ratio` counts a replacement as two edits and divides by both lengths.
    """
    left = _items(text, unit)

    def score(against: str) -> float:
        right = _items(against, unit)
        longer = max(len(left), len(right))
        return 1 - _distance(left, right) / longer if longer else 1.0

    return best(score, reference)


@register(
    "word_error_rate",
    returns="float",
    low=0,
    high=math.inf,
    arguments={"text": TEXT, "reference": REFERENCES},
    example='word_error_rate(text = "the cat sit", reference = "the cat sat down") -> 0.5',
    needs=_NEEDS,
)
def word_error_rate(text: str, reference: str | list[str]) -> float:
    """The word error rate of speech recognition: edits between the words, as a share of the reference's words.

    It passes 1 where the text is longer than the reference; `edit_similarity(unit = "words")` is bounded. Words are
    those of `token_f1`, so case and punctuation are no errors, and for Chinese and Japanese it is the character error
    rate. Of several references the lowest rate counts; one without words is a RuleError.
    """
    left = words(text)

    def score(against: str) -> float:
        right = words(against)
        if not right:
            raise RuleError("the reference has no words")
        return _distance(left, right) / len(right)

    return least(score, reference)


_SCORERS = {
    "ratio": "ratio",
    "partial": "partial_ratio",
    "token_sort": "token_sort_ratio",
    "token_set": "token_set_ratio",
}


@register(
    "fuzzy_ratio",
    laws=("symmetric", "reflexive"),
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "reference": REFERENCES,
        "mode": setting(
            "`ratio` (all of both), `partial` (the shorter against the best part of the longer), `token_sort` (words"
            " sorted first), `token_set` (words as sets: what both share costs nothing)",
            choices=tuple(_SCORERS),
        ),
        "ignore_case": setting("whether letters of either case are the same (Unicode case folding)"),
    },
    example='fuzzy_ratio(text = "the cat is on the mat", reference = "the cat sat on the mat") -> 0.9302325581395349',
    needs=_NEEDS,
    picture=variants("characters"),
)
def fuzzy_ratio(text: str, reference: str | list[str], mode: str = "ratio", ignore_case: bool = False) -> float:
    """The ratios of fuzzy matching (`fuzz.ratio` and its kin, by RapidFuzz), divided by 100.

    `ratio` is 2 m / (a + b), where a and b are the lengths and m is the length of their longest common subsequence of
    characters. Words are runs between white space. 1 where both sides are the same, or empty of words in a mode of
    words. Of several references the best counts. `partial` refuses texts of which the lengths multiply to more than
    4,000,000 (unless the shorter has at most 64 characters), the others those above 10,000,000,000.
    """
    compare: Callable[[str, str], float] = getattr(load("rapidfuzz", "rapidfuzz.fuzz"), _SCORERS[mode])
    if ignore_case:
        text = text.casefold()

    def score(against: str) -> float:
        if ignore_case:
            against = against.casefold()
        if text == against or (mode.startswith("token") and not text.split() and not against.split()):
            return 1.0
        slides = mode == "partial" and min(len(text), len(against)) > _SHORT
        _bound(text, against, _LARGEST_SLIDE if slides else LARGEST_TABLE)
        return min(1.0, compare(text, against) / 100)

    return best(score, reference)
