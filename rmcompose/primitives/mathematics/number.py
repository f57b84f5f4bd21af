"""The numbers in a text."""

from __future__ import annotations

import math
import re

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import REFERENCE, TEXT, register, setting

_NUMBER = re.compile(
    r"(?:(?<![\w)\]])[-+\u2212])?(?<![\w.])(?:\d{1,3}(?:,\d{3})+(?!\d)|\d++|(?=\.\d))(?:\.\d++)?(?:[eE][-+]?\d++)?(?!\.?\d)",
    re.ASCII,
)
_GALLERY_NUMBER = re.compile(r"-?\d+\.?\d*")
_TOLERANCE = "how far two numbers may be apart"


def numbers(text: str) -> list[float]:
    """The numbers of a text in order: `1,234.5`, `-3`, `1e3`, `.5`; a minus after a letter, digit or bracket is none.

    What is glued to a letter before it (`H2`) or is a chain (`1.2.3`) is not a number.
    """
    found = (float(match.group().replace(",", "").replace("\u2212", "-")) for match in _NUMBER.finditer(text))
    return [number for number in found if math.isfinite(number)]


@register(
    "number_match",
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "reference": REFERENCE,
        "tolerance": setting(f"{_TOLERANCE}, relative to the reference's where that is above 1", low=0, high=1),
    },
    example='number_match(text = "so 5, then 1,234", reference = "1234") -> 1.0',
)
def number_match(text: str, reference: str, tolerance: float = 1e-6) -> float:
    """The share of the reference's numbers that the text has, in any order, each number of the text used once.

    Two numbers are the same where |a - b| <= tolerance * max(1, |b|). Further numbers in the text cost nothing. A
    reference without numbers cannot be compared with and is an error.
    """
    wanted = sorted(numbers(reference))
    if not wanted:
        raise RuleError("the reference holds no number")
    given = sorted(numbers(text))
    found = position = 0
    for number in wanted:
        slack = tolerance * max(1.0, abs(number))
        while position < len(given) and given[position] < number - slack:
            position += 1
        if position < len(given) and given[position] <= number + slack:
            found += 1
            position += 1
    return found / len(wanted)


@register(
    "number_accuracy",
    returns="float",
    low=0,
    high=1,
    arguments={"text": TEXT, "reference": REFERENCE, "tolerance": setting(_TOLERANCE)},
    example='number_accuracy(text = "1, 2, 3", reference = "1, 2, 4") -> 0.6666666666666666',
    quirks=(
        'Numbers are compared by position, so one more at the front fails the rest; "1,234" is two numbers, "5-3" is 5 '
        'and -3, "1e3" is 1 and 3; a reference without numbers is 0. `number_match` does better.'
    ),
)
def number_accuracy(text: str, reference: str, tolerance: float = 1e-6) -> float:
    r"""The share of the reference's numbers whose counterpart, by position, is within the tolerance.

    Numbers are what `-?\d+\.?\d*` finds (RM-Gallery `number_accuracy`); 0 where either side has none.
    """
    wanted = [float(number) for number in _GALLERY_NUMBER.findall(reference)]
    given = [float(number) for number in _GALLERY_NUMBER.findall(text)]
    if not wanted:
        return 0.0
    close = sum(abs(left - right) <= tolerance for left, right in zip(given, wanted, strict=False))
    return close / len(wanted)
