"""Requests to servers that hold models: limits, waiting, and what each failure means.

A question, or several that a server takes together, becomes one answered request, or replies whose kind says why there
is none. How a request is put is told by the dialect of the server. The `openai` package is loaded at the first request.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rmcompose.runtime.client.batches import Batches, Take
from rmcompose.runtime.client.config import Config, Endpoint
from rmcompose.runtime.client.connections import Connections
from rmcompose.runtime.client.dialects import Dialect, dialect_of
from rmcompose.runtime.client.gauge import Gauge
from rmcompose.runtime.client.limits import Limiter, Pacer
from rmcompose.runtime.client.local import measure
from rmcompose.runtime.client.measures import InProcess
from rmcompose.runtime.client.question import Question, Reply, Task
from rmcompose.runtime.client.trouble import Trouble, line, refused

CONCURRENCY = 256
"""The most requests at a time to one model, where nobody says; how many there are depends on the server."""
SPLITS = frozenset({None, 400, 413, 422})
"""What a server says of a batch that may be true of one question in it, or of their number, only."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often and how long to wait for a server.

    There are `tries` in all where it says that it is busy (`faults` where it fails, `connects` where it cannot be
    reached), `base` seconds apart, then twice as long each time up to `cap`, and not more than `total` seconds of
    waiting together.
    """

    tries: int = 8
    faults: int = 5
    connects: int = 4
    base: float = 0.5
    cap: float = 30.0
    total: float = 600.0

    def delay(self, failures: int, after: float | None) -> float:
        """Seconds to wait after so many failures. `after` is what the server asked for, and is never undercut."""
        step = min(self.base * 2.0 ** (failures - 1), self.cap)
        if after is not None:
            return after + min(self.base, 0.1 * after) * random.random()  # noqa: S311  # no secret
        return step * (0.5 + 0.5 * random.random())  # noqa: S311


@dataclass(slots=True)
class _Lane:
    """One model: where it lives, its limits, and what its server understands."""

    endpoint: Endpoint
    limiter: Limiter
    requests: Pacer | None
    tokens: Pacer | None
    dialects: dict[Task, Dialect] = field(default_factory=dict)
    gauge: Gauge = field(default_factory=Gauge)
    batches: Batches = field(default_factory=Batches)


class Transport:
    """Sends questions. Safe to use from several threads and event loops at once.

    `config` is asked for when a model is first used. `concurrency` is the most requests at a time to one model, where
    the model's own configuration does not say less. `on_retry` is called each time a request is sent again.
    """

    def __init__(
        self,
        config: Callable[[], Config],
        concurrency: int | None = None,
        backoff: Backoff | None = None,
        on_retry: Callable[[], None] = lambda: None,
    ) -> None:
        self._config = config
        self._concurrency = concurrency
        self._backoff = backoff or Backoff()
        self._on_retry = on_retry
        self._lock = threading.Lock()
        self._lanes: dict[str, _Lane] = {}
        self._connections = Connections()

    def endpoint(self, model: str) -> Endpoint:
        """Where a model lives. Raises `ConfigError`."""
        return self._lane(model).endpoint

    def estimate(self, asked: Question) -> tuple[int, int]:
        """The tokens that a question is taken to read and to write. Raises `ConfigError`."""
        return self._lane(asked.model).gauge.estimate(asked)

    def check(self, model: str, task: Task) -> None:
        """Raise `ConfigError` where a model cannot be asked for that, as it is configured."""
        self._dialect(self._lane(model), task)

    async def send(self, asked: Question) -> Reply:
        """Ask once, waiting out what passes. Raises `ConfigError`; every other failure is a kind of reply."""
        lane = self._lane(asked.model)
        dialect = self._dialect(lane, asked.task)
        if dialect.most > 1:
            return await lane.batches.ask(asked, dialect.most, partial(self._deliver, lane, dialect))
        return (await self._deliver(lane, dialect, lambda: [asked]))[0]

    async def _deliver(self, lane: _Lane, dialect: Dialect, take: Take) -> list[Reply]:
        """The replies to what `take` gives once the model may be asked."""
        failures, waited = 0, 0.0
        batch: list[Question] = []
        while True:
            ticket = await lane.limiter.enter()
            try:
                batch = batch or take()
                if not batch:
                    return []
                estimate, waits = await self._pace(lane, batch)
                if waits:  # then the pace is what bounds the requests, and says nothing of the server
                    ticket.busy = False
                if isinstance(dialect, InProcess):
                    body: Mapping[str, Any] = {}
                    outcome = await _in_process(lane.endpoint, dialect, batch)
                else:
                    body = dialect.body(batch, lane.endpoint)
                    outcome = await self._request(lane.endpoint, dialect, batch, body)
                if not isinstance(outcome, Trouble):
                    lane.limiter.ended(ticket)
                    for asked, reply in zip(batch, outcome, strict=True):
                        lane.gauge.learn(asked, reply)
                    if lane.tokens is not None:
                        lane.tokens.correct(sum(reply.tokens for reply in outcome) - estimate)
                    return outcome
                if outcome.timed_out:
                    lane.limiter.ended(ticket, answered=False)
            finally:
                lane.limiter.leave()
            if outcome.timed_out:
                return [Reply(outcome.message, "timeout")] * len(batch)
            if dialect.learn(outcome, body):
                self._on_retry()
                continue
            if not outcome.passing:
                if len(batch) > 1 and outcome.status in SPLITS:
                    self._on_retry()
                    return await self._one_by_one(lane, dialect, batch)
                return [Reply(outcome.message, "provider_error")] * len(batch)
            failures += 1
            if outcome.status == 429:
                lane.limiter.shrink(ticket)
            delay = self._backoff.delay(failures, outcome.after)
            limits = {None: self._backoff.connects, 429: self._backoff.tries}
            tries = limits.get(outcome.status, self._backoff.faults)
            if failures >= tries or waited + delay > self._backoff.total:
                times = "once" if failures == 1 else f"{failures} times"
                return [Reply(f"{outcome.message} (asked {times})", "provider_error")] * len(batch)
            if outcome.after is not None:
                lane.limiter.pause(outcome.after)
            self._on_retry()
            await asyncio.sleep(delay)
            waited += delay

    async def _one_by_one(self, lane: _Lane, dialect: Dialect, batch: Sequence[Question]) -> list[Reply]:
        """Each question in a request of its own, so that none fails for what is wrong with another."""
        async with asyncio.TaskGroup() as group:
            alone = [[asked] for asked in batch]
            tasks = [group.create_task(self._deliver(lane, dialect, lambda one=one: one)) for one in alone]  # type: ignore[misc]  # a default binds the loop's value
        return [task.result()[0] for task in tasks]

    def close(self) -> None:
        """Close the connections of all loops that still run; those of loops that ended went with them."""
        self._connections.close()

    async def disconnect(self) -> None:
        """Close the connections of the running loop, which must not be in use; later questions make new ones."""
        await self._connections.disconnect()

    def _dialect(self, lane: _Lane, task: Task) -> Dialect:
        if task not in lane.dialects:
            self._config().check(lane.endpoint.name, task)
            lane.dialects[task] = dialect_of(lane.endpoint, task)
        return lane.dialects[task]

    def _lane(self, model: str) -> _Lane:
        with self._lock:
            lane = self._lanes.get(model)
            if lane is None:
                endpoint = self._config().endpoint(model)
                own = endpoint.concurrency
                if own is None and endpoint.api == "transformers":
                    own = 1  # a batch takes all of a machine
                caps = [cap for cap in (own, self._concurrency) if cap is not None]
                lane = self._lanes[model] = _Lane(
                    endpoint,
                    Limiter(min(caps, default=CONCURRENCY)),
                    None if endpoint.rpm is None else Pacer(endpoint.rpm),
                    None if endpoint.tpm is None else Pacer(endpoint.tpm),
                )
            return lane

    async def _pace(self, lane: _Lane, batch: Sequence[Question]) -> tuple[int, bool]:
        """Wait until the model may be asked; returns the tokens that were reserved, and whether it took waiting.

        A place is taken before: whoever waits for its turn keeps it, so that a crowd that was held up elsewhere does
        not set off at once when it is let go.
        """
        estimate = sum(sum(lane.gauge.estimate(asked)) for asked in batch) if lane.tokens is not None else 0
        wait = 0.0 if lane.requests is None else lane.requests.reserve(1)
        if lane.tokens is not None:
            wait = max(wait, lane.tokens.reserve(estimate))
        if wait > 0:
            try:
                await asyncio.sleep(wait)
            except asyncio.CancelledError:  # what is not sent uses nothing up
                if lane.requests is not None:
                    lane.requests.correct(-1)
                if lane.tokens is not None:
                    lane.tokens.correct(-estimate)
                raise
        return estimate, wait > 0

    async def _request(
        self, endpoint: Endpoint, dialect: Dialect, batch: Sequence[Question], body: Mapping[str, Any]
    ) -> list[Reply] | Trouble:
        """One request, of so many seconds at most."""
        import httpx2
        import openai

        seconds = batch[0].timeout
        client = self._connections.to(endpoint)
        try:
            async with asyncio.timeout(seconds):
                # as `chat.completions.create` does, without checks and models of what is sent and answered: it may be
                # any server, whose answers are read with care
                answer = await client.post(
                    dialect.url(endpoint), cast_to=httpx2.Response, body=body, options={"timeout": None}
                )
            return dialect.replies(answer.content, batch, endpoint)
        except TimeoutError:
            return Trouble(None, f"no answer in {format(seconds, '.10g')} seconds", timed_out=True)
        except openai.APIStatusError as error:
            return refused(error.status_code, error.body, error.response.headers, endpoint)
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            return Trouble(None, line(f"the server cannot be reached: {str(cause) or type(cause).__name__}", endpoint))
        except (openai.OpenAIError, ValueError) as error:
            return Trouble(None, line(f"the request failed: {error}", endpoint), final=True)


async def _in_process(endpoint: Endpoint, dialect: InProcess, batch: Sequence[Question]) -> list[Reply] | Trouble:
    """A batch through a model in this process. A thread that nobody waits for runs to its end."""
    try:
        async with asyncio.timeout(batch[0].timeout):
            return await asyncio.to_thread(measure, batch, endpoint, dialect.task, dialect.template)
    except TimeoutError:
        return Trouble(None, f"no answer in {format(batch[0].timeout, '.10g')} seconds", timed_out=True)
