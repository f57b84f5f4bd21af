"""Whether the final answer of a reply is the phrase of the reference."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from rmcompose.primitives.answers.places import PLACES, answer_at, unstyled
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import REFERENCE, TEXT, register, setting

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = re.compile(r"(?<=\d),(?=\d{3})|(?![-.,:/](?=\d))[^\w\s]|_")
_MOST_SYNONYMS = 1_000
PLACE = setting(
    "where the answer stands: in the last `boxed`, in the last `tag`, in `json`, after the last marker (`marked`), in "
    "the `last_line`, it is the `last_word`, or `all` of the text; `auto` is box, tag, marker, all, whichever is there",
    choices=PLACES,
    constant=True,
)
NAME = setting("the name of the tag, or the key in the JSON", constant=True)


def _check_synonyms(value: Any) -> str | None:
    if not isinstance(value, list) or len(value) > _MOST_SYNONYMS:
        return f"the synonyms must be a list of at most {_MOST_SYNONYMS} groups"
    for group in value:
        if not isinstance(group, list) or not all(isinstance(word, str) for word in group) or not group:
            return 'each group of synonyms must be a list of texts, as in `["none of them", "neither"]`'
    return None


def _explain(_value: bool, text: str, reference: str, where: str = "auto", name: str = "answer", **_: object) -> str:
    found = answer_at(text, where, name)
    return f"`{found[:80]}` against `{reference[:80]}`" if found is not None else "no answer found"


@register(
    "answer_match",
    returns="bool",
    arguments={
        "text": TEXT,
        "reference": REFERENCE,
        "where": PLACE,
        "name": NAME,
        "synonyms": setting("groups of phrases that say the same", constant=True, check=_check_synonyms),
    },
    explain=_explain,
    example='answer_match(text = "It is hot.\\nFinal answer: the Sun", reference = "Sun") -> true',
)
def answer_match(
    text: str, reference: str, where: str = "auto", name: str = "answer", synonyms: list[Any] | None = None
) -> bool:
    """Whether the final answer of the text is the phrase of the reference, as SQuAD's exact match compares phrases.

    Both are compared without case, punctuation, the articles a, an, the, and the LaTeX around them; points, commas and
    signs within numbers stay, and two numbers are equal where their values are (`1,234.50` and `1234.5`). A marker is
    `Final answer:`, `Answer:`, `A:`, `####` or `the answer is`. A text without an answer there is false, an empty
    reference is an error.
    """
    wanted = normalized(reference)
    if not wanted:
        raise RuleError("the reference holds no answer")
    found = answer_at(text, where, name)
    if found is None:
        return False
    given = normalized(found)
    if given == wanted or _same_number(found, reference):
        return True
    groups = [{normalized(phrase) for phrase in group} for group in synonyms or []]
    return any(given in group and wanted in group for group in groups)


def normalized(phrase: str) -> str:
    """A phrase as it is compared."""
    plain = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", unstyled(phrase)).casefold())
    words = _ARTICLES.sub(" ", plain).split() or plain.split()
    return " ".join(words)


def _same_number(one: str, other: str) -> bool:
    from rmcompose.primitives.mathematics.quantity import read, same

    left, right = read(one.strip()), read(other.strip())
    return left is not None and right is not None and same(left, right)
