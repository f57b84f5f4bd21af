"""Whether what a reply cites is what it may and should cite."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.patterns import Pattern, check_pattern, compile_pattern
from rmcompose.primitives.registry import TEXT, register, setting

_PATTERN = setting(
    r"a citation, RE2; its first group, where it has one, is the source or several with commas: `\[(\d+(?:,\d+)*)\]`",
    constant=True,
    check=check_pattern,
)


def _check_optional(value: Any) -> str | None:
    return None if value == "" else check_pattern(value)


def _prepare_precision(pattern: str, stray: str = "", **fixed: Any) -> Callable[..., float]:
    compiled = compile_pattern(pattern)
    loose = compile_pattern(stray) if stray else None

    def precision(text: str, known: list[Any]) -> float:
        cited, rest = _cited(compiled, text)
        wrong = len(set(loose.findall(rest))) if loose is not None else 0
        if not cited and not wrong:
            return 0.0
        return len(cited & set(_sources(known, "known"))) / (len(cited) + wrong)

    return functools.partial(precision, **fixed)


def _prepare_recall(pattern: str, **fixed: Any) -> Callable[..., float]:
    compiled = compile_pattern(pattern)

    def recall(text: str, expected: list[Any]) -> float:
        wanted = set(_sources(expected, "expected"))
        if not wanted:
            raise RuleError("`expected` holds no source")
        return len(wanted & _cited(compiled, text)[0]) / len(wanted)

    return functools.partial(recall, **fixed)


@register(
    "citation_precision",
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "known": setting("the sources that may be cited, a list of texts"),
        "pattern": _PATTERN,
        "stray": setting(
            "what looks like a citation, RE2: each of these outside of a citation counts as a wrong one",
            constant=True,
            check=_check_optional,
        ),
    },
    prepare=_prepare_precision,
    example=r'citation_precision(text = "Yes [s1], or not [s9].", known = ["s1", "s2"], pattern = r"\[(\w+)\]") -> 0.5',
)
def citation_precision(text: str, known: list[Any], pattern: str, stray: str = "") -> float:
    """The share of the different sources cited in the text that are among the known ones; 0 where nothing is cited.

    With `stray`, what looks like a citation but is not in the form of one is a wrong citation: an id without its
    brackets, a source in a list at the end.
    """
    return _prepare_precision(pattern, stray)(text=text, known=known)


@register(
    "citation_recall",
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "expected": setting("the sources that should be cited, a list of texts"),
        "pattern": _PATTERN,
    },
    prepare=_prepare_recall,
    example=r'citation_recall(text = "So it is [s1].", expected = ["s1", "s2"], pattern = r"\[(\w+)\]") -> 0.5',
)
def citation_recall(text: str, expected: list[Any], pattern: str) -> float:
    """The share of the expected sources that the text cites; no expected source is an error."""
    return _prepare_recall(pattern)(text=text, expected=expected)


def _sources(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(source, str) for source in value):
        raise RuleError(f"`{name}` is not a list of texts")
    return value


def _cited(pattern: Pattern, text: str) -> tuple[set[str], str]:
    """The sources that are cited, and the text without the citations."""
    found, rest = pattern.cut(text)
    return {source for one in found for part in one.split(",") if (source := part.strip())}, rest
