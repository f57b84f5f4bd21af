"""How programs may be run here: the limits, and what the user's own configuration says of them.

A spec never sets these. They come from `[sandbox]` of the user's `rmcompose.toml`.

    [sandbox]
    allow_rlimits = true     # run programs without bubblewrap too, with the limits of the operating system alone
    python = "/opt/venv/bin/python"   # the interpreter that runs them; left out, this one without its packages
    seconds = 10             # the most processor time of a case, whatever a spec asks for
    total_seconds = 120      # the most time of all cases of one program
    memory_mb = 1024         # of a program with all its processes, and of the address space of each
    processes = 16           # processes and threads at a time
    output_kb = 1024         # of what a case prints
    files_mb = 32            # of what a program writes to its /tmp
    concurrency = 4          # sandboxes at a time; left out, one a core
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from rmcompose import configuration
from rmcompose.configuration import ConfigError


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """The limits of programs; each field is a key of `[sandbox]`, described above."""

    allow_rlimits: bool = False
    python: str = ""
    seconds: float = 10.0
    total_seconds: float = 120.0
    memory_mb: int = 1024
    processes: int = 16
    output_kb: int = 1024
    files_mb: int = 32
    concurrency: int = 0

    @property
    def slots(self) -> int:
        """How many sandboxes run at a time."""
        return self.concurrency or len(os.sched_getaffinity(0))


_BOUNDS: dict[str, tuple[float, float]] = {
    "seconds": (0.01, 3600),
    "total_seconds": (0.01, 86_400),
    "memory_mb": (64, 1_048_576),
    "processes": (1, 4096),
    "output_kb": (1, 1_048_576),
    "files_mb": (1, 1_048_576),
    "concurrency": (1, 4096),
}


def read(table: Mapping[str, Any]) -> SandboxSettings:
    """The settings of a `[sandbox]` table. Raises `ValueError`, in one line, for an unknown key or a wrong value."""
    kinds: dict[str, type] = {field.name: type(field.default) for field in fields(SandboxSettings)}
    for key, value in table.items():
        if key not in kinds:
            raise ValueError(f"unknown key `{key}`")
        kind = kinds[key]
        if kind in (bool, str):
            if not isinstance(value, kind):
                raise ValueError(f"`{key}` is not {'true or false' if kind is bool else 'a text'}")
            continue
        low, high = _BOUNDS[key]
        if isinstance(value, bool) or not isinstance(value, int if kind is int else (int, float)):
            raise ValueError(f"`{key}` is not a {'whole ' if kind is int else ''}number")
        if not low <= value <= high:
            raise ValueError(f"`{key}` is outside {low:g} to {high:g}")
    python = table.get("python", "")
    if python and not os.path.isabs(python):  # noqa: PTH117  # a text, not yet a path
        raise ValueError("`python` is not an absolute path")
    return SandboxSettings(**table)


_current: list[SandboxSettings] = []


def use(settings: SandboxSettings) -> None:
    """Sets the settings of this process."""
    _current[:] = [settings]


def refresh() -> SandboxSettings:
    """The settings of the configuration, read anew. Raises `ConfigError` where they cannot be used."""
    found = configuration.read()
    table = found.tables.get("sandbox", {})
    if not isinstance(table, Mapping):
        raise ConfigError(f"`sandbox` in `{found.path}` is not a table")
    try:
        use(read(table))
    except ValueError as fault:
        raise ConfigError(f"[sandbox] in `{found.path}`: {fault}") from None
    return current()


def current() -> SandboxSettings:
    """The settings that programs are run with now; the configuration's, where none were set."""
    return _current[0] if _current else refresh()
