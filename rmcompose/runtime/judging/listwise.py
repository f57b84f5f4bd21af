"""Comparing the responses of one sample many at once: rankings of all of them, or of windows over them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, permutations
from typing import Any

from rmcompose.runtime.judging import prompts
from rmcompose.runtime.judging.bill import bill, charge
from rmcompose.runtime.judging.escalation import FINAL
from rmcompose.runtime.judging.fencing import number_text
from rmcompose.runtime.judging.group import Group, abstentions, failure_of
from rmcompose.runtime.judging.questions import Outcome, ballots, put, question, together
from rmcompose.runtime.judging.ranking import TOGETHER, outcomes, values_of
from rmcompose.runtime.judging.replies import Ranking, ranking_reader
from rmcompose.runtime.judging.spec import Answer, JudgeSpec
from rmcompose.runtime.judging.voting import agreement, tally


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: the responses in the order shown (none equals an earlier one), and the ranking that came back.

    `vote` is the number of the ballot, over all models of a panel.
    """

    vote: int
    shown: tuple[int, ...]
    outcome: Outcome[Ranking]

    @property
    def ranking(self) -> list[list[int]] | None:
        """Groups of responses, best first."""
        ranking = self.outcome.reading.value
        return None if ranking is None else [sorted(self.shown[number] for number in group) for group in ranking]


async def listwise(group: Group) -> list[Answer]:
    """All questions of all votes are asked at once; a dearer judge where the rankings differ, or one failed."""
    asked = await _asked(group)
    why = _unsure(group.spec, asked) if group.spec.escalate else None
    if why is None:
        return _answers(group, asked)
    dearer = replace(group, spec=group.spec.dearer())
    answers = _answers(dearer, await _asked(dearer))
    for answer, before in zip(answers, _answers(group, asked), strict=True):
        charge(answer, [before])
        answer.detail = {**answer.detail, "escalated": {"because": why, "value": before.value}}
    return answers


async def _asked(group: Group) -> list[_Asked]:
    ballot = list(enumerate(ballots(group.spec)))
    shown = [(number, model, vote, one) for number, (model, vote) in ballot for one in windows(group, vote)]
    replies = await together([_ask(group, model, vote, window) for _, model, vote, window in shown])
    return [_Asked(number, window, reply) for (number, _, _, window), reply in zip(shown, replies, strict=True)]


def _unsure(spec: JudgeSpec, asked: Sequence[_Asked]) -> str | None:
    """Why a dearer judge is to rank again; None where the rankings stand."""
    failed = next((one.outcome.reading for one in asked if one.outcome.reading.kind is not None), None)
    if failed is not None:
        return None if failed.kind in FINAL else f"{failed.kind}: {failed.message}"
    by_vote: dict[int, list[Any]] = defaultdict(list)
    for one in asked:
        # windows of different votes are cut differently: only the same question can be answered differently
        by_vote[one.vote].append((sorted(one.shown), one.ranking))
    rankings = Counter(repr(sorted(said)) for said in by_vote.values())
    agreed = max(rankings.values(), default=1) / max(len(by_vote), 1)
    return f"the rankings agree by {number_text(round(agreed, 4))}" if agreed < spec.escalate_below else None


def _answers(group: Group, asked: Sequence[_Asked]) -> list[Answer]:
    spec = group.spec
    overall = _Comparisons(group, asked)
    if spec.rank_by == "borda":
        by_vote = [values_of(overall.table(), "borda")]  # each reply is a ballot, of whichever vote
    else:
        by_vote = [
            values_of(_Comparisons(group, [one for one in asked if one.vote == number]).table(), spec.rank_by)
            for number in range(len(ballots(spec)))
        ]
    return [
        _answer(group, asked, overall, index, [values[index] for values in by_vote])
        for index in range(len(group.responses))
    ]


async def _ask(group: Group, model: str, vote: int, window: Sequence[int]) -> Outcome[Ranking]:
    spec = group.spec
    prompt = prompts.listwise(spec, group.shared, [group.responses[index] for index in window], group.criteria)
    return await put(question(spec, prompt, vote, model), ranking_reader(spec, len(window)), group.client)


def windows(group: Group, vote: int) -> list[tuple[int, ...]]:
    """What each question of a vote shows, in the order shown; any two responses that differ are together in one.

    Where all fit into `window` there is one question (none where all are equal). Else they are cut into blocks of at
    most half a window, as even as can be, and each two blocks are a question.
    """
    order = _shuffled(group, group.unique, vote)
    count, window = len(order), group.spec.window
    if count < 2:
        return []
    if window is None or count <= window:
        return [tuple(order)]
    number = math.ceil(count / (window // 2))
    cuts = [count * block // number for block in range(number + 1)]
    blocks = [order[start:end] for start, end in pairwise(cuts)]
    return [tuple(_shuffled(group, [*one, *other], vote, again=True)) for one, other in combinations(blocks, 2)]


def _shuffled(group: Group, members: Sequence[int], vote: int, *, again: bool = False) -> list[int]:
    """An order of the members that depends on nothing but seed, vote and content.

    `again` is another for each set of members, so that no response comes early in all windows that show it.
    """
    if not group.spec.shuffle:
        return list(members)
    common = [str(group.spec.seed or 0), str(vote), *(text for _, text in group.shared)]
    if again:
        common += sorted(text for index in members for _, text in group.responses[index])

    def place(index: int) -> bytes:
        parts = [*common, *(text for _, text in group.responses[index])]
        return hashlib.sha256("\0".join(parts).encode()).digest()

    return sorted(members, key=place)


class _Comparisons:
    """The shares of all pairs, each the mean over the questions that show both; and how many of these disagree."""

    def __init__(self, group: Group, asked: Sequence[_Asked]) -> None:
        self._group = group
        self._found: dict[tuple[int, int], list[float | None]] = defaultdict(list)
        for one in asked:
            ranking = one.ranking
            places = {index: place for place, equals in enumerate(ranking or ()) for index in equals}
            for pair in permutations(one.shown, 2):
                ahead = None if ranking is None else places[pair[1]] - places[pair[0]]
                self._found[pair].append(None if ahead is None else (ahead > 0) + 0.5 * (ahead == 0))

    def between(self, one: int, other: int) -> list[float | None]:
        """The share of `one` against `other` in each question; empty for equal responses."""
        return self._found.get((self._group.first[one], self._group.first[other]), [])

    def share(self, one: int, other: int) -> float | None:
        """The share of `one` against `other`, None where a question that shows them failed."""
        given = self._group.given(one, other)
        if given is not None:
            return given
        found = self.between(one, other)
        known = [share for share in found if share is not None]
        if len(known) < len(found):
            return None
        return math.fsum(known) / len(known)

    def table(self) -> list[list[float | None]]:
        """All shares; the diagonal is not read."""
        everyone = range(len(self._group.responses))
        return [[self.share(one, other) for other in everyone] for one in everyone]


def _answer(
    group: Group, asked: Sequence[_Asked], compared: _Comparisons, index: int, votes: Sequence[float | None]
) -> Answer:
    spec, seen = group.spec, group.first[index]
    own = [one for one in asked if seen in one.shown]
    counted = [one.outcome for one in own if min(one.shown) == index]
    others = [other for other in range(len(group.responses)) if other != index]
    shares = [share for other in others if (share := compared.share(index, other)) is not None]
    wins, losses, ties = outcomes(shares)
    detail: dict[str, Any] = {
        "rankings": [_with_copies(group, one.ranking) for one in own],
        "shown": [list(one.shown) for one in own],
        "wins": wins,
        "ties": ties,
        "losses": losses,
        "inconsistent": sum(len({*compared.between(index, other)} - {None}) > 1 for other in others),
        "abstained": abstentions([one.outcome for one in own]),
    }
    if any(one.outcome.reading.kind is not None for one in own):
        detail["kinds"] = [one.outcome.reading.kind for one in own]
    if len(votes) > 1:
        detail |= {"votes": list(votes), "agreement": agreement(votes)}
    answer = Answer(
        None,
        **bill(counted, seen=[one.outcome for one in own]),
        detail=detail,
    )
    value = tally(votes, spec.vote_by, 0.0, 1.0)
    if value is None:
        may_count = asked if spec.rank_by in TOGETHER else own
        failure = failure_of([one.outcome for one in may_count], "the votes tie")
        answer.kind, answer.message = failure.kind, failure.message
    else:
        answer.value = spec.on_scale(value)
        answer.message = next((one.outcome.reading.message for one in own if one.outcome.reading.message), "")
    return answer


def _with_copies(group: Group, ranking: Sequence[Sequence[int]] | None) -> list[list[int]] | None:
    """A ranking in which equal responses stand beside the one that was shown for them."""
    if ranking is None:
        return None
    return [[index for index, seen in enumerate(group.first) if seen in equals] for equals in ranking]
