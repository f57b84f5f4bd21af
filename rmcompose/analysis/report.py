"""Where the checks put what they find."""

from __future__ import annotations

from collections.abc import Iterable

from rmcompose.diagnostics.diagnostic import Diagnostic, Label, Severity
from rmcompose.diagnostics.source import Span

Marks = Iterable[tuple[Span | None, str]]
"""Second places and their texts; a place without a span (IR that was built by hand) is left out."""


class Report:
    """The diagnostics of one composition or file, in the order they were found."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []

    def error(
        self,
        code: str,
        message: str,
        span: Span | None,
        *,
        label: str = "",
        labels: Marks = (),
        notes: Iterable[str] = (),
        help: Iterable[str] = (),  # noqa: A002  # the word users see
    ) -> None:
        """Adds an error."""
        self._add("error", code, message, span, label, labels, notes, help)

    def warn(
        self,
        code: str,
        message: str,
        span: Span | None,
        *,
        label: str = "",
        labels: Marks = (),
        notes: Iterable[str] = (),
        help: Iterable[str] = (),  # noqa: A002  # the word users see
    ) -> None:
        """Adds a warning."""
        self._add("warning", code, message, span, label, labels, notes, help)

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return any(one.is_error for one in self.diagnostics)

    def _add(
        self,
        severity: Severity,
        code: str,
        message: str,
        span: Span | None,
        label: str,
        labels: Marks,
        notes: Iterable[str],
        proposals: Iterable[str],
    ) -> None:
        marks = tuple(Label(place, text) for place, text in labels if place is not None)
        self.diagnostics.append(Diagnostic(code, message, span, severity, label, marks, tuple(notes), tuple(proposals)))
