"""ROUGE: how many of the reference's words, pairs of words or sequences of words a text has (Lin 2004).

Values are those of the package `rouge-score` on ASCII text, with and without its stemmer. Two things differ: letters
beyond ASCII are letters (it drops them) and each Chinese or Japanese character is a word; and where both sides have
nothing to compare, two equal texts have 1 and not 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import TEXT, register, setting
from rmcompose.primitives.text import porter
from rmcompose.primitives.text.references import REFERENCES, best
from rmcompose.primitives.text.words import alphanumerics, common_subsequence, ngrams, shared, subsequence_rows

_LARGEST_WORDS = 10**8
_LARGEST_LINES = 250_000
_ARGUMENTS = {
    "text": TEXT,
    "reference": REFERENCES,
    "measure": setting(
        "`f1`, `precision` (share of the text's) or `recall` (share of the reference's)",
        choices=("f1", "precision", "recall"),
    ),
    "stem": setting("whether words of more than three letters are compared by their Porter stem, for English"),
}


def _words(text: str, stem: bool) -> list[str]:
    found = alphanumerics(text)
    return [porter.stem(word) if len(word) > 3 else word for word in found] if stem else found


def _score(common: int, text: int, reference: int, measure: str) -> float:
    """The measure of `common` items; 0 where a side has none."""
    if not common:
        return 0.0
    precision, recall = common / text, common / reference
    if measure == "f1":
        return 2 * precision * recall / (precision + recall)
    return precision if measure == "precision" else recall


def _of_ngrams(text: str, reference: str | list[str], n: int, measure: str, stem: bool) -> float:
    left = _words(text, stem)

    def score(against: str) -> float:
        right = _words(against, stem)
        totals = max(0, len(left) - n + 1), max(0, len(right) - n + 1)
        if totals == (0, 0):
            return float(left == right)
        return _score(shared(ngrams(left, n), ngrams(right, n)), *totals, measure)

    return best(score, reference)


@register(
    "rouge_n",
    laws=("reflexive",),
    returns="float",
    low=0,
    high=1,
    arguments={"n": setting("how many words make an n-gram", low=1, high=9), **_ARGUMENTS},
    example='rouge_n(text = "the cat is on the mat", reference = "the cat sat on the mat", n = 3) -> 0.25',
)
def rouge_n(text: str, reference: str | list[str], n: int = 2, measure: str = "f1", stem: bool = False) -> float:
    """ROUGE-N (Lin 2004): the F1, precision or recall of the n-grams of words, counting repeats.

    Words are runs of letters and digits in lower case, as in `rouge-score`; each Chinese or Japanese character is one.
    Where neither side has n words the value is 1 if their words are the same, else 0; where one has not it is 0. Of
    several references the best counts.
    """
    return _of_ngrams(text, reference, n, measure, stem)


@register(
    "rouge_1",
    laws=("reflexive",),
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    example='rouge_1(text = "the cat is on the mat", reference = "the cat sat on the mat") -> 0.8333333333333334',
)
def rouge_1(text: str, reference: str | list[str], measure: str = "f1", stem: bool = False) -> float:
    """ROUGE-1: `rouge_n` over single words."""
    return _of_ngrams(text, reference, 1, measure, stem)


@register(
    "rouge_2",
    laws=("reflexive",),
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    example='rouge_2(text = "the cat is on the mat", reference = "the cat sat on the mat") -> 0.6',
)
def rouge_2(text: str, reference: str | list[str], measure: str = "f1", stem: bool = False) -> float:
    """ROUGE-2: `rouge_n` over pairs of words."""
    return _of_ngrams(text, reference, 2, measure, stem)


@register(
    "rouge_l",
    laws=("reflexive",),
    returns="float",
    low=0,
    high=1,
    version="2",
    arguments=_ARGUMENTS,
    example='rouge_l(text = "The cat sat.", reference = "the cat") -> 0.8',
)
def rouge_l(text: str, reference: str | list[str], measure: str = "f1", stem: bool = False) -> float:
    """ROUGE-L (Lin 2004): the F1, precision or recall of the longest common subsequence of words, so order counts.

    Words are those of `rouge_n`. 1 where both sides have no word, 0 where one has none. Of several references the best
    counts. Texts of which the numbers of words multiply to more than 10,000,000,000 are refused.
    """
    left = _words(text, stem)

    def score(against: str) -> float:
        right = _words(against, stem)
        if not left or not right:
            return float(left == right)
        return _score(common_subsequence(left, right), len(left), len(right), measure)

    return best(score, reference)


@register(
    "rouge_lsum",
    laws=("reflexive",),
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    example='rouge_lsum(text = "the cat sat\\nit purred", reference = "it purred\\nthe cat sat") -> 1.0',
)
def rouge_lsum(text: str, reference: str | list[str], measure: str = "f1", stem: bool = False) -> float:
    """ROUGE-Lsum, for summaries of several lines: ROUGE-L with the sentences matched in any order.

    A line is a sentence. Each sentence of the reference has the words that belong to a longest common subsequence with
    any sentence of the text; no word counts more often than it occurs on either side (`rouge-score`, after ROUGE
    1.5.5). Otherwise as `rouge_l`, but refused are already texts of which the numbers of words multiply to more than
    100,000,000, or those of lines to more than 250,000.
    """
    split = partial(_sentences, stem=stem)
    left = split(text)
    counts = Counter(word for sentence in left for word in sentence)

    def score(against: str) -> float:
        right = split(against)
        total, other = counts.total(), sum(map(len, right))
        if not total or not other:
            return float(total == other)
        if total * other > _LARGEST_WORDS or len(left) * len(right) > _LARGEST_LINES:
            raise RuleError(
                f"too many to compare: {total:,} × {other:,} words (at most {_LARGEST_WORDS:,}) in {len(left):,} ×"
                f" {len(right):,} lines (at most {_LARGEST_LINES:,})"
            )
        return _score(_union_hits(left, right, counts), total, other, measure)

    return best(score, reference)


def _sentences(text: str, stem: bool) -> list[list[str]]:
    return [found for line in text.split("\n") if (found := _words(line, stem))]


def _union_hits(text: list[list[str]], reference: list[list[str]], counts: Counter[str]) -> int:
    """How many words of the reference's sentences are in a longest common subsequence with a sentence of the text."""
    left_over = Counter(counts)
    still_wanted = Counter(word for sentence in reference for word in sentence)
    hits = 0
    for wanted in reference:
        places: set[int] = set()
        known = set(wanted)
        for sentence in text:
            if not known.isdisjoint(sentence):
                places.update(_places(wanted, sentence))
        for place in sorted(places):
            word = wanted[place]
            if left_over[word] > 0 and still_wanted[word] > 0:
                hits += 1
                left_over[word] -= 1
                still_wanted[word] -= 1
    return hits


def _places(wanted: Sequence[str], sentence: Sequence[str]) -> list[int]:
    """Where in `wanted` a longest common subsequence with `sentence` lies: of several that of `rouge-score`.

    It goes back through the table from its end, over equal words where it can, else to the left where that side is
    longer, else up. A clear bit among the first j bits of row i is one word of the table's entry (i, j).
    """
    rows = [(1 << len(sentence)) - 1, *subsequence_rows(sentence, wanted)]
    length: Callable[[int, int], int] = lambda i, j: j - (rows[i] & ((1 << j) - 1)).bit_count()  # noqa: E731
    i, j = len(wanted), len(sentence)
    found: list[int] = []
    while i and j:
        if wanted[i - 1] == sentence[j - 1]:
            found.append(i - 1)
            i, j = i - 1, j - 1
        elif length(i, j - 1) > length(i - 1, j):
            j -= 1
        else:
            i -= 1
    return found
