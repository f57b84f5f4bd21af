"""Users and what runs as them: an id that nobody has, and the end of all that runs as one.

Where this process is root, a program runs as a user of its own: limits on processes count by user and do not hold for
root at all, and nothing of the machine belongs to a user that does not exist.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import random
import subprocess
from pathlib import Path

_FIRST, _MANY = 61_200, 3_000
_next = itertools.count(random.SystemRandom().randrange(_MANY))


def unused() -> int:
    """The id of a user that does not exist and that no other sandbox of this process has now."""
    most = _most()
    low, many = (_FIRST, _MANY) if most > _FIRST + _MANY else (max(1, most // 2), max(1, most // 2 - 1))
    for _ in range(many):
        user = low + next(_next) % many
        with contextlib.suppress(KeyError):
            pwd.getpwuid(user)
            continue
        return user
    raise OSError("every user id is taken")


def _most() -> int:
    """The largest id of a user that this process could be: a container may have few."""
    with contextlib.suppress(OSError, ValueError):
        lines = Path("/proc/self/uid_map").read_text(encoding="ascii").split("\n")
        return max(int(line.split()[0]) + int(line.split()[2]) - 1 for line in lines if line)
    return 65_533


def tasks_of(user: int) -> int:
    """How many processes and threads run as the user."""
    count = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                if folder.stat().st_uid == user:
                    count += sum(1 for _ in (folder / "task").iterdir())
    return count


def kill_all_of(user: int) -> None:
    """Ends every process of a user of `unused`; only root may."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(
            ["/bin/sh", "-c", "kill -9 -1"],  # the interpreter may lie where this user cannot read
            user=user,
            group=user,
            extra_groups=[],
            cwd="/",
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )


def kill_marked(mark: bytes) -> None:
    """Ends every process that was started with a mark in its environment."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes():
                    os.kill(int(folder.name), 9)
