"""The `sarif` format: a SARIF 2.1.0 log for code scanning. Columns count Unicode code points."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from rmcompose.diagnostics.catalogue import CATALOGUE, Entry
from rmcompose.diagnostics.diagnostic import Diagnostic
from rmcompose.diagnostics.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """One run of the tool with one result per diagnostic; the rules are the codes of the catalogue that occur."""
    codes = sorted({one.code for one in diagnostics})
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "rmcompose", "rules": [_rule(CATALOGUE[code]) for code in codes]}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, codes.index(one.code)) for one in diagnostics],
            }
        ],
    }
    return json.dumps(log, indent=2)


def _rule(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.code,
        "name": "".join(word.capitalize() for word in entry.name.split("-")),
        "shortDescription": {"text": entry.name.replace("-", " ")},
        "help": {"text": f"run `rmcompose explain {entry.code}`"},
        "defaultConfiguration": {"level": entry.severity},
    }


def _result(one: Diagnostic, index: int) -> dict[str, Any]:
    text = "\n".join([one.message, *(f"note: {note}" for note in one.notes), *(f"help: {text}" for text in one.help)])
    result: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": index,
        "level": one.severity,
        "message": {"text": text},
        "locations": [_location(one.span)] if one.span else [],
    }
    if one.labels:
        result["relatedLocations"] = [
            {"id": number, **_location(label.span), "message": {"text": label.text or one.message}}
            for number, label in enumerate(one.labels)
        ]
    return result


def _location(span: Span) -> dict[str, Any]:
    line, column = span.position
    end_line, end_column = span.source.position(span.end)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(span.source.path)},
            "region": {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column},
        }
    }


def _uri(path: str) -> str:
    """A relative path as a relative reference, an absolute one as a `file:` URI."""
    pure = PurePath(path)
    return pure.as_uri() if pure.is_absolute() else quote(pure.as_posix())
