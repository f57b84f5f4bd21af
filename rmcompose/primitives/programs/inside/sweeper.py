"""Ends all processes of a case where no process space of its own holds them.

A case may start processes that leave its group. They stay below this process (it adopts orphans, prctl(2)), so the
tree is walked and killed until nothing is left; a case of a user of its own is killed by user as well.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import time

_CHILD_SUBREAPER = 36
_MOST_SECONDS = 5.0


class Sweeper:
    """Kills what a case left behind. `user` is the case's own user id, 0 where it has none."""

    def __init__(self, user: int) -> None:
        self._user = user
        if ctypes.CDLL(None, use_errno=True).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0):
            raise OSError("orphans cannot be adopted")

    def end(self, pid: int, kill: bool) -> tuple[int, float]:
        """The exit code and processor time of the case's process, after all that it started is gone."""
        if kill:
            _kill_group(pid)
        _, state, used = os.wait4(pid, 0)
        _kill_group(pid)
        deadline = time.monotonic() + _MOST_SECONDS
        while time.monotonic() < deadline:
            self._kill_user()
            below = descendants(os.getpid())
            for one in below:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(one, 9)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    continue
            if not below:
                break
            time.sleep(0.001)
        return os.waitstatus_to_exitcode(state), used.ru_utime + used.ru_stime

    def _kill_user(self) -> None:
        if not self._user:
            return
        pid = os.fork()
        if pid == 0:
            try:
                os.setgroups([])
                os.setresgid(self._user, self._user, self._user)
                os.setresuid(self._user, self._user, self._user)
                os.kill(-1, 9)  # all that this user has, and nothing else: the user is the case's alone
            finally:
                os._exit(0)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, 9)


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    found: list[int] = []
    open_ones = [pid]
    while open_ones:
        above = open_ones.pop()
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{above}/task"):
                with open(f"/proc/{above}/task/{task}/children", encoding="ascii") as file:
                    below = [int(one) for one in file.read().split()]
                found += below
                open_ones += below
    return found
