"""Specs for tests, with the expected diagnostics marked where they belong: `return ‹RM201›corect`."""

from __future__ import annotations

import re
from pathlib import Path

from rmcompose.analysis import CheckedDocument, check_project
from rmcompose.diagnostics import Diagnostic
from rmcompose.diagnostics.catalogue import CATALOGUE
from rmcompose.syntax.reading import read

_MARK = re.compile("‹(RM[0-9]+)(!?)›")

Place = tuple[str, int, int, str]


def marked(text: str) -> tuple[str, list[Place]]:
    """The text without its marks, and what they expect: code, line, column, severity.

    `‹RM402!›` expects a warning of a code that is an error elsewhere.
    """
    expected: list[Place] = []
    plain = ""
    end = 0
    for mark in _MARK.finditer(text):
        plain += text[end : mark.start()]
        end = mark.end()
        line = plain.count("\n") + 1
        column = len(plain) - plain.rfind("\n")
        severity = "warning" if mark.group(2) else CATALOGUE[mark.group(1)].severity
        expected.append((mark.group(1), line, column, severity))
    return plain + text[end:], expected


def main(body: str, returns: str = "score[0, 1]") -> str:
    """A spec of one composition with that body."""
    return f"rmcompose 1\ncomposition main -> {returns} {{\n{body}\n}}\n"


def places(diagnostics: list[Diagnostic]) -> list[Place]:
    return [(one.code, *(one.span.position if one.span else (0, 0)), one.severity) for one in diagnostics]


def check(text: str, path: str = "nowhere/main.rm") -> CheckedDocument:
    return check_project(Path(path), text, read)


def checked(text: str) -> CheckedDocument:
    """The checked document of a spec without errors."""
    found = check(text)
    assert not any(one.is_error for one in found.diagnostics), found.diagnostics
    return found
