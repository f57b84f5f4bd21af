"""Comparing the responses of one sample pair by pair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from rmcompose.runtime.judging import prompts
from rmcompose.runtime.judging.bill import bill
from rmcompose.runtime.judging.escalation import FINAL
from rmcompose.runtime.judging.fencing import number_text
from rmcompose.runtime.judging.group import Failure, Group, abstentions, failure_of
from rmcompose.runtime.judging.questions import ballots, put, question, together
from rmcompose.runtime.judging.ranking import TOGETHER, outcomes, settle, values_of
from rmcompose.runtime.judging.replies import label_reader, winner_reader
from rmcompose.runtime.judging.spec import Answer, JudgeSpec
from rmcompose.runtime.judging.voting import agreement, tally


@dataclass(frozen=True, slots=True)
class _Order:
    """One order of a pair: the share of the win that goes to `first`, shown first, over all votes; or why none does."""

    first: int
    share: float | None
    failure: Failure | None
    message: str
    calls: int
    tokens: int
    cost: float
    cached: bool
    votes: tuple[float | None, ...]
    abstained: int

    def seen_from(self, index: int) -> float | None:
        """The share of response `index`, which is one of the two."""
        return self.share if self.share is None or index == self.first else 1.0 - self.share


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two responses compared: the share of `first`, or None where an order has none; no orders for equal ones.

    `before` is what a cheaper judge said of them, and `because` why that did not do.
    """

    first: int
    share: float | None
    orders: tuple[_Order, ...] = ()
    agreed: bool = True
    before: _Pair | None = None
    because: str = ""

    def seen_from(self, index: int) -> float | None:
        """The share of response `index`, which is one of the two."""
        return self.share if self.share is None or index == self.first else 1.0 - self.share

    @property
    def paid(self) -> tuple[_Order, ...]:
        """All orders that were asked about."""
        return (*self.before.orders, *self.orders) if self.before is not None else self.orders

    @property
    def failure(self) -> Failure | None:
        """Why the pair has no share."""
        return next((order.failure for order in self.orders if order.failure is not None), None)


_Pairs = dict[tuple[int, int], _Pair]
"""By the two responses, of which neither equals an earlier one; in declared order."""


async def pairwise(group: Group) -> list[Answer]:
    """Every pair of responses that differ is asked about, in both orders where the judge wants that, all at once."""
    unique = group.unique
    asked = [(first, second) for first in unique for second in unique if first < second]
    pairs = dict(zip(asked, await together([_pair(group, *pair) for pair in asked]), strict=True))
    everyone = range(len(group.responses))
    table = [[_between(group, pairs, one, other).seen_from(group.first[one]) for other in everyone] for one in everyone]
    values = values_of(table, group.spec.rank_by)
    return [_answer(group, pairs, index, values[index]) for index in everyone]


async def _pair(group: Group, first: int, second: int) -> _Pair:
    pair = await _compared(group, first, second)
    why = _unsure(group.spec, pair) if group.spec.escalate else None
    if why is None:
        return pair
    dearer = await _compared(replace(group, spec=group.spec.dearer()), first, second)
    return replace(dearer, before=pair, because=why)


def _unsure(spec: JudgeSpec, pair: _Pair) -> str | None:
    """Why a dearer judge is to compare the two again; None where the pair stands."""
    failure = pair.failure
    if failure is not None:
        return None if failure.kind in FINAL else f"{failure.kind}: {failure.message}"
    if not pair.agreed:
        return "the orders disagree"
    agreed = min(agreement(order.votes) for order in pair.orders)
    return f"the votes agree by {number_text(round(agreed, 4))}" if agreed < spec.escalate_below else None


async def _compared(group: Group, first: int, second: int) -> _Pair:
    shown = [(first, second), (second, first)] if group.spec.both_orders else [(first, second)]
    orders = tuple(await together([_order(group, *order) for order in shown]))
    shares = [order.share for order in orders]
    if len(shares) == 1:
        return _Pair(first, shares[0], orders)
    forward, backward = shares
    if forward is None or backward is None:
        return _Pair(first, None, orders)
    share, agreed = settle(forward, backward)
    if group.spec.rank_by == "borda":  # each reply is a ballot, also where they disagree
        share = (forward + (1.0 - backward)) / 2
    return _Pair(first, share, orders, agreed)


async def _order(group: Group, first: int, second: int) -> _Order:
    spec = group.spec
    prompt = prompts.pairwise(spec, group.shared, group.responses[first], group.responses[second], group.criteria)
    read = winner_reader(spec) if spec.extract is None else label_reader(spec)
    asked = [put(question(spec, prompt, vote, model), read, group.client) for model, vote in ballots(spec)]
    replies = await together(asked)
    votes = tuple(reply.reading.value for reply in replies)
    share = tally(votes, "mean" if spec.rank_by == "borda" else spec.vote_by, 0.0, 1.0)
    failure = failure_of(replies, "the votes on a pair tie") if share is None else None
    return _Order(
        first,
        share,
        failure,
        failure.message if failure else next((one.reading.message for one in replies if one.reading.message), ""),
        **bill(replies),
        votes=votes,
        abstained=abstentions(replies),
    )


def _between(group: Group, pairs: _Pairs, one: int, other: int) -> _Pair:
    first, second = sorted((group.first[one], group.first[other]))
    given = group.given(one, other)
    # a share that needs no question is that of `one`
    return pairs[first, second] if given is None else _Pair(group.first[one], given)


def _answer(group: Group, pairs: _Pairs, index: int, value: float | None) -> Answer:
    spec, seen = group.spec, group.first[index]
    others = [other for other in range(len(group.responses)) if other != index]
    own = [_between(group, pairs, index, other) for other in others]
    distinct = [pair for key, pair in pairs.items() if seen in key]
    asked = [order for pair in distinct for order in pair.paid]
    counted = [order for pair in distinct if pair.first == index for order in pair.paid]
    wins, losses, ties = outcomes([share for pair in own if (share := pair.seen_from(seen)) is not None])
    answer = Answer(
        None,
        **bill(counted, seen=asked),
        detail={
            "pairs": [_told(pair, seen, other) for pair, other in zip(own, others, strict=True)],
            "wins": wins,
            "ties": ties,
            "losses": losses,
            "inconsistent": sum(not pair.agreed for pair in own),
            "abstained": sum(order.abstained for order in asked),
        },
    )
    if value is None:
        failure = _first_failure(pairs.values() if spec.rank_by in TOGETHER else own)
        answer.kind, answer.message = failure.kind, failure.message
    else:
        answer.value = spec.on_scale(value)
        answer.message = f"wins {wins}, ties {ties}, losses {losses}"
    return answer


def _first_failure(pairs: Iterable[_Pair]) -> Failure:
    return next(failure for pair in pairs if (failure := pair.failure) is not None)


def _told(pair: _Pair, seen: int, other: int) -> dict[str, Any]:
    """A pair as the trace tells it of one of the two; `votes` are shares of the answer that was shown first."""
    told: dict[str, Any] = {
        "with": other,
        "share": pair.seen_from(seen),
        "consistent": pair.agreed,
        "reasons": [order.message for order in pair.orders],
        "orders": [_order_told(order, seen) for order in pair.orders],
    }
    if any(len(order.votes) > 1 for order in pair.orders):
        told["votes"] = [list(order.votes) for order in pair.orders]
        told["agreement"] = [agreement(order.votes) for order in pair.orders]
    if pair.before is not None:
        told["escalated"] = {"because": pair.because, "share": pair.before.seen_from(seen)}
    return told


def _order_told(order: _Order, seen: int) -> dict[str, Any]:
    told: dict[str, Any] = {"shown": "first" if order.first == seen else "second", "share": order.seen_from(seen)}
    if order.failure is not None:
        told["kind"] = order.failure.kind
    return told
