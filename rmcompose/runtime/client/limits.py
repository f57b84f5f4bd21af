"""How fast a model may be asked: requests at a time, requests and tokens a minute.

Limits are per model and shared by all event loops of the process, so they are guarded by locks and wake waiters in the
loop they wait in.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from rmcompose.runtime.client.climbing import Climber


@dataclass(slots=True, eq=False)
class _Waiter:
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[None]
    granted: bool = False


@dataclass(slots=True)
class Ticket:
    """A place that was taken: in which round, whether it was the last one, and when its request was sent."""

    round: int
    busy: bool
    era: int
    sent: float = 0.0


@dataclass(slots=True)
class Limiter:
    """At most `cap` requests at a time, and not more than the server makes good use of.

    Places are given in the order in which they are asked for. How many there are is found by a `Climber`, from how long
    requests take while all places are taken. `clock` gives seconds.
    """

    cap: int
    clock: Callable[[], float] = time.monotonic
    active: int = field(default=0, init=False)
    _climber: Climber = field(init=False)
    _era: int = field(default=0, init=False)
    _open_at: float = field(default=0.0, init=False)
    _waiting: deque[_Waiter] = field(default_factory=deque, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._climber = Climber(self.cap)

    @property
    def limit(self) -> int:
        """How many requests may be under way now."""
        return self._climber.limit

    async def enter(self) -> Ticket:
        """Wait for a place. Every `enter` that returns needs one `leave`."""
        with self._lock:
            waiter = None
            if self.active < self.limit and not self._waiting:
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
        with self._lock:
            return Ticket(self._climber.round, self.active >= self.limit, self._era, self.clock())

    def leave(self) -> None:
        """Give the place back."""
        with self._lock:
            self.active -= 1
            self._wake()

    def ended(self, ticket: Ticket, *, answered: bool = True) -> None:
        """A request was answered, or took so long that nobody waited for it any longer."""
        if ticket.busy:
            with self._lock:
                self._climber.ended(ticket.round, self.clock() - ticket.sent, answered=answered)
                self._wake()

    def shrink(self, ticket: Ticket) -> None:
        """The request with this ticket was one too many. Others of the same crowd do not shrink it again."""
        with self._lock:
            if ticket.era == self._era:
                self._era += 1
                self._climber.refused()

    def pause(self, seconds: float) -> None:
        """Let nobody in for so long: the server said when to come back."""
        with self._lock:
            self._open_at = max(self._open_at, self.clock() + seconds)

    async def _opening(self) -> None:
        closed = self._open_at - self.clock()
        if closed > 0:
            await asyncio.sleep(closed)
            await self._opening()  # it may have been closed for longer meanwhile

    def _wake(self) -> None:
        while self._waiting and self.active < self.limit:
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
    """At most `per_minute` units a minute, spread evenly, with bursts of what is due in one second.

    Whoever comes first has its turn first. `clock` gives seconds.
    """

    per_minute: float
    clock: Callable[[], float] = time.monotonic
    _free_at: float = field(default=float("-inf"), init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def reserve(self, amount: float) -> float:
        """Take `amount` units; returns the seconds to wait before using them."""
        now = self.clock()
        with self._lock:
            start = max(self._free_at, now - 1.0)
            self._free_at = start + amount * 60.0 / self.per_minute
        return max(start - now, 0.0)

    def correct(self, amount: float) -> None:
        """Take `amount` more units without waiting (or give back, where negative): what an estimate was off by."""
        with self._lock:
            self._free_at += amount * 60.0 / self.per_minute
