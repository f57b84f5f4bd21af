"""Work that is done behind the back of an event loop: in order, by one thread, and never much of it waiting."""

from __future__ import annotations

import os
import queue
import threading
import weakref
from collections.abc import Callable

Work = Callable[[], None]


class Behind:
    """Does what it is given, in order, in a thread of its own that begins with the first piece of work.

    At most `most` pieces wait: who gives another waits for room, so that little is lost where the process is killed.
    What waits is done before the process ends by itself. Safe to use from threads, and in a process that was forked.
    Work must not raise.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._running = False
        self._begin()

    def do(self, work: Work) -> None:
        """Have the work done soon."""
        if self._process != os.getpid():  # the thread stayed behind, perhaps with a lock in its hand
            self._lock = threading.Lock()
            self._begin()
        with self._lock:
            if not self._running:
                self._running = True
                # the thread holds the queue alone, or nothing would ever end it
                threading.Thread(target=_serve, args=[self._queue], name="rmcompose-behind", daemon=True).start()
                weakref.finalize(self, _finish, self._queue, self._process)
        self._queue.put(work)

    def flush(self) -> None:
        """Wait until all that was given is done."""
        if self._running and self._process == os.getpid():
            self._queue.join()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._running = False
        self._queue: queue.Queue[Work | None] = queue.Queue(self._most)


def _serve(waiting: queue.Queue[Work | None]) -> None:
    while True:
        work = waiting.get()
        try:
            if work is None:
                return
            work()
        finally:
            waiting.task_done()


def _finish(waiting: queue.Queue[Work | None], process: int) -> None:
    if process == os.getpid():
        waiting.put(None)
        waiting.join()
