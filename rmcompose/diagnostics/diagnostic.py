"""What a diagnostic is: a code, a message, where it points, and what would help.

One fault is one `Diagnostic`. The message states the fault, `help` proposes a fix, `labels` point at other places that
explain it. Rendering lives in `render/`, the catalogue of codes in `catalogue.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rmcompose.diagnostics.source import Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that explains the fault, with a few words: `a similar name is declared here`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault. `label` is the text beside the carets, lowercase and without a full stop, as are all texts here."""

    code: str
    message: str
    span: Span | None
    severity: Severity = "error"
    label: str = ""
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether the spec cannot be used because of it."""
        return self.severity == "error"


def in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics by file and position; those of one place keep their order. Equal ones are told once."""
    files: dict[str, int] = {}
    for one in diagnostics:
        files.setdefault(one.span.source.path if one.span else "", len(files))
    unique = list(dict.fromkeys(diagnostics))
    return sorted(unique, key=lambda d: (files[d.span.source.path if d.span else ""], d.span.start if d.span else 0))


class SpecError(Exception):
    """A spec that cannot be used: `diagnostics` says why, at least one of them an error."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = in_order(diagnostics)
        super().__init__(self._summary())

    def _summary(self) -> str:
        from rmcompose.diagnostics.render import render

        return "\n" + render(self.diagnostics, "concise")
