"""How much of its words a text shares with a reference."""

from __future__ import annotations

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import REFERENCE, TEXT, register
from rmcompose.primitives.text.references import REFERENCES, best
from rmcompose.primitives.text.tokenizers import SETTINGS, tokenizer
from rmcompose.primitives.text.words import common_subsequence, f_score, shared, words


@register(
    "token_f1",
    laws=("symmetric", "reflexive"),
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT, "reference": REFERENCES},
    example='token_f1(text = "a a a b", reference = "a b") -> 0.6666666666666666',
)
def token_f1(text: str, reference: str | list[str]) -> float:
    """The F1 of the words of text and reference, counting repeats (the overlap measure of SQuAD).

    2PR / (P + R), where P and R are the shares of the text's and the reference's words that the other has too. Case
    and punctuation are left out; each Chinese or Japanese character is a word. 1 where both are empty, 0 where one is.
    Of several references the best counts. Unlike SQuAD's script it keeps the words `a`, `an` and `the`.
    """
    left = words(text)

    def score(against: str) -> float:
        right = words(against)
        return f_score(shared(left, right), len(left), len(right))

    return best(score, reference)


@register(
    "word_overlap",
    laws=("reflexive",),
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT, "reference": REFERENCES},
    example='word_overlap(text = "the dog sat on the rug", reference = "the cat sat on the mat") -> 0.6',
)
def word_overlap(text: str, reference: str | list[str]) -> float:
    """The share of the reference's distinct words that the text has too, wherever they stand.

    Words are those of `token_f1`. Nothing is lost by a longer text: pair it with a measure that sees length. Of several
    references the best counts; one without words is a RuleError.
    """
    have = set(words(text))

    def score(against: str) -> float:
        wanted = set(words(against))
        if not wanted:
            raise RuleError("the reference has no words")
        return len(wanted & have) / len(wanted)

    return best(score, reference)


@register(
    "f1_score",
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT, "reference": REFERENCE, **SETTINGS},
    example='f1_score(text = "a a a b", reference = "a b", tokenizer_type = "simple") -> 1.0',
    quirks=(
        'Repeats do not count: "a a a b" against "a b" is 1. The default tokenizer is `tiktoken`; where its file is '
        "not on the machine the response is unscored, while RM-Gallery splits at white space in silence. "
        "`token_f1` counts repeats and needs no file."
    ),
)
def f1_score(
    text: str,
    reference: str,
    tokenizer_type: str = "tiktoken",
    encoding_name: str = "cl100k_base",
    chinese_only: bool = False,
) -> float:
    """The F1 of the sets of lower-case tokens of text and reference (RM-Gallery `f1_score`).

    2PR / (P + R) with P = |T ∩ R| / |T| and R = |T ∩ R| / |R|. 1 where both are empty, 0 where one is.
    """
    tokens = tokenizer(tokenizer_type, encoding_name, chinese_only)
    left, right = set(tokens(text.strip().lower())), set(tokens(reference.strip().lower()))
    return f_score(len(left & right), len(left), len(right))


@register(
    "rouge",
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT, "reference": REFERENCE},
    example='rouge(text = "the cat sat on the mat", reference = "the cat is on the mat") -> 0.8333333333333334',
    quirks="Punctuation stays on its word and Chinese is not cut into words; `rouge_l` does better.",
)
def rouge(text: str, reference: str) -> float:
    """The ROUGE-L F1 of the lower-case words between white space (RM-Gallery `rouge`)."""
    left, right = text.lower().split(), reference.lower().split()
    return f_score(common_subsequence(left, right), len(left), len(right))
