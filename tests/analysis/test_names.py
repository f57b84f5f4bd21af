"""Names: each told once, in order."""

from __future__ import annotations

from rmcompose.analysis.names import unique
from rmcompose.analysis.report import Report


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
