"""The probabilities of digits in a reply: what a server's log probabilities say of a one-digit score.

    expected = Σ p(d)·d / Σ p(d)   over the digits d of the scale

which is the score of G-Eval (Liu et al. 2023, section 2.3), taken over the digits that the server names.
"""

from __future__ import annotations

import math
import re
from typing import Any

Odds = tuple[tuple[int, tuple[tuple[str, float], ...]], ...]
"""For each token that is a digit: where it stands, in UTF-8 bytes, and the probability of each digit in its place."""

MOST_ALTERNATIVES = 20
"""Tokens that a server is asked to weigh at each place: the most that the protocol allows."""

_DIGIT = re.compile(r"\s*([0-9])[\s},\]]*")


def digit_odds(logprobs: object, text: str) -> Odds:
    """The odds of the digits in a reply; empty where the server tells none, or of another text than it sent."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list):
        return ()
    whole = text.encode("utf-8", "replace")
    found: list[tuple[int, tuple[tuple[str, float], ...]]] = []
    at = 0
    for item in content:
        if not isinstance(item, dict) or not isinstance(item.get("token"), str):
            return ()
        token = _bytes_of(item)
        if at < len(whole) and whole[at : at + len(token)] != token:
            return ()
        digit = _DIGIT.fullmatch(item["token"])
        if digit is not None:
            odds = _alternatives(item)
            if odds:
                found.append((at + len(item["token"][: digit.start(1)].encode()), odds))
        at += len(token)
    # what comes after the text are marks of its end
    return tuple(found) if at >= len(whole) else ()


def odds_at(odds: Odds, offset: int) -> dict[str, float]:
    """The probability of each digit at a place, in UTF-8 bytes; empty where nothing is known of it."""
    return next((dict(alternatives) for at, alternatives in odds if at == offset), {})


def read_odds(stored: object) -> Odds:
    """Odds as they are stored in JSON; empty where that is no odds."""
    try:
        return tuple(
            (int(at), tuple((str(digit), float(share)) for digit, share in ways))
            for at, ways in stored  # type: ignore[attr-defined]  # whatever it is
        )
    except (TypeError, ValueError):
        return ()


def _bytes_of(item: dict[str, Any]) -> bytes:
    raw = item.get("bytes")
    if isinstance(raw, list) and all(type(one) is int and 0 <= one < 256 for one in raw):
        return bytes(raw)
    return str(item["token"]).encode("utf-8", "replace")


def _alternatives(item: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    """Digits with their probabilities, in the order of the digits; two tokens of one digit are added up."""
    top = item.get("top_logprobs")
    ways = [one for one in top if isinstance(one, dict)] if isinstance(top, list) else []
    if not any(way.get("token") == item["token"] for way in ways):
        ways.append(item)
    total: dict[str, float] = {}
    for way in ways:
        token, logprob = way.get("token"), way.get("logprob")
        digit = _DIGIT.fullmatch(token) if isinstance(token, str) else None
        if digit is None or isinstance(logprob, bool) or not isinstance(logprob, int | float) or not logprob <= 0:
            continue
        total[digit[1]] = total.get(digit[1], 0.0) + math.exp(logprob)
    return tuple(sorted(total.items()))
