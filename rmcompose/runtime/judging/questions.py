"""One question to a model: what it is made of, its key, and asking it again until the reply can be read."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rmcompose.runtime.judging.odds import MOST_ALTERNATIVES, Odds
from rmcompose.runtime.judging.prompts import Messages, Prompt
from rmcompose.runtime.judging.reading import Reader, Reading
from rmcompose.runtime.judging.spec import JudgeSpec

if TYPE_CHECKING:
    from rmcompose.runtime.judging.session import Client

T = TypeVar("T")
ACCEPTED = frozenset({None, "abstained"})
"""Kinds of readings whose reply is kept for later runs: a stored reply must never pin down a failure."""


@dataclass(frozen=True)
class Question:
    """Everything that may change the reply, and how long to wait for it.

    `model` is the judge's name for it. `settings` are sent with the request. `pattern` is the house format the reply is
    read by, which no schema tells. `retries` and `timeout` say how to ask and are no part of the key.
    """

    model: str
    messages: Messages
    schema: Mapping[str, Any] | None = None
    pattern: str | None = None
    settings: Mapping[str, float | int] = field(default_factory=dict)
    vote: int = 0
    retries: int = 2
    timeout: float = 120.0

    @cached_property
    def key(self) -> str:
        """The SHA-256, in hex, of all that may change the reply, with the model under the name the judge has for it."""
        return self._digest(self.model)

    def key_for(self, model: str) -> str:
        """The same where the model is known by another name: the one its server has for it."""
        if model == self.model:
            return self.key
        if model not in self._keys:
            self._keys[model] = self._digest(model)
        return self._keys[model]

    @cached_property
    def _keys(self) -> dict[str, str]:
        return {}

    def _digest(self, model: str) -> str:
        parts = [model, list(self.messages), self.schema, self.pattern, self.settings, self.vote]
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for a question: a text, or where `kind` is set no usable reply and why (`text` says it in words).

    `calls` is 1 where a model answered the request, else 0. `cut` says that the model ran into its token limit. `odds`
    are the probabilities of digits in the text, where the server tells them. `cost` is what was paid for it, in the
    money of the prices.
    """

    text: str
    kind: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 0
    cut: bool = False
    cached: bool = False
    odds: Odds = ()
    cost: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens used in all."""
        return self.tokens_in + self.tokens_out


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
