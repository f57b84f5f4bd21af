"""How much a text repeats itself: n-grams, lines, loops, and how far it can be compressed."""

from __future__ import annotations

import operator
import zlib
from collections import Counter
from collections.abc import Sequence

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.pictures.declared import repeated
from rmcompose.primitives.registry import TEXT, register, setting
from rmcompose.primitives.text.words import ngrams, tokens

_ARGUMENTS = {
    "text": TEXT,
    "n": setting("how many of them make an n-gram", low=1, high=100),
    "unit": setting(
        "`words` (without case, marks on their own; each Chinese or Japanese character is one) or `characters`",
        choices=("words", "characters"),
    ),
}
_LARGEST_SEARCH = 10**8


def _items(text: str, unit: str) -> Sequence[str]:
    return tokens(text) if unit == "words" else text


def _repeated(text: str, n: int, unit: str) -> float:
    items = _items(text, unit)
    total = len(items) - n + 1
    if total < 1:
        return 0.0
    if unit == "characters" and n > 1:
        return 1 - len({text[start : start + n] for start in range(total)}) / total
    return 1 - len(set(ngrams(items, n))) / total


def _explain(_value: float, text: str, n: int = 3, unit: str = "words", **_: object) -> str:
    items = _items(text, unit)
    common = Counter(ngrams(items, n)).most_common(1) if len(items) >= n else []
    if not common or common[0][1] == 1:
        return f"{len(items)} {unit}, no repetition"
    (most, count) = common[0]
    shown = most if isinstance(most, str) else (" " if unit == "words" else "").join(most)  # type: ignore[arg-type]  # a tuple of texts
    return f"{len(items)} {unit}, {count} times {shown[:60]!r}"


@register(
    "repetition",
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    explain=_explain,
    example='repetition(text = "a b c a b c a b c", n = 3) -> 0.5714285714285714',
    picture=repeated("a b c", 15, at=3),
)
def repetition(text: str, n: int = 3, unit: str = "words") -> float:
    """The share of n-grams that are copies: 1 - distinct / all; 0 where there are fewer than n words.

    Known as rep-n (Welleck et al. 2020), and the measure within RM-Gallery's `ngram_repetition_penalty`; there words
    keep their marks.
    """
    return _repeated(text, n, unit)


@register(
    "distinct_n",
    returns="float",
    low=0,
    high=1,
    arguments=_ARGUMENTS,
    explain=_explain,
    example='distinct_n(text = "to be or not to be", n = 1) -> 0.6666666666666666',
    picture=repeated("to be or not to be", 15, at=1),
)
def distinct_n(text: str, n: int = 2, unit: str = "words") -> float:
    """Distinct-n (Li et al. 2016): the share of n-grams that are distinct; 1 where there are fewer than n words.

    It is 1 - `repetition`. Longer texts have less of it whatever they say: compare texts of like length.
    """
    return 1 - _repeated(text, n, unit)


@register(
    "repetition_penalty",
    returns="float",
    low=-1,
    high=0,
    arguments={**_ARGUMENTS, "max_penalty": setting("the value of a text that is all repetition", low=-1, high=0)},
    explain=_explain,
    example='repetition_penalty(text = "a b c a b c a b c", n = 3, max_penalty = -0.5) -> -0.2857142857142857',
    picture=repeated("a b c", 15, at=3),
)
def repetition_penalty(text: str, n: int = 3, unit: str = "words", max_penalty: float = -1.0) -> float:
    """`repetition` as a penalty: `max_penalty` times the share of n-grams that are copies.

    open-r1's `get_repetition_penalty_reward`, after Yeo et al. 2025, appendix C.2; there words are cut at white space
    only and Chinese by a dictionary. 0 where there are fewer than n words.
    """
    if not -1 <= max_penalty <= 0:
        raise RuleError("`max_penalty` is outside [-1, 0]")
    return max_penalty * _repeated(text, n, unit) or 0.0


@register(
    "repeated_lines",
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT},
    example='repeated_lines(text = "So x = 2.\\nThus y.\\nSo x = 2.\\n\\nSo x = 2.") -> 0.5',
)
def repeated_lines(text: str) -> float:
    """The share of lines that are a copy of an earlier one; empty lines and white space around lines are left out.

    The duplicate line fraction of Gopher (Rae et al. 2021). 0 where there is no line.
    """
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    return 1 - len(set(lines)) / len(lines) if lines else 0.0


@register(
    "longest_loop",
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT, "max_period": setting("the longest unit, in words and marks", low=1, high=200)},
    example='longest_loop(text = "so we wait and wait and wait and") -> 0.75',
)
def longest_loop(text: str, max_period: int = 50) -> float:
    """The share of the text that its longest loop takes: a unit of words that comes again and again at once.

    Of 8 words "so we wait and wait and wait and" has a loop of 6. A loop goes round at least twice; its last round may
    be cut off. Words are without case, marks stand on their own, each Chinese or Japanese character is a word. 0 where
    nothing follows itself. Texts of more than 100,000,000 words times `max_period` are refused.
    """
    found = tokens(text)
    size = len(found)
    if size * max_period > _LARGEST_SEARCH:
        raise RuleError(f"{size:,} words × {max_period} is too long to search: at most {_LARGEST_SEARCH:,}")
    numbers: dict[str, int] = {}
    coded = [numbers.setdefault(item, len(numbers)) for item in found]
    longest = 0
    for period in range(1, min(max_period, size // 2) + 1):
        same = bytes(map(operator.eq, coded[period:], coded))
        run = max(map(len, same.split(b"\0")))
        if run >= period:
            longest = max(longest, run + period)
    return longest / size if size else 0.0


@register(
    "compression_ratio",
    returns="float",
    low=0,
    high=1032,
    arguments={"text": TEXT},
    example='compression_ratio(text = "") -> 0.0',
    quirks="Versions of zlib differ by a few bytes, so the value may differ in the third digit between machines.",
    picture=repeated("So we wait and wait.", 60, at=0, least=0),
)
def compression_ratio(text: str) -> float:
    """How many times smaller the text becomes by zlib: size / compressed size, in bytes of UTF-8.

    Ordinary prose of some hundred words has about 2, loops far more: Whisper (Radford et al. 2022) drops a decoding
    above 2.4. Short texts have less than 1, because zlib adds a frame; 0 for the empty one. Deflate cannot pass 1032.
    """
    raw = text.encode("utf-8", "surrogatepass")
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0
