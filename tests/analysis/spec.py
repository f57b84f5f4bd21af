"""Specs for tests, with the expected diagnostics marked where they belong: `return ‹RM201›corect`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from rmcompose.analysis import CheckedDocument, check_project
from rmcompose.analysis.document import Parsed
from rmcompose.diagnostics import Diagnostic, Source
from rmcompose.diagnostics.catalogue import CATALOGUE
from rmcompose.syntax.parser import parse_rm

_MARK = re.compile("‹(RM[0-9]+)(!?)›")

Place = tuple[str, int, int, str]


def read(source: Source) -> Parsed:
    return parse_rm(source)


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


def check(text: str, reader: Callable[[Source], Parsed] = read) -> CheckedDocument:
    return check_project(Path("nowhere/main.rm"), text, reader)


def checked(text: str) -> CheckedDocument:
    """The checked document of a spec without errors."""
    found = check(text)
    assert not any(one.is_error for one in found.diagnostics), found.diagnostics
    return found
