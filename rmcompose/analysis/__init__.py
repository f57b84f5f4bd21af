"""Finds out what a spec means and what is wrong with it, without changing either.

In come the documents the readers built, out go diagnostics and a `CheckedDocument` whose compositions carry what was
inferred of every node: kind, range, level, bindings and order. Look first at `load.py` for files and at `check.py` for
one composition.
"""

from rmcompose.analysis.again import scope_of
from rmcompose.analysis.infer import infer
from rmcompose.analysis.infer.functions import normalized_range
from rmcompose.analysis.load import check_project
from rmcompose.analysis.result import (
    CONSTANT,
    RESPONSE,
    SAMPLE,
    CheckedComposition,
    CheckedDocument,
    Inferred,
)

__all__ = [
    "CONSTANT",
    "RESPONSE",
    "SAMPLE",
    "CheckedComposition",
    "CheckedDocument",
    "Inferred",
    "check_project",
    "infer",
    "normalized_range",
    "scope_of",
]
