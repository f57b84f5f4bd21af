"""The client that models are asked through: configuration, known replies, cassettes, and the account of it all."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from rmcompose.configuration import ConfigError
from rmcompose.runtime.client.budget import Budget, Share
from rmcompose.runtime.client.cache import DiskCache, default_folder
from rmcompose.runtime.client.cassette import Player, Recorder
from rmcompose.runtime.client.config import Config
from rmcompose.runtime.client.flights import Flights
from rmcompose.runtime.client.memory import Memory
from rmcompose.runtime.client.question import Question, Reply, Task
from rmcompose.runtime.client.transport import Backoff, Transport

DENIED = "budget_exceeded"
"""The kind of a reply to what was not asked, because the budget did not allow it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used so far.

    `calls` counts requests that a model answered, `cached` replies that needed none, `retries` requests that were sent
    again; `cost` is money, over the models that have prices.
    """

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cached: int = 0
    retries: int = 0
    cost: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens used in all."""
        return self.tokens_in + self.tokens_out


class Client:
    """Asks models on behalf of judges and rules, from any thread and event loop.

    Identical questions are asked once: while a call is under way, within the client's memory, and with `cache` across
    runs and processes. `cache` is True (the user's cache folder), a folder, or False (memory only). `record` is a
    cassette to write, `replay` one to answer from: then nothing else is read, no call is made and no key is needed.
    `config` is found upward from the working directory when it is first needed. What `budget` does not allow is not
    asked: its reply has the kind `budget_exceeded`; replies that are known are given all the same. Close the client
    when done: with `aclose` in the event loop that used it, or else `close`.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        cache: bool | str | os.PathLike[str] = True,
        record: str | os.PathLike[str] | None = None,
        replay: str | os.PathLike[str] | None = None,
        concurrency: int | None = None,
        backoff: Backoff | None = None,
        budget: Budget | None = None,
    ) -> None:
        if record is not None and replay is not None:
            raise ValueError("a client either records or replays")
        if concurrency is not None and concurrency < 1:
            raise ValueError("concurrency is at least 1")
        self.budget = budget
        self._config = config
        self._player = None if replay is None else Player(replay)
        folder = default_folder() if cache is True else cache
        self._disk = DiskCache(folder) if folder is not False and self._player is None else None
        self._memory = Memory()
        self._flights: Flights[Reply] = Flights()
        self._lock = threading.Lock()
        self._usage = Usage()
        self._recorder = None if record is None else Recorder(record)
        self._transport = Transport(self._load_config, concurrency, backoff, on_retry=self._retried)

    @property
    def replays(self) -> bool:
        """Whether replies come from a cassette, so that no model is asked."""
        return self._player is not None

    @property
    def usage(self) -> Usage:
        """What was used so far."""
        return self._usage

    async def reply(self, asked: Question, attempt: int) -> Reply:
        """The reply to an attempt (0-based) at a question.

        The same attempt at the same question has the same reply for as long as it is remembered; replies of failed
        attempts are not remembered across runs. Raises `ConfigError` and `CassetteMiss`.
        """
        if self.budget is not None:
            self.budget.begin()
        if self._player is not None:
            reply = self._player.reply(asked, attempt)
        else:
            place = self._place(asked, attempt)
            known = self._recall(place)
            if known is None:
                # patience is no part of the question, but the impatient must not share a call with the patient
                flight = (place, asked.timeout)
                known, mine = await self._flights.share(flight, lambda: self._send(asked, place))
                # what was not asked is not known either
                known = known if mine or known.kind == DENIED else replace(known, cached=True)
            reply = known
            if self._recorder is not None and reply.kind != DENIED:
                self._recorder.add(asked, attempt, reply)
        if reply.cached:
            self._count(cached=1)
        return reply

    def accept(self, asked: Question, reply: Reply) -> None:
        """Keep a reply for later runs: it could be read."""
        if self._disk is not None and not reply.cached:
            self._disk.put(self._place(asked, 0)[0], asked.model, reply)

    def close(self) -> None:
        """Finish the cassette, have all replies on disk, and close all connections."""
        if self._disk is not None:
            self._disk.close()
        if self._recorder is not None:
            self._recorder.close()
        self._transport.close()

    async def aclose(self) -> None:
        """As `close`, and waits for the connections of the running event loop."""
        await self.disconnect()
        self.close()

    async def disconnect(self) -> None:
        """Close the connections of the running event loop only, as is due before a loop ends. The client stays open."""
        await self._transport.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _place(self, asked: Question, attempt: int) -> tuple[str, int]:
        """Where a reply is kept: under the model it really came from, whose name in the spec may be an alias."""
        return asked.key_for(self._load_config().identity(asked.model)), attempt

    def _recall(self, place: tuple[str, int]) -> Reply | None:
        with self._lock:
            known = self._memory.get(place)
        if known is not None:
            return replace(known, cached=True)
        key, attempt = place
        # later attempts are asked because the first did not do, here or in an earlier run
        return self._disk.get(key) if self._disk is not None and attempt == 0 else None

    async def _send(self, asked: Question, place: tuple[str, int]) -> Reply:
        known = self._recall(place)  # it may have come in another thread since it was looked for
        if known is not None:
            return known
        reply = await (self._transport.send(asked) if self.budget is None else self._within(self.budget, asked))
        if reply.calls:
            reply = replace(reply, cost=self._transport.endpoint(asked.model).cost(reply.tokens_in, reply.tokens_out))
            self._count(calls=reply.calls, tokens_in=reply.tokens_in, tokens_out=reply.tokens_out, cost=reply.cost)
            with self._lock:
                self._memory.put(place, reply)
        return reply

    async def _within(self, budget: Budget, asked: Question) -> Reply:
        """Send a question if the budget allows it, and as long as it does."""
        endpoint = self._transport.endpoint(asked.model)
        if "money" in budget.limits:
            self.check_price(asked.model)

        def estimate() -> Share:
            tokens_in, tokens_out = self._transport.estimate(asked)
            return Share(endpoint.cost(tokens_in, tokens_out), 1, tokens_in + tokens_out)

        reserved = await budget.reserve(estimate)
        if isinstance(reserved, str):
            return Reply(reserved, DENIED)
        used = None
        try:
            async with asyncio.timeout(budget.left):
                reply = await self._transport.send(asked)
            if reply.calls and reply.tokens:
                used = Share(endpoint.cost(reply.tokens_in, reply.tokens_out), reply.calls, reply.tokens)
            elif reply.calls:  # a server that does not tell is believed to be as dear as was expected
                used = reserved
        except TimeoutError:
            return Reply(budget.out_of_time(), DENIED)
        finally:
            budget.settle(reserved, used)
        return reply

    def check_price(self, model: str) -> None:
        """Raise `ConfigError` where a budget of money cannot be kept, because nobody said what the model costs."""
        if not self._load_config().has_prices(model):
            raise ConfigError(
                f"a budget of money needs `price_in` and `price_out` of the model `{model}` in the configuration"
            )

    def check_model(self, model: str, task: Task) -> None:
        """Raise `ConfigError` where a model cannot be asked for a task as it is configured; nothing is sent."""
        self._load_config().check(model, task)
        self._transport.check(model, task)

    def _load_config(self) -> Config:
        if self._config is None:
            self._config = Config.load()
        return self._config

    def _retried(self) -> None:
        self._count(retries=1)

    def _count(
        self,
        calls: int = 0,
        tokens_in: int = 0,
        tokens_out: int = 0,
        cached: int = 0,
        retries: int = 0,
        cost: float = 0.0,
    ) -> None:
        with self._lock:
            used = self._usage
            self._usage = Usage(
                used.calls + calls,
                used.tokens_in + tokens_in,
                used.tokens_out + tokens_out,
                used.cached + cached,
                used.retries + retries,
                used.cost + cost,
            )
