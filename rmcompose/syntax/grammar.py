"""The one Lark object: where the grammar files are, how they are built, and the two calls the parser makes on it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmcompose.syntax import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Lark, Token
    from lark.parsers.lalr_interactive_parser import InteractiveParser

    from rmcompose.syntax.builder import Builder

STARTS = ["document", "statement", "expression"]


def folder() -> Path:
    """The folder of `rm.lark`: inside the installed package, else `grammar/` beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_grammar"
    return installed if installed.is_dir() else package.parent / "grammar"


def build(transformer: object = None, *, strict: bool = False) -> Lark:
    """A new parser from the grammar files; `strict` (needs `interegular`) refuses any ambiguity in them."""
    from lark import Lark

    return Lark.open(
        str(folder() / "rm.lark"),
        parser="lalr",
        lexer="basic",
        start=STARTS,
        propagate_positions=True,
        maybe_placeholders=False,
        keep_all_tokens=True,
        transformer=transformer,
        strict=strict,
    )


class _Active(threading.local):
    """The builder of the parse that runs in this thread: the tables are shared, what they call is not."""

    builder: Builder | None = None


_active = _Active()


class _Forward:
    """What Lark calls on a reduction: the method of that name of the active builder."""

    def __getattr__(self, name: str) -> Callable[[list[Any]], Any]:
        # terminals, inlined rules and Lark's own hooks are not forwarded
        if name.isupper() or name.startswith("_"):
            raise AttributeError(name)
        method = name.removeprefix("expression__")  # how Lark calls the labels of an imported file

        def forward(children: list[Any]) -> Any:
            return getattr(_active.builder, method)(children)

        return forward


@cache
def _lark() -> Lark:
    forward = _Forward()
    return tables.load(folder(), forward) or build(forward)


def scan(text: str) -> list[Token]:
    """The tokens of a text without comments and spaces. Never fails: every character is in some token."""
    parser = _lark().parse_interactive(text, start="document")
    return list(parser.lexer_thread.lex(parser.parser_state))  # type: ignore[no-untyped-call]  # as it is in Lark


def begin(start: str) -> InteractiveParser:
    """A parse from one of the start symbols, to be fed with tokens while a builder is active."""
    return _lark().parse_interactive(start=start)


@contextmanager
def building(builder: Builder) -> Iterator[None]:
    """Lets `builder` answer the reductions of parses in this thread."""
    before, _active.builder = _active.builder, builder
    try:
        yield
    finally:
        _active.builder = before
