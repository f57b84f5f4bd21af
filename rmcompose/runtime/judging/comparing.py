"""Judging the responses of one sample against each other: pair by pair, or many at once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rmcompose.runtime.judging.bill import charge
from rmcompose.runtime.judging.fencing import Unshowable, plain
from rmcompose.runtime.judging.grading import BadCriteria
from rmcompose.runtime.judging.group import Group, Texts
from rmcompose.runtime.judging.guarding import floored, inspect, told
from rmcompose.runtime.judging.listwise import listwise
from rmcompose.runtime.judging.pairwise import pairwise
from rmcompose.runtime.judging.pointwise import criteria_for
from rmcompose.runtime.judging.questions import Outcome, together
from rmcompose.runtime.judging.spec import Answer, JudgeSpec

if TYPE_CHECKING:
    from rmcompose.runtime.client.session import Client


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
    single response has nothing to be compared with and is `abstained`; a field that is None or no text, or criteria
    that cannot be used, leave all responses unscored (`missing_input`): a rank among some of them would be another
    question. A call is counted at the first of the responses that it shows. Raises as `ask` does.
    """
    started = time.perf_counter()
    if not responses:
        return []
    try:
        shared_texts = _texts(spec, shared)
        own_texts = [_texts(spec, one) for one in responses]
        judged = criteria_for(spec, criteria)
    except (_Missing, BadCriteria) as error:
        return [Answer(None, "missing_input", str(error)) for _ in responses]
    if len(responses) == 1:
        return [Answer(None, "abstained", "there is nothing to compare the response with")]
    group = Group(spec, shared_texts, own_texts, judged, client)
    answers = await (_guarded(group) if spec.guard else _compared(group))
    elapsed = (time.perf_counter() - started) * 1000
    for answer in answers:
        answer.ms = elapsed
    return answers


class _Missing(Exception):
    """A field cannot be shown; the text says which, and why."""


def _texts(spec: JudgeSpec, fields: Mapping[str, object]) -> Texts:
    """The given fields among these, as they are shown."""
    texts: Texts = []
    for name in spec.given:
        if name not in fields:
            continue
        if fields[name] is None:
            raise _Missing(f"`{name}` is missing")
        try:
            texts.append((name, plain(fields[name])))
        except Unshowable as error:
            raise _Missing(f"`{name}` cannot be shown to a judge: {error}") from None
    return texts


async def _compared(group: Group) -> list[Answer]:
    return await (pairwise(group) if group.spec.mode == "pairwise" else listwise(group))


async def _guarded(group: Group) -> list[Answer]:
    """A response that speaks to its judge loses to every other without a call, and gets the lowest value.

    Where the guard cannot tell of one response nobody can be compared with it. With `on_guard = flag` it only tells.
    """
    spec = group.spec
    inspecting = _inspected(group)
    if spec.on_guard == "flag":
        found, answers = await _both(inspecting, _compared(group))
    else:
        found = await inspecting
        answers = await _without_floored(group, found)
    for answer, outcome in zip(answers, found, strict=True):
        charge(answer, [outcome])
        answer.detail = {**answer.detail, "guard": told(outcome)}
    return answers


async def _inspected(group: Group) -> list[Outcome[bool]]:
    return await together([inspect(group.spec, texts, group.client) for texts in group.responses])


async def _both(first: Any, second: Any) -> tuple[list[Outcome[bool]], list[Answer]]:
    found, answers = await together([first, second])
    return found, answers


async def _without_floored(group: Group, found: Sequence[Outcome[bool]]) -> list[Answer]:
    unsure = next((outcome for outcome in found if outcome.reading.value is None), None)
    if unsure is not None:
        return [_free(floored(group.spec, unsure)) for _ in found]
    out = frozenset(index for index, outcome in enumerate(found) if outcome.reading.value)
    answers = await _compared(replace(group, floored=out))
    for index in out:
        low = floored(group.spec, found[index])
        answers[index].value, answers[index].kind, answers[index].message = low.value, low.kind, low.message
    return answers


def _free(answer: Answer) -> Answer:
    """Without the cost of the guard, which is put on every bill where it belongs."""
    answer.calls, answer.tokens, answer.cost, answer.cached = 0, 0, 0.0, True
    return answer
