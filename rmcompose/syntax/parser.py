"""The parser of `.rm`: a whole file in one pass where it is healthy, statement by statement where it is not.

A healthy file never loads what is known of broken ones (`recovery.py`).
"""

from __future__ import annotations

from typing import Any

from rmcompose.diagnostics import Diagnostic, Source, in_order
from rmcompose.ir import LANGUAGE_VERSION, Document, Expression, Type
from rmcompose.ir.base import checked_already
from rmcompose.syntax import grammar, words
from rmcompose.syntax.builder import Builder
from rmcompose.syntax.built import Broken, TooDeep, Value
from rmcompose.syntax.feeding import Failure, feed
from rmcompose.syntax.limits import MAX_CHARACTERS, MAX_DEPTH
from rmcompose.syntax.parsed import Parsed
from rmcompose.syntax.place import Place, in_file
from rmcompose.syntax.tokens import Lexed, lex, span_of


@checked_already()
def parse_rm(source: Source) -> Parsed:
    """Reads a `.rm` text. Never raises: whatever is wrong with it is in the diagnostics."""
    if len(source.text) > MAX_CHARACTERS:
        message = f"the file is too large: more than {MAX_CHARACTERS:,} characters"
        return Parsed(None, [Diagnostic("RM155", message, source.span(0, 0))])
    lexed = lex(source.text, in_file(source))
    version_faults = _check_version(lexed, source)
    if version_faults and not _worth_reading(lexed):
        return Parsed(None, version_faults, lexed.comments())
    builder = Builder(lexed)
    document = _whole(lexed, builder) if not version_faults else None
    if document is None:
        from rmcompose.syntax.recovery import recover

        builder = Builder(lexed)
        with grammar.building(builder):
            document = recover(lexed, builder)
            if not (version_faults or lexed.faults or builder.faults):
                _tell_whole(lexed, builder)
    everywhere = frozenset(builder.poisoned.pop("", ()))
    poisoned = {one.name: everywhere | builder.poisoned.get(one.name, set()) for one in document.compositions}
    if everywhere:
        poisoned[""] = everywhere
    return Parsed(
        document=document,
        diagnostics=in_order([*version_faults, *lexed.faults, *builder.faults]),
        comments=lexed.comments(),
        poisoned={name: names for name, names in poisoned.items() if names},
        broken_results=frozenset(builder.broken_results),
    )


def _whole(lexed: Lexed, builder: Builder) -> Document | None:
    """The document of a text that is grammatical; None for any other."""
    with grammar.building(builder):
        try:
            found = feed("document", lexed.tokens)
        except TooDeep:
            return None
    if isinstance(found, Failure):
        return None
    document: Document = found.what
    return document


def _tell_whole(lexed: Lexed, builder: Builder) -> None:
    """The fault of a text none of whose statements has one: they do not stand where they may."""
    from rmcompose.syntax.recovery import tell

    found = feed("document", lexed.tokens)
    if isinstance(found, Failure):
        tell(found, lexed.tokens, lexed, builder)


def _check_version(lexed: Lexed, source: Source) -> list[Diagnostic]:
    """RM002 where the text does not begin with the version of this language."""
    wanted = f"`rmcompose {LANGUAGE_VERSION}`"
    tokens = lexed.tokens
    if not tokens or tokens[0].type != "RMCOMPOSE":
        found = span_of(tokens[0], lexed) if tokens else source.span(0, 0)
        message = f"the file does not begin with {wanted}"
        return [Diagnostic("RM002", message, found, help=(f"make {wanted} its first line",))]
    if len(tokens) > 1 and tokens[1].type == "NUMBER" and str(tokens[1]) != str(LANGUAGE_VERSION):
        if lexed.wounded(tokens[1].start_pos or 0, tokens[1].end_pos or 0):
            return []  # told as the bad number it is
        message = f"unsupported version `{tokens[1]}`"
        advice = f"this release reads {wanted}"
        return [Diagnostic("RM002", message, span_of(tokens[1], lexed), help=(advice,))]
    return []


def _worth_reading(lexed: Lexed) -> bool:
    """Whether a text without the right version is this language at all."""
    tokens = lexed.tokens
    return tokens[:1] != ["rmcompose"] and any(token.type in words.STATEMENT_TERMINALS for token in tokens)


@checked_already()
def parse_expression(text: str, place: Place) -> tuple[Expression | None, list[Diagnostic]]:
    """Reads one formula. `place` maps its characters into the file; `return` in it is the result of a test.

    Returns:
        The expression, or None where there is none without a fault, and what was wrong.
    """
    lexed = lex(text, place, formula=True)
    value, faults = _piece("expression", lexed)
    return (value.what if value is not None else None), faults


@checked_already()
def parse_type(text: str, place: Place) -> tuple[Type | None, list[Diagnostic]]:
    """Reads a written type: `score[0, 1]`, `enum["a", "b"]`."""
    # a type has no start symbol of its own: it is read as that of an input, whose other words stand before the text
    lexed = lex(f"{_BEFORE_TYPE}{text}", _shifted(place, len(_BEFORE_TYPE)))
    value, faults = _piece("statement", lexed)
    if value is None or isinstance(value.what, Broken):
        return None, faults
    if getattr(value.what, "path", None) is not None or getattr(value.what, "default", None) is not None:
        fault = Diagnostic("RM101", "expected a type and nothing after it", place(0, len(text)))
        return None, [*faults, fault]
    found: Type = value.what.type
    return found, faults


_BEFORE_TYPE = "input x: "


def _shifted(place: Place, by: int) -> Place:
    return lambda start, end: place(max(start - by, 0), max(end - by, 0))


def _piece(start: str, lexed: Lexed) -> tuple[Value | None, list[Diagnostic]]:
    builder = Builder(lexed)
    value: Any = None
    with grammar.building(builder):
        try:
            found = feed(start, lexed.tokens)
        except TooDeep as deep:
            builder.faults.append(too_deep(deep))
        else:
            if isinstance(found, Failure):
                from rmcompose.syntax.recovery import tell

                tell(found, lexed.tokens, lexed, builder)
            else:
                value = found
    if lexed.wounds:
        value = None
    return value, [*lexed.faults, *builder.faults]


def too_deep(deep: TooDeep) -> Diagnostic:
    """RM155 for an expression that nests too deeply."""
    advice = ("name its parts with `let`", "a long sum is `sum(a, b, …)`")
    return Diagnostic("RM155", f"the expression nests more than {MAX_DEPTH} levels deep", deep.span, help=advice)
