"""What the readers hand on: a document with all that was wrong with its text."""

from __future__ import annotations

from dataclasses import dataclass, field

from rmcompose.diagnostics import Diagnostic, Span
from rmcompose.ir import Document


@dataclass(frozen=True, slots=True)
class Comment:
    """One `#` comment. `text` is the whole of it with its `#`; `own_line` tells it from one that follows code."""

    text: str
    span: Span
    own_line: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text that was read.

    `document` holds every healthy statement; it is None where not even a version line was found or the text is too
    large. `poisoned` names, by composition, what a broken statement would have declared: analysis must not report a
    use of it as unknown. Names of the whole file (imports, broken compositions) are under `""` and in every
    composition too. `broken_results` are the compositions whose `return` or result type could not be read.
    """

    document: Document | None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    poisoned: dict[str, frozenset[str]] = field(default_factory=dict)
    broken_results: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        """Whether there is a document and no error."""
        return self.document is not None and not any(d.is_error for d in self.diagnostics)
