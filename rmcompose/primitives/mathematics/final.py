r"""The number that a solution ends with, against the number of the reference.

The final number of a text is that of its last `\boxed{…}`, else of what is in the last `<answer>`, else of what follows
the last `####`, `A:`, `Answer:` or `the answer is`, else the last one in the text. What stands before `</think>` does
not count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.pictures.declared import curve
from rmcompose.primitives.registry import REFERENCE, TEXT, register, setting

if TYPE_CHECKING:
    from rmcompose.primitives.mathematics.quantity import Decimal, Percent, Quantity

_WINDOW = 20_000
_MOST_SHOWN = 40
_DECIMAL = setting(
    "which sign is the decimal one: `auto` reads 1,234.5 and 1.234,5, takes a single comma before three digits for a "
    "thousands separator and a single point for a decimal one",
    choices=("auto", "point", "comma"),
    constant=True,
)
_PERCENT = setting(
    "what `5%` is worth: a hundredth of 5, or `either` 5 or a hundredth of it",
    choices=("either", "hundredths"),
    constant=True,
)
_FINAL = {"text": TEXT, "reference": REFERENCE, "decimal": _DECIMAL, "percent": _PERCENT}


def _explain(_value: float, text: str, reference: str, decimal: str = "auto", **_: object) -> str:
    given, wanted = _final(text, decimal), _final(reference, decimal)
    return f"{_shown(given)} against {_shown(wanted)}"


@register(
    "final_number",
    returns="bool",
    arguments=_FINAL,
    explain=_explain,
    example='final_number(text = "5 boxes, so it costs $1,234.50.", reference = "#### 1234.5") -> true',
)
def final_number(text: str, reference: str, decimal: str = "auto", percent: str = "either") -> bool:
    r"""Whether the final number of the text is exactly that of the reference.

    The final number is that of the last `\boxed{…}`, else of the last `<answer>…</answer>`, else of what follows the
    last `####`, `A:`, `Answer:` or `the answer is`, else the last number. Read are separators of thousands (`1,234`,
    `1 234`, `1'234`, `1.234.567`), decimal points and commas, fractions, `1 1/2`, `1.5e3`, `1.5\times10^3`, `2
    million`, an answer in words (`twenty-one`), percent, currencies and units: `5 km` equals `5000 m` and never `5 kg`,
    a number without a unit equals one with any. Compared as fractions, without rounding. A text without a number is
    false, a reference without one an error.
    """
    wanted, given = _numbers(text, reference, decimal)
    return given is not None and _same(wanted, given, percent)


@register(
    "number_close",
    returns="bool",
    arguments={
        **_FINAL,
        "relative": setting("the largest error, as a share of the reference", low=0, high=1),
        "absolute": setting("the largest error that is always allowed, in the unit of the reference", low=0),
    },
    explain=_explain,
    example='number_close(text = "about 3.14", reference = "3.14159", relative = 0.001) -> true',
    picture=curve(
        "text",
        3.13,
        3.16,
        over="the number in the text, where the reference is 3.14159",
        at=3.14,
        make="about {:.4f}".format,
        whole=False,
    ),
)
def number_close(
    text: str,
    reference: str,
    relative: float = 1e-4,
    absolute: float = 0.0,
    decimal: str = "auto",
    percent: str = "either",
) -> bool:
    """Whether the final number of the text is close to that of the reference.

    Close is |a - b| <= max(relative * |b|, absolute), where b is the reference. Which number is the final one and how
    it is read is told at `final_number`. A text without a number is false, a reference without one an error.
    """
    error = _error(text, reference, decimal, percent)
    return error is not None and error[0] <= max(Fraction(relative) * error[1], Fraction(absolute))


@register(
    "number_nearness",
    returns="float",
    low=0,
    high=1,
    arguments={
        **_FINAL,
        "zero_at": setting("the relative error from which on the value is 0", low=1e-9, high=1e6),
    },
    explain=_explain,
    example='number_nearness(text = "about 90", reference = "100", zero_at = 0.5) -> 0.8',
    picture=curve(
        "text", 0, 200, over="the number in the text, where the reference is 100", at=90, make="about {}".format
    ),
)
def number_nearness(
    text: str, reference: str, zero_at: float = 1.0, decimal: str = "auto", percent: str = "either"
) -> float:
    """1 - e / zero_at, at least 0, where e = |a - b| / |b| is the relative error of the text's final number.

    b is the final number of the reference; where it is 0, e is |a|. Which number is the final one and how it is read
    is told at `final_number`. A text without a number, or with one of another kind of unit, is 0; a reference without a
    number is an error.
    """
    error = _error(text, reference, decimal, percent)
    if error is None:
        return 0.0
    return float(max(Fraction(0), 1 - error[0] / (error[1] or 1) / Fraction(zero_at)))


def _numbers(text: str, reference: str, decimal: str) -> tuple[Quantity, Quantity | None]:
    """The final numbers of reference and text. Raises `RuleError` where the reference has none."""
    wanted = _final(reference, decimal)
    if wanted is None:
        raise RuleError("the reference holds no number")
    return wanted, _final(text, decimal)


def _final(text: str, decimal: str) -> Quantity | None:
    from rmcompose.primitives.mathematics.answer import find_answer
    from rmcompose.primitives.mathematics.quantity import find, read

    convention = cast("Decimal", decimal)
    answer = find_answer(text)
    if answer.own:
        # the answer may say more than a number: `x = 5`
        return read(answer.own, convention) or _last(find(answer.own, convention))
    return _last(find(text.rpartition("</think>")[2][-_WINDOW:], convention))


def _last(quantities: Iterator[Quantity]) -> Quantity | None:
    return next(iter(deque(quantities, maxlen=1)), None)


def _same(wanted: Quantity, given: Quantity, percent: str) -> bool:
    from rmcompose.primitives.mathematics.quantity import same

    return same(wanted, given, percent=cast("Percent", percent))


def _error(text: str, reference: str, decimal: str, percent: str) -> tuple[Fraction, Fraction] | None:
    """The smallest |a - b| of what both numbers may be worth, and |b|; None where there is nothing to compare."""
    from rmcompose.primitives.mathematics.quantity import aligned, values

    wanted, given = _numbers(text, reference, decimal)
    pair = None if given is None else aligned(wanted, given)
    if pair is None:
        return None
    if pair[0].percent and pair[1].percent:
        pair = (pair[0]._replace(percent=False), pair[1]._replace(percent=False))
    worth = [values(side, cast("Percent", percent)) for side in pair]
    # by the relative error: of `either` a hundredth always has the smaller absolute one
    return min(((abs(a - b), abs(b)) for b in worth[0] for a in worth[1]), key=lambda error: error[0] / (error[1] or 1))


def _shown(quantity: Quantity | None) -> str:
    if quantity is None:
        return "no number"
    value = quantity.value
    plain = str(value) if value.denominator in (1, 2, 3, 4) else f"{float(value):g}"
    if len(plain) > _MOST_SHOWN:
        plain = f"{plain[:_MOST_SHOWN]}…"
    return f"{plain}{'%' if quantity.percent else ''}{' ' + quantity.unit if quantity.unit else ''}"
