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

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None
_process = 0


def submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Starts a coroutine on the shared loop, which is started on first use (and anew in a forked process)."""
    global _loop, _thread, _process  # one loop for the process is the point
    with _lock:
        if _loop is None or _process != os.getpid():
            _loop, _process = asyncio.new_event_loop(), os.getpid()
            _thread = threading.Thread(target=_loop.run_forever, name="rmcompose", daemon=True)
            _thread.start()
    return asyncio.run_coroutine_threadsafe(work, _loop)


def wait(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine on the shared loop and waits; an interrupt cancels it, and with it its calls.

    From within the shared loop, where a rule of Python code may itself score with a composition, it runs on a loop of
    its own, since waiting there for the shared one would be waiting for oneself.
    """
    if threading.current_thread() is _thread:
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
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        for future in running:
            future.cancel()
