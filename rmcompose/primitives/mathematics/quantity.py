r"""Numbers as people write them: with separators of any country, fractions, powers of ten, percent, currencies, units.

`read` takes a text that is one quantity (`\$1,234.50`, `1.234,5`, `1 1/2`, `3\times10^8 m/s`, `28 percent`), `find` all
quantities in prose, `same` says whether two are equal. Values are exact fractions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, NamedTuple

from rmcompose.primitives.mathematics.units import UNITS

Decimal = Literal["auto", "point", "comma"]
Percent = Literal["either", "hundredths"]
DECIMALS = ("auto", "point", "comma")
PERCENTS = ("either", "hundredths")

_LONGEST = 300
_MOST_DIGITS = 400
_LARGEST_EXPONENT = 400
_CURRENCY = r"[$€£¥₹]"
_PLAIN = r"(?:\d(?:[\d.,'\u2019_\u00a0\u202f]*\d)?|\.\d+)"
_DIGITS = r"(?:\d{1,3}(?: \d{3})+(?:[.,]\d+)?(?!\d)|" + _PLAIN + ")"
_TEN = r"(?:[eE](?P<e>[-+\u2212]?\d{1,6})|[ ]?(?:[xX*·×])[ ]?10[ ]?(?:\^|\*\*)[ ]?\(?(?P<ten>[-+\u2212]?\d{1,6})\)?)"
_SCALE = r"(?:[ ]?(?P<scale>hundred|thousand|million|billion|trillion|dozen)\b)"
_NO_NOUN = (
    r"(?!(?i:and|or|plus|minus|times|over|to|mod|choose|squared|cubed|factorial|divided|multiplied|raised|equals|sin|cos|tan|cot|sec|csc|log|ln|exp|sqrt"
    r"|pi|inf|infty|infinity|alpha|beta|gamma|theta|phi|lambda|omega)\b)"
)
_SYMBOL = r"[A-Za-z°µμΩ]{1,12}(?:/[A-Za-z]{1,6})?(?:\^?[23]|[²³])?(?![A-Za-z])"
_RATE = r"%|percent\b|percentage\b|per cent\b|pct\b"
_ALONE = re.compile(
    rf"(?P<sign>[-+\u2212]?)[ ]?(?P<front>{_CURRENCY})?[ ]?(?P<inner>[-+\u2212]?)"
    rf"(?:(?P<whole>\d+)[ ](?P<part>\d+[ ]?/[ ]?\d+)|(?P<over>{_PLAIN})[ ]?/[ ]?(?P<under>{_PLAIN})"
    rf"|(?P<digits>{_DIGITS})(?:{_TEN})?{_SCALE}?)"
    rf"(?:[ ]?(?P<back>{_CURRENCY}))?"
    rf"(?:(?P<noun>[ ]{_NO_NOUN}[A-Za-z]{{3}}[A-Za-z /'.-]{{0,60}})|[ ]?(?P<unit>{_RATE}|{_SYMBOL}))?\.?",
    re.ASCII,
)
_WITHIN = re.compile(
    rf"(?P<sign>(?<![\w)\]}}])[-+\u2212])?(?P<front>{_CURRENCY})?(?P<inner>(?<={_CURRENCY})[-+\u2212])?(?<![\w.,/])"
    rf"(?:(?P<whole>\d{{1,9}})[ ](?P<part>\d{{1,9}}/\d{{1,9}})|(?P<over>{_PLAIN})/(?P<under>{_PLAIN})"
    rf"|(?P<digits>{_PLAIN})(?:{_TEN})?{_SCALE}?)"
    rf"(?![/\d])(?:[ ]?(?P<back>[€£¥₹]))?(?:[ ]?(?P<unit>{_RATE}|{_SYMBOL}))?(?P<noun>)(?P<closing>\$)?",
    re.ASCII,
)
_SPACES = re.compile(r"(?:\\[,;:! ]|~|\\quad\b|[ \t\u2009])+")
_STYLED = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|operatorname|mbox|rm)[ ]?\{([^{}]*)\}")
_FRACTION = re.compile(
    r"(?<!\d)(?P<whole>\d{0,9})[ ]?\\[dtc]?frac[ ]?(?:\{[ ]?(?P<a>[-\u2212]?[\d.,]{1,99})[ ]?\}|(?P<a1>\d))"
    r"[ ]?(?:\{[ ]?(?P<b>[\d.,]{1,99})[ ]?\}|(?P<b1>\d))"
)
_WRAPPED = re.compile(r"\$([^$]*)\$|\\\((.*)\\\)|\\\[(.*)\\\]", re.DOTALL)
_DEGREES = re.compile(r"\^?[ ]?\{?\\(?:circ|degree)\b\}?")
_TIMES = re.compile(r"[ ]?\\(?:times|cdot)(?![A-Za-z])[ ]?")
_POWER = re.compile(r"\^\{([-+\u2212]?\d+)\}")
_GROUPED = re.compile(r"\d{1,3}(?:[ '\u2019\u00a0\u202f]\d{3})+(?:[.,]\d+)?")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})*,\d{3}")
_PERCENT_WORDS = ("%", "percent", "per cent", "pct", "percentage")
_SCALES = {
    None: 1, "dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12
}  # fmt: skip
_MOST_WORDS = 30
_SMALL_NUMBERS = {
    **{word: value for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )},
    **{word: 10 * (value + 2) for value, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split()
    )},
}  # fmt: skip
_LARGE_NUMBERS = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound sterling", "¥": "yen", "₹": "rupee"}


class Quantity(NamedTuple):
    """A value as it is written (5 for `5%`), whether it is in percent, and its unit where that is a known one."""

    value: Fraction
    percent: bool = False
    unit: str = ""


def read(text: str, decimal: Decimal = "auto") -> Quantity | None:
    """The quantity that the text is, in plain text or LaTeX, with nothing beside it but a unit or a noun; else None."""
    if len(text) > _LONGEST:
        return None
    if text.isascii() and text.isdecimal():
        return Quantity(Fraction(text))
    plain = _plain(text)
    match = _ALONE.fullmatch(plain)
    if match is None:
        spelt = words_to_number(plain)
        return None if spelt is None else Quantity(Fraction(spelt))
    if match["unit"] and not _is_rate(match["unit"]) and not _known(match["unit"]):
        return None  # `2x` is a product
    return _quantity(match, decimal)


def find(text: str, decimal: Decimal = "auto") -> Iterator[Quantity]:
    """The quantities in a text, in order. What is glued to a letter before it or is a chain (`1.2.3`) is none."""
    for match in _WITHIN.finditer(_POWER.sub(r"^\1", _FRACTION.sub(_as_fraction, _bare(text)))):
        found = _quantity(match, decimal)
        if found is not None:
            yield found._replace(unit="") if found.unit == "in" else found  # `5 in total`


def values(one: Quantity, percent: Percent) -> tuple[Fraction, ...]:
    """What a quantity may be worth, its unit apart: in percent a hundredth of what is written, or `either`."""
    if not one.percent:
        return (one.value,)
    return (one.value / 100,) if percent == "hundredths" else (one.value, one.value / 100)


def aligned(one: Quantity, other: Quantity) -> tuple[Quantity, Quantity] | None:
    """Both in the same unit, where both have a known one; None where those measure different things.

    A quantity without a known unit is taken to be in the unit of the other one.
    """
    if not one.unit or not other.unit or one.unit == other.unit:
        return one, other
    (of, size), (of_other, size_other) = UNITS[one.unit], UNITS[other.unit]
    if of != of_other:
        return None
    return one._replace(value=one.value * size), other._replace(value=other.value * size_other)


def same(one: Quantity, other: Quantity, *, decimals: int | None = None, percent: Percent = "either") -> bool:
    """Whether two quantities are equal, exactly or when rounded to the decimals; `5 km` is `5000 m`, never `5 kg`."""
    pair = aligned(one, other)
    if pair is None:
        return False
    if one.percent and other.percent:
        return _equal(one.value, other.value, decimals)
    left, right = values(pair[0], percent), values(pair[1], percent)
    return any(_equal(a, b, decimals) for a in left for b in right)


def _equal(a: Fraction, b: Fraction, decimals: int | None) -> bool:
    return a == b or (decimals is not None and round(a, decimals) == round(b, decimals))


def number(digits: str, decimal: Decimal = "auto") -> Fraction | None:
    """The value of digits with separators; None where they do not make a number.

    Spaces, apostrophes and underscores only group. `auto`: of points and commas together the last is the decimal one;
    commas before groups of three (or as in 1,23,456) group, another single comma is decimal (`0,111` too); a single
    point is decimal, several group.
    """
    if len(digits) > _MOST_DIGITS:
        return None
    if re.search(r"[ '\u2019\u00a0\u202f]", digits):
        if not _GROUPED.fullmatch(digits):
            return None
        digits = re.sub(r"[ '\u2019\u00a0\u202f]", "", digits)
    digits = digits.replace("_", "")
    point = _point(digits, decimal)
    if point is None:
        return None
    group = "," if point == "." else "."
    whole, _, rest = digits.partition(point)
    if point in rest or group in rest:
        return None
    if group in whole and not _THOUSANDS.fullmatch(whole.replace(group, ",")):
        return None
    return Fraction(f"{whole.replace(group, '') or '0'}.{rest or '0'}")


def words_to_number(text: str) -> int | None:
    """The whole number that English words name, `minus two hundred and five thousand`; None where they name none."""
    words = text.lower().replace("-", " ").split()
    sign = -1 if words[:1] in (["minus"], ["negative"]) else 1
    words = [word for word in words[sign < 0 :] if word != "and"]
    if not words or len(words) > _MOST_WORDS:
        return None
    total = group = 0
    below, scale = 1000, 10**12  # each part is smaller than the one before it: `twenty one`, not `one twenty`
    for word in words:
        if word in _SMALL_NUMBERS:
            value = _SMALL_NUMBERS[word]
            if value >= below or (value == 0 and len(words) > 1):
                return None
            group, below = group + value, 10 if value >= 20 else 0
        elif word == "hundred" and 0 < group < 10:
            group, below = group * 100, 100
        elif group and _LARGE_NUMBERS.get(word, scale) < scale:
            scale = _LARGE_NUMBERS[word]
            total, group, below = total + group * scale, 0, 1000
        else:
            return None
    return sign * (total + group)


def _point(digits: str, decimal: Decimal) -> str | None:
    """Which of `.` and `,` is the decimal one."""
    if decimal != "auto":
        return "." if decimal == "point" else ","
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        return max(".,", key=digits.rfind)
    if commas:
        return "." if _THOUSANDS.fullmatch(digits) else ("," if commas == 1 else None)
    return "," if points > 1 else "."


def _quantity(match: re.Match[str], decimal: Decimal) -> Quantity | None:
    part = match["part"]
    if part:
        over, under = (int(side) for side in part.split("/"))
        if under == 0:
            return None
        value: Fraction | None = int(match["whole"]) + Fraction(over, under)
    elif match["over"]:
        a, b = number(match["over"], decimal), number(match["under"], decimal)
        value = None if a is None or not b else a / b
    else:
        value = number(match["digits"], decimal)
        exponent = int((match["e"] or match["ten"] or "0").replace("\u2212", "-"))
        if abs(exponent) > _LARGEST_EXPONENT:
            return None
        value = value * Fraction(10) ** exponent * _SCALES[match["scale"]] if value is not None else None
    if value is None:
        return None
    if (match["sign"] or match["inner"] or "+") in "-\u2212":
        value = -value
    unit = match["unit"] or (match["noun"] or "").strip().rstrip(".")
    if _is_rate(unit):
        return Quantity(value, percent=True)
    currency = "" if match.groupdict().get("closing") else match["front"] or match["back"]  # `$7$` is a formula
    return Quantity(value, unit=_known(unit) or (_CURRENCIES[currency] if currency else ""))


def _is_rate(unit: str) -> bool:
    return unit.lower() in _PERCENT_WORDS


def _known(unit: str) -> str:
    return next((name for name in (unit, unit.lower()) if name in UNITS), "")


def _plain(text: str) -> str:
    r"""LaTeX of a quantity as plain text: `\frac{1}{2}\,\text{cm}` as `1/2 cm`."""
    text = text.strip()
    wrapped = _WRAPPED.fullmatch(text)
    if wrapped is not None:
        text = next(group for group in wrapped.groups() if group is not None)
    for _ in range(2):
        text = _STYLED.sub(r" \1", text)
    text = _bare(text).replace("\\left", "").replace("\\right", "")
    text = _FRACTION.sub(_as_fraction, text)
    text = _POWER.sub(r"^\1", _DEGREES.sub(" degrees", text))
    return _SPACES.sub(" ", text).replace(" %", "%").strip()


def _bare(text: str) -> str:
    """Signs of LaTeX as those of plain text."""
    text = text.replace("{,}", ",").replace(",\\!", ",").replace("\\%", "%").replace("\\$", "$")
    return _TIMES.sub("x", text)


def _as_fraction(match: re.Match[str]) -> str:
    over, under = match["a"] or match["a1"], match["b"] or match["b1"]
    return f"{match['whole']} {over}/{under}" if match["whole"] else f"{over}/{under}"
