"""`calls = per_criterion`: one vote made of a question for each criterion."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rmcompose.runtime.judging import criteria as combining
from rmcompose.runtime.judging import prompts
from rmcompose.runtime.judging.bill import bill
from rmcompose.runtime.judging.expectation import expect
from rmcompose.runtime.judging.questions import Outcome, put, question, together
from rmcompose.runtime.judging.replies import criterion_met_reader, criterion_score_reader
from rmcompose.runtime.judging.spec import CriterionSpec, JudgeSpec

if TYPE_CHECKING:
    from rmcompose.runtime.client.session import Client


async def itemized(
    spec: JudgeSpec,
    fields: Sequence[tuple[str, str]],
    criteria: Sequence[CriterionSpec],
    model: str,
    vote: int,
    client: Client,
) -> Outcome[float]:
    """Asks a model about each criterion, and combines the replies as those of one question are."""
    questions = [question(spec, prompts.criterion(spec, fields, one), vote, model) for one in criteria]
    if spec.style == "checklist":
        met = await together(
            [put(asked, criterion_met_reader(one), client) for one, asked in zip(criteria, questions, strict=True)]
        )
        told = [_told(one, outcome, "met") for one, outcome in zip(criteria, met, strict=True)]
        reading = combining.as_checklist(spec, criteria, [outcome.reading for outcome in met], told)
        return Outcome(reading, **bill(met), attempts=max(outcome.attempts for outcome in met))
    refine = functools.partial(expect, spec) if spec.expected else None
    scores = await together(
        [
            put(asked, criterion_score_reader(spec, one), client, refine)
            for one, asked in zip(criteria, questions, strict=True)
        ]
    )
    told = [_told(one, outcome, "score") for one, outcome in zip(criteria, scores, strict=True)]
    reading = combining.on_scale(criteria, [outcome.reading for outcome in scores], told)
    return Outcome(reading, **bill(scores), attempts=max(outcome.attempts for outcome in scores))


def _told(criterion: CriterionSpec, outcome: Outcome[Any], key: str) -> dict[str, Any]:
    reading = outcome.reading
    told = {"id": criterion.id, key: reading.value, "weight": criterion.weight, "reason": reading.message}
    if reading.kind is not None:
        told["kind"] = reading.kind
    return {**told, **{name: value for name, value in reading.detail.items() if name not in told}}
