"""What a text contains, how it begins and ends, and how long it is."""

from __future__ import annotations

import math
from collections.abc import Callable

from rmcompose.primitives.patterns import check_pattern, compile_pattern
from rmcompose.primitives.registry import REFERENCE, TEXT, register, setting

_IGNORE_CASE = setting("whether letters of either case are the same (Unicode case folding)")


@register(
    "contains",
    returns="bool",
    cost=0,
    arguments={"text": TEXT, "value": setting("the text to look for"), "ignore_case": _IGNORE_CASE},
    example='contains(text = "the answer is 42", value = "42") -> true',
)
def contains(text: str, value: str, ignore_case: bool = False) -> bool:
    """Whether the text contains the value, character for character. Every text contains the empty one."""
    return value.casefold() in text.casefold() if ignore_case else value in text


@register(
    "starts_with",
    returns="bool",
    cost=0,
    arguments={"text": TEXT, "value": setting("how the text should begin"), "ignore_case": _IGNORE_CASE},
    example='starts_with(text = "Yes, it is", value = "yes", ignore_case = true) -> true',
)
def starts_with(text: str, value: str, ignore_case: bool = False) -> bool:
    """Whether the text begins with the value; leading white space counts."""
    return text.casefold().startswith(value.casefold()) if ignore_case else text.startswith(value)


@register(
    "ends_with",
    returns="bool",
    cost=0,
    arguments={"text": TEXT, "value": setting("how the text should end"), "ignore_case": _IGNORE_CASE},
    example='ends_with(text = "It is done.", value = ".") -> true',
)
def ends_with(text: str, value: str, ignore_case: bool = False) -> bool:
    """Whether the text ends with the value; trailing white space counts."""
    return text.casefold().endswith(value.casefold()) if ignore_case else text.endswith(value)


def _prepare_regex(pattern: str, full: bool = False) -> Callable[..., bool]:
    compiled = compile_pattern(pattern)
    return compiled.fullmatch if full else compiled.search


@register(
    "regex_match",
    returns="bool",
    cost=0,
    arguments={
        "text": TEXT,
        "pattern": setting("a regular expression in RE2 syntax", constant=True, check=check_pattern),
        "full": setting("whether it must match the whole text instead of a part", constant=True),
    },
    prepare=_prepare_regex,
    example=r'regex_match(text = "Answer: 42", pattern = r"^Answer: \d+$") -> true',
    needs=("google-re2",),
)
def regex_match(text: str, pattern: str, full: bool = False) -> bool:
    r"""Whether the pattern matches anywhere in the text, or with `full` all of it.

    Patterns are RE2, in time linear in the text: no lookaround, no backreferences. `.` does not match a newline unless
    `(?s)`; `^` and `$` are the ends of the text unless `(?m)`; `\d`, `\w` and `\b` are ASCII, `\pL` is any letter.
    """
    return _prepare_regex(pattern, full)(text)


@register(
    "exact_match",
    laws=("symmetric", "reflexive"),
    returns="bool",
    cost=0,
    arguments={
        "text": TEXT,
        "reference": REFERENCE,
        "strip": setting("whether white space around both is left out"),
        "ignore_case": _IGNORE_CASE,
    },
    example='exact_match(text = " Paris ", reference = "Paris") -> true',
)
def exact_match(text: str, reference: str, strip: bool = True, ignore_case: bool = False) -> bool:
    """Whether the text is the reference."""
    if strip:
        text, reference = text.strip(), reference.strip()
    return text.casefold() == reference.casefold() if ignore_case else text == reference


@register(
    "accuracy",
    returns="float",
    low=0,
    high=1,
    cost=0,
    arguments={"text": TEXT, "reference": REFERENCE},
    example='accuracy(text = " Paris ", reference = "Paris") -> 1.0',
    quirks="RM-Gallery compares with the empty text where there is no reference; here such a response is unscored.",
)
def accuracy(text: str, reference: str) -> float:
    """1 where text and reference are the same without the white space around them, else 0 (RM-Gallery `accuracy`)."""
    return 1.0 if text.strip() == reference.strip() else 0.0


@register(
    "word_count",
    returns="int",
    low=0,
    high=math.inf,
    cost=0,
    arguments={"text": TEXT},
    example='word_count(text = "two words") -> 2',
)
def word_count(text: str) -> int:
    """The number of words: runs of characters between white space."""
    return len(text.split())


@register(
    "char_count",
    returns="int",
    low=0,
    high=math.inf,
    cost=0,
    arguments={"text": TEXT},
    example='char_count(text = "añb") -> 3',
)
def char_count(text: str) -> int:
    """The number of characters (Unicode code points), white space included."""
    return len(text)


@register(
    "sentence_count",
    returns="int",
    low=0,
    high=math.inf,
    cost=0,
    arguments={"text": TEXT},
    example='sentence_count(text = "Dr. Lee paid 3.50. Why? Well... who knows.") -> 3',
)
def sentence_count(text: str) -> int:
    """The number of sentences.

    A sentence ends at `.`, `!`, `?` or their kin in other scripts before white space or the end of the text, and at a
    blank line. Abbreviations, initials, numbers, list numbers and ellipses do not end one.
    """
    from rmcompose.primitives.text.sentences import count_sentences

    return count_sentences(text)
