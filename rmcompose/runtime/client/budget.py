"""What a run may use: money, calls, tokens, seconds. What does not fit is not asked, and costs nothing."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

KINDS = ("money", "calls", "tokens", "seconds")
"""What may be limited, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one call is taken to use, or used."""

    money: float = 0.0
    calls: int = 1
    tokens: int = 0


class Busy(Exception):
    """A call would fit, were it not for what is reserved for others: some of that may come back."""


class Budget:
    """Limits of one run; each may be left out. Safe to use from several threads.

    `money` is in the unit of the prices in the configuration, `calls` are answered requests, `tokens` those read and
    written, `seconds` wall time from the first question on. A call is admitted where what was used, what is reserved
    for calls under way and what this one is taken to use fit together; one that only reservations keep out waits for
    them. So calls never exceed their limit; money and tokens do by what the last calls used beyond their estimates.
    Raises ValueError for a limit that is none.
    """

    def __init__(
        self,
        *,
        money: float | None = None,
        calls: int | None = None,
        tokens: int | None = None,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        limits = {"money": money, "calls": calls, "tokens": tokens, "seconds": seconds}
        self.limits: Mapping[str, float] = MappingProxyType({k: v for k, v in limits.items() if v is not None})
        for kind, limit in self.limits.items():
            whole = kind in ("calls", "tokens")
            if isinstance(limit, bool) or not isinstance(limit, int if whole else (int, float)):
                raise ValueError(f"a budget of {kind} is a {'whole ' if whole else ''}number")  # noqa: TRY004  # one error for what is no limit
            if not 0 <= limit < math.inf:
                raise ValueError(f"a budget of {kind} is at least 0 and finite")
        self._clock = clock
        self._lock = threading.Lock()
        self._began: float | None = None
        self._used = dict.fromkeys(KINDS, 0.0)
        self._reserved = dict.fromkeys(KINDS, 0.0)
        self._under_way = 0
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._denied = 0

    @property
    def used(self) -> dict[str, float]:
        """What was used of each limit so far, calls under way not among it."""
        with self._lock:
            return {kind: self._seconds() if kind == "seconds" else self._used[kind] for kind in self.limits}

    @property
    def denied(self) -> int:
        """How many questions found the budget used up."""
        return self._denied

    @property
    def left(self) -> float | None:
        """Seconds until the time is over, at least 0; None where it is not limited."""
        if "seconds" not in self.limits:
            return None
        with self._lock:
            return max(self.limits["seconds"] - self._seconds(), 0.0)

    def begin(self) -> None:
        """The run asks its first question: its seconds count from now."""
        if self._began is None:
            with self._lock:
                if self._began is None:
                    self._began = self._clock()

    async def reserve(self, estimate: Callable[[], Share]) -> Share | str:
        """What is reserved for a call, until `settle`; where it does not fit, one line that says so.

        Waits while only reservations keep it out. `estimate` is asked anew then: what has come back tells more.
        """
        while True:
            share = estimate()
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            try:
                return self.admit(share, turn) or share
            except Busy:
                try:
                    async with asyncio.timeout(self.left):
                        await turn
                except TimeoutError:
                    continue  # which says that the time is over

    def admit(self, share: Share, turn: asyncio.Future[None] | None = None) -> str | None:
        """Reserve what a call is taken to use, until `settle`; where it does not fit, one line that says so.

        Raises `Busy` where it would fit without what is reserved; `turn` is then done once some of that has come back.
        """
        busy = False
        with self._lock:
            if "seconds" in self.limits and self._seconds() >= self.limits["seconds"]:
                return self._deny("seconds")
            for kind, amount in _parts(share):
                # sums of floats err in their last digits, which must not deny the call that just fits
                limit = self.limits.get(kind, math.inf) * (1 + 1e-12)
                if self._used[kind] + amount > limit:
                    return self._deny(kind)
                busy = busy or self._used[kind] + self._reserved[kind] + amount > limit
            if busy and self._under_way:
                if turn is not None:
                    self._waiting.append((turn.get_loop(), turn))
                raise Busy
            self._under_way += 1
            for kind, amount in _parts(share):
                self._reserved[kind] += amount
        return None

    def settle(self, reserved: Share, used: Share | None) -> None:
        """A call that was admitted has ended; None: nobody answered it."""
        with self._lock:
            for kind, amount in _parts(reserved):
                self._reserved[kind] = max(self._reserved[kind] - amount, 0.0)
            self._under_way -= 1
            if used is not None:
                for kind, amount in _parts(used):
                    self._used[kind] += amount
            waiting, self._waiting = self._waiting, []
        for loop, turn in waiting:
            with contextlib.suppress(RuntimeError):  # its loop has been closed: nobody waits any more
                loop.call_soon_threadsafe(_wake, turn)

    def out_of_time(self) -> str:
        """The line for a call that was under way when the time was over."""
        with self._lock:
            return self._deny("seconds")

    def _seconds(self) -> float:
        return 0.0 if self._began is None else self._clock() - self._began

    def _deny(self, kind: str) -> str:
        self._denied += 1
        limit = self.limits[kind]
        if kind == "seconds":
            return f"the budget of {limit:,.10g} seconds is over"
        used = self._used[kind]
        unit = "" if kind == "money" else f" {kind.removesuffix('s') if limit == 1 else kind}"
        line = f"the budget of {limit:,.10g}{unit} is used up: {used:,.6g} were used"
        return line + (", and the rest is too little for this call" if used < limit else "")


def _wake(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)


def _parts(share: Share) -> tuple[tuple[str, float], ...]:
    return ("money", share.money), ("calls", share.calls), ("tokens", share.tokens)
