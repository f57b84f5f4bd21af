"""METEOR: words matched as they are or by their stem, and how far the matches keep the reference's order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rmcompose.primitives.registry import TEXT, register, setting
from rmcompose.primitives.text.porter import stem
from rmcompose.primitives.text.references import REFERENCES, best
from rmcompose.primitives.text.words import words

_Places = list[tuple[int, str]]


@register(
    "meteor",
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "reference": REFERENCES,
        "alpha": setting("how much more recall counts than precision", low=0, high=1),
        "beta": setting("how steeply the penalty grows with the number of chunks", low=0, high=100),
        "gamma": setting("the largest penalty", low=0, high=1),
        "stems": setting("whether words left over are matched by their Porter stem, for English"),
    },
    example='meteor(text = "the cats sat", reference = "the cat sat") -> 0.9814814814814815',
    quirks=(
        "There is no synonym stage: WordNet is not on a machine that was not given it, and a value must not depend on"
        " that. A text of m words that is its own reference has 1 - 0.5 / m³, not 1."
    ),
)
def meteor(
    text: str,
    reference: str | list[str],
    alpha: float = 0.9,
    beta: float = 3.0,
    gamma: float = 0.5,
    stems: bool = True,
) -> float:
    """METEOR without synonyms (Banerjee & Lavie 2005): the share of matched words, less a penalty for disorder.

    (1 - γ (chunks / matches)^β) · P R / (α P + (1 - α) R) with the weights of Lavie & Agarwal (2007), where P and R
    are the shares of the text's and of the reference's words that are matched, and a chunk is a run of matches that
    are neighbours on both sides. Words are matched as they are, then by stem, from the end of the text to the last
    word of the reference that is still free: the alignment of NLTK, whose values these are with an empty WordNet, not
    a search for the fewest chunks. Words are those of `token_f1`. 0 where nothing matches; 1 where both sides are
    empty. Of several references the best counts.
    """
    left = words(text)

    def score(against: str) -> float:
        right = words(against)
        if not left and not right:
            return 1.0
        matches = _align(left, right, stems)
        if not matches:
            return 0.0
        precision, recall = len(matches) / len(left), len(matches) / len(right)
        mean = precision * recall / (alpha * precision + (1 - alpha) * recall)
        disorder: float = (_chunks(matches) / len(matches)) ** beta
        return min(1.0, (1 - gamma * disorder) * mean)

    return best(score, reference)


def _align(left: Sequence[str], right: Sequence[str], stems: bool) -> list[tuple[int, int]]:
    """Pairs of places that match, by the place in the text."""
    found: list[tuple[int, int]] = []
    rest, other = _match(list(enumerate(left)), list(enumerate(right)), found)
    if stems and rest and other:
        _match([(place, stem(word)) for place, word in rest], [(place, stem(word)) for place, word in other], found)
    return sorted(found)


def _match(left: _Places, right: _Places, found: list[tuple[int, int]]) -> tuple[_Places, _Places]:
    """Adds the pairs of equal words, each with the last one that is free; what is left over of both sides."""
    free: dict[str, list[int]] = {}
    for place, word in right:
        free.setdefault(word, []).append(place)
    rest: _Places = []
    taken: set[int] = set()
    for place, word in reversed(left):
        places = free.get(word)
        if places:
            last = places.pop()
            taken.add(last)
            found.append((place, last))
        else:
            rest.append((place, word))
    return rest[::-1], [pair for pair in right if pair[0] not in taken]


def _chunks(matches: Sequence[tuple[int, int]]) -> int:
    return 1 + sum(after[0] != before[0] + 1 or after[1] != before[1] + 1 for before, after in pairwise(matches))
