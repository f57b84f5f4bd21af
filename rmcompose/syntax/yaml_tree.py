"""YAML text as a tree that is safe to walk: bounded in size and depth, with the place of every character.

Composed from PyYAML's events, which carry positions and keep duplicate keys. Nothing is resolved: a scalar is its text
and its style, and what it means is for the reader to say.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.reader import Reader

from rmcompose.diagnostics import Diagnostic, Label, Source, Span
from rmcompose.syntax.limits import MAX_CHARACTERS, MAX_YAML_DEPTH, MAX_YAML_NODES
from rmcompose.syntax.place import Place, in_file, mapped

# libyaml's parser is ten times faster; both give the same events
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """`style` is None for a plain scalar, else one of `'`, `"`, `|`, `>`."""

    start: int
    end: int
    text: str
    style: str | None
    size: int = 1
    depth: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether it stands without quotes on its own terms, so that it may be a number or a bool."""
        return self.style is None


@dataclass(slots=True, eq=False)
class Items:
    """A sequence. `size` counts its nodes with aliases expanded."""

    start: int
    end: int
    items: list[Tree] = field(default_factory=list)
    size: int = 1
    depth: int = 0


@dataclass(slots=True, eq=False)
class Pairs:
    """A mapping, duplicate keys and all."""

    start: int
    end: int
    pairs: list[tuple[Tree, Tree]] = field(default_factory=list)
    size: int = 1
    depth: int = 0


Tree = Scalar | Items | Pairs


class Unreadable(Exception):
    """The text is no YAML that can be read; `fault` says why."""

    def __init__(self, code: str, message: str, span: Span, *advice: str, labels: tuple[Label, ...] = ()) -> None:
        super().__init__(message)
        self.fault = Diagnostic(code, message, span, help=advice, labels=labels)


def compose(source: Source) -> Tree | None:
    """The tree of a YAML text; None for an empty one.

    Raises:
        Unreadable: It is not YAML (RM150), or larger or deeper than is read (RM155).
    """
    text = source.text
    if len(text) > MAX_CHARACTERS:
        message = f"the file is too large: more than {MAX_CHARACTERS:,} characters"
        raise Unreadable("RM155", message, source.span(0, 0))
    if (bad := Reader.NON_PRINTABLE.search(text)) is not None:
        message = f"character U+{ord(bad.group()):04X} is not allowed in YAML"
        raise Unreadable("RM150", message, source.span(bad.start(), bad.end()))
    shift = 1 if text.startswith("\ufeff") else 0
    try:
        return _Composer(source, shift).run(yaml.parse(text[shift:], Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        raise _unreadable(error, source, shift) from None
    except yaml.YAMLError as error:
        raise Unreadable("RM150", f"invalid YAML: {error}", source.span(0, 0)) from None


def _unreadable(error: yaml.MarkedYAMLError, source: Source, shift: int) -> Unreadable:
    """RM150 where PyYAML stopped, with where the part began that it was reading."""
    marks = [mark for mark in (error.problem_mark, error.context_mark) if mark is not None]
    spans = [source.span(at, min(at + 1, len(source.text))) for at in (mark.index + shift for mark in marks)]
    problem = (error.problem or error.context or "unreadable").strip().rstrip(".")
    labels: tuple[Label, ...] = ()
    if len(spans) == 2 and spans[0] != spans[1] and error.context:
        labels = (Label(spans[1], error.context.strip()),)
    at = spans[0] if spans else source.span(0, 0)
    if "nesting depth" in problem:  # newer releases of libyaml have a bound of their own, past ours
        return Unreadable("RM155", f"YAML nests more than {MAX_YAML_DEPTH} levels deep", at)
    return Unreadable("RM150", f"invalid YAML: {problem}", at, labels=labels)


class _Composer:
    """Events to one tree, without recursion."""

    def __init__(self, source: Source, shift: int) -> None:
        self._source = source
        self._shift = shift
        self._anchors: dict[str, Tree] = {}
        self._stack: list[tuple[Items | Pairs, str | None]] = []
        self._keys: list[Tree | None] = []
        """For each open collection, the key that waits for its value."""
        self._root: Tree | None = None

    def run(self, events: Iterator[Any]) -> Tree | None:
        for event in events:
            match event:
                case yaml.ScalarEvent():
                    self._done(self._scalar(event), event.anchor)
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    self._open(event)
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self._close(event)
                case yaml.AliasEvent():
                    self._alias(event)
                case yaml.DocumentStartEvent() if self._root is not None:
                    raise Unreadable("RM150", "a second YAML document in one file", self._span(event))
                case _:
                    pass
        return self._root

    def _span(self, event: Any) -> Span:
        return self._source.span(event.start_mark.index + self._shift, event.end_mark.index + self._shift)

    def _scalar(self, event: Any) -> Scalar:
        span = self._span(event)
        self._refuse_tag(event, span)
        start, end = self._after_anchor(span.start, event.anchor), span.end
        if event.style in ("|", ">"):
            end = start + len(self._source.text[start:end].rstrip())
        return Scalar(start, max(start, end), event.value, event.style or None)

    def _after_anchor(self, start: int, anchor: str | None) -> int:
        if anchor is None:
            return start
        found = re.compile(r"&\S+\s*").match(self._source.text, start)
        return found.end() if found else start

    def _refuse_tag(self, event: Any, span: Span) -> None:
        # the parser gives a quoted scalar no tag of its own, so any tag was written
        if event.tag is not None:
            raise Unreadable("RM150", "YAML tags have no meaning in a spec", span, "leave the tag out")

    def _open(self, event: Any) -> None:
        span = self._span(event)
        self._refuse_tag(event, span)
        kind = Items if isinstance(event, yaml.SequenceStartEvent) else Pairs
        start = self._after_anchor(span.start, event.anchor)
        self._stack.append((kind(start, start + 1), event.anchor))
        self._keys.append(None)
        if len(self._stack) > MAX_YAML_DEPTH:
            raise Unreadable("RM155", f"YAML nests more than {MAX_YAML_DEPTH} levels deep", self._span(event))

    def _close(self, event: Any) -> None:
        tree, anchor = self._stack.pop()
        self._keys.pop()
        end = event.end_mark.index + self._shift
        # the end of a block collection is where the next token starts; its own end is that of its last part
        if event.start_mark.index < event.end_mark.index:
            tree.end = end
        elif isinstance(tree, Pairs) and tree.pairs:
            tree.end = max(tree.start, tree.pairs[-1][1].end, tree.pairs[-1][0].end)
        elif isinstance(tree, Items) and tree.items:
            tree.end = max(tree.start, tree.items[-1].end)
        self._done(tree, anchor)

    def _alias(self, event: Any) -> None:
        known = self._anchors.get(event.anchor)
        if known is None:
            message = f"alias `*{event.anchor}` has no finished anchor before it"
            raise Unreadable("RM150", message, self._span(event))
        self._done(known, None)

    def _done(self, tree: Tree, anchor: str | None) -> None:
        """Puts a finished tree into the collection that is open."""
        if anchor is not None:
            self._anchors[anchor] = tree
        if not self._stack:
            self._root = tree
            return
        outer, _ = self._stack[-1]
        outer.size += tree.size
        outer.depth = max(outer.depth, tree.depth + 1)
        if outer.size > MAX_YAML_NODES or outer.depth + len(self._stack) > MAX_YAML_DEPTH:
            raise Unreadable(
                "RM155", "YAML is too large once its aliases are expanded", self._source.span(tree.start, tree.end)
            )
        if isinstance(outer, Items):
            outer.items.append(tree)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = tree
        else:
            self._keys[-1] = None
            outer.pairs.append((key, tree))


# ---- where the characters of a scalar stand --------------------------------------------------------------------------


def place_of(scalar: Scalar, source: Source) -> Place:
    """The place of a scalar's characters in the file, through quotes, escapes, folding and indentation."""
    raw = source.text[scalar.start : scalar.end]
    if scalar.style is None and raw == scalar.text:
        return in_file(source, scalar.start)
    if scalar.style in ("'", '"') and raw[1:-1] == scalar.text:
        return in_file(source, scalar.start + 1)
    return mapped(source, _offsets(raw, scalar))


_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def _offsets(raw: str, scalar: Scalar) -> Sequence[int]:
    """For each character of the value its offset in the file, and that of the end.

    All but blanks stand in a scalar's source in the order of its value, so both are walked together. Blanks may have
    been folded: one that is not at hand stands where its neighbour does.
    """
    at = 0
    if scalar.style in ("'", '"'):
        at = 1
    elif scalar.style in ("|", ">"):
        at = raw.find("\n") + 1
    offsets = array("L")
    for character in scalar.text:
        width = 1
        if scalar.style == '"':
            at = _skip_line_ends(raw, at)
            if raw[at : at + 1] == "\\":
                offsets.append(scalar.start + at)
                at += _ESCAPE_LENGTHS.get(raw[at + 1 : at + 2], 2)
                continue
        if character.isspace():
            offsets.append(scalar.start + min(at, len(raw)))
            at += raw[at : at + 1] == character
            continue
        while at < len(raw) and raw[at] != character:
            at += 1
        if scalar.style == "'" and character == "'":
            width = 2
        offsets.append(scalar.start + min(at, len(raw)))
        at += width
    offsets.append(scalar.start + min(at, len(raw)))
    return offsets


def _skip_line_ends(raw: str, at: int) -> int:
    """Past an escaped line end of a double-quoted scalar and the blanks after it."""
    while raw[at : at + 1] == "\\" and raw[at + 1 : at + 2] in ("\n", "\r"):
        at += 2
        while raw[at : at + 1] in (" ", "\t", "\n", "\r") and raw[at : at + 1]:
            at += 1
    return at
