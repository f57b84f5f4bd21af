"""Whether what a program printed or returned is what was expected; nothing of the program takes part in it."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Literal

How = Literal["lines", "tokens", "exact"]


def same_output(found: str, expected: str, how: How, tolerance: float) -> bool:
    """Whether two outputs are the same.

    `exact`: to the character. `lines`: line by line, without white space at their ends and empty lines at the end.
    `tokens`: the words between white space. Under the last two, words that are both numbers may differ by the
    tolerance, absolute or relative to the larger (`math.isclose`).
    """
    if found == expected:
        return True
    if how == "exact":
        return False
    if how == "tokens":
        return _same_words(found.split(), expected.split(), tolerance)
    left, right = _lines(found), _lines(expected)
    if left == right:
        return True
    if tolerance == 0 or len(left) != len(right):
        return False
    return all(_same_words(one.split(), other.split(), tolerance) for one, other in zip(left, right, strict=True))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().replace("\r\n", "\n").split("\n")]


def _same_words(left: list[str], right: list[str], tolerance: float) -> bool:
    if len(left) != len(right):
        return False
    return all(a == b or (tolerance > 0 and _close(a, b, tolerance)) for a, b in zip(left, right, strict=True))


def _close(left: str, right: str, tolerance: float) -> bool:
    try:
        return math.isclose(float(left), float(right), rel_tol=tolerance, abs_tol=tolerance)
    except (ValueError, OverflowError):
        return False


def gallery_output(found: str, expected: str) -> bool:
    """As the runner that RM-Gallery took over from APPS: lines without outer white space, or all words close numbers.

    Close is as in `numpy.allclose`: within 1e-8 + 1e-5 of the expected number.
    """
    left = [line.strip() for line in found.strip().split("\n") if line.strip()]
    right = [line.strip() for line in expected.strip().split("\n") if line.strip()]
    if left == right:
        return True
    words, wanted = " ".join(left).split(), " ".join(right).split()
    if len(words) != len(wanted):
        return False
    try:
        return all(abs(float(a) - float(b)) <= 1e-8 + 1e-5 * abs(float(b)) for a, b in zip(words, wanted, strict=True))
    except (ValueError, OverflowError):
        return False


def same_value(found: Any, expected: Any, tolerance: float) -> bool:
    """Whether a returned value is the expected one, which comes from JSON.

    A tuple is the list of its items, keys of objects are compared as their text (`{1: 2}` is `{"1": 2}`), a set or a
    deque is equal to none of JSON's values. Numbers may differ by the tolerance; `true` is not 1.
    """
    if isinstance(found, tuple):
        found = list(found)
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, (int, float)) and isinstance(expected, (int, float)):
        return found == expected or (tolerance > 0 and _near(found, expected, tolerance))
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(
            same_value(a, b, tolerance) for a, b in zip(found, expected, strict=True)
        )
    if isinstance(found, dict) and isinstance(expected, dict):
        named = {key if isinstance(key, str) else _key(key): one for key, one in found.items()}
        return len(found) == len(expected) == len(named) and all(
            key in named and same_value(named[key], one, tolerance) for key, one in expected.items()
        )
    if isinstance(found, (set, frozenset, deque)):
        return False
    return type(found) is type(expected) and bool(found == expected)


def _near(left: float, right: float, tolerance: float) -> bool:
    try:
        return math.isclose(left, right, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:
        return False


def _key(key: Any) -> str:
    if isinstance(key, bool) or key is None:
        return {True: "true", False: "false", None: "null"}[key]
    return str(key)
