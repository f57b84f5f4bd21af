"""Judging one response at a time: guard, votes, and a dearer judge where the votes leave it unsure."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rmcompose.runtime.judging import prompts
from rmcompose.runtime.judging.bill import bill
from rmcompose.runtime.judging.escalation import escalated, unsure
from rmcompose.runtime.judging.expectation import expect
from rmcompose.runtime.judging.fencing import Unshowable, plain
from rmcompose.runtime.judging.grading import BadCriteria, criteria_of
from rmcompose.runtime.judging.guarding import guarded
from rmcompose.runtime.judging.itemized import itemized
from rmcompose.runtime.judging.questions import Outcome, ballots, put, question, together
from rmcompose.runtime.judging.reading import Reader
from rmcompose.runtime.judging.replies import checklist_reader, label_reader, scale_reader, score_reader
from rmcompose.runtime.judging.spec import Answer, CriterionSpec, JudgeSpec
from rmcompose.runtime.judging.voting import agreement, tally

if TYPE_CHECKING:
    from rmcompose.runtime.client.session import Client

Fields = Sequence[tuple[str, str]]


async def ask(spec: JudgeSpec, shown: Sequence[object], criteria: Sequence[Any] | None, client: Client) -> Answer:
    """What a pointwise judge says of the values `shown`, which stand for the labels `spec.given` in order.

    `criteria` is the sample's list where `spec.criteria_from` is set, and is not read otherwise. A value that is None
    or cannot be shown as text, or criteria that cannot be used, leave the answer unscored (`missing_input`) without a
    call. Raises `ConfigError` where the model cannot be reached as configured, and `CassetteMiss` where a cassette
    lacks the call.
    """
    started = time.perf_counter()
    fields: list[tuple[str, str]] = []
    for label, value in zip(spec.given, shown, strict=True):
        if value is None:
            return Answer(None, "missing_input", f"`{label}` is missing")
        try:
            fields.append((label, plain(value)))
        except Unshowable as error:
            return Answer(None, "missing_input", f"`{label}` cannot be shown to a judge: {error}")
    try:
        judged = criteria_for(spec, criteria)
    except BadCriteria as error:
        return Answer(None, "missing_input", str(error))
    judge = functools.partial(_judged, spec, fields, judged, client)
    answer = await (guarded(spec, fields, client, judge) if spec.guard else judge())
    answer.ms = (time.perf_counter() - started) * 1000
    return answer


def criteria_for(spec: JudgeSpec, criteria: Sequence[Any] | None) -> tuple[CriterionSpec, ...]:
    """The criteria of this question: the sample's where they come with it, else the judge's own."""
    if not spec.criteria_from:
        return spec.criteria
    return criteria_of(criteria, negative=spec.style == "checklist")


async def _judged(spec: JudgeSpec, fields: Fields, criteria: Sequence[CriterionSpec], client: Client) -> Answer:
    answer = await _voted(spec, fields, criteria, client)
    why = unsure(spec, answer) if spec.escalate else None
    return answer if why is None else escalated(answer, await _voted(spec.dearer(), fields, criteria, client), why)


async def _voted(spec: JudgeSpec, fields: Fields, criteria: Sequence[CriterionSpec], client: Client) -> Answer:
    """What all votes come to; a vote is one reply, or one reply for each criterion."""
    if spec.calls == "per_criterion":
        asked = [itemized(spec, fields, criteria, model, vote, client) for model, vote in ballots(spec)]
    else:
        prompt = prompts.pointwise(spec, fields, criteria)
        read = _reader(spec, criteria)
        refine = functools.partial(expect, spec) if spec.expected else None
        asked = [put(question(spec, prompt, vote, model), read, client, refine) for model, vote in ballots(spec)]
    outcomes = await together(asked)
    return _single(outcomes[0]) if len(outcomes) == 1 else _combined(spec, outcomes)


def _reader(spec: JudgeSpec, criteria: Sequence[CriterionSpec]) -> Reader[float]:
    if spec.extract is not None:
        return label_reader(spec)
    if not criteria:
        return score_reader(spec)
    return checklist_reader(spec, criteria) if spec.style == "checklist" else scale_reader(spec, criteria)


def _single(outcome: Outcome[float]) -> Answer:
    reading = outcome.reading
    return Answer(reading.value, reading.kind, reading.message, **bill([outcome]), detail=_detail(outcome))


def _combined(spec: JudgeSpec, outcomes: Sequence[Outcome[float]]) -> Answer:
    votes = [outcome.reading.value for outcome in outcomes]
    value = tally(votes, spec.vote_by, spec.low, spec.high)
    kind, message = None, ""
    if value is None:
        failed = next((outcome.reading for outcome in outcomes if outcome.reading.kind is not None), None)
        kind, message = (failed.kind, failed.message) if failed else ("abstained", "the votes tie")
    else:
        # the reason of a vote that says what the votes say, or else comes nearest
        nearest = min((abs(vote - value), number) for number, vote in enumerate(votes) if vote is not None)
        message = outcomes[nearest[1]].reading.message
    detail: dict[str, Any] = {"votes": votes, "agreement": agreement(votes)}
    if spec.panel:
        detail["models"] = [model for model, _ in ballots(spec)]
    detail["replies"] = [
        {"kind": outcome.reading.kind, "message": outcome.reading.message, **_detail(outcome)} for outcome in outcomes
    ]
    return Answer(value, kind, message, **bill(outcomes), detail=detail)


def _detail(outcome: Outcome[Any]) -> dict[str, Any]:
    detail = dict(outcome.reading.detail)
    if outcome.attempts > 1:
        detail["attempts"] = outcome.attempts
    return detail
