"""Judging one response at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rmcompose.runtime.judging import prompts
from rmcompose.runtime.judging.grading import BadCriteria, criteria_of
from rmcompose.runtime.judging.questions import Outcome, put, question, together
from rmcompose.runtime.judging.replies import Reader, checklist_reader, label_reader, scale_reader, score_reader
from rmcompose.runtime.judging.spec import Answer, CriterionSpec, JudgeSpec
from rmcompose.runtime.judging.voting import agreement, tally

if TYPE_CHECKING:
    from rmcompose.runtime.judging.session import Client


async def ask(spec: JudgeSpec, shown: Sequence[object], criteria: Sequence[Any] | None, client: Client) -> Answer:
    """What a pointwise judge says of the values `shown`, which stand for the labels `spec.given` in order.

    `criteria` is the sample's list where `spec.criteria_from` is set, and is not read otherwise. A value that is None
    or criteria that cannot be used leave the answer unscored (`missing_input`) without a call. Raises `ConfigError`
    where the model cannot be reached as configured, and `CassetteMiss` where a cassette lacks the call.
    """
    started = time.perf_counter()
    for label, value in zip(spec.given, shown, strict=True):
        if value is None:
            return Answer(None, "missing_input", f"`{label}` is missing")
    try:
        judged = criteria_for(spec, criteria)
    except BadCriteria as error:
        return Answer(None, "missing_input", str(error))
    prompt = prompts.pointwise(spec, list(zip(spec.given, shown, strict=True)), judged)
    read = _reader(spec, judged)
    outcomes = await together([put(question(spec, prompt, vote), read, client) for vote in range(spec.votes)])
    answer = _single(outcomes[0]) if len(outcomes) == 1 else _combined(spec, outcomes)
    answer.ms = (time.perf_counter() - started) * 1000
    return answer


def criteria_for(spec: JudgeSpec, criteria: Sequence[Any] | None) -> tuple[CriterionSpec, ...]:
    """The criteria of this question: the sample's where they come with it, else the judge's own."""
    if not spec.criteria_from:
        return spec.criteria
    return criteria_of(criteria, negative=spec.style == "checklist")


def _reader(spec: JudgeSpec, criteria: Sequence[CriterionSpec]) -> Reader[float]:
    if spec.extract is not None:
        return label_reader(spec)
    if not criteria:
        return score_reader(spec)
    return checklist_reader(spec, criteria) if spec.style == "checklist" else scale_reader(spec, criteria)


def _single(outcome: Outcome[float]) -> Answer:
    reading = outcome.reading
    return Answer(
        reading.value,
        reading.kind,
        reading.message,
        calls=outcome.calls,
        tokens=outcome.tokens,
        cost=outcome.cost,
        cached=outcome.cached,
        detail=_detail(outcome),
    )


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
    return Answer(
        value,
        kind,
        message,
        calls=sum(outcome.calls for outcome in outcomes),
        tokens=sum(outcome.tokens for outcome in outcomes),
        cost=sum(outcome.cost for outcome in outcomes),
        cached=all(outcome.cached for outcome in outcomes),
        detail={
            "votes": votes,
            "agreement": agreement(votes),
            "replies": [
                {"kind": outcome.reading.kind, "message": outcome.reading.message, **_detail(outcome)}
                for outcome in outcomes
            ],
        },
    )


def _detail(outcome: Outcome[Any]) -> dict[str, Any]:
    detail = dict(outcome.reading.detail)
    if outcome.attempts > 1:
        detail["attempts"] = outcome.attempts
    return detail
