"""The responses of one sample that are compared, as text, and what the ways of comparing them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rmcompose.runtime.judging.questions import Outcome
from rmcompose.runtime.judging.spec import CriterionSpec, JudgeSpec

if TYPE_CHECKING:
    from rmcompose.runtime.client.session import Client

Texts = list[tuple[str, str]]
"""Given fields as they are shown: label and text."""


@dataclass(frozen=True)
class Group:
    """The responses of one sample, rendered as text; `shared` are the fields that are the same for all.

    Those that are `floored` by a guard are not shown to the judge: they lose to all others, and tie with each other.
    """

    spec: JudgeSpec
    shared: Texts
    responses: list[Texts]
    criteria: tuple[CriterionSpec, ...]
    client: Client
    floored: frozenset[int] = frozenset()

    @cached_property
    def first(self) -> list[int]:
        """For each response the first that reads the same: nothing tells the two apart, so they are shown as one."""
        seen: dict[tuple[tuple[str, str], ...], int] = {}
        return [seen.setdefault(tuple(texts), index) for index, texts in enumerate(self.responses)]

    @cached_property
    def unique(self) -> list[int]:
        """The first of each set of equal responses that are shown, in declared order."""
        return sorted(index for index in set(self.first) if index not in self.floored)

    def given(self, one: int, other: int) -> float | None:
        """The share of `one` against `other` that needs no question; None where it does."""
        if one in self.floored or other in self.floored:
            return 0.5 + 0.5 * (other in self.floored) - 0.5 * (one in self.floored)
        return 0.5 if self.first[one] == self.first[other] else None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a comparison has no result."""

    kind: str
    message: str


def failure_of(outcomes: Sequence[Outcome[Any]], tie: str) -> Failure:
    """What left votes without a result: the first that failed, or else that they tie, in words."""
    for outcome in outcomes:
        if outcome.reading.kind is not None:
            return Failure(outcome.reading.kind, outcome.reading.message)
    return Failure("abstained", tie)


def abstentions(outcomes: Sequence[Outcome[Any]]) -> int:
    """How many of the replies name no winner and no ranking, and say so."""
    return sum(outcome.reading.kind == "abstained" for outcome in outcomes)
