"""From what `_evaluate` gave to the reward of a response: a score, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rmcompose.data.schema import (
    Reward,
    RewardDimension,
    RewardDimensionWithRank,
    RewardDimensionWithScore,
    RewardResult,
)
from rmcompose.ir.arithmetic import mean
from rmcompose.ir.interval import slack


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no result: `kind` is one of the reasons of an unscored value, `message` one line."""

    kind: str
    message: str


Outcome = RewardResult[Any] | Failure
"""What one call of `_evaluate` came to."""


def unscored(name: str, failure: Failure, details: Sequence[RewardDimensionWithScore] = ()) -> Reward:
    """The reward of a response that reward `name` has no score for."""
    reason = {"kind": failure.kind, "node": name, "message": failure.message}
    return Reward(score=None, status="unscored", reason=reason, details=list(details))


def scored(name: str, details: Sequence[RewardDimensionWithScore], bounds: tuple[float, float]) -> Reward:
    """The reward with the unweighted mean of the details' scores, taken in their order.

    No details are a `rule_error`, NaN and infinity `non_finite`, a mean outside of `bounds` is `off_scale`; it may pass
    a bound by rounding only, and is then that bound.
    """
    if not details:
        return unscored(name, Failure("rule_error", "the reward gave no details"))
    values = [detail.score for detail in details]
    value = mean(values)
    if not math.isfinite(value):
        return unscored(name, Failure("non_finite", "the score is not a finite number"))
    # rounding may carry the mean of equal values past them
    value = min(max(value, min(values)), max(values))
    low, high = bounds
    if not low - slack(low) <= value <= high + slack(high):
        return unscored(name, Failure("off_scale", f"{value:g} is outside [{low:g}, {high:g}]"), details)
    return Reward(score=min(max(value, low), high), status="scored", details=list(details))


def scores_of(outcome: Outcome) -> list[RewardDimensionWithScore] | Failure:
    """The details of a result for one response."""
    if isinstance(outcome, Failure):
        return outcome
    details: list[RewardDimension] = outcome.details
    found = [detail for detail in details if isinstance(detail, RewardDimensionWithScore)]
    if len(found) == len(details):
        return found
    return Failure("rule_error", "the details of a single response must be `RewardDimensionWithScore`")


def scores_each(outcome: Outcome, count: int) -> list[list[RewardDimensionWithScore]] | Failure:
    """The details of a result for `count` responses compared with each other, one list a response."""
    if isinstance(outcome, Failure):
        return outcome
    details: list[RewardDimension] = outcome.details
    found = [detail for detail in details if isinstance(detail, RewardDimensionWithRank)]
    if len(found) != len(details):
        return Failure("rule_error", "the details of compared responses must be `RewardDimensionWithRank`")
    wrong = next((detail for detail in found if len(detail.rank) != count), None)
    if wrong is not None:
        return Failure("rule_error", f"`{wrong.name}` ranks {len(wrong.rank)} of {count} responses")
    return [[detail[index] for detail in found] for index in range(count)]


def first_failure(outcomes: Iterable[object]) -> Failure | None:
    """The first failure in the order given."""
    return next((outcome for outcome in outcomes if isinstance(outcome, Failure)), None)


def one_line(error: BaseException) -> str:
    """What an exception of anyone's code says, in one line of at most 500 characters."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")[:500]
