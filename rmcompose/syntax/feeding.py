"""Tokens into the parser: a value, or where and why it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rmcompose.syntax import grammar
from rmcompose.syntax.built import Value

if TYPE_CHECKING:
    from lark import Token
    from lark.parsers.lalr_interactive_parser import InteractiveParser


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a parse stopped: the index of the token it could not take (their count at the end), and what it could.

    `healthy` is the value of what stood before it, where that was complete.
    """

    index: int
    expected: frozenset[str]
    healthy: Value | None


def feed(start: str, tokens: Sequence[Token]) -> Value | Failure:
    """Parses the tokens from a start symbol, with the active builder.

    Raises:
        TooDeep: An expression nests too deeply.
    """
    from lark.exceptions import UnexpectedToken

    parser = grammar.begin(start)
    index = 0
    try:
        for index, token in enumerate(tokens):  # noqa: B007  # read where the parse stops
            parser.feed_token(token)
        index = len(tokens)
        return _end(parser, tokens)
    except UnexpectedToken:
        expected = frozenset(parser.accepts())  # type: ignore[no-untyped-call]  # as it is in Lark
    healthy: Value | None = None
    if "$END" in expected and index < len(tokens):
        healthy = _end(parser, tokens[:index])
    return Failure(index, expected, healthy)


def _end(parser: InteractiveParser, tokens: Sequence[Token]) -> Value:
    """The value of a parse that ends after these tokens."""
    value: Value = parser.feed_eof(tokens[-1] if tokens else None)  # type: ignore[no-untyped-call]  # as it is in Lark
    return value
