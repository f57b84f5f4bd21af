"""Numbers as people write them, and the rules that compare the final number of a solution."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.mathematics.final import final_number, number_close, number_nearness
from rmcompose.primitives.mathematics.quantity import Decimal, find, number, read, same, words_to_number


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("7", 7, ""),
        ("-7.", -7, ""),
        ("- 7", -7, ""),
        ("\u22127", -7, ""),
        ("+7", 7, ""),
        (".5", Fraction(1, 2), ""),
        ("1,234", 1234, ""),
        ("1,234,567.89", Fraction(123456789, 100), ""),
        ("1.234,5", Fraction(2469, 2), ""),
        ("1.234.567", 1234567, ""),
        ("1 234,5", Fraction(2469, 2), ""),
        ("1\u202f234", 1234, ""),
        ("1'234.5", Fraction(2469, 2), ""),
        ("1_000", 1000, ""),
        ("12,34,567", 1234567, ""),  # lakhs
        ("0,111", Fraction(111, 1000), ""),
        ("1000,99", Fraction(100099, 100), ""),
        ("1{,}234", 1234, ""),
        ("3/4", Fraction(3, 4), ""),
        ("-3/4", Fraction(-3, 4), ""),
        ("1 1/2", Fraction(3, 2), ""),
        (r"\frac{3}{4}", Fraction(3, 4), ""),
        (r"-\dfrac34", Fraction(-3, 4), ""),
        (r"1\frac12", Fraction(3, 2), ""),
        ("$7$", 7, ""),
        (r"\(7\)", 7, ""),
        (r"\textbf{7}", 7, ""),
        ("1e3", 1000, ""),
        ("1.5 x 10^3", 1500, ""),
        (r"1.5 \times 10^{-3}", Fraction(3, 2000), ""),
        ("2.5 million", 2500000, ""),
        ("3 dozen", 36, ""),
        ("$5", 5, "dollar"),
        (r"\$1,000.50", Fraction(2001, 2), "dollar"),
        ("-$5", -5, "dollar"),
        ("7 €", 7, "euro"),
        ("5 km", 5, "km"),
        (r"5\,\mathrm{cm}", 5, "cm"),
        ("3.0e8 m/s", 300000000, "m/s"),
        (r"90^\circ", 90, "degrees"),
        ("12 m²", 12, "m²"),
        ("12 apples", 12, ""),
        ("3 1/2 cups of flour", Fraction(7, 2), ""),
    ],
)
def test_one_quantity(text: str, value: Fraction | int, unit: str) -> None:
    found = read(text)
    assert found is not None
    assert (found.value, found.percent, found.unit) == (value, False, unit)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "2x", "2 pi", "2 sqrt(3)", "5 and 6", "1,2,3", "1.2.3", "12:00", "5!", "2^10", "1-1/2", "1/0", "1e999",
        "1,23,4", "12 34", "1'23", "x = 5", "(1, 2)", "٣", "9" * 500, "1" * 10**6,
    ],
)  # fmt: skip
def test_what_is_no_single_quantity(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("text", ["5%", r"5\%", "5 %", "5 percent", "5 pct", r"$5\%$"])
def test_percent(text: str) -> None:
    found = read(text)
    assert found is not None
    assert (found.value, found.percent) == (5, True)


@pytest.mark.parametrize(
    ("digits", "decimal", "value"),
    [
        ("1.234", "auto", Fraction(1234, 1000)),
        ("1.234", "comma", 1234),
        ("1,234", "auto", 1234),
        ("1,234", "comma", Fraction(1234, 1000)),
        ("1,5", "auto", Fraction(3, 2)),
        ("1,5", "point", None),
        ("1.5", "comma", None),
        ("1,234.5", "comma", None),
        ("1.234,5", "point", None),
    ],
)
def test_which_sign_is_the_decimal_one(digits: str, decimal: Decimal, value: Fraction | int | None) -> None:
    assert number(digits, decimal) == value


@given(st.integers(0, 10**12), st.integers(0, 99), st.booleans())
def test_grouped_numbers_read_as_they_were_written(whole: int, rest: int, minus: bool) -> None:
    sign = "-" if minus else ""
    value = (Fraction(whole) + Fraction(rest, 100)) * (-1 if minus else 1)
    english = f"{sign}{whole:,}.{rest:02}"
    german = english.replace(",", "_").replace(".", ",").replace("_", ".")
    french = english.replace(",", " ").replace(".", ",")
    assert [read(text).value for text in (english, german, french)] == [value] * 3  # type: ignore[union-attr]
    assert [one.value for one in find(f"it is {english}.")] == [value]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("five", 5), ("zero", 0), ("twenty-one", 21), ("Forty two", 42), ("one hundred", 100), ("minus three", -3),
        ("two hundred and five thousand and twelve", 205012), ("one million two hundred thousand", 1200000),
        ("one hundred and ninety nine", 199), ("one two", None), ("twenty thirty", None), ("one twenty", None),
        ("thousand", None), ("hundred", None), ("and", None), ("ten one", None), ("fifty zero", None),
        ("one hundred hundred", None), ("one thousand two million", None), ("", None), ("one apple", None),
    ],
)  # fmt: skip
def test_words_that_name_a_number(words: str, value: int | None) -> None:
    assert words_to_number(words) == value
    if value is not None:
        assert final_number(f"The answer is {words}.", str(value))


def test_the_quantities_in_prose() -> None:
    text = (
        "It cost $5, then -3 m and 5-3; H2 is no number, nor v1.2.3. 1,234.5 km, 3e4, 5% of €7, (-4), $-7$, 3 1/2 cups"
    )
    found = [(float(one.value), one.unit or ("%" if one.percent else "")) for one in find(text)]
    assert found == [
        (5, "dollar"), (-3, "m"), (5, ""), (3, ""), (1234.5, "km"), (30000, ""), (5, "%"), (7, "euro"), (-4, ""),
        (-7, ""), (3.5, ""),
    ]  # fmt: skip


def test_long_runs_take_linear_time() -> None:
    started = time.monotonic()
    for text in ("9" * 200_000, "1," * 100_000, "1 " * 10_000, "$1" * 10_000, "1/" * 100_000, "\\frac{1" * 3_000):
        list(find(text))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("5 km", "5000 m", True),
        ("5 km", "5 kg", False),
        ("5 km", "5", True),
        ("1 h", "60 min", True),
        ("36 km/h", "10 m/s", True),
        ("1 m^2", "10000 cm^2", True),
        ("1 mile", "1.609344 km", True),
        ("50 cents", "$0.50", True),
        ("5%", "0.05", True),
        ("5%", "5", True),
        ("5%", "500%", False),
        ("1/3", "0.3333333", False),
    ],
)
def test_units_are_converted(one: str, other: str, equal: bool) -> None:
    left, right = read(one), read(other)
    assert left is not None
    assert right is not None
    assert same(left, right) is equal
    assert same(right, left) is equal


@pytest.mark.parametrize(
    ("text", "reference", "equal"),
    [
        ("5 boxes, so it costs $1,234.50.", "#### 1234.5", True),
        ("3 * 4 = 12\n#### 12\n", "12", True),
        ("first \\boxed{1}, then \\boxed{2}", "2", True),
        ("\\boxed{x = 5}", "5", True),
        ("A: 12", "12", True),
        ("12 is wrong, it is 13", "12", False),
        ("<think>it is 12</think> it is 13", "13", True),
        ("the number 123", "23", False),
        ("the answer is 5 km", "5000 m", True),
        ("5%", "0.05", True),
        ("the total is 1.234,50 €", "1234.5", True),
        (r"so $c = 3 \times 10^8$", "3e8", True),
        ("0.3333", "1/3", False),
        ("none", "5", False),
        ("", "5", False),
        ("#### no solution, but 5 came close", "5", True),
    ],
)
def test_the_final_number(text: str, reference: str, equal: bool) -> None:
    assert final_number(text, reference) is equal


def test_settings_of_the_final_number() -> None:
    assert final_number("1.234", "1234", decimal="comma")
    assert not final_number("1.234", "1234")
    assert not final_number("5%", "5", percent="hundredths")
    assert final_number("5%", "0.05", percent="hundredths")


def test_a_reference_without_a_number_is_an_error() -> None:
    for rule in (final_number, number_close, number_nearness):
        with pytest.raises(RuleError, match="the reference holds no number"):
            rule("5", "none")


@pytest.mark.parametrize(
    ("text", "reference", "settings", "close"),
    [
        ("3.14", "3.14159", {"relative": 1e-3}, True),
        ("3.14", "3.14159", {}, False),
        ("100.01", "100", {}, True),
        ("100.02", "100", {}, False),
        ("0.001", "0", {}, False),
        ("0.001", "0", {"absolute": 0.01}, True),
        ("-5", "5", {"relative": 1.0}, False),
        ("4.99 km", "5000 m", {"relative": 0.01}, True),
        ("4.99 kg", "5000 m", {"relative": 1.0}, False),
        ("1e300", "1e300", {"relative": 0.0}, True),
        ("33.3%", "1/3", {"relative": 0.01}, True),
        ("33.3%", "33", {"relative": 0.01}, True),
        ("33.3%", "33", {"relative": 0.01, "percent": "hundredths"}, False),
        ("none", "5", {"relative": 1.0}, False),
    ],
)
def test_close_numbers(text: str, reference: str, settings: dict[str, object], close: bool) -> None:
    assert number_close(text, reference, **settings) is close  # type: ignore[arg-type]


def test_nearness_falls_with_the_error() -> None:
    assert number_nearness("100", "100") == 1.0
    assert number_nearness("90", "100") == 0.9
    assert number_nearness("90", "100", zero_at=0.5) == 0.8
    assert number_nearness("250", "100") == 0.0
    assert number_nearness("0.25", "0") == 0.75
    assert number_nearness("5 kg", "5 m") == 0.0
    assert number_nearness("none", "5") == 0.0


@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_nearness_is_monotone(reference: int, one: int, other: int) -> None:
    near, far = sorted((one, other), key=lambda value: abs(value - reference))
    assert number_nearness(str(near), str(reference)) >= number_nearness(str(far), str(reference))
