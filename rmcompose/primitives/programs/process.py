"""One sandbox as seen from outside: a process that runs the cases of one program, one after the other.

Everything that a sandbox sends is read with a deadline and a bound on its size, and only as bytes. Whatever happens to
the thread that waits, the sandbox is ended: `close` is called on every way out, at the exit of the interpreter, and by
the kernel where this process dies.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import marshal
import os
import secrets
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from rmcompose.primitives.programs import bubblewrap, seccomp, users
from rmcompose.primitives.programs.inside.sweeper import descendants
from rmcompose.primitives.programs.interpreter import interpreter
from rmcompose.primitives.programs.settings import SandboxSettings

Status = Literal["ended", "time", "output", "stopped", "memory", "died"]
Kind = Literal["switch", "map", "rlimits"]

_REPORT = struct.Struct("!BiddBII")
_STATUSES: tuple[Status, ...] = ("ended", "time", "output", "stopped", "died")
_START_SECONDS = 30.0
_LOOK_SECONDS = 0.1
_MARGIN_SECONDS = 5.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MARK = "RMCOMPOSE_SANDBOX"


@dataclass(frozen=True, slots=True)
class Job:
    """A program and how it is run. `seconds` is the processor time of a case; twice that and one more is its time."""

    code: str
    mode: Literal["stdin", "call", "serve", "test"] = "stdin"
    seconds: float = 10.0
    shorthand: bool = False
    imports: tuple[str, ...] = ()

    @property
    def wall(self) -> float:
        """The most seconds of a case by the clock: a busy machine must not decide on a score."""
        return 2 * self.seconds + 1


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a case: how it ended, its exit code (minus the signal), and the bytes that it wrote."""

    status: Status
    code: int = 0
    processor: float = 0.0
    seconds: float = 0.0
    output: bytes = b""
    errors: bytes = b""


class SandboxError(Exception):
    """A sandbox could not be had; the text says why."""


@dataclass(eq=False)
class Sandbox:
    """A running sandbox; where it does not wait until it is ready, `ready` must be called.

    `spent` says that it may not take another case: it died, or a case left files in it.
    """

    job: Job
    kind: Kind
    settings: SandboxSettings
    sockets: tuple[int, ...] = ()
    waits: bool = True
    spent: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        _compile_scripts()
        self._owner = os.getpid()
        self._folder = ""
        self._driver = -1
        self._mark = secrets.token_hex(16)
        self._user = 0
        self._process = self._launch()
        _live.add(self)
        try:
            os.set_blocking(self._input, False)
            self.send(self._terms())
            if self.waits:
                self.ready()
        except BaseException:
            self.close()
            raise

    def ready(self) -> None:
        """Waits until cases may be sent. Raises `SandboxError`."""
        try:
            if self._frame(time.monotonic() + _START_SECONDS) != b"\1":
                raise SandboxError(self._complaint())  # noqa: TRY301  # it is closed on every way out
            if self.kind != "rlimits":
                (driver,) = descendants(self._process.pid)
                self._driver = os.pidfd_open(driver)
        except BaseException:
            self.close()
            raise

    def send(self, message: dict[str, Any]) -> None:
        """Gives the sandbox a case."""
        body = marshal.dumps(message, 2)
        self._write(len(body).to_bytes(4, "big") + body)

    def stop(self) -> None:
        """Ends the case that runs."""
        self._write((1).to_bytes(4, "big") + b"\0")

    def report(self, wall: float) -> Report:
        """Waits for the end of a case that was sent."""
        deadline = time.monotonic() + wall + _MARGIN_SECONDS
        try:
            body = self._frame(deadline)
        except _TooMuchMemoryError:
            self.spent = True
            return Report("memory")
        if body is None:
            self.spent = True
            return Report("died" if time.monotonic() < deadline else "time")
        status, code, processor, seconds, left, size, errors = _REPORT.unpack_from(body)
        self.spent = bool(left)
        output = body[_REPORT.size : _REPORT.size + size]
        return Report(_STATUSES[status], code, processor, seconds, output, body[-errors:] if errors else b"")

    def close(self) -> None:
        """Ends the sandbox with all that is in it; may be called again."""
        _live.discard(self)
        if self._owner != os.getpid():
            return
        if self.kind == "rlimits":
            self._sweep()
        if self._driver >= 0:
            # the first process of a process space ends after all others: then nothing runs on, and no memory is held.
            # bubblewrap waits for it and ends too; were it killed instead, somebody else would have to reap the first
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._driver, signal.SIGKILL)
            gone = select.poll()
            gone.register(self._driver, select.POLLIN)
            gone.poll(_START_SECONDS * 1000)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_START_SECONDS)
            os.close(self._driver)
            self._driver = -1
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _input(self) -> int:
        assert self._process.stdin is not None
        return self._process.stdin.fileno()

    @property
    def _output(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def _launch(self) -> subprocess.Popen[bytes]:
        python = interpreter(self.settings.python)
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        if self.kind == "rlimits":
            self._user = users.unused() if os.geteuid() == 0 else 0
            self._folder = tempfile.mkdtemp(prefix="rmcompose-")
            if self._user:
                os.chown(self._folder, self._user, self._user)
            environment = {**bubblewrap.ENVIRONMENT, "HOME": self._folder, _MARK: self._mark}
            command = [*python.command, *bubblewrap.START, str(bubblewrap.INSIDE)]
            return subprocess.Popen(
                command,
                **pipes,
                env=environment,
                cwd=self._folder,
                start_new_session=True,
                bufsize=0,
                pass_fds=self.sockets,
            )
        bwrap = bubblewrap.found()
        if bwrap is None:
            raise SandboxError("bubblewrap (`bwrap`) is not installed")
        less: dict[str, Any] = {}
        if self.kind == "switch":
            self._user = users.unused()
        elif os.geteuid() == 0:
            less = dict.fromkeys(("user", "group"), users.unused()) | {"extra_groups": []}
        rules = seccomp.program()
        reading = None
        if rules is not None:
            reading, writing = os.pipe()
            os.write(writing, rules)
            os.close(writing)
        try:
            files = self.settings.files_mb * 2**20
            command = bubblewrap.command(bwrap, python, self.kind, files, reading)
            descriptors = (*self.sockets, *(() if reading is None else (reading,)))
            return subprocess.Popen(command, **pipes, **less, bufsize=0, pass_fds=descriptors, env={}, cwd="/")
        except OSError as fault:
            raise SandboxError(f"bubblewrap could not be started: {fault}") from None
        finally:
            if reading is not None:
                os.close(reading)

    def _terms(self) -> dict[str, Any]:
        contained, settings = self.kind != "rlimits", self.settings
        processes = settings.processes
        if self.kind == "map":
            processes += 1  # the driver
        elif not contained and not self._user:
            processes += users.tasks_of(os.geteuid())  # the limit counts all that the user has
        return {
            "code": self.job.code,
            "mode": self.job.mode,
            "imports": list(self.job.imports),
            "shorthand": self.job.shorthand,
            "contained": contained,
            "user": self._user,
            "folder": "/tmp" if contained else self._folder,
            "shared": ["/tmp", "/dev/shm"] if contained else [self._folder],
            "seconds": self.job.seconds,
            "wall": self.job.wall,
            "memory": settings.memory_mb * 2**20,
            "files": settings.files_mb * 2**20,
            "processes": processes,
            "output": settings.output_kb * 1024,
        }

    def _write(self, data: bytes) -> None:
        """Writes all, or marks the sandbox as spent: one that does not read is told of by its report."""
        view, deadline = memoryview(data), time.monotonic() + _START_SECONDS
        waiting = select.poll()
        waiting.register(self._input, select.POLLOUT)
        try:
            while view:
                if not waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
                    raise BrokenPipeError  # noqa: TRY301  # it does not read: as good as gone
                view = view[os.write(self._input, view) :]
        except (BrokenPipeError, ConnectionResetError):
            self.spent = True

    def _frame(self, deadline: float) -> bytes | None:
        """The next frame; None where the sandbox ended, went silent, or sent what is no frame."""
        head = self._exactly(4, deadline)
        if head is None:
            return None
        size = int.from_bytes(head, "big")
        if size > 2 * self.settings.output_kb * 1024 + 2**16:
            return None
        return self._exactly(size, deadline)

    def _exactly(self, size: int, deadline: float) -> bytes | None:
        parts = bytearray()
        waiting = select.poll()
        waiting.register(self._output, select.POLLIN)
        while len(parts) < size:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            if not waiting.poll(min(left, _LOOK_SECONDS) * 1000 + 1):
                if self._memory() > self.settings.memory_mb * 2**20:
                    raise _TooMuchMemoryError
                continue
            block = os.read(self._output, size - len(parts))
            if not block:
                return None
            parts += block
        return bytes(parts)

    def _memory(self) -> int:
        """The bytes that all processes of the sandbox hold at the moment."""
        pages = 0
        for pid in descendants(self._process.pid):
            with contextlib.suppress(OSError, ValueError, IndexError):
                pages += int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * _PAGE

    def _complaint(self) -> str:
        """The last thing that a sandbox that did not start has to say."""
        self._process.kill()
        assert self._process.stderr is not None
        text = self._process.stderr.read(65536) or b""
        lines = text.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else "it ended without a word"

    def _sweep(self) -> None:
        """Ends what a case without a process space has started: below the driver, or what escaped a dead driver."""
        for _ in range(1000):
            below = descendants(self._process.pid)
            for pid in below:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, 9)
            if not below:
                break
            time.sleep(0.002)
        if self._process.poll() is not None:
            users.kill_marked(f"{_MARK}={self._mark}".encode())
        if self._user:
            users.kill_all_of(self._user)


class _TooMuchMemoryError(Exception):
    pass


@functools.cache
def _compile_scripts() -> None:
    """Imports the scripts of sandboxes once, which leaves a compiled copy beside them where that may be written."""
    for name in ("driver", "runner", "wire", "sweeper"):
        importlib.import_module(f"{__package__}.inside.{name}")


_live: set[Sandbox] = set()


@atexit.register
def _close_all() -> None:
    for sandbox in list(_live):
        sandbox.close()


os.register_at_fork(after_in_child=_live.clear)
