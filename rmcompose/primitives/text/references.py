"""One reference or several: a text is compared with each, and the best comparison counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import data

Value = TypeVar("Value", bool, int, float)

REFERENCES = data("reference", "what the text is compared with; of a list of texts the best counts")
"""The argument of rules that take a text or a list of texts."""


def best(score: Callable[[str], Value], reference: str | list[str]) -> Value:
    """The highest score over the references."""
    return score(reference) if isinstance(reference, str) else max(map(score, listed(reference)))


def least(score: Callable[[str], Value], reference: str | list[str]) -> Value:
    """The lowest score over the references, for distances."""
    return score(reference) if isinstance(reference, str) else min(map(score, listed(reference)))


def listed(reference: str | list[str]) -> list[str]:
    """The references as texts; a number is read as its text, as everywhere. Raises `RuleError` where there is none."""
    return as_texts(reference if isinstance(reference, list | tuple) else [reference], "reference")


def as_texts(items: object, what: str) -> list[str]:
    """The items of a list as texts. Raises `RuleError` for an empty list and for anything that is no text or number."""
    if not isinstance(items, list | tuple):
        raise RuleError(f"`{what}` is not a list", "missing_input")
    if not items:
        raise RuleError(f"`{what}` is an empty list", "missing_input")
    return [_text(item, what) for item in items]


def _text(item: object, what: str) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, int | float) and not isinstance(item, bool):
        return json.dumps(item)
    raise RuleError(f"`{what}` holds {type(item).__name__} where a text is wanted", "missing_input")
