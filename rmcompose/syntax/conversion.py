"""One syntax into the other: the same document, written anew, with its comments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from rmcompose.diagnostics import Diagnostic
from rmcompose.ir import Document
from rmcompose.syntax.notes import attach
from rmcompose.syntax.parsed import Comment

Syntax = Literal["rm", "yaml"]


class Converted(NamedTuple):
    """The text, and a warning for each comment that it could not take along."""

    text: str
    warnings: list[Diagnostic]


def convert(document: Document, comments: Sequence[Comment], to: Syntax) -> Converted:
    """The canonical text of a document in the syntax `to`.

    A comment goes above the statement, node or gate it stood before or in; those at the head of the file stay there.
    The document must be as it was read, with its spans.
    """
    if to == "rm":
        from rmcompose.syntax.printer import print_document

        return Converted(print_document(document, attach(document, [_plain(one) for one in comments])), [])
    from rmcompose.syntax.yaml_emitter import holds_comment
    from rmcompose.syntax.yaml_writer import write_yaml

    kept = [one for one in comments if holds_comment(one.text)]
    warnings = [
        Diagnostic("RM150", "a comment holds characters that YAML does not allow", one.span, severity="warning")
        for one in comments
        if not holds_comment(one.text)
    ]
    return Converted(write_yaml(document, attach(document, kept)), warnings)


def _plain(comment: Comment) -> Comment:
    """A comment that means nothing in `.rm`, where `##` would document what follows."""
    if comment.text.startswith("##") and not comment.text.startswith("###"):
        return replace(comment, text=comment.text[1:])
    return comment
