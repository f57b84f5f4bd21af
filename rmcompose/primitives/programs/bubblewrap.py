"""The command line of bubblewrap: what a sandbox sees, and how little it may do.

A sandbox has a process space, a network without interfaces, inter-process communication and a host name of its own. Its
root is an empty file system that cannot be written; in it are the system's libraries, the interpreter's files and the
scripts of `inside/`, read-only, a small `/dev`, and a `/tmp` and a `/dev/shm` in memory, of limited size. There is no
`/proc`, no `/etc` but the loader's cache, no `/home`, no environment.

Two ways to be nobody, because no system allows both. `switch`: root starts the sandbox, and its driver gives every case
a user id of its own, which nothing else has. `map`: an unprivileged user starts it in a user space of its own (root
becomes an unprivileged user first).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from rmcompose.primitives.programs.interpreter import Interpreter

Way = Literal["switch", "map"]

INSIDE = Path(__file__).with_name("inside")
SEEN_AS = "/sandbox"
"""Where the scripts lie in a sandbox."""

START = (
    "-c",
    "import sys; sys.path.insert(0, sys.argv.pop()); import driver; run = driver.main()\nif run is not None: run()",
)
"""How an interpreter is told to start the driver; the folder of the scripts follows."""

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONUTF8": "1",
    # the order of sets must not decide on a score, nor must the cost of printing a long number
    "PYTHONHASHSEED": "0",
    "PYTHONINTMAXSTRDIGITS": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}
_SYSTEM = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/local/lib")
_LINKED = ("/lib", "/lib32", "/lib64", "/libx32")
_FEW = ("/etc/ld.so.cache", "/etc/alternatives", "/usr/share/zoneinfo")
_NOBODY = "65534"


def found() -> str | None:
    """The path of bubblewrap, or None."""
    return shutil.which("bwrap")


def command(bwrap: str, python: Interpreter, way: Way, files: int, seccomp: int | None) -> list[str]:
    """The command that starts a driver; `files` are the bytes of its /tmp, `seccomp` a descriptor with the filter."""
    words = [bwrap, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox", "--cap-drop", "ALL"]
    if way == "switch":
        # for the driver, which gives them up for each case; killing is for what another user of the sandbox left
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_KILL"]
    else:
        words += ["--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY]
    words += _file_system(python, files)
    words.append("--clearenv")
    for name, value in ENVIRONMENT.items():
        words += ["--setenv", name, value]
    if seccomp is not None:
        words += ["--seccomp", str(seccomp)]
    return [*words, "--chdir", "/tmp", "--", *python.command, *START, SEEN_AS]


def _file_system(python: Interpreter, files: int) -> list[str]:
    bound: dict[str, str] = {path: path for path in _SYSTEM if Path(path).is_dir()}
    words: list[str] = []
    for path in _LINKED:
        if Path(path).is_symlink():
            words += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).is_dir():
            bound[path] = path
    bound.update({path: path for path in (*_FEW, *python.files) if Path(path).exists()})
    bound[SEEN_AS] = str(INSIDE)
    for name in (python.executable, *python.links):
        bound[name] = python.executable
    seen: list[str] = []
    for path in sorted(bound):
        if any(path.startswith(f"{above}/") and bound[above] == above for above in seen):
            continue  # it lies in what is bound already
        # parents are made for everyone to pass: the case's user is another than the one that makes them
        for parent in reversed(Path(path).parents[:-1]):
            if str(parent) not in seen:
                words += ["--perms", "0755", "--dir", str(parent)]
                seen.append(str(parent))
                bound.setdefault(str(parent), "")
        words += ["--ro-bind", bound[path], path]
        seen.append(path)
    for path in ("/dev/shm", "/tmp"):
        if path == "/dev/shm":
            words += ["--dev", "/dev"]
        words += ["--perms", "1777", "--size", str(files), "--tmpfs", path]
    return [*words, "--remount-ro", "/dev", "--remount-ro", "/"]
