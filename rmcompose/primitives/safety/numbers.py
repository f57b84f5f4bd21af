"""Checks of numbers that carry a check digit: cards, bank accounts, identity numbers."""

from __future__ import annotations

import datetime as dt
import functools

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20,
    "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
"""The length of an IBAN by country (the SWIFT registry, release 99)."""


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """Whether digits are a payment card: an issuer's prefix, the length of its cards, and the check digit."""
    return len(digits) in _card_lengths(digits) and len(set(digits)) > 1 and luhn(digits)


def _card_lengths(digits: str) -> tuple[int, ...]:
    two, three, four, six = int(digits[:2]), int(digits[:3]), int(digits[:4]), int(digits[:6])
    if digits[0] == "4":
        return 13, 16, 19  # Visa
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return (16,)  # Mastercard
    if two in (34, 37):
        return (15,)  # American Express
    if four == 6011 or two == 65 or 644 <= three <= 649 or 622126 <= six <= 622925:
        return 16, 17, 18, 19  # Discover
    if two == 62:
        return 16, 17, 18, 19  # UnionPay
    if 3528 <= four <= 3589:
        return 16, 17, 18, 19  # JCB
    if 300 <= three <= 305 or two in (36, 38, 39):
        return 14, 16, 19  # Diners Club
    if two in (50, 56, 57, 58, 67) or four in (6304, 6390):
        return tuple(range(13, 20))  # Maestro; shorter ones are too easily something else
    return ()


def is_iban(text: str) -> bool:
    """Whether a text without spaces is an IBAN: a country, its length, and the remainder by 97 (ISO 13616)."""
    if IBAN_LENGTHS.get(text[:2]) != len(text) or not text[2:4].isdigit():
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def is_social_security(area: str, group: str, serial: str) -> bool:
    """Whether the parts may be a US Social Security number; sample numbers of advertisements are not."""
    if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000":
        return False
    return (area, group, serial) not in {("078", "05", "1120"), ("219", "09", "9999")}


def is_chinese_identity(text: str) -> bool:
    """Whether 18 characters are a Chinese identity number: a region, a date of birth, and the check (GB 11643)."""
    if text[:2] not in _regions() or len(set(text[:17])) < 3:
        return False
    try:
        born = dt.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    if not 1900 <= born.year <= 2100:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text[:17], strict=True))
    return _CHECKS[total % 11] == text[17].upper()


@functools.cache
def _regions() -> frozenset[str]:
    blocks = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    return frozenset(str(code) for first, last in blocks for code in range(first, last + 1))
