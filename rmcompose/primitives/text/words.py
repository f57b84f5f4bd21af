"""Words for comparing texts, and the overlap of two lists of them."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Sequence

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_ASCII_WORD = re.compile(r"\w+(?:'\w+)*", re.ASCII)


def words(text: str) -> list[str]:
    """The case-folded words of a text without punctuation; each Chinese or Japanese character is a word."""
    found: list[str] = (_ASCII_WORD if text.isascii() else _any_word()).findall(text.casefold())
    return found


@functools.cache
def _any_word() -> re.Pattern[str]:
    """Compiled when it is needed: the large character classes take milliseconds."""
    return re.compile(rf"[{_CJK}]|[^\W{_CJK}]+(?:['\u2019][^\W{_CJK}]+)*")


def f_score(common: int, left: int, right: int) -> float:
    """The harmonic mean of `common / left` and `common / right`; 1 where both sides are empty, 0 where one is."""
    if not left or not right:
        return 1.0 if left == right else 0.0
    if not common:
        return 0.0
    precision, recall = common / left, common / right
    return 2 * precision * recall / (precision + recall)


def shared(left: Sequence[str], right: Sequence[str]) -> int:
    """How many items the two have in common, counting repeats."""
    return (Counter(left) & Counter(right)).total()


def common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """The length of the longest common subsequence, by the bit-parallel algorithm of Hyyrö (2004).

    The bits of `row` are the columns of the usual table; a clear bit is a column where the length grows.
    """
    positions: dict[str, int] = {}
    for index, item in enumerate(left):
        positions[item] = positions.get(item, 0) | 1 << index
    full = (1 << len(left)) - 1
    row = full
    for item in right:
        hits = row & positions.get(item, 0)
        row = ((row + hits) | (row - hits)) & full
    return len(left) - row.bit_count()
