"""Finds out what a spec means and what is wrong with it, without changing either.

In come the documents the readers built, out go diagnostics and a `CheckedDocument` whose compositions carry what was
inferred of every node: kind, range, level, bindings and order. Look first at `load.py` for files and at `check.py` for
one composition.
"""

from typing import TYPE_CHECKING, Any

from rmcompose.analysis.infer import infer
from rmcompose.analysis.load import check_project
from rmcompose.analysis.result import (
    CONSTANT,
    RESPONSE,
    SAMPLE,
    STEP,
    CheckedComposition,
    CheckedDocument,
    Inferred,
)
from rmcompose.analysis.values import normalized_range

if TYPE_CHECKING:
    from rmcompose.analysis.again import scope_of

__all__ = [
    "CONSTANT",
    "RESPONSE",
    "SAMPLE",
    "STEP",
    "CheckedComposition",
    "CheckedDocument",
    "Inferred",
    "check_project",
    "infer",
    "normalized_range",
    "scope_of",
]


def __getattr__(name: str) -> Any:
    """`scope_of`, imported when it is asked for: checking needs no second look at what was checked."""
    if name != "scope_of":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rmcompose.analysis.again import scope_of

    return scope_of
