"""YAML text from a small tree of mappings, lists and scalars, in a readable style.

A scalar stands plain where neither this reader nor a YAML 1.1 loader would take it for something else; texts of several
lines become block scalars where these hold them exactly. Small collections take one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml
from yaml.reader import Reader

from rmcompose.syntax.literals import NUMBER, write_quoted

WIDTH = 110
"""A collection in flow style is no longer than this with its key."""

INDENT = "  "

_LITERAL = re.compile(rf"-?{NUMBER.pattern}|true|false", re.ASCII)
_NOT_FIRST = frozenset("-?:,[]{}#&*!|>'\"%@`=<")
_LINE_ENDS = re.compile("[\r\x85\u2028\u2029\ufeff]")


@dataclass(frozen=True, slots=True)
class Word:
    """A scalar whose key says what it means (a formula, a name, a number): quotes change nothing about it."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text. `prose` may gain a line end; any other is kept exactly. `block` asks for a block scalar anyway."""

    text: str
    prose: bool = False
    block: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """One entry of a mapping, and the comments on lines of their own before it."""

    key: str
    value: Tree
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping; `flow` allows it one line."""

    pairs: Sequence[Pair]
    flow: bool = False
    comments: tuple[str, ...] = ()
    """Comments before it, where it is an item of a list."""


@dataclass(frozen=True, slots=True)
class List:
    """A list; `flow` allows it one line."""

    items: Sequence[Tree]
    flow: bool = False


Tree = Word | Text | Map | List


def emit(pairs: Sequence[Pair]) -> str:
    """The text of a mapping at the top of a file."""
    return "".join(f"{line}\n" for line in _mapping(pairs, ""))


def holds_comment(comment: str) -> bool:
    """Whether YAML can hold the text of a comment."""
    return not Reader.NON_PRINTABLE.search(comment) and not _LINE_ENDS.search(comment)


# ---- collections -----------------------------------------------------------------------------------------------------


def _mapping(pairs: Sequence[Pair], indent: str) -> Iterator[str]:
    for pair in pairs:
        yield from (f"{indent}{comment}" for comment in pair.comments)
        yield from _entry(f"{indent}{_key(pair.key)}:", pair.value, indent)


def _entry(head: str, tree: Tree, indent: str) -> Iterator[str]:
    """The lines of a value after its `key:`."""
    match tree:
        case Word() | Text():
            yield from _scalar_lines(head, tree, indent + INDENT)
        case Map(pairs=()) | Map(pairs=[]):
            yield f"{head} {{}}"
        case List(items=()) | List(items=[]):
            yield f"{head} []"
        case Map() | List():
            line = _one_line(tree)
            if line is not None and len(head) + 1 + len(line) <= WIDTH:
                yield f"{head} {line}"
            elif isinstance(tree, Map):
                yield head
                yield from _mapping(tree.pairs, indent + INDENT)
            else:
                yield head
                yield from _list(tree.items, indent + INDENT)


def _list(items: Sequence[Tree], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, Map):
            yield from (f"{indent}{comment}" for comment in item.comments)
        line = _one_line(item)
        if line is not None and len(indent) + 2 + len(line) <= WIDTH:
            yield f"{indent}- {line}"
        elif isinstance(item, Map) and item.pairs:
            first, *rest = _mapping(item.pairs, indent + INDENT)
            yield f"{indent}- {first.removeprefix(indent + INDENT)}"
            yield from rest
        elif isinstance(item, List):
            yield f"{indent}-"
            yield from _list(item.items, indent + INDENT)
        else:
            yield from _entry(f"{indent}-", item, indent)


def _one_line(tree: Tree) -> str | None:
    """A tree in flow style; None where it is not for one line."""
    match tree:
        case Word():
            return _word(tree.text, flow=True)
        case Text():
            return None if tree.block or "\n" in tree.text else _text(tree.text, flow=True)
        case Map() if not tree.pairs:
            return "{}"
        case List() if not tree.items:
            return "[]"
        case Map(flow=True):
            if any(pair.comments for pair in tree.pairs):
                return None
            parts = [(pair.key, _one_line(pair.value)) for pair in tree.pairs]
            if any(value is None for _, value in parts):
                return None
            return "{" + ", ".join(f"{_key(key)}: {value}" for key, value in parts) + "}"
        case List(flow=True):
            items = [_one_line(item) for item in tree.items]
            if any(item is None for item in items):
                return None
            return "[" + ", ".join(item for item in items if item is not None) + "]"
        case _:
            return None


# ---- scalars ---------------------------------------------------------------------------------------------------------


def _key(text: str) -> str:
    return _text(text, flow=True)


def _scalar_lines(head: str, scalar: Word | Text, indent: str) -> Iterator[str]:
    if isinstance(scalar, Text) and (scalar.block or "\n" in scalar.text):
        mark = _block_mark(scalar)
        if mark is not None:
            yield f"{head} {mark}"
            body = scalar.text if scalar.prose else scalar.text.removesuffix("\n") if mark != "|-" else scalar.text
            yield from (f"{indent}{line}" if line else "" for line in body.split("\n"))
            return
    written = _word(scalar.text, flow=False) if isinstance(scalar, Word) else _text(scalar.text, flow=False)
    yield f"{head} {written}"


def _block_mark(scalar: Text) -> str | None:
    """The mark of a block scalar that holds the text exactly; None where none does."""
    text = scalar.text
    if Reader.NON_PRINTABLE.search(text) or _LINE_ENDS.search(text):
        return None
    lines = text.split("\n")
    first = next((line for line in lines if line), "")
    if not first or first[0].isspace() or any(line[:1] == "\t" or (line and not line.strip()) for line in lines):
        return None
    if scalar.prose:
        return "|"
    if not text.endswith("\n"):
        return "|-"
    return "|" if not text.endswith("\n\n") else "|+"


def _word(text: str, *, flow: bool) -> str:
    if _LITERAL.fullmatch(text):
        return text
    return text if _can_be_plain(text, flow=flow) and not _is_typed(text) else _quoted(text)


def _text(text: str, *, flow: bool) -> str:
    if _LITERAL.fullmatch(text) or not _can_be_plain(text, flow=flow) or _is_typed(text):
        return _quoted(text)
    return text


def _quoted(text: str) -> str:
    """Between single quotes where that spares escapes, else between double quotes."""
    escaped = write_quoted(text)
    plain = not Reader.NON_PRINTABLE.search(text) and not _LINE_ENDS.search(text) and "\n" not in text
    if plain and "\t" not in text and len(escaped) > len(text) + 2:
        return "'" + text.replace("'", "''") + "'"
    return escaped


def _can_be_plain(text: str, *, flow: bool) -> bool:
    """Whether YAML reads the text back as it is without quotes."""
    if not text or text != text.strip() or "\n" in text or Reader.NON_PRINTABLE.search(text) or _LINE_ENDS.search(text):
        return False
    minus = re.match(r"-\w", text)  # before a word it begins no list
    if "\t" in text or text.startswith("...") or (text[0] in _NOT_FIRST and not minus):
        return False
    if ": " in text or " #" in text or text.endswith(":"):
        return False
    return not flow or not re.search(r"[,\[\]{}:?#]", text)


def _is_typed(text: str) -> bool:
    """Whether a YAML 1.1 loader would take the plain text for something else than text."""
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    candidates = [*resolvers.get(text[:1], ()), *resolvers.get(None, ())]
    return any(pattern.match(text) for _, pattern in candidates)
