"""The `json` format: a list of objects, for editors and scripts. Lines and columns are 1-based, in characters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rmcompose.diagnostics.catalogue import CATALOGUE
from rmcompose.diagnostics.diagnostic import Diagnostic
from rmcompose.diagnostics.source import Span


def json_list(diagnostics: Sequence[Diagnostic]) -> str:
    """A JSON array of `as_object`, `[]` where there is nothing."""
    return json.dumps([as_object(one) for one in diagnostics], indent=2) if diagnostics else "[]"


def as_object(one: Diagnostic) -> dict[str, Any]:
    """One diagnostic as plain data: the keys are fixed, a diagnostic without a place has path "" at 1:1."""
    entry = CATALOGUE.get(one.code)
    return {
        "code": one.code,
        "name": entry.name if entry else "",
        "severity": one.severity,
        "message": one.message,
        **place(one.span),
        "label": one.label,
        "labels": [{"message": label.text, **place(label.span)} for label in one.labels],
        "notes": list(one.notes),
        "help": list(one.help),
    }


def place(span: Span | None) -> dict[str, Any]:
    """`path`, `start` and `end` (exclusive) of a span."""
    if span is None:
        return {"path": "", "start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 1}}
    line, column = span.position
    end_line, end_column = span.source.position(span.end)
    return {
        "path": span.source.path,
        "start": {"line": line, "column": column},
        "end": {"line": end_line, "column": end_column},
    }
