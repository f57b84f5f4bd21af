"""What several questions cost together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypedDict


class Paid(Protocol):
    """Anything that was asked for: an outcome, an answer."""

    @property
    def calls(self) -> int: ...  # noqa: D102  # as in `Answer`
    @property
    def tokens(self) -> int: ...  # noqa: D102  # as in `Answer`
    @property
    def cost(self) -> float: ...  # noqa: D102  # as in `Answer`
    @property
    def cached(self) -> bool: ...  # noqa: D102  # as in `Answer`


class Bill(TypedDict):
    """The fields of an answer that say what it cost."""

    calls: int
    tokens: int
    cost: float
    cached: bool


def bill(parts: Iterable[Paid], seen: Iterable[Paid] | None = None) -> Bill:
    """The sums; cached only where nothing at all was asked, of `seen` where others pay for some of it."""
    parts = list(parts)
    return {
        "calls": sum(part.calls for part in parts),
        "tokens": sum(part.tokens for part in parts),
        "cost": sum(part.cost for part in parts),
        "cached": all(part.cached for part in (parts if seen is None else seen)),
    }


def charge(answer: Any, others: Iterable[Paid]) -> None:
    """Puts what others cost on the bill of an answer."""
    for name, value in bill([answer, *others]).items():
        setattr(answer, name, value)
