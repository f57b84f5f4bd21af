"""Putting a question to a model for a judge, and again until the reply can be read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rmcompose.runtime.client.odds import MOST_ALTERNATIVES
from rmcompose.runtime.client.question import Question, Reply
from rmcompose.runtime.judging.prompts import Prompt
from rmcompose.runtime.judging.reading import Reader, Reading
from rmcompose.runtime.judging.spec import JudgeSpec

if TYPE_CHECKING:
    from rmcompose.runtime.client.session import Client

T = TypeVar("T")
ACCEPTED = frozenset({None, "abstained"})
"""Kinds of readings whose reply is kept for later runs: a stored reply must never pin down a failure."""


Refiner = Callable[[Reading[T], Reply], Reading[T]]


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """How a question ended: the last reading, and what all attempts cost."""

    reading: Reading[T]
    calls: int
    tokens: int
    cached: bool
    attempts: int
    cost: float = 0.0


def ballots(spec: JudgeSpec) -> list[tuple[str, int]]:
    """Whom to ask how often: each model of the judge with the number of the vote (0-based), in a fixed order."""
    return [(model, vote) for model in spec.models for vote in range(spec.votes)]


def question(spec: JudgeSpec, prompt: Prompt, vote: int, model: str | None = None) -> Question:
    """The question that puts a prompt to a model (the judge's first by default) for the given vote (0-based)."""
    chosen = {
        "temperature": spec.temperature,
        "top_p": spec.top_p,
        "max_tokens": spec.max_tokens,
        "seed": spec.seed,
        "logprobs": True if spec.expected else None,
        "top_logprobs": MOST_ALTERNATIVES if spec.expected else None,
    }
    return Question(
        model=model or spec.model,
        messages=prompt.messages,
        schema=prompt.schema,
        pattern=None if prompt.schema is not None else spec.extract,
        settings={name: value for name, value in chosen.items() if value is not None},
        vote=vote,
        retries=spec.retries,
        timeout=spec.timeout,
    )


async def put(asked: Question, read: Reader[T], client: Client, refine: Refiner[T] | None = None) -> Outcome[T]:
    """Ask, and ask again while the reply is malformed, `retries` times at most.

    `refine` takes a reading with a value further, by what the reply tells beside its text.
    """
    calls = tokens = attempts = 0
    cost = 0.0
    cached = True
    reading: Reading[T] = Reading(None, "malformed_reply", "the model was not asked")
    for attempt in range(asked.retries + 1):
        reply = await client.reply(asked, attempt)
        attempts += 1
        if not reply.cached:
            cached = False
            calls += reply.calls
            tokens += reply.tokens
            cost += reply.cost
        if reply.kind is not None:
            reading = Reading(None, reply.kind, reply.text)
            break
        reading = read(reply.text)
        if refine is not None and reading.value is not None:
            reading = refine(reading, reply)
        if reading.kind in ACCEPTED:
            client.accept(asked, reply)
        if reading.kind != "malformed_reply":
            break
        if reply.cut:
            reading = replace(reading, message=f"{reading.message}, and was cut off at its token limit")
    return Outcome(reading, calls, tokens, cached, attempts, cost)


async def together(asked: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in order. Where one raises the others are cancelled, so that nothing more is paid for."""
    if len(asked) == 1:
        return [await asked[0]]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in asked]
    except BaseExceptionGroup as raised:
        raise _first(raised) from None
    return [task.result() for task in tasks]


def _first(raised: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = raised
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
