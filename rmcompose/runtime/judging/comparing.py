"""Judging the responses of one sample against each other: pair by pair, or many at once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rmcompose.runtime.judging.fencing import plain
from rmcompose.runtime.judging.grading import BadCriteria
from rmcompose.runtime.judging.group import Group
from rmcompose.runtime.judging.listwise import listwise
from rmcompose.runtime.judging.pairwise import pairwise
from rmcompose.runtime.judging.pointwise import criteria_for
from rmcompose.runtime.judging.spec import Answer, JudgeSpec

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
    what `rank_by` makes of the comparisons, moved to the judge's range; where a comparison that may count for it failed
    the response is unscored, with the reason of the first that did. Responses that read the same are shown as one. A
    single response has nothing to be compared with and is `abstained`; a field that is None, or criteria that cannot be
    used, leave all responses unscored (`missing_input`): a rank among some of them would be another question. A call is
    counted at the first of the responses that it shows. Raises as `ask` does.
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
    group = Group(
        spec,
        [(name, plain(shared[name])) for name in spec.given if name in shared],
        [[(name, plain(one[name])) for name in spec.given if name in one] for one in responses],
        judged,
        client,
    )
    answers = await (pairwise(group) if spec.mode == "pairwise" else listwise(group))
    elapsed = (time.perf_counter() - started) * 1000
    for answer in answers:
        answer.ms = elapsed
    return answers
