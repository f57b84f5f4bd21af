"""Worker processes that compare mathematical answers, so that no expression can hang or crash the run.

`compare` may be called from any thread. The library limits its time with signals, which work in the main thread only
and do not interrupt a long computation with integers; a process can always be ended.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import queue
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, cast

from rmcompose.primitives.failure import RuleError

_MOST_WORKERS = 4
_WORKER = Path(__file__).with_name("worker.py")


class Incomparable(RuleError):
    """Two answers could not be compared: for want of time or memory, or because the library failed."""


def compare(
    gold: tuple[str, str],
    pred: tuple[str, str],
    *,
    decimals: int = 6,
    intervals: bool = False,
    first: bool = False,
    seconds: float = 10.0,
) -> dict[str, bool]:
    """Compares two answers, each `(mode, text)`, in a worker process: `{"equal", "gold", "pred"}`.

    `gold` and `pred` in the reply say whether an answer was found in each. Modes are those of `answer.Answer`;
    with `first` only the first reading of each is compared, with `intervals` a relation with the set that it describes.
    Raises `RuleError`, of kind `timeout` where it took more
    than the seconds.
    """
    request = {"gold": gold, "pred": pred, "decimals": decimals, "intervals": intervals, "first": first}
    request["seconds"] = seconds
    slots = _slots(os.getpid())  # a forked child must not talk to its parent's workers
    worker = slots.get()
    try:
        if worker is not None and not worker.is_alive():
            worker.close()
            worker = None
        worker = worker or _Worker()
        reply = worker.ask(request, seconds)
    except BaseException:
        if worker is not None:
            worker.close()
        slots.put(None)
        raise
    slots.put(worker)
    if "error" in reply:
        raise Incomparable(reply["error"])
    return reply


@functools.cache
def _slots(_process: int) -> queue.LifoQueue[_Worker | None]:
    slots: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
    for _ in range(min(_MOST_WORKERS, os.cpu_count() or 1)):
        slots.put(None)
    return slots


class _Worker:
    """One process of `worker.py`; started at once, about a second before its first reply."""

    def __init__(self) -> None:
        if not sys.executable:
            raise RuleError("mathematical answers are compared in a process of their own, and this Python has no path")
        # what this process can import the worker can; -P keeps the modules beside the script from hiding others
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}
        self._process = subprocess.Popen(  # noqa: S603  # our own script, by our own interpreter
            [sys.executable, "-P", str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            encoding="utf-8",
        )
        self._owner = os.getpid()
        self._requests = cast("IO[str]", self._process.stdin)
        self._replies = cast("IO[str]", self._process.stdout)
        atexit.register(self.close)
        try:
            ready = self._receive()
        except EOFError:
            ready = {"error": "the process that compares answers did not start"}
        if "error" in ready:
            self.close()
            raise RuleError(ready["error"])

    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The reply to a request. Raises `RuleError` where the process ends instead, of kind `timeout` in due time."""
        started = time.monotonic()
        try:
            self._requests.write(json.dumps(request) + "\n")
            self._requests.flush()
            return self._receive()
        except (OSError, EOFError):
            # the worker ends itself when the time is over; the margin is for the clocks
            if time.monotonic() - started > 0.95 * seconds:
                raise Incomparable(f"the answers could not be compared within {seconds:g} seconds", "timeout") from None
            raise Incomparable("the process that compares answers ended unexpectedly") from None

    def close(self) -> None:
        """Ends the process; may be called again. In a forked child it lets go of the parent's process."""
        atexit.unregister(self.close)
        if self._owner == os.getpid():
            self._process.kill()
        for pipe in (self._requests, self._replies):
            with contextlib.suppress(OSError):  # what was not yet written has nobody to read it
                pipe.close()
        if self._owner == os.getpid():
            self._process.wait()

    def _receive(self) -> dict[str, Any]:
        line = self._replies.readline()
        if not line:
            raise EOFError
        reply: dict[str, Any] = json.loads(line)
        return reply
