"""BLEU and GLEU of one text: the n-grams that it shares with references, as a geometric mean or as one share."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Callable, Hashable

from rmcompose.primitives.registry import TEXT, register, setting
from rmcompose.primitives.text.references import REFERENCES, best, listed
from rmcompose.primitives.text.words import ngrams, shared, words

Tokenizer = Callable[[str], list[str]]

_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_MARKS = ' !"#$%&()*+/:;<=>?@[\\]^_`{|}~'
_SPACED = {ord(mark): f" {mark} " for mark in _MARKS}
_AFTER_NO_DIGIT = re.compile(r"([^0-9])([.,])")
_BEFORE_NO_DIGIT = re.compile(r"([.,])([^0-9])")
_DASH = re.compile(r"([0-9])(-)")
_DEFAULT_SMOOTHING = {"exp": 0.0, "floor": 0.1, "add-k": 1.0, "none": 0.0}


def _mteval(line: str) -> list[str]:
    """The words of `mteval-v13a`: marks stand alone, dots and commas within numbers do not."""
    line = line.translate(_SPACED)
    if "." in line or "," in line:
        line = _BEFORE_NO_DIGIT.sub(r" \1 \2", _AFTER_NO_DIGIT.sub(r"\1 \2 ", line))
    if "-" in line:
        line = _DASH.sub(r"\1 \2 ", line)
    return line.split()


def _tokenize_13a(text: str) -> list[str]:
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    if "&" in text:
        for entity, mark in _ENTITIES:
            text = text.replace(entity, mark)
    return _mteval(f" {text} ")


@functools.cache
def _chinese() -> re.Pattern[str]:
    """The characters that `sacrebleu -tok zh` sets apart, and those beyond the basic plane that it misses.

    Marks from U+2001 to U+2A6D are among them: two of its ranges are written with five digits where four are read.
    """
    return re.compile(
        "([\u3400-\u4db5\u4e00-\u9fbb\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\uff00-\uffef\u2e80-\u2eff\u3000-\u303f"
        "\u31c0-\u31ef\u2f00-\u2fdf\u2ff0-\u2fff\u2001-\u2a6d\u3100-\u312f\u31a0-\u31bf\ufe10-\ufe1f\ufe30-\ufe4f"
        "\u3200-\u33ff\U00020000-\U0002a6d6\U0002f800-\U0002fa1d])"
    )


def _tokenize_zh(text: str) -> list[str]:
    return _mteval(_chinese().sub(r" \1 ", text.strip()))


def _characters(text: str) -> list[str]:
    return list("".join(text.split()))


TOKENIZERS: dict[str, Tokenizer] = {
    "13a": _tokenize_13a,
    "zh": _tokenize_zh,
    "char": _characters,
    "none": str.split,
}


def _explain_bleu(
    _value: float, text: str, reference: str | list[str], tokenize: str = "13a", ignore_case: bool = False, **_: object
) -> str:
    cut = _cutter(tokenize, ignore_case)
    lengths = [len(cut(one)) for one in listed(reference)]
    return f"{len(cut(text))} tokens against {', '.join(map(str, lengths[:5]))}"


@register(
    "bleu",
    laws=("reflexive",),
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "reference": REFERENCES,
        "tokenize": setting(
            "`13a` (as WMT), `zh` (Chinese), `char` (each character but white space), `none` (white space)",
            choices=tuple(TOKENIZERS),
        ),
        "smooth": setting(
            "what stands for an order without a match: `exp` halves it, `floor` puts `smooth_value` matches, `add-k`"
            " adds `smooth_value` to all counts above single words, `none` makes the value 0",
            choices=tuple(_DEFAULT_SMOOTHING),
        ),
        "smooth_value": setting("of `floor` (0.1 where left out) and `add-k` (1)", low=0, high=1),
        "max_order": setting("the longest n-gram", low=1, high=9),
        "ignore_case": setting("whether letters are compared in lower case"),
    },
    explain=_explain_bleu,
    example='bleu(text = "the cat is on the mat", reference = "the cat sat on the mat") -> 0.37991784282579627',
)
def bleu(
    text: str,
    reference: str | list[str],
    tokenize: str = "13a",
    smooth: str = "exp",
    smooth_value: float | None = None,
    max_order: int = 4,
    ignore_case: bool = False,
) -> float:
    """The BLEU of one text (Papineni et al. 2002), as `sacrebleu.sentence_bleu` computes it, divided by 100.

    The geometric mean of the shares of the text's 1- to 4-grams that a reference has too, times exp(1 - r / c) where
    the text's c tokens are fewer than the reference's r. Orders for which the text is too short are left out. Several
    references count as in the paper: each n-gram as often as in the one that has most of it, r of the one nearest in
    length. 0 where no token is shared, 1 where text and a reference are both empty. Text without spaces needs `zh` or
    `char`. BLEU was made for whole corpora; `chrf` says more of a single text.
    """
    cut = _cutter(tokenize, ignore_case)
    tokens = cut(text)
    references = [cut(one) for one in ([reference] if isinstance(reference, str) else listed(reference))]
    if not tokens:
        return float(not all(references))
    matches, totals = _matches(tokens, references, max_order)
    if not matches[0]:
        return 0.0
    value = _DEFAULT_SMOOTHING[smooth] if smooth_value is None else smooth_value
    length = min(map(len, references), key=lambda other: (abs(other - len(tokens)), other))
    brevity = min(0.0, 1 - length / len(tokens))
    logs = _logarithms(matches, totals, smooth, value)
    return min(1.0, math.exp(brevity + sum(logs) / len(logs)))


def _cutter(tokenize: str, ignore_case: bool) -> Tokenizer:
    cut = TOKENIZERS[tokenize]
    return (lambda text: cut(text.lower())) if ignore_case else cut


def _matches(tokens: list[str], references: list[list[str]], max_order: int) -> tuple[list[int], list[int]]:
    """The n-grams of the text that references have too, and all of them, by length."""
    matches: list[int] = []
    totals: list[int] = []
    for n in range(1, max_order + 1):
        totals.append(max(0, len(tokens) - n + 1))
        if n > 1 and not matches[-1]:
            matches.append(0)  # without a match of n - 1 tokens there is none of n
        elif len(references) == 1:
            matches.append(shared(ngrams(tokens, n), ngrams(references[0], n)))
        else:
            most: Counter[Hashable] = Counter()
            for one in references:
                most |= Counter(ngrams(one, n))
            matches.append((Counter(ngrams(tokens, n)) & most).total())
    return matches, totals


def _logarithms(matches: list[int], totals: list[int], smooth: str, value: float) -> list[float]:
    """The logarithms of the precisions, for the orders that the text is long enough for."""
    logs: list[float] = []
    halved = 1.0
    for n, (match, total) in enumerate(zip(matches, totals, strict=True)):
        added = value if smooth == "add-k" and n else 0.0
        if not total + added:
            break
        precision = (match + added) / (total + added)
        if not match + added:
            if smooth == "exp":
                halved *= 2
                precision = 1 / (halved * total)
            elif smooth == "floor":
                precision = value / total
        logs.append(math.log(precision) if precision else -math.inf)
    return logs


@register(
    "gleu",
    laws=("symmetric", "reflexive"),
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "reference": REFERENCES,
        "max_order": setting("the longest n-gram", low=1, high=9),
    },
    example='gleu(text = "the cat is on the mat", reference = "the cat sat on the mat") -> 0.5',
)
def gleu(text: str, reference: str | list[str], max_order: int = 4) -> float:
    """The GLEU of one text (Wu et al. 2016, "Google's Neural Machine Translation System"), meant as a reward.

    The lesser of precision and recall over all 1- to 4-grams of words together, counting repeats. Words are those of
    `token_f1`. 1 where both sides are empty, 0 where one is. Of several references the best counts.
    """
    left = words(text)
    orders = range(1, max_order + 1)

    def total(items: list[str]) -> int:
        return sum(max(0, len(items) - n + 1) for n in orders)

    def score(against: str) -> float:
        right = words(against)
        if not left or not right:
            return float(left == right)
        matches = 0
        for n in orders:
            common = shared(ngrams(left, n), ngrams(right, n))
            if not common:
                break
            matches += common
        return matches / max(total(left), total(right))

    return best(score, reference)
