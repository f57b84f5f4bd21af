"""Words for comparing texts, and the overlap of two lists of them."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence

from rmcompose.primitives.failure import RuleError

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_ASCII_WORD = re.compile(r"\w+(?:'\w+)*", re.ASCII)
_ASCII_TOKEN = re.compile(r"\w+|[^\w\s]", re.ASCII)
_LETTERS = "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(128))
_WORDS = "".join(chr(code).lower() if chr(code).isalnum() or chr(code) in "_'" else " " for code in range(128))
LARGEST_TABLE = 10**10
"""Comparing order costs time with the product of two lengths; above this many cells it is refused."""


def words(text: str) -> list[str]:
    """The case-folded words of a text without punctuation; each Chinese or Japanese character is a word."""
    if not text.isascii():
        found: list[str] = _any_word().findall(text.casefold())
        return found
    cut = text.translate(_WORDS).split()
    if "'" not in text:
        return cut
    return [word for piece in cut for word in (_ASCII_WORD.findall(piece) if "'" in piece else (piece,))]


def alphanumerics(text: str) -> list[str]:
    """The case-folded runs of letters and digits, as ROUGE counts words; each Chinese or Japanese character is one.

    On ASCII text these are the words of `rouge-score`: "don't" is two, "a_b" too.
    """
    if text.isascii():
        return text.translate(_LETTERS).split()
    found: list[str] = _any_alphanumeric().findall(text.casefold())
    return found


def tokens(text: str) -> list[str]:
    """The case-folded words, and each mark as a token of its own; each Chinese or Japanese character is one."""
    found: list[str] = (_ASCII_TOKEN if text.isascii() else _any_token()).findall(text.casefold())
    return found


@functools.cache
def _any_word() -> re.Pattern[str]:
    """Compiled when it is needed: the large character classes take milliseconds."""
    return re.compile(rf"[{_CJK}]|[^\W{_CJK}]+(?:['\u2019][^\W{_CJK}]+)*")


@functools.cache
def _any_alphanumeric() -> re.Pattern[str]:
    return re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")


@functools.cache
def _any_token() -> re.Pattern[str]:
    return re.compile(rf"[{_CJK}]|[^\W{_CJK}]+|[^\w\s]")


def ngrams(items: Sequence[str], n: int) -> Iterable[Hashable]:
    """The runs of n items; single items as they are."""
    return items if n == 1 else zip(*(items[offset:] for offset in range(n)), strict=False)


def f_score(common: int, left: int, right: int) -> float:
    """The harmonic mean of `common / left` and `common / right`; 1 where both sides are empty, 0 where one is."""
    if not left or not right:
        return 1.0 if left == right else 0.0
    if not common:
        return 0.0
    precision, recall = common / left, common / right
    return 2 * precision * recall / (precision + recall)


def shared(left: Iterable[Hashable], right: Iterable[Hashable]) -> int:
    """How many items the two have in common, counting repeats."""
    return matched(Counter(left), right)


def matched(counts: Counter[Hashable], items: Iterable[Hashable]) -> int:
    """How many of the items the counts hold, each at most as often as it is counted."""
    found = Counter(filter(counts.__contains__, items))
    return sum(map(min, found.values(), map(counts.__getitem__, found)))


def common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """The length of the longest common subsequence, by the bit-parallel algorithm of Hyyrö (2004).

    Items that only one side has are left out first. The bits of a row are the columns of the usual table, over the
    longer side; a clear bit is a column where the length grows. Raises `RuleError` where the table is too large.
    """
    both = set(left).intersection(right)
    if not both:
        return 0
    short, long = ([item for item in side if item in both] for side in (left, right))
    if len(short) > len(long):
        short, long = long, short
    row = 0
    for row in subsequence_rows(long, short):  # noqa: B007  # the last row is what counts
        pass
    return len(long) - row.bit_count()


def subsequence_rows(long: Sequence[str], short: Sequence[str]) -> Iterator[int]:
    """The rows of the table of common subsequences, one for each item of `short`, with a bit for each of `long`."""
    if len(long) * len(short) > LARGEST_TABLE:
        raise RuleError(
            f"{len(long):,} × {len(short):,} words are too many to compare in order: at most {LARGEST_TABLE:,}"
        )
    positions: dict[str, int] = {}
    bit = 1
    for item in long:
        positions[item] = positions.get(item, 0) | bit
        bit <<= 1
    row = full = bit - 1
    for item in short:
        hits = row & positions.get(item, 0)
        row = ((row + hits) | (row - hits)) & full
        yield row
