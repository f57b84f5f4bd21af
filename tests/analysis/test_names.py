"""Names: the reserved words are those of the grammar, and one check at a time."""

from __future__ import annotations

from rmcompose.analysis.names import RESERVED, unique
from rmcompose.analysis.report import Report
from rmcompose.syntax import words


def test_the_reserved_words_are_those_of_the_grammar():
    assert RESERVED == words.RESERVED


def test_names_are_told_in_order():
    report = Report()
    assert list(unique([("a", None), ("b", None), ("a", None), ("if", None), ("2", None), ("", None)], report)) == [
        "a",
        "b",
        "if",
        "2",
        "",
    ]
    assert [one.code for one in report.diagnostics] == ["RM202", "RM208", "RM208", "RM208"]
