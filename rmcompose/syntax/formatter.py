"""`fmt`: the canonical layout of a file, checked against what it was made from before anyone gets it.

`.rm` is laid out anew around the author's order, comments and empty lines. `.rm.yaml` is written anew from the IR where
all its comments keep their places that way; else only blanks at line ends and the end of the file are put right.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from rmcompose.diagnostics import Diagnostic, Source
from rmcompose.syntax.layout import layout
from rmcompose.syntax.notes import attach, stand_alone
from rmcompose.syntax.parsed import Parsed
from rmcompose.syntax.reading import is_yaml, read


class FormatError(RuntimeError):
    """The formatter's own check failed: its output is not what it must be, and the file is to stay as it is."""


@dataclass(frozen=True, slots=True)
class Formatted:
    """The formatted text; the text as it was where `diagnostics` has errors."""

    text: str
    diagnostics: list[Diagnostic] = field(default_factory=list)


def format_text(source: Source) -> Formatted:
    """The text of a spec in canonical layout, in its own syntax.

    Raises:
        FormatError: The output would mean something else, lose a comment, or change when formatted again.
    """
    parsed = read(source)
    if parsed.document is None or not parsed.ok:
        return Formatted(source.text, parsed.diagnostics)
    once = _once(source, parsed)
    again = read(Source(source.path, once))
    if again.document != parsed.document:
        raise FormatError(f"formatting {source.path} would change its meaning")
    if Counter(one.text for one in again.comments) != Counter(one.text for one in parsed.comments):
        raise FormatError(f"formatting {source.path} would lose a comment")
    if _once(Source(source.path, once), again) != once:
        raise FormatError(f"formatting {source.path} twice would change it twice")
    return Formatted(once, parsed.diagnostics)


def _once(source: Source, parsed: Parsed) -> str:
    document = parsed.document
    if document is None or not is_yaml(source.path):
        return layout(source.text)
    if all(stand_alone(document, parsed.comments)):
        from rmcompose.syntax.yaml_writer import write_yaml

        return write_yaml(document, attach(document, parsed.comments))
    lines = [line.rstrip(" \t\r") for line in source.text.split("\n")]
    tidy = "\n".join(lines).strip("\n") + "\n"
    # blanks at the end of a line may belong to a text
    return tidy if read(Source(source.path, tidy)).document == document else source.text
