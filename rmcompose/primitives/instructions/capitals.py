"""The words in capitals of a text, by the tokens of NLTK's `word_tokenize`, which IFEval counts.

Only what decides whether a token is in capitals is done: a clitic (`N'T`, `'S`) is a token of its own, a hyphen joins,
most punctuation separates. Dots stay with their word, which changes no count.
"""

from __future__ import annotations

import re

_APART = re.compile(r"[«»“”‘’„`;@#$%&?!*()\[\]{}<>\"]|\.{2,}|--|''|[:,](?!\d)")
_OPENING = re.compile(r"(?<!\w)'(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", re.IGNORECASE)
_CLOSING = re.compile(r"(?<=[^'])'(?= )")
_CLITIC = re.compile(r"(?<=[^' ])(?='(?:[sS]|[mM]|[dD]|ll|LL|re|RE|ve|VE) |(?:n't|N'T) )")
_JOINED = re.compile(
    r"\b(?:(?:(can)(not)|(d)('ye)|(gim)(me)|(gon)(na)|(got)(ta)|(lem)(me)|(more)('n))\b|(wan)(na)(?=\s))"
    r"| ('t)(is|was)\b",
    re.IGNORECASE,
)


def count_capital_words(text: str) -> int:
    """The number of tokens that have letters with case, all of them capitals; linear in the text."""
    text = _OPENING.sub("' ", _APART.sub(" ", text))
    text = " " + " ".join(_CLOSING.sub(" ' ", text).split()) + " "
    text = _JOINED.sub(_split, _CLITIC.sub(" ", text))
    return sum(token.isupper() for token in text.split())


def _split(match: re.Match[str]) -> str:
    return " " + " ".join(part for part in match.groups() if part) + " "
