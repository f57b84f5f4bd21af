"""How fast a model may be asked: requests at a time, requests and tokens a minute.

Limits are per model and shared by all event loops of the process, so they are guarded by locks and wake waiters in the
loop they wait in.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class _Waiter:
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[None]
    granted: bool = False


@dataclass(slots=True)
class Limiter:
    """At most `cap` requests at a time; fewer while the server says that there are too many.

    Additive increase, multiplicative decrease: a refusal halves the limit, each success while the limit is reached
    raises it by 1/limit. Refusals of requests that were already under way when the limit was halved do not halve it
    again.
    """

    cap: int
    limit: float = field(init=False)
    active: int = field(default=0, init=False)
    _era: int = field(default=0, init=False)
    _open_at: float = field(default=0.0, init=False)
    _waiting: deque[_Waiter] = field(default_factory=deque, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self.limit = float(self.cap)

    async def enter(self) -> int:
        """Wait for a place; returns a ticket for `shrink`. Every `enter` that returns needs one `leave`."""
        with self._lock:
            waiter = None
            if self.active < int(self.limit) and not self._waiting:
                self.active += 1
            else:
                loop = asyncio.get_running_loop()
                waiter = _Waiter(loop, loop.create_future())
                self._waiting.append(waiter)
        try:
            if waiter is not None:
                await waiter.future
            await self._opening()
        except asyncio.CancelledError:
            with self._lock:
                if waiter is None or waiter.granted:
                    self.active -= 1
                    self._wake()
                else:
                    self._waiting.remove(waiter)
            raise
        return self._era

    def leave(self) -> None:
        """Give the place back."""
        with self._lock:
            self.active -= 1
            self._wake()

    def grow(self) -> None:
        """A request went well."""
        with self._lock:
            if self.active >= int(self.limit):
                self.limit = min(self.limit + 1.0 / self.limit, float(self.cap))
                self._wake()

    def shrink(self, ticket: int) -> None:
        """The request with this ticket was one too many."""
        with self._lock:
            if ticket == self._era:
                self._era += 1
                self.limit = max(self.limit / 2, 1.0)

    def pause(self, seconds: float) -> None:
        """Let nobody in for so long: the server said when to come back."""
        with self._lock:
            self._open_at = max(self._open_at, time.monotonic() + seconds)

    async def _opening(self) -> None:
        closed = self._open_at - time.monotonic()
        if closed > 0:
            await asyncio.sleep(closed)
            await self._opening()  # it may have been closed for longer meanwhile

    def _wake(self) -> None:
        while self._waiting and self.active < int(self.limit):
            waiter = self._waiting.popleft()
            try:
                waiter.loop.call_soon_threadsafe(_resolve, waiter.future)
            except RuntimeError:  # its loop has been closed: nobody waits any more
                continue
            waiter.granted = True
            self.active += 1


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


@dataclass(slots=True)
class Pacer:
    """At most `per_minute` units a minute, spread evenly, with bursts of what is due in one second."""

    per_minute: float
    _free_at: float = field(default=float("-inf"), init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def reserve(self, amount: float) -> float:
        """Take `amount` units; returns the seconds to wait before using them."""
        now = time.monotonic()
        with self._lock:
            start = max(self._free_at, now - 1.0)
            self._free_at = start + amount * 60.0 / self.per_minute
        return max(start - now, 0.0)

    def correct(self, amount: float) -> None:
        """Take `amount` more units without waiting (or give back, where negative): what an estimate was off by."""
        with self._lock:
            self._free_at += amount * 60.0 / self.per_minute
