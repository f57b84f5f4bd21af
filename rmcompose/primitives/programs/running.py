"""Runs the cases of a program: in one sandbox after the other as need be, in several at once where cores are free.

`run_cases` and `run_tests` may be called from any thread. How many sandboxes run at a time is bounded for the whole
process; who waits for one holds none.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.programs import available
from rmcompose.primitives.programs.process import Job, Kind, Report, Sandbox, SandboxError
from rmcompose.primitives.programs.settings import SandboxSettings, current

_CHUNK = 8
"""So many cases are worth a sandbox of their own."""

_PAIRS = 32
"""So many tests share two sandboxes: each has a socket from the start."""

_NOT_RUN = Report("time", errors=b"the time of all cases is over")
Judge = Callable[[int, Report], bool]
"""Whether the case of that number passed."""


@dataclass(frozen=True, slots=True)
class Suite:
    """Tests that call a program: what is run before each, the name they call, and their texts."""

    tests: tuple[str, ...]
    before: tuple[str, ...] = ()
    entry: str = ""


def run_cases(
    job: Job, cases: Sequence[dict[str, Any]], passed: Judge, *, all_needed: bool
) -> list[tuple[bool, Report]]:
    """Whether each case passed, and its report. With `all_needed` nothing is run after a case that failed."""
    return _Run(job, len(cases), passed, all_needed).over(lambda run, numbers: _serve(run, cases, numbers))


def run_tests(job: Job, suite: Suite, *, all_needed: bool) -> list[tuple[bool, Report]]:
    """Whether each test came through, and its report; the program and the tests are in sandboxes of their own."""
    tokens = [secrets.token_hex(16).encode() for _ in suite.tests]

    def passed(number: int, report: Report) -> bool:
        return report.status == "ended" and report.output == tokens[number]

    run = _Run(job, len(suite.tests), passed, all_needed)
    return run.over(lambda run, numbers: _serve_tests(run, suite, tokens, numbers))


class _Run:
    """One program with its cases, shared by the threads that run them."""

    def __init__(self, job: Job, count: int, passed: Judge, all_needed: bool) -> None:
        self.settings = current()
        seconds = min(job.seconds, self.settings.seconds)
        self.kind: Kind = available.kind(self.settings)
        self.job = replace(job, seconds=seconds, imports=imported(job.code) if count > 1 else ())
        self.passed, self.all_needed = passed, all_needed
        self.results: list[tuple[bool, Report]] = [(False, _NOT_RUN)] * count
        self.over_at = float("inf")
        self.cancelled = False
        self._left = iter(range(count))
        self._lock = threading.Lock()

    def over(self, serve: Callable[[_Run, Iterator[int]], None]) -> list[tuple[bool, Report]]:
        """Runs all cases. Raises `RuleError` where there is no sandbox to be had."""
        faults: list[BaseException] = []

        def work() -> None:
            try:
                with _slots(self.settings).one():
                    with self._lock:
                        self.over_at = min(self.over_at, time.monotonic() + self.settings.total_seconds)
                    serve(self, self._numbers())
            except BaseException as fault:  # noqa: BLE001  # raised again by the thread that waits
                self.cancelled = True
                faults.append(fault)

        helpers = min(len(self.results) // _CHUNK, self.settings.slots - 1, _slots(self.settings).free() - 1)
        threads = [threading.Thread(target=work, daemon=True) for _ in range(helpers)]
        try:
            for thread in threads:
                thread.start()
            work()
            for thread in threads:
                thread.join()
        except BaseException:
            self.cancelled = True
            raise
        for fault in faults:
            if isinstance(fault, SandboxError):
                raise RuleError(f"the sandbox did not start: {fault}") from None
            raise fault
        return self.results

    def keep(self, number: int, report: Report) -> None:
        """Notes what became of a case."""
        passed = self.passed(number, report)
        self.results[number] = (passed, report)
        if self.all_needed and not passed:
            self.cancelled = True

    def wall(self) -> float:
        """The most seconds that the next case may take; not above 0 where the time of all is over."""
        return min(self.job.wall, self.over_at - time.monotonic())

    def _numbers(self) -> Iterator[int]:
        while not self.cancelled and self.wall() > 0:
            with self._lock:
                number = next(self._left, None)
            if number is None:
                return
            yield number


def _serve(run: _Run, cases: Sequence[dict[str, Any]], numbers: Iterator[int]) -> None:
    sandbox: Sandbox | None = None
    try:
        for number in numbers:
            if sandbox is None or sandbox.spent:
                if sandbox is not None:
                    sandbox.close()
                sandbox = Sandbox(run.job, run.kind, run.settings)
            wall = run.wall()
            sandbox.send({**cases[number], "wall": wall})
            run.keep(number, sandbox.report(wall))
    finally:
        if sandbox is not None:
            sandbox.close()


def _serve_tests(run: _Run, suite: Suite, tokens: list[bytes], numbers: Iterator[int]) -> None:
    pair: _Pair | None = None
    try:
        for number in numbers:
            if pair is None or pair.spent:
                if pair is not None:
                    pair.close()
                pair = _Pair(run)
            case = {"test": suite.tests[number], "before": list(suite.before), "entry": suite.entry}
            run.keep(number, pair.run({**case, "token": tokens[number]}, run.wall()))
    finally:
        if pair is not None:
            pair.close()


class _Pair:
    """A sandbox with a program and one with its tests, joined by a socket a test."""

    def __init__(self, run: _Run) -> None:
        with contextlib.ExitStack() as open_ones:
            sockets = [socket.socketpair() for _ in range(min(_PAIRS, len(run.results)))]
            for pair in sockets:
                for one in pair:
                    open_ones.enter_context(one)
            self._ends = [(here.fileno(), there.fileno()) for here, there in sockets]
            served, tests = replace(run.job, mode="serve"), replace(run.job, mode="test", code="")
            self._program = Sandbox(served, run.kind, run.settings, tuple(here for here, _ in self._ends), waits=False)
            open_ones.callback(self._program.close)
            self._tests = Sandbox(tests, run.kind, run.settings, tuple(there for _, there in self._ends))
            open_ones.callback(self._tests.close)
            self._program.ready()
            # both have their ends now; this process needs none
            open_ones.pop_all()
            for pair in sockets:
                for one in pair:
                    one.close()

    @property
    def spent(self) -> bool:
        """Whether another test needs another pair."""
        return self._program.spent or self._tests.spent or not self._ends

    def run(self, case: dict[str, Any], wall: float) -> Report:
        """The report of a test."""
        here, there = self._ends.pop()
        self._program.send({"data": here, "wall": wall})
        self._tests.send({**case, "data": there, "wall": wall})
        report = self._tests.report(wall)
        self._program.stop()
        served = self._program.report(wall)
        if report.output != case["token"] and served.status not in ("stopped", "ended"):
            return replace(report, status=served.status)
        if report.output != case["token"] and served.status == "ended" and served.code:
            return replace(report, code=served.code, errors=served.errors or report.errors)
        return report

    def close(self) -> None:
        """Ends both."""
        self._program.close()
        self._tests.close()


class _Slots:
    """How many sandboxes run at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._free = most
        self._changed = threading.Condition()

    def free(self) -> int:
        """How many could be had now."""
        return self._free

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Waits for a slot and holds it."""
        with self._changed:
            while self._free <= 0:
                self._changed.wait()
            self._free -= 1
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify()


_all_slots: dict[tuple[int, int], _Slots] = {}
_making = threading.Lock()


def _slots(settings: SandboxSettings) -> _Slots:
    key = (os.getpid(), settings.slots)  # a forked child has none of its parent's threads, and all slots are free
    with _making:
        return _all_slots.setdefault(key, _Slots(settings.slots))


def imported(code: str) -> tuple[str, ...]:
    """The modules that lines of a program import, without parsing it."""
    found: dict[str, None] = {}
    for line in code.split("\n", 400)[:400]:
        words = line.replace(",", " ").split()
        if len(words) > 1 and words[0] in ("import", "from"):
            for word in words[1:2] if words[0] == "from" else words[1:]:
                name = word.partition(".")[0]
                if name.isidentifier() and name not in ("as", "__future__"):
                    found[name] = None
    return tuple(found)
