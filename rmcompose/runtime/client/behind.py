"""Work that is done behind the back of an event loop: in order, by one thread, and never much of it waiting."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress

_log = logging.getLogger(__name__)

Work = Callable[[], None]

LINGER = 0.05
"""Seconds that the thread waits for more before it ends; a process that ends by itself waits as long."""


class Behind:
    """Does what it is given, in order, in a thread that ends soon after the last piece of work.

    At most `most` pieces wait: who gives another waits for room, so that little is lost where the process is killed.
    All of it is done before the process ends by itself. Safe to use from threads, and in a process that was forked.
    Work that raises is a warning, and the rest is done.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._thread: threading.Thread | None = None
        self._begin()

    def do(self, work: Work) -> None:
        """Have the work done soon."""
        if self._process != os.getpid():  # the thread stayed behind, perhaps with the lock in its hand
            self._begin()
        self._queue.put(work)
        with self._lock:
            if self._thread is not None:
                return
            thread = self._thread = threading.Thread(target=self._serve, name="rmcompose-cache", daemon=False)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending, or there may be no more threads
            self._serve()

    def flush(self) -> None:
        """Wait until all that was given is done. The thread ends where nothing more is given meanwhile."""
        if self._process != os.getpid():
            return
        self._queue.join()
        with self._lock:
            thread = self._thread
            if thread is not None:
                with suppress(queue.Full):  # there is more to do
                    self._queue.put_nowait(None)
        if thread is not None:
            thread.join(LINGER)

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._thread = None
        self._queue: queue.Queue[Work | None] = queue.Queue(self._most)

    def _serve(self) -> None:
        while True:
            work: Work | None = None
            with suppress(queue.Empty):
                work = self._queue.get(timeout=LINGER)
                self._done(work)
            if work is None:
                with self._lock:  # whoever gives work looks for a thread after it has put it into the queue
                    if self._queue.empty():
                        self._thread = None
                        return

    def _done(self, work: Work | None) -> None:
        try:
            if work is not None:
                work()
        except Exception:  # noqa: BLE001  # whoever waits for room must not wait for ever
            _log.warning("work in the background failed", exc_info=True)
        finally:
            self._queue.task_done()
