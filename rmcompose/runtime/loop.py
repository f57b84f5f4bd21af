"""One event loop in a thread of its own, for callers that are not asynchronous themselves.

It makes the same calls work from a script, a notebook and a trainer, whose own loops it never touches.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class _Shared:
    """The loop of this process, started on first use, and anew in a process that was forked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = 0

    def running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._process != os.getpid():
                self._loop, self._process = asyncio.new_event_loop(), os.getpid()
                self._thread = threading.Thread(target=self._loop.run_forever, name="rmcompose", daemon=True)
                self._thread.start()
            return self._loop

    @property
    def is_here(self) -> bool:
        """Whether this is the loop's own thread."""
        return threading.current_thread() is self._thread


_shared = _Shared()


def submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Starts a coroutine on the shared loop."""
    return asyncio.run_coroutine_threadsafe(work, _shared.running())


def wait(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine on the shared loop and waits; an interrupt cancels it, and with it its calls.

    From within the shared loop, where a rule of Python code may itself score with a composition, it runs on a loop of
    its own, since waiting there for the shared one would be waiting for oneself.
    """
    if _shared.is_here:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, work).result()
    future = submit(work)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def ordered(items: Iterable[T], work: Callable[[T], Coroutine[Any, Any, R]], window: int) -> Iterator[R]:
    """The results of `work` in the order of the items, at most `window` under way; closing it cancels those."""
    running: deque[Future[R]] = deque()
    try:
        for item in items:
            running.append(submit(work(item)))
            if len(running) >= window:
                yield _first(running)
        while running:
            yield _first(running)
    finally:
        for future in running:
            future.cancel()


def _first(running: deque[Future[R]]) -> R:
    result = running[0].result()  # stays among those under way until it is there: an interrupt cancels it too
    running.popleft()
    return result
