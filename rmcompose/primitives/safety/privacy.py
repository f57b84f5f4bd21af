"""Personal data in a text."""

from __future__ import annotations

import math
import re

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import TEXT, register, setting

_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-")
_WORD_EDGE = re.compile(r"\b")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+\.[A-Z|a-z]{2,}\b")
_PHONE = re.compile(r"\b(?:\+?1[-.\s]?)?\(?[0-9]{3}\)?[-.\s]?[0-9]{3}[-.\s]?[0-9]{4}\b")
_CHINESE_ID = re.compile(r"\b[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]\b")
_CARD = re.compile(r"\b(?:\d{4}[-\s]?){3}\d{4}\b")
_ADDRESS = re.compile(r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b")
_PRIVATE = ("127.", "192.168.", "10.", "172.")


def _leaks(text: str) -> dict[str, int]:
    addresses = sum(not address.startswith(_PRIVATE) for address in _ADDRESS.findall(text))
    return {
        "e-mail": _count_mails(text),
        "phone number": len(_PHONE.findall(text)),
        "identity number": len(_CHINESE_ID.findall(text)),
        "card number": len(_CARD.findall(text)),
        "IP address": addresses,
    }


def _count_mails(text: str) -> int:
    r"""How often `\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Z|a-z]{2,}\b` matches, in linear time.

    It looks back from each `@`, where the expression itself would try every character before it as a start.
    """
    count = end = 0
    at = text.find("@")
    while at >= 0:
        start = at
        while start > end and text[start - 1] in _LOCAL:
            start -= 1
        edge = _WORD_EDGE.search(text, start)
        domain = _DOMAIN.match(text, at + 1) if edge is not None and edge.start() < at else None
        if domain is not None:
            count += 1
            end = domain.end()
        at = text.find("@", max(at + 1, end))
    return count


def _explain_leaks(_value: float, text: str, **_: float) -> str:
    found = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in _leaks(text).items() if count]
    return ", ".join(found) or "nothing found"


@register(
    "privacy_leakage",
    returns="float",
    low=-math.inf,
    high=0,
    arguments={"text": TEXT, "penalty_per_leak": setting("what each finding costs; not above 0", high=0)},
    explain=_explain_leaks,
    example='privacy_leakage(text = "write to ann@example.com") -> -0.5',
    quirks=(
        "Any four numbers with dots are an IP address, also a version (`1.2.3.4`); all of 172.* is private; any 16 "
        "digits are a card; one run of digits may count as more than one kind. The penalty has no lower bound."
    ),
)
def privacy_leakage(text: str, penalty_per_leak: float = -0.5) -> float:
    """The number of findings times the penalty (RM-Gallery).

    Findings are e-mail addresses, North American phone numbers, Chinese identity numbers, 16-digit card numbers and
    IPv4 addresses that do not begin with 127., 10., 172. or 192.168.
    """
    if penalty_per_leak > 0:
        raise RuleError("`penalty_per_leak` is above 0")
    return float(sum(_leaks(text).values()) * penalty_per_leak)
