"""Judging the responses of one sample against each other: pair by pair, or all at once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rmcompose.runtime.judging import prompts
from rmcompose.runtime.judging.fencing import plain
from rmcompose.runtime.judging.grading import BadCriteria
from rmcompose.runtime.judging.pointwise import criteria_for
from rmcompose.runtime.judging.questions import Outcome, put, question, together
from rmcompose.runtime.judging.ranking import outcomes as wins_losses_ties
from rmcompose.runtime.judging.ranking import settle, shares_of, value_of
from rmcompose.runtime.judging.replies import Ranking, label_reader, ranking_reader, winner_reader
from rmcompose.runtime.judging.spec import Answer, CriterionSpec, JudgeSpec
from rmcompose.runtime.judging.voting import agreement, tally

if TYPE_CHECKING:
    from rmcompose.runtime.judging.session import Client


async def compare(
    spec: JudgeSpec,
    shared: Mapping[str, object],
    responses: Sequence[Mapping[str, object]],
    criteria: Sequence[Any] | None,
    client: Client,
) -> list[Answer]:
    """What a comparing judge says of each response of one sample, in their order.

    `shared` are the given fields that are the same for all responses, each of `responses` has the others. A value is
    the response's share in the wins, moved to the judge's range. A single response has nothing to be compared with and
    is `abstained`; a field that is None, or criteria that cannot be used, leave all responses unscored
    (`missing_input`): a rank among some of them would be another question. A call is counted at the first of the
    responses that it shows. Raises as `ask` does.
    """
    started = time.perf_counter()
    if not responses:
        return []
    missing = next((name for fields in (shared, *responses) for name, value in fields.items() if value is None), None)
    if missing is not None:
        return [Answer(None, "missing_input", f"`{missing}` is missing") for _ in responses]
    try:
        judged = criteria_for(spec, criteria)
    except BadCriteria as error:
        return [Answer(None, "missing_input", str(error)) for _ in responses]
    if len(responses) == 1:
        return [Answer(None, "abstained", "there is nothing to compare the response with")]
    group = _Group(
        spec,
        [(name, plain(shared[name])) for name in spec.given if name in shared],
        [[(name, plain(one[name])) for name in spec.given if name in one] for one in responses],
        judged,
        client,
    )
    answers = await (_pairwise(group) if spec.mode == "pairwise" else _listwise(group))
    elapsed = (time.perf_counter() - started) * 1000
    for answer in answers:
        answer.ms = elapsed
    return answers


@dataclass(frozen=True, slots=True)
class _Group:
    """The responses of one sample, rendered as text."""

    spec: JudgeSpec
    shared: list[tuple[str, str]]
    responses: list[list[tuple[str, str]]]
    criteria: tuple[CriterionSpec, ...]
    client: Client


@dataclass(frozen=True, slots=True)
class _Order:
    """One order of a pair: the share of the win that goes to the answer shown first, over all votes."""

    share: float | None
    kind: str | None = None
    message: str = ""
    calls: int = 0
    tokens: int = 0
    cached: bool = True
    votes: tuple[float | None, ...] = ()
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class _Pair:
    """Responses `first` < `second` compared: the share of `first`, or None where an order could not be read."""

    first: int
    second: int
    share: float | None
    orders: tuple[_Order, ...] = ()
    agreed: bool = True

    def seen_from(self, index: int) -> float | None:
        """The share of response `index`, which is one of the two."""
        return self.share if self.share is None or index == self.first else 1.0 - self.share


async def _pairwise(group: _Group) -> list[Answer]:
    count = len(group.responses)
    pairs = await together([_pair(group, i, j) for i in range(count) for j in range(i + 1, count)])
    return [
        _from_pairs(group.spec, index, [pair for pair in pairs if index in (pair.first, pair.second)])
        for index in range(count)
    ]


async def _pair(group: _Group, first: int, second: int) -> _Pair:
    if group.responses[first] == group.responses[second]:
        return _Pair(first, second, 0.5)  # nothing tells them apart: a tie that costs no call
    shown = [(first, second), (second, first)] if group.spec.both_orders else [(first, second)]
    orders = tuple(await together([_order(group, *order) for order in shown]))
    shares = [order.share for order in orders]
    if len(shares) == 2 and shares[0] is not None and shares[1] is not None:
        share, agreed = settle(shares[0], shares[1])
        return _Pair(first, second, share, orders, agreed)
    return _Pair(first, second, shares[0] if len(shares) == 1 else None, orders)


async def _order(group: _Group, first: int, second: int) -> _Order:
    spec = group.spec
    prompt = prompts.pairwise(spec, group.shared, group.responses[first], group.responses[second], group.criteria)
    read = winner_reader() if spec.extract is None else label_reader(spec)
    asked = [put(question(spec, prompt, vote), read, group.client) for vote in range(spec.votes)]
    outcomes = await together(asked)
    votes = tuple(outcome.reading.value for outcome in outcomes)
    share = tally(votes, spec.vote_by, 0.0, 1.0)
    kind, message = _why(share, outcomes, "the votes on a pair tie")
    return _Order(
        share,
        kind,
        message,
        calls=sum(outcome.calls for outcome in outcomes),
        tokens=sum(outcome.tokens for outcome in outcomes),
        cost=sum(outcome.cost for outcome in outcomes),
        cached=all(outcome.cached for outcome in outcomes),
        votes=votes,
    )


def _why(value: float | None, outcomes: Sequence[Outcome[Any]], tie: str) -> tuple[str | None, str]:
    """The kind and message of what the votes came to."""
    if value is not None:
        return None, next((outcome.reading.message for outcome in outcomes if outcome.reading.message), "")
    failed = next((outcome.reading for outcome in outcomes if outcome.reading.kind is not None), None)
    return (failed.kind, failed.message) if failed else ("abstained", tie)


def _from_pairs(spec: JudgeSpec, index: int, pairs: Sequence[_Pair]) -> Answer:
    asked = [order for pair in pairs for order in pair.orders]
    own = [order for pair in pairs if pair.first == index for order in pair.orders]
    answer = Answer(
        None,
        calls=sum(order.calls for order in own),
        tokens=sum(order.tokens for order in own),
        cost=sum(order.cost for order in own),
        cached=all(order.cached for order in asked),
        detail={
            "pairs": [_told(index, pair, spec.votes) for pair in pairs],
            "inconsistent": sum(not pair.agreed for pair in pairs),
        },
    )
    failed = next((order for order in asked if order.kind is not None), None)
    if failed is not None:
        answer.kind, answer.message = failed.kind, failed.message
        return answer
    shares = [share for pair in pairs if (share := pair.seen_from(index)) is not None]
    wins, losses, ties = wins_losses_ties(shares)
    answer.value = spec.on_scale(value_of(shares, spec.rank_by))
    answer.message = f"wins {wins}, ties {ties}, losses {losses}"
    answer.detail |= {"wins": wins, "ties": ties, "losses": losses}
    return answer


def _told(index: int, pair: _Pair, votes: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "with": pair.second if index == pair.first else pair.first,
        "share": pair.seen_from(index),
        "consistent": pair.agreed,
        "reasons": [order.message for order in pair.orders],
    }
    if votes > 1:
        told["votes"] = [list(order.votes) for order in pair.orders]
        told["agreement"] = [agreement(order.votes) for order in pair.orders]
    return told


async def _listwise(group: _Group) -> list[Answer]:
    spec, count = group.spec, len(group.responses)
    read = ranking_reader(count)
    shown = [_shown(group, vote) for vote in range(spec.votes)]
    asked = []
    for vote, order in enumerate(shown):
        prompt = prompts.listwise(spec, group.shared, [group.responses[index] for index in order], group.criteria)
        asked.append(put(question(spec, prompt, vote), read, group.client))
    outcomes = [_unshuffled(outcome, order) for outcome, order in zip(await together(asked), shown, strict=True)]
    answers = [_from_rankings(spec, index, outcomes, shown) for index in range(count)]
    answers[0].calls = sum(outcome.calls for outcome in outcomes)
    answers[0].tokens = sum(outcome.tokens for outcome in outcomes)
    answers[0].cost = sum(outcome.cost for outcome in outcomes)
    return answers


def _shown(group: _Group, vote: int) -> list[int]:
    """The order in which the responses are shown: a permutation that depends on nothing but seed, vote and content."""
    indexes = list(range(len(group.responses)))
    if not group.spec.shuffle:
        return indexes
    common = [str(group.spec.seed or 0), str(vote), *(text for _, text in group.shared)]

    def place(index: int) -> bytes:
        parts = [*common, *(text for _, text in group.responses[index])]
        return hashlib.sha256("\0".join(parts).encode()).digest()

    return sorted(indexes, key=place)


def _unshuffled(outcome: Outcome[Ranking], order: Sequence[int]) -> Outcome[Ranking]:
    ranking = outcome.reading.value
    if ranking is None:
        return outcome
    mapped = tuple(tuple(sorted(order[number] for number in group)) for group in ranking)
    return replace(outcome, reading=replace(outcome.reading, value=mapped))


def _from_rankings(
    spec: JudgeSpec, index: int, outcomes: Sequence[Outcome[Ranking]], shown: Sequence[Sequence[int]]
) -> Answer:
    votes: list[float | None] = []
    for outcome in outcomes:
        ranking = outcome.reading.value
        votes.append(None if ranking is None else value_of(shares_of(ranking)[index], spec.rank_by))
    value = tally(votes, spec.vote_by, 0.0, 1.0)
    kind, message = _why(value, outcomes, "the votes tie")
    rankings = [outcome.reading.value and [list(group) for group in outcome.reading.value] for outcome in outcomes]
    detail: dict[str, Any] = {"rankings": rankings, "shown": [list(order) for order in shown]}
    if len(votes) > 1:
        detail |= {"votes": votes, "agreement": agreement(votes)}
    return Answer(
        None if value is None else spec.on_scale(value),
        kind,
        message,
        cached=all(outcome.cached for outcome in outcomes),
        detail=detail,
    )
