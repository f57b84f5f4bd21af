"""Which kind of sandbox works on this machine, found out once by running one, and why the others do not."""

from __future__ import annotations

import os
import re
import subprocess
import threading

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.programs import bubblewrap
from rmcompose.primitives.programs.process import Job, Kind, Sandbox, SandboxError
from rmcompose.primitives.programs.settings import SandboxSettings

_OLDEST = (0, 6)
_CURE = (
    "install it (`apt-get install bubblewrap`), or allow limits of the operating system alone with "
    "`allow_rlimits = true` in `[sandbox]` of rmcompose.toml (docs/sandbox.md)"
)
_PROBE = Job("import json, math, threading\nthreading.Thread(target=print, args=('works',)).start()", seconds=10.0)

_lock = threading.Lock()
_known: dict[tuple[str, bool], tuple[Kind | None, str]] = {}


def kind(settings: SandboxSettings) -> Kind:
    """The kind of sandbox that works. Raises `RuleError`, naming the cure, where none does and is allowed."""
    key = (settings.python, settings.allow_rlimits)
    with _lock:
        if key not in _known:
            _known[key] = _find(settings)
        found, why = _known[key]
    if found is None:
        raise RuleError(why)
    return found


def forget() -> None:
    """Forgets what was found out."""
    with _lock:
        _known.clear()


def _find(settings: SandboxSettings) -> tuple[Kind | None, str]:
    """The first kind that works, or None and why."""
    if not hasattr(os, "pidfd_open"):
        return None, "programs run in a sandbox on Linux only"
    reasons = []
    if bubblewrap.found() is None:
        reasons.append("bubblewrap (`bwrap`) is not installed")
    elif (old := _too_old()) is not None:
        reasons.append(old)
    else:
        for way in _ways():
            fault = _try(way, settings)
            if fault is None:
                return way, ""
            reasons.append(f"bubblewrap does not work here ({fault})")
    why = f"no sandbox to run the program in: {reasons[-1]}"
    if not settings.allow_rlimits:
        return None, f"{why}: {_CURE}"
    fault = _try("rlimits", settings)
    return ("rlimits", "") if fault is None else (None, f"{why}; and limits alone do not work: {fault}")


def _ways() -> list[Kind]:
    return ["switch", "map"] if os.geteuid() == 0 else ["map"]


def _try(way: Kind, settings: SandboxSettings) -> str | None:
    """Runs a program in a sandbox of that kind; what went wrong, or None."""
    try:
        sandbox = Sandbox(_PROBE, way, settings)
    except SandboxError as fault:
        return str(fault)
    try:
        sandbox.send({})
        report = sandbox.report(_PROBE.wall)
    finally:
        sandbox.close()
    if report.output == b"works\n" and report.code == 0:
        return None
    lines = report.errors.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else f"a program that prints a word {report.status} with code {report.code}"


def _too_old() -> str | None:
    bwrap = bubblewrap.found()
    assert bwrap is not None
    try:
        told = subprocess.run([bwrap, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError) as fault:
        return f"bubblewrap does not run ({fault})"
    version = re.search(r"(\d+)\.(\d+)", told)
    if version is None or (int(version[1]), int(version[2])) < _OLDEST:
        return f"bubblewrap is too old ({told.strip() or 'of unknown version'}; 0.6 or newer is needed)"
    return None
