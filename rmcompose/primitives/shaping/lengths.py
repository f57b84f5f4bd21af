"""Rewards for length: a band with soft edges, the cosine of Yeo et al., DAPO's overlong punishment, Kimi's in a group.

All are bounded. Lengths are counted here in characters or words, or handed over as `length`, for instance the number
of tokens that the trainer has counted.
"""

from __future__ import annotations

import math
from typing import Any

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.pictures.declared import curve
from rmcompose.primitives.registry import TEXT, data, register, setting
from rmcompose.primitives.text.words import words

_LARGEST = 1e300
_UNIT = setting(
    "what is counted: `characters` (code points) or `words` (each Chinese or Japanese character is one)",
    choices=("characters", "words"),
)
_LENGTH = setting("the length where it is known already, such as a number of tokens; the text is then not counted")
_CORRECT = data("number", "whether the response is correct")


def _measured(text: str, unit: str, length: Any) -> float:
    if length is None:
        return len(text) if unit == "characters" else len(words(text))
    if not isinstance(length, int | float) or not 0 <= length <= _LARGEST:
        raise RuleError(f"`length` is {length!r}, not a length")
    return float(length)


def _each(given: Any, count: int) -> list[Any]:
    """One item a response; what is the same for all comes as itself."""
    return given if isinstance(given, list) else [given] * count


def _explain(_value: float, text: str, unit: str = "characters", length: float | None = None, **_: object) -> str:
    return f"length {_measured(text, unit, length):g}" + (f" {unit}" if length is None else "")


@register(
    "length_band",
    returns="float",
    low=0,
    high=1,
    cost=0,
    arguments={
        "text": TEXT,
        "min_length": setting("the shortest length with the full value", low=0),
        "max_length": setting("the longest length with the full value", low=0),
        "falloff": setting("how far outside the band the value falls; 0 makes the edges hard", low=0),
        "curve": setting(
            "`linear` and `cosine` reach 0 at `falloff`, `gaussian` has it as standard deviation",
            choices=("linear", "cosine", "gaussian"),
        ),
        "unit": _UNIT,
        "length": _LENGTH,
    },
    explain=_explain,
    example='length_band(text = "12345", min_length = 10, max_length = 20, falloff = 10) -> 0.5',
    picture=curve("length", 0, 40, over="characters", at=5),
)
def length_band(
    text: str,
    max_length: int,
    min_length: int = 0,
    falloff: float = 100.0,
    curve: str = "linear",
    unit: str = "characters",
    length: float | None = None,
) -> float:
    """1 where the length lies in a band, falling to 0 outside it.

    With d the distance to the band and w the `falloff`: max(0, 1 - d / w), (1 + cos(π min(1, d / w))) / 2, or
    exp(-(d / w)² / 2). A band of which the ends are the wrong way round is a RuleError.
    """
    if min_length > max_length:
        raise RuleError("`min_length` is above `max_length`")
    size = _measured(text, unit, length)
    distance = max(min_length - size, size - max_length, 0)
    if not distance:
        return 1.0
    if not falloff:
        return 0.0
    # far beyond the edge the quotient may leave the floats, and the value is 0 all the same
    away = min(distance / falloff, 1000.0) if falloff * 1000 > distance else 1000.0
    if curve == "gaussian":
        return math.exp(-away * away / 2)
    if away >= 1:
        return 0.0
    return 1 - away if curve == "linear" else (1 + math.cos(math.pi * away)) / 2


@register(
    "soft_overlong",
    returns="float",
    low=-1,
    high=0,
    cost=0,
    arguments={
        "text": TEXT,
        "max_length": setting("the length from which on the value is -1", low=0),
        "cache": setting("how much below `max_length` the punishment begins; 0 makes the edge hard", low=0),
        "unit": _UNIT,
        "length": _LENGTH,
    },
    explain=_explain,
    example='soft_overlong(text = "", max_length = 100, cache = 20, length = 90) -> -0.5',
    picture=curve("length", 0, 120, over="the length", at=90),
)
def soft_overlong(
    text: str, max_length: int, cache: int, unit: str = "characters", length: float | None = None
) -> float:
    """The soft overlong punishment of DAPO (Yu et al. 2025, equation 13; TRL `get_soft_overlong_punishment`).

    0 up to `max_length` - `cache`, then in a straight line to -1 at `max_length`, and -1 beyond. The paper has 20480
    and 4096 tokens. A `cache` above `max_length` is a RuleError.
    """
    if cache > max_length:
        raise RuleError("`cache` is above `max_length`")
    size = _measured(text, unit, length)
    allowed = max_length - cache
    if size <= allowed:
        return 0.0
    return -1.0 if size > max_length else (allowed - size) / cache


@register(
    "cosine_length",
    returns="float",
    low=-1,
    high=1,
    cost=0,
    arguments={
        "text": TEXT,
        "correct": _CORRECT,
        "max_length": setting("the length at which the curve ends", low=1),
        "min_value_wrong": setting("the value of the shortest wrong response", low=-1, high=1),
        "max_value_wrong": setting("the value of the longest wrong response", low=-1, high=1),
        "min_value_correct": setting("the value of the longest correct response", low=-1, high=1),
        "max_value_correct": setting("the value of the shortest correct response", low=-1, high=1),
        "exceeded": setting(
            "the value of every response of `max_length` or more; left out, the curve's end holds", low=-1, high=1
        ),
        "unit": _UNIT,
        "length": _LENGTH,
    },
    explain=_explain,
    example='cosine_length(text = "", correct = true, max_length = 1000, length = 500) -> 0.75',
    picture=curve("length", 0, 1500, over="the length", at=500, series=({"correct": True}, {"correct": False})),
)
def cosine_length(
    text: str,
    correct: bool,
    max_length: int = 1000,
    min_value_wrong: float = -1.0,
    max_value_wrong: float = -0.5,
    min_value_correct: float = 0.5,
    max_value_correct: float = 1.0,
    exceeded: float | None = None,
    unit: str = "characters",
    length: float | None = None,
) -> float:
    """The cosine reward for length of Yeo et al. 2025 ("Demystifying Long Chain-of-Thought"), with open-r1's settings.

    b + (a - b) (1 + cos(π L / max_length)) / 2, from a for an empty response to b for one of `max_length`: for a
    correct one from `max_value_correct` down to `min_value_correct`, for a wrong one from `min_value_wrong` up to
    `max_value_wrong`, so that a wrong answer pays less for having thought longer. Beyond `max_length` it stays at its
    end, where open-r1's turns back; the paper gives such responses the value `exceeded`. Values are held to [-1, 1]:
    scale the result for other rewards.
    """
    size = _measured(text, unit, length)
    if exceeded is not None and size >= max_length:
        return float(exceeded)
    start, end = (max_value_correct, min_value_correct) if correct else (min_value_wrong, max_value_wrong)
    share = (1 + math.cos(math.pi * min(1.0, size / max_length))) / 2
    return max(min(start, end), min(max(start, end), end + (start - end) * share))


@register(
    "group_length",
    returns="float",
    low=-0.5,
    high=0.5,
    level="group",
    cost=0,
    arguments={"text": TEXT, "correct": _CORRECT, "unit": _UNIT, "length": _LENGTH},
    example='group_length(text = ["a", "aaa", "aa"], correct = [true, true, false]) -> [0.5, -0.5, 0.0]',
)
def group_length(
    text: list[str],
    correct: list[bool],
    unit: str = "characters",
    length: list[float] | None = None,
) -> list[float]:
    """The length reward of Kimi k1.5 (2025, section 2.3.3), among the responses of one prompt.

    λ = 0.5 - (L - shortest) / (longest - shortest) for a correct response, min(0, λ) for a wrong one: what is shorter
    than the others is rewarded, but only if it is right. 0 for all where all are equally long, as with one response.
    """
    sizes = [_measured(one, unit, size) for one, size in zip(text, _each(length, len(text)), strict=True)]
    shortest, longest = min(sizes, default=0), max(sizes, default=0)
    if shortest == longest:
        return [0.0] * len(text)
    values = [0.5 - (size - shortest) / (longest - shortest) for size in sizes]
    return [value if good else min(0.0, value) for value, good in zip(values, _each(correct, len(text)), strict=True)]
