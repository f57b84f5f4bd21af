"""What a text contains, how it begins and ends, and how long it is."""

from __future__ import annotations

import math
from collections.abc import Callable

from rmcompose.primitives.patterns import check_pattern, compile_pattern
from rmcompose.primitives.registry import REFERENCE, TEXT, register, setting
from rmcompose.primitives.text.references import REFERENCES, as_texts, listed

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


def _found(text: str, values: list[str], ignore_case: bool) -> list[bool]:
    wanted = as_texts(values, "values")
    if ignore_case:
        text = text.casefold()
        return [value.casefold() in text for value in wanted]
    return [value in text for value in wanted]


def _explain_values(_value: float, text: str, values: list[str], ignore_case: bool = False, **_: object) -> str:
    found = _found(text, values, ignore_case)
    missing = [value[:40] for value, there in zip(as_texts(values, "values"), found, strict=True) if not there]
    return f"{sum(found)} of {len(found)}" + (f", without {', '.join(map(repr, missing[:5]))}" if missing else "")


_VALUES = setting("the texts to look for; an empty list is a RuleError")


@register(
    "contains_all",
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT, "values": _VALUES, "ignore_case": _IGNORE_CASE},
    explain=_explain_values,
    example='contains_all(text = "red and green", values = ["red", "green", "blue", "grey"]) -> 0.5',
)
def contains_all(text: str, values: list[str], ignore_case: bool = False) -> float:
    """The share of the values that the text contains, character for character: 1 where it contains all."""
    found = _found(text, values, ignore_case)
    return sum(found) / len(found)


@register(
    "contains_any",
    returns="bool",
    arguments={"text": TEXT, "values": _VALUES, "ignore_case": _IGNORE_CASE},
    explain=_explain_values,
    example='contains_any(text = "red and green", values = ["green", "blue"]) -> true',
)
def contains_any(text: str, values: list[str], ignore_case: bool = False) -> bool:
    """Whether the text contains at least one of the values, character for character."""
    return any(_found(text, values, ignore_case))


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
        "reference": REFERENCES,
        "strip": setting("whether white space around both is left out"),
        "ignore_case": _IGNORE_CASE,
    },
    example='exact_match(text = " Paris ", reference = "Paris") -> true',
)
def exact_match(text: str, reference: str | list[str], strip: bool = True, ignore_case: bool = False) -> bool:
    """Whether the text is the reference, or one of several."""
    if not isinstance(reference, str):
        return any(exact_match(text, one, strip, ignore_case) for one in listed(reference))
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
