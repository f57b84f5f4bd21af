"""Texts as sets or bags of words or characters: Jaccard and cosine."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from rmcompose.primitives.registry import TEXT, register, setting
from rmcompose.primitives.text.references import REFERENCES, best
from rmcompose.primitives.text.words import ngrams, words

_ARGUMENTS = {
    "text": TEXT,
    "reference": REFERENCES,
    "unit": setting(
        "`words` (without case and punctuation; each Chinese or Japanese character is one) or `characters` (without"
        " case, runs of white space as one space)",
        choices=("words", "characters"),
    ),
    "n": setting("how many of them make an n-gram", low=1, high=9),
}


def _items(text: str, unit: str) -> Sequence[str]:
    return words(text) if unit == "words" else " ".join(text.casefold().split())


@register(
    "jaccard",
    laws=("symmetric", "reflexive"),
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    example='jaccard(text = "the cat is on the mat", reference = "the cat sat on the mat") -> 0.6666666666666666',
)
def jaccard(text: str, reference: str | list[str], unit: str = "words", n: int = 1) -> float:
    """The Jaccard index of the sets of words (or n-grams): |T ∩ R| / |T ∪ R|; repeats do not count.

    Where neither side has n items the value is 1 if they are the same, else 0; where one has not it is 0. Of several
    references the best counts.
    """
    items = _items(text, unit)
    left = set(ngrams(items, n))

    def score(against: str) -> float:
        others = _items(against, unit)
        right = set(ngrams(others, n))
        if not left and not right:
            return float(items == others)
        common = len(left & right)
        return common / (len(left) + len(right) - common)

    return best(score, reference)


@register(
    "cosine",
    laws=("symmetric", "reflexive"),
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    example='cosine(text = "the cat is on the mat", reference = "the cat sat on the mat") -> 0.875',
)
def cosine(text: str, reference: str | list[str], unit: str = "words", n: int = 1) -> float:
    """The cosine of the counts of words (or n-grams); order does not count.

    Counts are plain: a weighting by rarity (TF-IDF) needs a corpus, and one made of the two texts alone says nothing.
    Where neither side has n items the value is 1 if they are the same, else 0; where one has not it is 0. Of several
    references the best counts. It knows no meaning: synonyms are different words.
    """
    items = _items(text, unit)
    left = Counter(ngrams(items, n))
    length = sum(count * count for count in left.values())

    def score(against: str) -> float:
        others = _items(against, unit)
        right = Counter(ngrams(others, n))
        if not left or not right:
            return float(items == others) if not left and not right else 0.0
        product = sum(left[item] * right[item] for item in left.keys() & right.keys())
        return min(1.0, product / math.sqrt(length * sum(count * count for count in right.values())))

    return best(score, reference)
