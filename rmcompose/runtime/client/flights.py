"""Calls that are under way: who asks for the same thing waits for the one call instead of making another."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import threading
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


class _Abandoned(Exception):
    """The loop that made the call stopped before the call was done."""


@dataclass(slots=True, eq=False)
class _Flight(Generic[T]):
    loop: asyncio.AbstractEventLoop
    result: concurrent.futures.Future[T]
    task: asyncio.Task[None] = field(init=False)
    waiting: int = 0
    taken: bool = False


@dataclass(slots=True)
class Flights(Generic[T]):
    """One call for each key at a time, over all threads and event loops.

    A waiter that is cancelled leaves the call to the others; with the last waiter the call is cancelled. Where the loop
    that makes the call ends, a waiter in another loop makes it anew.
    """

    _flights: dict[Hashable, _Flight[T]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def share(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """The call's result (or its exception), and whether it counts for this waiter, the first of those who get it.

        That need not be who began the call, and was perhaps cancelled meanwhile.
        """
        while True:
            with self._lock:
                flight = self._flights.get(key)
                if flight is None:
                    flight = self._flights[key] = _Flight(asyncio.get_running_loop(), concurrent.futures.Future())
                    # a running future cannot be cancelled through one of its waiters
                    flight.result.set_running_or_notify_cancel()
                    flight.task = flight.loop.create_task(self._fly(key, flight, call))
                    flight.task.add_done_callback(functools.partial(self._abandon, key, flight))
                flight.waiting += 1
            try:
                result = await asyncio.wrap_future(flight.result)
            except _Abandoned:
                continue
            else:
                with self._lock:
                    first, flight.taken = not flight.taken, True
                return result, first
            finally:
                self._leave(key, flight)

    async def _fly(self, key: Hashable, flight: _Flight[T], call: Callable[[], Awaitable[T]]) -> None:
        try:
            result = await call()
        except Exception as error:  # noqa: BLE001  # whatever it is, all waiters raise it
            self._land(key, flight)
            flight.result.set_exception(error)
        else:
            self._land(key, flight)
            flight.result.set_result(result)

    def _abandon(self, key: Hashable, flight: _Flight[T], _: asyncio.Task[None]) -> None:
        """Tell the waiters where the call ended without a result: it was cancelled, perhaps before it began."""
        if not flight.result.done():
            self._land(key, flight)
            flight.result.set_exception(_Abandoned())

    def _land(self, key: Hashable, flight: _Flight[T]) -> None:
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]

    def _leave(self, key: Hashable, flight: _Flight[T]) -> None:
        with self._lock:
            flight.waiting -= 1
            if flight.waiting or flight.result.done():
                return
            # nobody may join a call that is about to be cancelled
            if self._flights.get(key) is flight:
                del self._flights[key]
        try:
            flight.loop.call_soon_threadsafe(flight.task.cancel)
        except RuntimeError:  # the loop is closed, and the call with it
            return
