"""Where a text holds personal data and secrets, one finder a kind.

A finder yields the places of what it is sure of: numbers are checked by their check digits, telephone numbers by the
plans of their countries, addresses by what they are reserved for. All patterns have bounded repeats, so that time is
linear in the text.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rmcompose.primitives import packages
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.safety.numbers import is_card, is_chinese_identity, is_iban, is_social_security

_MOST_CHARACTERS = 2_000_000
_MOST_WITH_PHONES = 500_000


class Finding(NamedTuple):
    """Something found, and where."""

    kind: str
    start: int
    end: int


_EMAIL = re.compile(
    r"(?<![\w.+%-])[A-Za-z0-9](?:[\w.+%-]{0,62}[A-Za-z0-9_+%-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}"
    r"[A-Za-z]{2,24}(?![\w-])",
    re.ASCII,
)
_CARD = re.compile(r"(?<![\w.,+-])\d(?:[ -]?\d){12,18}(?![\w-]|[.,]\d)", re.ASCII)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,9}(?![A-Za-z0-9])")
_IPV4 = re.compile(r"(?<![\w.:-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)", re.ASCII)
_VERSION = re.compile(
    r"(?:\b(?:v|ver|versions?|release|build|firmware|chapter|section|sec|clause)\.?[\s:=]{0,3}(?:is |to |no\.? )?|§ ?"
    r"|[<>=~^]=?\s?)\Z",
    re.IGNORECASE,
)
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])", re.ASCII)
_SOCIAL = re.compile(r"(?<![\w.-])(\d{3})([- ])(\d{2})\2(\d{4})(?![\w-]|\.\d)", re.ASCII)
_CHINESE = re.compile(r"(?<![0-9A-Za-z])[1-8]\d{16}[\dXx](?![0-9A-Za-z])", re.ASCII)
_SECRETS = re.compile(
    r"(?<![\w-])(?:"
    r"sk-ant-[\w-]{20,200}|sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,200}"  # Anthropic, OpenAI
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_\w{60,251}|glpat-[\w-]{20,64}"  # GitHub, GitLab
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,251}"  # Google
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,251}"  # Slack
    r"|[rs]k_(?:live|test)_[A-Za-z0-9]{16,251}"  # Stripe
    r"|hf_[A-Za-z0-9]{30,64}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,251}"  # Hugging Face, npm, PyPI
    r"|SG\.[\w-]{22}\.[\w-]{43}|dop_v1_[a-f0-9]{64}|shpat_[a-f0-9]{32}"  # SendGrid, DigitalOcean, Shopify
    r"|eyJ[\w-]{10,4000}\.eyJ[\w-]{10,4000}\.[\w-]{10,4000}"  # JSON web tokens
    r")(?![\w-])"
    r"|-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP |ENCRYPTED )?PRIVATE KEY(?: BLOCK)?-----",
    re.ASCII,
)
_DIGITS = re.compile(r"\D+")


def _emails(text: str, _region: str) -> Iterator[tuple[int, int]]:
    for match in _EMAIL.finditer(text):
        local, _, domain = match[0].rpartition("@")
        if ".." not in local and not domain.lower().endswith(
            (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".js", ".css")
        ):
            yield match.span()


def _phones(text: str, region: str) -> Iterator[tuple[int, int]]:
    phonenumbers = packages.load("phonenumbers")
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise RuleError(f"`{region}` is no region of telephone numbers: two capital letters, such as `US`")
    if len(text) > _MOST_WITH_PHONES:
        raise RuleError(
            f"the text is too long to search for telephone numbers: {len(text)} characters, at most {_MOST_WITH_PHONES}"
        )
    leniency = phonenumbers.Leniency.VALID
    # the matcher gives up in silence after so many tries, which the length of the text already bounds
    matcher = phonenumbers.PhoneNumberMatcher(text, region, leniency=leniency, max_tries=len(text) + 1)
    for match in matcher:
        before = text[match.start - 1 : match.start]
        after = text[match.end : match.end + 1]
        if not (before.isalnum() or after.isalnum() or before in ("#", "$", "€", "£")):
            yield match.start, match.end


def _cards(text: str, _region: str) -> Iterator[tuple[int, int]]:
    for match in _CARD.finditer(text):
        if is_card(_DIGITS.sub("", match[0])) and _is_grouped(match[0]):
            yield match.span()


def _is_grouped(text: str) -> bool:
    """Whether digits stand together or in the groups of cards, not as a row of numbers."""
    groups = re.split(r"[ -]", text)
    return len(groups) == 1 or (min(map(len, groups[:-1])) >= 4 and len(groups[-1]) >= 3 and max(map(len, groups)) <= 7)


def _ibans(text: str, _region: str) -> Iterator[tuple[int, int]]:
    for match in _IBAN.finditer(text):
        words = match[0]
        # a capital word behind the number may look like its last group
        while words:
            if is_iban(words.replace(" ", "")):
                yield match.start(), match.start() + len(words)
                break
            words = words.rpartition(" ")[0]


def _addresses(text: str, _region: str) -> Iterator[tuple[int, int]]:
    for match in _IPV4.finditer(text):
        try:
            address = ipaddress.IPv4Address(match[0])
        except ValueError:
            continue
        if _is_public(address) and not _VERSION.search(text[max(0, match.start() - 24) : match.start()]):
            yield match.span()
    for match in _IPV6.finditer(text):
        try:
            longer = ipaddress.IPv6Address(match[0])
        except ValueError:
            continue
        # `a::b` is a name in a programming language sooner than an address
        if _is_public(longer) and sum(map(len, match[0].split(":"))) >= 6:
            yield match.span()


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _social(text: str, _region: str) -> Iterator[tuple[int, int]]:
    for match in _SOCIAL.finditer(text):
        if is_social_security(match[1], match[3], match[4]):
            yield match.span()


def _chinese(text: str, _region: str) -> Iterator[tuple[int, int]]:
    for match in _CHINESE.finditer(text):
        if is_chinese_identity(match[0]):
            yield match.span()


def _secrets(text: str, _region: str) -> Iterator[tuple[int, int]]:
    for match in _SECRETS.finditer(text):
        found = match[0]
        # a name such as `sk-learn-the-basics-of-something` has no digit
        if found.startswith("-----") or (any(map(str.isdigit, found)) and len(set(found)) > 8):
            yield match.span()


FINDERS: dict[str, Callable[[str, str], Iterator[tuple[int, int]]]] = {
    "secret": _secrets,
    "email": _emails,
    "iban": _ibans,
    "chinese_id": _chinese,
    "card": _cards,
    "ssn": _social,
    "ip": _addresses,
    "phone": _phones,
}
"""By kind, the surest first: what an earlier one has found, a later one does not find again."""


def find(text: str, kinds: tuple[str, ...], region: str) -> list[Finding]:
    """What is found in a text, in its order, no two at one place. `RuleError` where the text is too long."""
    if len(text) > _MOST_CHARACTERS:
        raise RuleError(f"the text is too long to search: {len(text)} characters, at most {_MOST_CHARACTERS}")
    taken = bytearray(len(text))
    found: list[Finding] = []
    for kind, finder in FINDERS.items():
        if kind not in kinds:
            continue
        for start, end in finder(text, region):
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Finding(kind, start, end))
    return sorted(found, key=lambda finding: finding.start)
