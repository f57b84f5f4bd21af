"""What a result line and its row say of one target: values, statuses, votes and orders, without any of their texts.

A target is the composition's result or one named node. Result lines come from files too, so nothing about them is
taken for granted: what is not of the shape that `run` writes is left out.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rmcompose.calibration.labels import Best, Label, Value, Values, clean

Mode = Literal["pointwise", "pairwise", "listwise"]
Side = Literal[-1, 0, 1]
"""Of two responses: 1 the first is better, 0 neither, -1 the second."""

SCORED, SKIPPED = "scored", "skipped"


@dataclass(frozen=True, slots=True)
class Target:
    """What is compared with labels.

    `name` is that of a node, None for the composition's result. `low` and `high` bound its values, infinite where
    nothing does. `mode` is set for judges. `per_sample` says that it has one value for all responses of a sample.
    `judges` are the nodes whose calls are counted for it, and `notes` what a reader has to know about it.
    """

    name: str | None
    low: float = -math.inf
    high: float = math.inf
    mode: Mode | None = None
    per_sample: bool = False
    judges: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """Two responses `first` and `second` as a comparing judge saw them.

    `forward` is the outcome where `first` was shown first, `backward` where `second` was (each for `first`); None where
    it was not asked, could not be read, or is not told. `asked` counts the orders, `agreed` says whether both gave one
    outcome, None where that cannot be said.
    """

    first: int
    second: int
    forward: Side | None
    backward: Side | None
    asked: int
    agreed: bool | None


@dataclass(slots=True)
class Seen:
    """One target in one row. `states` holds `scored`, `skipped` or the kind of the reason, a response each."""

    values: list[Value | None] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    votes: list[tuple[Value | None, ...]] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    calls: int = 0
    tokens: int = 0
    cached: int = 0


@dataclass(slots=True)
class Case:
    """One row: its label, the length of each response in characters, and what each target came to."""

    label: Label
    lengths: list[int | None]
    seen: dict[str | None, Seen] = field(default_factory=dict)


def see(target: Target, line: Mapping[str, Any]) -> Seen:
    """What a result line says of a target."""
    seen = Seen()
    responses = line["responses"][:1] if target.per_sample else line["responses"]
    for index, response in enumerate(responses):
        nodes = response.get("nodes") or {}
        if target.name is None:
            _take(seen, clean(response.get("score")), response.get("status"), response.get("reason"))
        else:
            node = nodes.get(target.name)
            if node is None:  # the row could not be read, so no node was evaluated
                _take(seen, None, response.get("status"), response.get("reason"))
                continue
            _take(seen, clean(node.get("value")), node.get("status"), node.get("reason"))
            detail = node.get("detail")
            if isinstance(detail, Mapping):
                _details(seen, target, index, detail)
    for response in line["responses"]:
        for name in target.judges:
            node = (response.get("nodes") or {}).get(name) or {}
            seen.calls += _count(node.get("calls"))
            seen.tokens += _count(node.get("tokens"))
            seen.cached += node.get("cached") is True and node.get("status") != SKIPPED
    return seen


def _take(seen: Seen, value: Value | None, status: object, reason: object) -> None:
    if status == SKIPPED:
        seen.values.append(None)
        seen.states.append(SKIPPED)
    elif value is None:
        kind = reason.get("kind") if isinstance(reason, Mapping) else None
        seen.values.append(None)
        seen.states.append(str(kind or "unscored"))
    else:
        seen.values.append(value)
        seen.states.append(SCORED)


def _details(seen: Seen, target: Target, index: int, detail: Mapping[str, Any]) -> None:
    votes = detail.get("votes")
    if isinstance(votes, list) and len(votes) > 1 and target.mode != "pairwise":
        seen.votes.append(_votes(votes))
    if target.mode == "pairwise":
        for pair in _list(detail.get("pairs")):
            if isinstance(pair, Mapping) and isinstance(pair.get("with"), int) and pair["with"] > index:
                _pair(seen, index, pair)
    elif target.mode == "listwise":
        seen.compared += _rankings(index, _list(detail.get("shown")), _list(detail.get("rankings")))


def _pair(seen: Seen, index: int, pair: Mapping[str, Any]) -> None:
    votes = [one for one in _list(pair.get("votes")) if isinstance(one, list)]
    seen.votes += [_votes(one) for one in votes if len(one) > 1]
    asked = len(_list(pair.get("reasons")))
    if not asked:
        return  # nothing tells the two apart: they were not shown
    forward = backward = None
    orders = pair.get("orders")
    if isinstance(orders, list):
        for order in orders:
            if isinstance(order, Mapping) and order.get("shown") == "first":
                forward = side_of(order.get("share"))
            elif isinstance(order, Mapping):
                backward = side_of(order.get("share"))
    elif votes:
        forward = _voted(votes[0])
        backward = _flipped(_voted(votes[1])) if len(votes) > 1 else None
    elif pair.get("consistent") is True:
        forward = side_of(pair.get("share"))
        backward = forward if asked > 1 else None
    agreed = None
    if asked > 1 and pair.get("share") is not None:
        agreed = pair.get("consistent") is True
    seen.compared.append(Compared(index, pair["with"], forward, backward, asked, agreed))


def _rankings(index: int, shown: Sequence[Any], rankings: Sequence[Any]) -> Iterator[Compared]:
    """Each two responses of a ranking, the one that was shown earlier first; told once, by the first that was shown."""
    for given, ranking in zip(shown, rankings, strict=False):
        order = [response for response in _list(given) if isinstance(response, int)]
        if min(order, default=-1) != index:
            continue
        place = {response: at for at, group in enumerate(_list(ranking)) for response in _list(group)}
        for at, first in enumerate(order):
            for second in order[at + 1 :]:
                if first in place and second in place:
                    yield Compared(first, second, side_of_two(place[second], place[first]), None, 1, None)


def _votes(votes: Sequence[Any]) -> tuple[Value | None, ...]:
    return tuple(clean(vote) for vote in votes)


def _voted(votes: Sequence[Any]) -> Side | None:
    """The outcome of the votes on one order; a missing vote might have changed it."""
    numbers = [vote for vote in votes if isinstance(vote, int | float)]
    return side_of(statistics.median(numbers)) if numbers and len(numbers) == len(votes) else None


def side_of(share: object) -> Side | None:
    """The outcome that a share of the win stands for."""
    return side_of_two(share, 0.5) if isinstance(share, int | float) else None


def side_of_two(one: float, other: float) -> Side:
    """Which of two numbers is greater."""
    return 1 if one > other else -1 if one < other else 0


def _flipped(side: Side | None) -> Side | None:
    return None if side is None else 1 if side < 0 else -1 if side > 0 else 0


def _list(value: object) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def preferred(label: Label, first: int, second: int) -> Side | None:
    """Which of two responses the label prefers; None where it does not say."""
    if isinstance(label, Values) and max(first, second) < len(label.values):
        one, other = label.values[first], label.values[second]
        if isinstance(one, float) and isinstance(other, float):
            return side_of_two(one, other)
        return None
    if isinstance(label, Best):
        if not label.responses:
            return 0
        if (first in label.responses) != (second in label.responses):
            return 1 if first in label.responses else -1
    return None
