"""Runs the cases of one program, each in a process of its own; started inside a sandbox, as its process 1.

Frames come on descriptor 0 and go out on descriptor 1, each a length (4 bytes) and a body. The first frame in is the
job (`marshal`): the program and its limits; the answer, one byte, says that it is understood. Then each frame in is
a case and each frame out is `REPORT` with what the case wrote. A frame of one byte ends the case that runs.

`bubblewrap.START` imports this, so that a compiled copy serves, and calls what `main` returns.

What runs here is not trusted, this process is: a case never has its descriptors, and where the sandbox was made by
root the case runs as another user. After a case every other process of the sandbox is killed.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` imports much for names of numbers
import errno
import gc
import marshal
import os
import resource
import select
import struct
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` would take a third of the time in which this starts
    from collections.abc import Callable
    from typing import Any

REPORT = struct.Struct("!BiddBII")
"""Status, exit code (minus the signal), processor seconds, seconds, whether files are left, sizes of both outputs."""

ENDED, TIME, OUTPUT, STOPPED, BROKEN = range(5)
_ERRORS_KEPT = 2000
_DATA = 3


def main() -> Callable[[], None] | None:
    """Serves cases until the input ends; returns in the process of a case, to run it."""
    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    job = marshal.loads(_frame())
    sweeper = None if job["contained"] else _load("sweeper").Sweeper(job["user"])
    _load("runner")
    if job["mode"] != "stdin":
        _load("wire")
    sys.modules["_sandbox_driver"] = sys.modules.pop("driver")
    del sys.path[0]  # where this lies: nothing here is for programs
    _prepare(job)
    _send(b"\1")
    while True:
        body = _frame()
        if not body:
            return None
        if len(body) == 1:
            continue  # told to end a case that had ended by itself
        case = marshal.loads(body)
        started = _start(job, case)
        if started is None:
            return lambda: _load("runner").run(job, case)
        _send(_watch(job, case, started, sweeper))


def _load(name: str) -> Any:
    """A module beside this one, under a name that no program imports by accident."""
    hidden = f"_sandbox_{name}"
    if hidden not in sys.modules:
        __import__(name)
        sys.modules[hidden] = sys.modules.pop(name)
    return sys.modules[hidden]


def _prepare(job: dict[str, Any]) -> None:
    """Imports once what every case would import: those modules of the standard library that the program names."""
    for name in job["imports"]:
        if name in sys.stdlib_module_names:
            try:
                __import__(name)
            except BaseException:  # noqa: BLE001  # the case that needs it will tell
                continue
    gc.freeze()  # what is here stays, and need not be copied for each case


class _Started:
    def __init__(self, pid: int, output: int, errors: int) -> None:
        self.pid, self.output, self.errors = pid, output, errors
        self.begun = time.monotonic()


def _start(job: dict[str, Any], case: dict[str, Any]) -> _Started | None:
    """Forks; None in the new process, where the standard descriptors are those of the case."""
    given = _input(job, case.get("stdin", b""))
    output, output_end = os.pipe()
    errors, errors_end = os.pipe()
    data = case.get("data")
    pid = os.fork()
    if pid:
        for descriptor in (given, output_end, errors_end, *(() if data is None else (data,))):
            os.close(descriptor)
        return _Started(pid, output, errors)
    try:
        os.setsid()
        os.dup2(given, 0)
        os.dup2(output_end, 1)
        os.dup2(errors_end, 2)
        first = _DATA
        if data is not None:
            if data != _DATA:
                os.dup2(data, _DATA)
            os.set_inheritable(_DATA, False)
            first += 1
        os.closerange(first, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        _limit(job)
        user = job["user"]
        if user:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        os.chdir(job["folder"])
    except BaseException as fault:  # noqa: BLE001  # nothing may run without its limits
        os.write(2, f"the limits could not be set: {fault}".encode())
        os._exit(125)
    return None


def _input(job: dict[str, Any], content: bytes) -> int:
    """A descriptor to read the content from; a file without a name, as a pipe would have to be fed."""
    if not content:
        return os.open("/dev/null", os.O_RDONLY)
    path = os.path.join(job["folder"], ".input")
    writing = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(writing, view) :]
        return os.open(path, os.O_RDONLY)
    finally:
        os.close(writing)
        os.unlink(path)


def _limit(job: dict[str, Any]) -> None:
    """Limits that hold for each process of the case and cannot be raised again."""
    seconds = int(job["seconds"]) + 1
    for what, wanted in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, job["memory"]),
        (resource.RLIMIT_FSIZE, job["files"]),
        (resource.RLIMIT_NPROC, job["processes"]),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(what, (most, most))


def _watch(job: dict[str, Any], case: dict[str, Any], started: _Started, sweeper: Any) -> bytes:
    """Waits for the end of a case, ends it where it goes too far, and returns its report."""
    deadline = started.begun + case.get("wall", job["wall"])
    kept = {started.output: bytearray(), started.errors: bytearray()}
    sizes = dict.fromkeys(kept, 0)
    alive = os.pidfd_open(started.pid)
    waiting = select.poll()
    for descriptor in (0, alive, *kept):
        waiting.register(descriptor, select.POLLIN)
    status, over = ENDED, False
    while not over:
        left = deadline - time.monotonic()
        if left <= 0:
            status = TIME
            break
        for descriptor, _ in waiting.poll(left * 1000 + 1):
            if descriptor in kept:
                if not _keep(descriptor, kept, sizes, job):
                    waiting.unregister(descriptor)
                if max(sizes.values()) > job["output"]:
                    status, over = OUTPUT, True
            elif descriptor == 0:
                _frame()
                status, over = STOPPED, True
            else:
                over = True
    seconds = time.monotonic() - started.begun
    code, processor = _end(started.pid, status != ENDED, sweeper)
    for descriptor in kept:
        while status == ENDED and _keep(descriptor, kept, sizes, job, wait=False):
            if sizes[descriptor] > job["output"]:
                status = OUTPUT
        os.close(descriptor)
    os.close(alive)
    if status == ENDED and (processor > job["seconds"] or code == -_signal.SIGXCPU):
        status = TIME
    output, errors = bytes(kept[started.output]), bytes(kept[started.errors][-_ERRORS_KEPT:])
    left = int(any(os.listdir(folder) for folder in job["shared"]))
    head = REPORT.pack(status, code, processor, seconds, left, len(output), len(errors))
    return head + output + errors


def _keep(
    descriptor: int, kept: dict[int, bytearray], sizes: dict[int, int], job: dict[str, Any], wait: bool = True
) -> bool:
    """Reads some of what a case writes; False at its end."""
    if not wait:
        ready = select.poll()
        ready.register(descriptor, select.POLLIN)
        if not ready.poll(0):
            return False
    block = os.read(descriptor, 65536)
    sizes[descriptor] += len(block)
    if sizes[descriptor] <= job["output"]:
        kept[descriptor] += block
    return bool(block)


def _end(pid: int, kill: bool, sweeper: Any) -> tuple[int, float]:
    """The exit code and processor time of a case, after which none of its processes is left."""
    if sweeper is not None:
        ended: tuple[int, float] = sweeper.end(pid, kill)
        return ended
    if kill:
        os.kill(pid, 9)
    _, state, used = os.wait4(pid, 0)
    if os.getpid() == 1:
        try:
            # all processes of this sandbox but this one
            os.kill(-1, 9)
            while True:
                os.waitpid(-1, 0)
        except OSError as fault:
            if fault.errno not in (errno.ESRCH, errno.ECHILD):
                raise
    return os.waitstatus_to_exitcode(state), used.ru_utime + used.ru_stime


def _frame() -> bytes:
    """The next frame; empty at the end."""
    head = _exactly(4)
    return _exactly(int.from_bytes(head, "big")) if head else b""


def _exactly(size: int) -> bytes:
    parts = []
    while size:
        block = os.read(0, min(size, 1 << 20))
        if not block:
            return b""
        parts.append(block)
        size -= len(block)
    return b"".join(parts)


def _send(body: bytes) -> None:
    view = memoryview(len(body).to_bytes(4, "big") + body)
    while view:
        view = view[os.write(1, view) :]
