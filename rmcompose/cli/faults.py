"""What ends a command early, and the exit code it ends with.

0 fine · 1 the spec or a spec test has errors · 2 wrong usage · 3 finished, but some samples are unscored · 4 files or
network · 70 a bug of this program · 130 interrupted · 141 the reader of stdout went away.
"""

from __future__ import annotations

import sys

FINE, SPEC, USAGE, UNSCORED, FILES = 0, 1, 2, 3, 4
BUG, INTERRUPTED, NO_READER = 70, 130, 141


class Fault(Exception):
    """One line for the user, and the exit code."""

    exit_code = USAGE


class UsageFault(Fault):
    """The command was asked for something that does not exist or does not fit together."""


class FileFault(Fault):
    """A file cannot be read or written, or is not what it should be."""

    exit_code = FILES


_KNOWN: dict[tuple[str, str], int] = {
    ("rmcompose.benchmarking.benchmark", "BenchError"): USAGE,
    ("rmcompose.calibration.cases", "LabelError"): USAGE,
    ("rmcompose.compiler", "ParamError"): USAGE,
    ("rmcompose.compiler", "TargetError"): USAGE,
    ("rmcompose.data", "MappingError"): USAGE,
    ("rmcompose.data", "DataError"): FILES,
    ("rmcompose.configuration", "ConfigError"): USAGE,
    ("rmcompose.learning.errors", "FitError"): USAGE,
    ("rmcompose.primitives.packages", "MissingPackage"): USAGE,
    ("rmcompose.rescoring.errors", "NeedsError"): USAGE,
    ("rmcompose.rescoring.errors", "ResultsError"): FILES,
    ("rmcompose.runtime.client", "CassetteError"): FILES,
}
"""Errors of other rooms that are told in one line, by module and name: naming them here imports nothing."""


def exit_code_of(error: Exception) -> int | None:
    """The exit code of a mistake of the user's; None for a bug of ours."""
    if isinstance(error, Fault):
        return error.exit_code
    for (module, name), code in _KNOWN.items():
        # what was raised has been loaded
        known = getattr(sys.modules.get(module), name, None)
        if known is not None and isinstance(error, known):
            return code
    return FILES if isinstance(error, OSError) else None


def describe(error: Exception) -> str:
    """The error in one line; for the operating system's own, the file and what is wrong with it."""
    if isinstance(error, OSError) and error.strerror:
        what = error.strerror[:1].lower() + error.strerror[1:]
        return f"`{error.filename}`: {what}" if error.filename is not None else what
    return " ".join(str(error).split())
