"""Requests to chat servers that speak the protocol of OpenAI: limits, waiting, and what each failure means.

One question becomes one answered request, or a `Reply` whose kind says why there is none. The `openai` package is
loaded at the first request.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import math
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rmcompose.runtime.client.config import Config, Endpoint
from rmcompose.runtime.client.connections import Connections
from rmcompose.runtime.client.gauge import Gauge
from rmcompose.runtime.client.limits import Limiter, Pacer
from rmcompose.runtime.client.odds import digit_odds
from rmcompose.runtime.client.question import Question, Reply

CONCURRENCY = 256
"""The most requests at a time to one model, where nobody says; how many there are depends on the server."""
TRANSIENT = frozenset({408, 409, 425, 429})
"""Statuses below 500 after which the same request may succeed."""


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
class Dialect:
    """What a server turned out not to understand. Learned from its refusals, once per model."""

    schema: bool = True
    completion_tokens: bool = False
    logprobs: bool = True

    def body(self, asked: Question, model: str) -> dict[str, Any]:
        """The request for a question."""
        body: dict[str, Any] = {"model": model, "messages": [dict(message) for message in asked.messages]}
        body.update(asked.settings)
        if not self.logprobs:
            body.pop("logprobs", None)
            body.pop("top_logprobs", None)
        if self.completion_tokens and "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")
        if self.schema and asked.schema is not None:
            schema = {"name": "verdict", "strict": True, "schema": asked.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    def learn(self, trouble: _Trouble, body: Mapping[str, Any]) -> bool:
        """Whether the refusal of this request is overcome by saying it another way from now on."""
        if trouble.status not in (400, 422):
            return False
        if "response_format" in body and _ABOUT_SCHEMA.search(trouble.message + " " + trouble.param):
            self.schema = False
            return True
        if "logprobs" in body and "logprobs" in trouble.message + trouble.param:
            self.logprobs = False
            return True
        if "max_tokens" in body and "max_completion_tokens" in trouble.message:
            self.completion_tokens = True
            return True
        return False


_ABOUT_SCHEMA = re.compile(r"response_?format|json_?\s?schema|structured.output|guided", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A request that failed: the HTTP status (None: no answer at all), one line, and when to come back."""

    status: int | None
    message: str
    after: float | None = None
    param: str = ""
    timed_out: bool = False
    final: bool = False

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        if self.final or self.timed_out:
            return False
        return self.status is None or self.status in TRANSIENT or self.status >= 500


@dataclass(slots=True)
class _Lane:
    """One model: where it lives, its limits, and what its server understands."""

    endpoint: Endpoint
    limiter: Limiter
    requests: Pacer | None
    tokens: Pacer | None
    dialect: Dialect = field(default_factory=Dialect)
    gauge: Gauge = field(default_factory=Gauge)


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

    async def send(self, asked: Question) -> Reply:
        """Ask once, waiting out what passes. Raises `ConfigError`; every other failure is a kind of reply."""
        lane = self._lane(asked.model)
        failures, waited = 0, 0.0
        while True:
            ticket = await lane.limiter.enter()
            try:
                estimate, waits = await self._pace(lane, asked)
                if waits:  # then the pace is what bounds the requests, and says nothing of the server
                    ticket.busy = False
                body = lane.dialect.body(asked, lane.endpoint.model)
                outcome = await self._request(lane.endpoint, body, asked.timeout)
                if isinstance(outcome, Reply):
                    lane.limiter.ended(ticket)
                    lane.gauge.learn(asked, outcome)
                    if lane.tokens is not None:
                        lane.tokens.correct(outcome.tokens - estimate)
                    return outcome
                if outcome.timed_out:
                    lane.limiter.ended(ticket, answered=False)
            finally:
                lane.limiter.leave()
            if outcome.timed_out:
                return Reply(outcome.message, "timeout")
            if lane.dialect.learn(outcome, body):
                self._on_retry()
                continue
            if not outcome.passing:
                return Reply(outcome.message, "provider_error")
            failures += 1
            if outcome.status == 429:
                lane.limiter.shrink(ticket)
            delay = self._backoff.delay(failures, outcome.after)
            limits = {None: self._backoff.connects, 429: self._backoff.tries}
            tries = limits.get(outcome.status, self._backoff.faults)
            if failures >= tries or waited + delay > self._backoff.total:
                times = "once" if failures == 1 else f"{failures} times"
                return Reply(f"{outcome.message} (asked {times})", "provider_error")
            if outcome.after is not None:
                lane.limiter.pause(outcome.after)
            self._on_retry()
            await asyncio.sleep(delay)
            waited += delay

    def close(self) -> None:
        """Close the connections of all loops that still run; those of loops that ended went with them."""
        self._connections.close()

    async def disconnect(self) -> None:
        """Close the connections of the running loop, which must not be in use; later questions make new ones."""
        await self._connections.disconnect()

    def _lane(self, model: str) -> _Lane:
        with self._lock:
            lane = self._lanes.get(model)
            if lane is None:
                endpoint = self._config().endpoint(model)
                caps = [cap for cap in (endpoint.concurrency, self._concurrency) if cap is not None]
                lane = self._lanes[model] = _Lane(
                    endpoint,
                    Limiter(min(caps, default=CONCURRENCY)),
                    None if endpoint.rpm is None else Pacer(endpoint.rpm),
                    None if endpoint.tpm is None else Pacer(endpoint.tpm),
                )
            return lane

    async def _pace(self, lane: _Lane, asked: Question) -> tuple[int, bool]:
        """Wait until the model may be asked; returns the tokens that were reserved, and whether it took waiting.

        A place is taken before: whoever waits for its turn keeps it, so that a crowd that was held up elsewhere does
        not set off at once when it is let go.
        """
        estimate = sum(lane.gauge.estimate(asked)) if lane.tokens is not None else 0
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

    async def _request(self, endpoint: Endpoint, body: Mapping[str, Any], seconds: float) -> Reply | _Trouble:
        """One request, of so many seconds at most."""
        import httpx2
        import openai

        client = self._connections.to(endpoint)
        try:
            async with asyncio.timeout(seconds):
                # as `chat.completions.create` does, without checks and models of what is sent and answered: it may be
                # any server, whose answers are read with care below
                answer = await client.post(
                    "/chat/completions", cast_to=httpx2.Response, body=body, options={"timeout": None}
                )
            return _reply(answer.content, endpoint)
        except TimeoutError:
            return _Trouble(None, f"no answer in {format(seconds, '.10g')} seconds", timed_out=True)
        except openai.APIStatusError as error:
            return _refused(error.status_code, error.body, error.response.headers, endpoint)
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            return _Trouble(
                None, _line(f"the server cannot be reached: {str(cause) or type(cause).__name__}", endpoint)
            )
        except (openai.OpenAIError, ValueError) as error:
            return _Trouble(None, _line(f"the request failed: {error}", endpoint), final=True)


def _reply(content: bytes, endpoint: Endpoint) -> Reply | _Trouble:
    """What a 200 says. Servers differ here, so nothing in it is taken for granted."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return _Trouble(None, "the server's answer is no JSON", final=True)
    choices = data.get("choices") if isinstance(data, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        error = data.get("error") if isinstance(data, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        if type(code) is int:  # some gateways put the status of the server behind them into a 200
            return _refused(code, error, {}, endpoint)
        return _Trouble(None, _line(f"the server's answer has no choices: {error or ''}", endpoint), final=True)
    message = choices[0].get("message")
    message = message if isinstance(message, dict) else {}
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    finish = choices[0].get("finish_reason")
    refusal = message.get("refusal")
    kind = None
    if isinstance(refusal, str) and refusal:
        text, kind = _line(refusal, endpoint), "refused"
    elif finish == "content_filter":
        text, kind = "the server's content filter stopped the reply", "refused"
    else:
        text = endpoint.without_key(_content(message.get("content")))
    return Reply(
        text,
        kind,
        tokens_in=_count(usage.get("prompt_tokens")),
        tokens_out=_count(usage.get("completion_tokens")),
        calls=1,
        cut=finish == "length",
        odds=digit_odds(choices[0].get("logprobs"), text) if kind is None else (),
    )


def _content(content: object) -> str:
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _count(value: object) -> int:
    return value if type(value) is int and value >= 0 else 0


def _refused(status: int, body: object, headers: Mapping[str, str], endpoint: Endpoint) -> _Trouble:
    error = body if isinstance(body, dict) else {}
    said = error.get("message") if isinstance(error.get("message"), str) else body if isinstance(body, str) else ""
    message = f"the server answered {status}" + (f": {said}" if said else "")
    return _Trouble(
        status,
        _line(message, endpoint),
        after=retry_after(headers),
        param=str(error.get("param") or ""),
        # a quota that is used up does not come back by waiting, though it is told as a 429
        final="insufficient_quota" in (error.get("code"), error.get("type")),
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a response asks to wait, at least 0; None where it does not say (or not so that it is clear)."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * scale
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(seconds, 0.0)
    try:
        then = email.utils.parsedate_to_datetime(headers.get("retry-after", "")).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return max(then - time.time(), 0.0)


def _line(text: str, endpoint: Endpoint) -> str:
    """One line of at most 300 characters, without the key."""
    line = " ".join(endpoint.without_key(text).split())
    return line if len(line) <= 300 else line[:297] + "..."
