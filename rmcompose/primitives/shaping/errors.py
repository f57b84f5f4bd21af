"""How near a number is to the wanted one."""

from __future__ import annotations

import math

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.pictures.declared import curve
from rmcompose.primitives.registry import data, register, setting


@register(
    "exp_error",
    returns="float",
    low=0,
    high=1,
    cost=0,
    arguments={
        "value": data("number", "the number that is judged, such as a grade a response gave"),
        "reference": data("reference", "the wanted number"),
        "rate": setting("how fast the value falls", low=0),
    },
    example="exp_error(value = 3, reference = 4, rate = 0.5) -> 0.6065306597126334",
    picture=curve("value", 0, 8, over="value, where the reference is 4", at=3, whole=False),
)
def exp_error(value: float, reference: float, rate: float = 1.0) -> float:
    """exp(-rate · |value - reference|): 1 for the wanted number, and less the further away.

    With `rate = 0.5` it is the reward of RM-Gallery's training of pointwise graders, exp(-2 |Δ| / 4) for grades from 1
    to 5. A reference given as text is read as a number; one that is none is a RuleError.
    """
    if rate < 0:
        raise RuleError("`rate` is negative")
    return math.exp(-rate * min(abs(_number(value, "value") - _number(reference, "reference")), 1e300))


def _number(given: object, name: str) -> float:
    try:
        number = float(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise RuleError(f"`{name}` is {str(given)[:40]!r}, not a number")
    return number
