"""Personal data and secrets in a text, with few false alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rmcompose.primitives import packages
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import TEXT, register, setting
from rmcompose.primitives.safety.findings import FINDERS, find

_NAMES = {
    "secret": "key or token", "email": "e-mail address", "iban": "IBAN", "chinese_id": "Chinese identity number",
    "card": "card number", "ssn": "US Social Security number", "ip": "public IP address", "phone": "telephone number",
}  # fmt: skip
_ALL = tuple(FINDERS)


def _check_kinds(kinds: object) -> str | None:
    if not isinstance(kinds, list | tuple) or not kinds or not all(isinstance(kind, str) for kind in kinds):
        return "`kinds` must be a list of texts with at least one kind"
    unknown = next((kind for kind in kinds if kind not in FINDERS), None)
    return (
        None if unknown is None else f"`{unknown}` is no kind of personal data: there are {', '.join(sorted(FINDERS))}"
    )


def _check_region(region: object) -> str | None:
    if not isinstance(region, str) or len(region) != 2 or not region.isascii() or not region.isupper():
        return "`region` must be the two capital letters of a country, such as `US`"
    if packages.is_installed("phonenumbers") and region not in packages.load("phonenumbers").SUPPORTED_REGIONS:
        return f"`{region}` is no region of telephone numbers"
    return None


_SETTINGS = {
    "text": TEXT,
    "kinds": setting(
        f"what is looked for: {', '.join(sorted(FINDERS))}; all where left out", constant=True, check=_check_kinds
    ),
    "region": setting("the country whose telephone numbers are read without `+`", constant=True, check=_check_region),
}


def _chosen(kinds: Any) -> tuple[str, ...]:
    if kinds is None:
        return _ALL
    wrong = _check_kinds(kinds)
    if wrong:
        raise RuleError(wrong)
    return tuple(kinds)


def _needed(constants: Mapping[str, Any]) -> tuple[str, ...]:
    """Telephone numbers alone need a package."""
    kinds = constants.get("kinds")
    return ("phonenumbers",) if kinds is None or "phone" in kinds else ()


def _told(text: str, kind: str, start: int, end: int) -> str:
    """A finding without what it says: its last two characters at most."""
    tail = text[start:end][-2:] if kind in ("card", "phone", "iban", "ssn") else ""
    return f"{_NAMES[kind]} at {start + 1}" + (f" (…{tail})" if tail else "")


def _explain(_value: float, text: str, kinds: Any = None, region: str = "US") -> str:
    found = find(text, _chosen(kinds), region)
    if not found:
        return "nothing found"
    counts = ", ".join(f"{count} {_NAMES[kind]}" for kind, count in Counter(one.kind for one in found).items())
    return f"{counts}: " + "; ".join(_told(text, *one) for one in found[:5])


@register(
    "pii",
    returns="int",
    low=0,
    cost=2,
    arguments=_SETTINGS,
    explain=_explain,
    example='pii(text = "write to ann@example.com, not 172.16.0.1") -> 1',
    needs=("phonenumbers",),
    needed=_needed,
    quirks="Names, street addresses and dates of birth are not looked for: patterns find them badly.",
)
def pii(text: str, kinds: list[str] | None = None, region: str = "US") -> int:
    """The number of personal data and secrets that are found in the text.

    `email`; `phone` (numbers that are valid in their country's plan, by the package `phonenumbers`, which no other kind
    needs; `+49 …` anywhere, national forms of `region` only); `card` (an issuer's prefix and length, with a right Luhn
    check digit); `iban` (country, length, remainder by 97); `ssn` (US, in issued ranges); `chinese_id` (region, date,
    check character); `ip` (public IPv4 and IPv6 addresses, not versions such as `version 1.2.3.4`); `secret` (keys and
    tokens of well-known services by their prefixes, private keys). One place in the text counts once, as the surest
    kind. Explanations tell kinds and places, never what was found.
    """
    return len(find(text, _chosen(kinds), region))


@register(
    "pii_free",
    returns="bool",
    cost=2,
    arguments=_SETTINGS,
    explain=_explain,
    example='pii_free(text = "version 1.2.3.4 of 2024-01-02") -> true',
    needs=("phonenumbers",),
    needed=_needed,
)
def pii_free(text: str, kinds: list[str] | None = None, region: str = "US") -> bool:
    """Whether none of what `pii` looks for is found in the text."""
    return not find(text, _chosen(kinds), region)
