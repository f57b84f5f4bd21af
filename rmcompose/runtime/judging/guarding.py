"""`guard = true`: a question of its own, whether the response speaks to its judge.

It is asked without rubric, so that a response cannot answer for the judge what it is to be judged by.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from rmcompose.runtime.judging import prompts
from rmcompose.runtime.judging.bill import bill, charge
from rmcompose.runtime.judging.questions import Outcome, put, question, together
from rmcompose.runtime.judging.replies import guard_reader
from rmcompose.runtime.judging.spec import Answer, JudgeSpec

if TYPE_CHECKING:
    from rmcompose.runtime.client.session import Client


async def inspect(spec: JudgeSpec, fields: Sequence[tuple[str, str]], client: Client) -> Outcome[bool]:
    """Whether a response speaks to its judge. What a row holds beside it (a prompt, sources) is not looked at."""
    own = [(label, text) for label, text in fields if label in (spec.answers or spec.varying)]
    return await put(question(spec, prompts.guard(spec, own), 0), guard_reader(), client)


async def guarded(
    spec: JudgeSpec,
    fields: Sequence[tuple[str, str]],
    client: Client,
    judge: Callable[[], Coroutine[Any, Any, Answer]],
) -> Answer:
    """The judge's answer, or the lowest value of its scale for a response that speaks to it (`on_guard = floor`).

    With `floor` the guard comes first, spares the judge where it floors the response, and leaves the answer unscored
    where it cannot tell. With `flag` both are asked together, and the answer only tells what the guard said.
    """
    if spec.on_guard == "flag":
        found, answer = await _both(inspect(spec, fields, client), judge())
        answer.detail = {**answer.detail, "guard": told(found)}
        charge(answer, [found])
        return answer
    found = await inspect(spec, fields, client)
    if found.reading.value is False:
        answer = await judge()
        charge(answer, [found])
    else:
        answer = floored(spec, found)
    answer.detail = {**answer.detail, "guard": told(found)}
    return answer


def floored(spec: JudgeSpec, found: Outcome[bool]) -> Answer:
    """The answer where the guard says yes, or cannot tell."""
    reading = found.reading
    if reading.value is None:
        return Answer(None, reading.kind, f"the guard: {reading.message}", **bill([found]))
    why = f": {reading.message}" if reading.message else ""
    return Answer(spec.low, None, f"the response speaks to its judge{why}", **bill([found]))


def told(found: Outcome[bool]) -> dict[str, Any]:
    """What the guard said, for the trace."""
    reading = found.reading
    kind = {} if reading.kind is None else {"kind": reading.kind}
    return {"addresses_judge": reading.value, "reason": reading.message, **kind}


async def _both(
    first: Coroutine[Any, Any, Outcome[bool]], second: Coroutine[Any, Any, Answer]
) -> tuple[Outcome[bool], Answer]:
    one, other = await together([_tagged(first), _tagged(second)])
    return one, other


async def _tagged(work: Coroutine[Any, Any, Any]) -> Any:
    return await work
