"""The `github` format: workflow commands that GitHub Actions shows beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from rmcompose.diagnostics.catalogue import CATALOGUE
from rmcompose.diagnostics.diagnostic import Diagnostic


def github(diagnostics: Sequence[Diagnostic]) -> str:
    """One `::error …::message` or `::warning …::message` per diagnostic."""
    return "\n".join(map(_command, diagnostics))


def _command(one: Diagnostic) -> str:
    properties: dict[str, str] = {}
    if one.span is not None:
        line, column = one.span.position
        end_line, end_column = one.span.source.position(one.span.end)
        properties["file"] = one.span.source.path
        properties["line"] = str(line)
        properties["endLine"] = str(end_line)
        if line == end_line:  # columns are only shown within one line
            properties["col"] = str(column)
            properties["endColumn"] = str(max(column, end_column - 1))
    entry = CATALOGUE.get(one.code)
    properties["title"] = f"{one.code} {entry.name}" if entry else one.code
    text = "\n".join([one.message, *(f"note: {note}" for note in one.notes), *(f"help: {text}" for text in one.help)])
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{one.severity} {listed}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
