"""chrF: how many runs of characters a text shares with a reference."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Hashable, Sequence

from rmcompose.primitives.pictures.declared import variants
from rmcompose.primitives.registry import TEXT, register, setting
from rmcompose.primitives.text.references import REFERENCES, best
from rmcompose.primitives.text.words import matched, ngrams

_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_Grams = list[Hashable]


@register(
    "chrf",
    laws=("reflexive",),
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "reference": REFERENCES,
        "char_order": setting("the longest run of characters", low=1, high=10),
        "word_order": setting("the longest run of words; 2 makes it chrF++", low=0, high=4),
        "beta": setting("how much more recall counts than precision", low=0, high=100),
        "ignore_case": setting("whether letters are compared in lower case"),
    },
    example='chrf(text = "the cat is on the mat", reference = "the cat sat on the mat") -> 0.619251512899325',
    picture=variants("characters"),
)
def chrf(
    text: str,
    reference: str | list[str],
    char_order: int = 6,
    word_order: int = 0,
    beta: float = 2.0,
    ignore_case: bool = False,
) -> float:
    """The chrF of one text (Popović 2015), as `sacrebleu.sentence_chrf` computes it, divided by 100.

    (1 + β²) P R / (β² P + R), where P and R are the means, over all lengths, of the shares of the text's and of the
    reference's n-grams that the other has too. With `word_order = 2` it is chrF++ (Popović 2017). White space is left
    out, so texts without spaces need nothing more. Of several references the best counts. 1 where both sides are empty
    (sacrebleu: 0), 0 where one is.
    """
    if ignore_case:
        text = text.lower()
    left = [Counter(grams) for grams in _orders(text, char_order, word_order)]

    def score(against: str) -> float:
        right = _orders(against.lower() if ignore_case else against, char_order, word_order)
        return _f_score(left, right, beta)

    return best(score, reference)


def _f_score(left: Sequence[Counter[Hashable]], right: Sequence[_Grams], beta: float) -> float:
    if not left[0] or not right[0]:
        return float(not left[0] and not right[0])
    precision = recall = 0.0
    effective = 0
    for counts, grams in zip(left, right, strict=True):
        if not counts or not grams:
            continue
        effective += 1
        common = matched(counts, grams)
        precision += common / counts.total()
        recall += common / len(grams)
    precision, recall = precision / effective, recall / effective
    if not precision or not recall:
        return 0.0
    factor = beta * beta
    return min(1.0, (1 + factor) * precision * recall / (factor * precision + recall))


def _orders(text: str, char_order: int, word_order: int) -> list[_Grams]:
    """The runs of characters, by length, then the runs of words."""
    line = "".join(text.split())
    last = list(line)
    runs: list[_Grams] = [list(last)]
    for n in range(1, char_order):
        last = list(map(operator.add, last, line[n:]))
        runs.append(list(last))
    cut = _words(text) if word_order else []
    return [*runs, *(list(ngrams(cut, n)) for n in range(1, word_order + 1))]


def _words(text: str) -> list[str]:
    """The words between white space, one mark at the end or else at the beginning set apart, as chrF++ does."""
    cut: list[str] = []
    for word in text.split():
        if len(word) == 1:
            cut.append(word)
        elif word[-1] in _PUNCTUATION:
            cut += (word[:-1], word[-1])
        elif word[0] in _PUNCTUATION:
            cut += (word[0], word[1:])
        else:
            cut.append(word)
    return cut
