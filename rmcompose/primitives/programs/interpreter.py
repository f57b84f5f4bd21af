"""The Python that runs programs: where it is, and which files it needs to be seen.

Left to itself it is the interpreter of this process without its installed packages, so that a score does not depend on
what else is installed; `[sandbox] python` names another, whose packages then count.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from rmcompose.primitives.failure import RuleError

_ASK = "import json,sys; print(json.dumps([sys.prefix, sys.base_prefix, sys.version_info[:2], sys.path[1:]]))"
_OLDEST = (3, 9)


class Interpreter(NamedTuple):
    """`command` starts it; `files` must be visible to it, `links` are names for its executable that must exist."""

    command: tuple[str, ...]
    files: tuple[str, ...]
    executable: str
    links: tuple[str, ...]


@functools.lru_cache(maxsize=8)
def interpreter(path: str) -> Interpreter:
    """The interpreter at a path, "" for our own. Raises `RuleError` where it does not run or is too old."""
    if not path:
        own = getattr(sys, "_base_executable", "") or sys.executable
        if not own:
            raise RuleError("this Python has no path: name one in `[sandbox] python` of rmcompose.toml")
        return _described(own, sys.base_prefix, sys.base_prefix, [], ("-s", "-S"))
    try:
        done = subprocess.run(  # noqa: S603  # named by the user's own configuration
            [path, "-s", "-c", _ASK], capture_output=True, timeout=60, check=True, env={"PATH": "/usr/bin:/bin"}
        )
        prefix, base, version, packages = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as fault:
        raise RuleError(f"the interpreter `{path}` of `[sandbox] python` does not run: {fault}") from None
    if tuple(version) < _OLDEST:
        raise RuleError(f"the interpreter `{path}` of `[sandbox] python` is older than Python 3.9")
    return _described(path, prefix, base, packages, ("-s",))


def _described(path: str, prefix: str, base: str, packages: list[str], flags: tuple[str, ...]) -> Interpreter:
    links = []
    step = Path(path)
    while step.is_symlink():
        links.append(str(step))
        step = step.parent / os.readlink(step)  # noqa: PTH115  # joined with its folder, unresolved
        step = Path(os.path.normpath(step))
    wanted = [f"{home}/{name}" for home in dict.fromkeys((base, prefix)) for name in ("lib", "lib64", "pyvenv.cfg")]
    files = tuple(one for one in dict.fromkeys([*wanted, *packages]) if Path(one).exists())
    return Interpreter((path, *flags), files, str(step.resolve()), tuple(links))
