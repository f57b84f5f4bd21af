"""Aggregates at work: members cheap before dear, stopping where some of them settle the result."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from rmcompose.ir.aggregates import STRICT, aggregate, aggregate_range, dropped_range
from rmcompose.ir.arithmetic import NonFinite
from rmcompose.ir.interval import EVERYTHING, Interval, safely
from rmcompose.plan.steps import AggregateStep
from rmcompose.runtime.frame import Frame, Note
from rmcompose.runtime.operators import Closure, not_finite
from rmcompose.runtime.unknown import Unknown, all_wants, first_cause, reach_of, settle, strict


def combining(
    step: AggregateStep, members: Sequence[Closure], places: Sequence[int], reaches: Sequence[Interval]
) -> Closure:
    """The closure of an aggregate without `drop`; `places` are its members cheap before dear."""
    function, weights, k = step.function, step.weights, step.k
    boolean = step.kind == "bool"
    counted = [i for i in range(len(members)) if not weights or weights[i] != 0]
    needs_all = function in STRICT
    settles = _early(step, [reaches[place] for place in places])

    def combined(frame: Frame, index: int) -> Any:
        values: list[Any] = [None] * len(members)
        unknown = False
        look = settles()
        for place in places:
            value = values[place] = members[place](frame, index)
            unknown = unknown or type(value) is Unknown
            settled = look(value)
            if settled is not None:
                return settled
        if not unknown:
            try:
                return aggregate(function, values, weights, k)
            except (NonFinite, OverflowError) as error:
                return not_finite(step, step.range or EVERYTHING, str(error))
        reach = safely(aggregate_range, function, [reach_of(value) for value in values], weights, k)
        if not needs_all:
            return settle(reach, values, boolean=boolean)
        needed = [values[i] for i in counted]
        if any(type(value) is Unknown for value in needed):
            return strict(reach, needed)
        # only members of weight 0 are unknown: they count for nothing
        return aggregate(function, [reach_of(value)[0] for value in values], weights, k)

    return combined


def _early(step: AggregateStep, reaches: Sequence[Interval]) -> Callable[[], Callable[[Any], Any]]:
    """Makes, for one evaluation, the look at each member in turn that tells the result once it is settled, else None.

    `reaches` are the members' static ranges in the order they are evaluated.
    """
    function = step.function
    zero = {"product": 0, "geometric_mean": 0.0, "harmonic_mean": 0.0}.get(function)
    if function in ("min", "max"):
        return _early_extreme(function, reaches)
    if function in ("all", "any"):
        return lambda: lambda value: value if value is (function == "any") else None
    if function == "at_least":
        return lambda: _Count(step.k, len(reaches)).look
    if zero is not None:
        return lambda: lambda value: zero if type(value) is not Unknown and value == 0 else None
    return lambda: lambda value: None


def _early_extreme(function: str, reaches: Sequence[Interval]) -> Callable[[], Callable[[Any], Any]]:
    # for `max` everything is mirrored
    sign = 1 if function == "min" else -1
    least = [low if sign == 1 else -high for low, high in reaches]
    later = [math.inf] * len(least)
    for i in range(len(least) - 2, -1, -1):
        later[i] = min(later[i + 1], least[i + 1])

    def start() -> Callable[[Any], Any]:
        return _Extreme(sign, least, later).look

    return start


class _Extreme:
    """The least (greatest) member so far, and how low those not known may go."""

    __slots__ = ("at", "best", "later", "least", "sign", "unknown")

    def __init__(self, sign: int, least: Sequence[float], later: Sequence[float]) -> None:
        self.sign, self.least, self.later = sign, least, later
        self.at = -1
        self.best: Any = None
        self.unknown = math.inf

    def look(self, value: Any) -> Any:
        self.at += 1
        if type(value) is Unknown:
            low, high = reach_of(value)
            self.unknown = min(self.unknown, low if self.sign == 1 else -high)
        elif self.best is None or self.sign * value < self.sign * self.best:
            self.best = value
        limit = min(self.unknown, self.later[self.at])
        if self.best is not None and limit < math.inf and self.sign * self.best <= limit:
            return self.best
        return None


class _Count:
    """How many members hold so far, and how many may still."""

    __slots__ = ("k", "left", "sure")

    def __init__(self, k: int, members: int) -> None:
        self.k, self.left, self.sure = k, members, 0

    def look(self, value: Any) -> Any:
        if type(value) is Unknown:
            return None  # it may still hold, and stays counted among those left
        self.left -= 1
        self.sure += bool(value)
        if self.sure >= self.k:
            return True
        return False if self.sure + self.left < self.k else None


def dropping_members(
    step: AggregateStep, members: Sequence[Closure], reaches: Sequence[Interval], place: int
) -> Closure:
    """The closure of an aggregate with `on_unscored = drop`: over the members that are there."""
    function, weights, k = step.function, step.weights, step.k
    everything = safely(dropped_range, function, reaches, weights)

    def dropping(frame: Frame, index: int) -> Any:
        values = [member(frame, index) for member in members]
        wants = all_wants(value for value in values if type(value) is Unknown and value.cause is None)
        if wants:
            return Unknown(everything, None, wants)
        there = [i for i, value in enumerate(values) if type(value) is not Unknown]
        if len(there) < len(values):
            gone = len(values) - len(there)
            frame.notes[place, index] = Note(text=f"{gone} of {len(values)} members unscored and dropped")
        if not there:
            return Unknown(everything, first_cause(values))
        kept = tuple(weights[i] for i in there) if weights else ()
        try:
            return aggregate(function, [values[i] for i in there], kept, k)
        except (NonFinite, OverflowError) as error:
            return not_finite(step, step.range or EVERYTHING, str(error))

    return dropping
