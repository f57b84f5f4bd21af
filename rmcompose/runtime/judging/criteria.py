"""From what was said of each criterion to what the judge says, whether it came in one reply or in one each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rmcompose.runtime.judging.grading import checklist_bounds, checklist_value, raw_sum, weighted_score
from rmcompose.runtime.judging.reading import Reading
from rmcompose.runtime.judging.spec import CriterionSpec, JudgeSpec

Told = Sequence[dict[str, Any]]
"""For each criterion what goes into the trace: its id, weight, verdict and reason."""


def on_scale(criteria: Sequence[CriterionSpec], scores: Sequence[Reading[float]], told: Told) -> Reading[float]:
    """The weighted mean of the scores of the criteria.

    One that is unscored leaves the judge unscored, with the reason of the first; not so where its weight is 0.
    """
    detail = {"criteria": list(told)}
    for criterion, score in zip(criteria, scores, strict=True):
        if score.value is None and criterion.weight != 0:
            return Reading(None, score.kind, score.message, detail)
    known = [(one, score.value) for one, score in zip(criteria, scores, strict=True) if score.value is not None]
    mean = weighted_score([one for one, _ in known], [value for _, value in known])
    return Reading(mean, None, _reasons(criteria, scores), detail)


def as_checklist(
    spec: JudgeSpec, criteria: Sequence[CriterionSpec], answers: Sequence[Reading[bool]], told: Told
) -> Reading[float]:
    """The checklist's share in [0, 1], moved to the judge's range.

    An item without an answer leaves the judge unscored, with the reason of the first, unless either answer to all such
    items gives the same value.
    """
    met = [answer.value for answer in answers]
    known = [yes for yes in met if yes is not None]
    detail: dict[str, Any] = {"criteria": list(told)}
    if len(known) == len(met):
        detail["raw"] = raw_sum(criteria, known)
        share = checklist_value(criteria, known)
    else:
        share, most = checklist_bounds(criteria, met)
        if share != most:
            first = next(answer for answer in answers if answer.value is None)
            return Reading(None, first.kind, first.message, detail)
    return Reading(spec.on_scale(share), None, _reasons(criteria, answers), detail)


def _reasons(criteria: Sequence[CriterionSpec], readings: Sequence[Reading[Any]]) -> str:
    said = zip(criteria, readings, strict=True)
    return "; ".join(
        f"{one.id}: {reading.message}" for one, reading in said if reading.kind is None and reading.message
    )
