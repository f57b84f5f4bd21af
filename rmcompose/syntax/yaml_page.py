"""One YAML file while it is read: its faults, and the checks that every mapping, list and scalar goes through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmcompose.diagnostics import Diagnostic, Label, Source, Span, nearest
from rmcompose.ir.reserved import RESERVED
from rmcompose.syntax import literals
from rmcompose.syntax.limits import MAX_FAULTS
from rmcompose.syntax.place import Place
from rmcompose.syntax.shape import Shape
from rmcompose.syntax.yaml_tree import Items, Pairs, Scalar, Tree, place_of


class Entry(NamedTuple):
    """One key of a mapping and its value."""

    key: Scalar
    value: Tree

    @property
    def name(self) -> str:
        """The text of the key."""
        return self.key.text


Fields = dict[str, Entry]


class Page:
    """The source and what was found wrong with it so far. Checks that fail tell why and return None."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults: list[Diagnostic] = []

    # ---- telling -----------------------------------------------------------------------------------------------------

    def fault(self, code: str, message: str, span: Span, *advice: str, labels: tuple[Label, ...] = ()) -> None:
        """Adds a fault; past a hundred, one more would help nobody."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Diagnostic(code, message, span, help=advice, labels=labels))

    def span(self, tree: Tree) -> Span:
        """Where a node stands, with its quotes."""
        return self.source.span(tree.start, tree.end)

    def content(self, scalar: Scalar) -> Span:
        """Where the text of a scalar stands, without its quotes."""
        quoted = scalar.style in ("'", '"') and scalar.end - scalar.start >= 2
        return self.source.span(scalar.start + quoted, scalar.end - quoted)

    def entry_span(self, entry: Entry) -> Span:
        """Where a key with its value stands."""
        return self.source.span(entry.key.start, max(entry.key.end, entry.value.end))

    def place(self, scalar: Scalar) -> Place:
        """The place of the characters of a scalar."""
        return place_of(scalar, self.source)

    # ---- collections -------------------------------------------------------------------------------------------------

    def entries(self, tree: Tree, what: str) -> list[Entry] | None:
        """The entries of a mapping with each key once, the first of its kind; nothing at all is an empty mapping."""
        if is_empty(tree):
            return []
        if not isinstance(tree, Pairs):
            self.fault("RM150", f"expected a mapping of {what}, found {kind(tree)}", self.span(tree))
            return None
        found: Fields = {}
        for key, value in tree.pairs:
            if not isinstance(key, Scalar):
                self.fault("RM150", f"expected a key, found {kind(key)}", self.span(key))
            elif (first := found.get(key.text)) is not None:
                label = Label(self.span(first.key), "the first is here")
                self.fault("RM153", f"duplicate key `{key.text}`", self.span(key), labels=(label,))
            else:
                found[key.text] = Entry(key, value)
        return list(found.values())

    def items(self, tree: Tree, what: str) -> list[Tree] | None:
        """The items of a list; nothing at all is an empty list."""
        if is_empty(tree):
            return []
        if not isinstance(tree, Items):
            self.fault("RM150", f"expected a list of {what}, found {kind(tree)}", self.span(tree))
            return None
        return tree.items

    def fields(self, tree: Tree, shape: Shape, what: str, at: Span | None = None) -> Fields | None:
        """The known keys of a mapping. None where it is no mapping or lacks a required key (told at `at`)."""
        entries = self.entries(tree, f"the keys of {what}")
        if entries is None:
            return None
        known = {entry.name: entry for entry in entries if entry.name in shape}
        unknown = [entry for entry in entries if entry.name not in shape]
        missing = [name for name, key in shape.items() if key.required and name not in known]
        meant = {self._unknown(entry, shape, what) for entry in unknown}
        for name in missing:
            if name not in meant:  # else it is there, misspelt: one fault
                self.fault("RM152", f"{what} lacks the key `{name}`", at or self.span(tree))
        return None if missing else known

    def _unknown(self, entry: Entry, shape: Shape, what: str) -> str | None:
        if len(self.faults) >= MAX_FAULTS:
            return None
        near = nearest(entry.name, shape)
        advice = f"did you mean `{near}`?" if near else f"the keys are {', '.join(f'`{name}`' for name in shape)}"
        self.fault("RM151", f"{what} has no key `{entry.name}`", self.span(entry.key), advice)
        return near

    # ---- scalars -----------------------------------------------------------------------------------------------------

    def scalar(self, tree: Tree, what: str) -> Scalar | None:
        """A scalar that is not empty."""
        if not isinstance(tree, Scalar):
            self.fault("RM150", f"expected {what}, found {kind(tree)}", self.span(tree))
            return None
        if is_empty(tree):
            self.fault("RM152", f"expected {what}, found nothing", self.source.span(tree.start, tree.start))
            return None
        return tree

    def text(self, tree: Tree) -> str | None:
        """A text as it is."""
        scalar = self.scalar(tree, "a text")
        return scalar.text if scalar is not None else None

    def prose(self, tree: Tree) -> str | None:
        """A text as prose is held; nothing at all is empty."""
        if is_empty(tree):
            return ""
        text = self.text(tree)
        return literals.prose(text) if text is not None else None

    def prose_of(self, fields: Fields, key: str) -> str:
        """The prose of a key that may be left out."""
        return (self.prose(fields[key].value) or "") if key in fields else ""

    def name(self, scalar: Scalar) -> str | None:
        """A name that can be declared."""
        text = scalar.text
        if not literals.NAME.fullmatch(text):
            advice = "a name is letters, digits and `_`, and begins with no digit"
            self.fault("RM101", f"expected a name, found `{shown(text)}`", self.span(scalar), advice)
            return None
        if text in RESERVED:
            self.fault("RM208", f"`{text}` is a reserved word", self.span(scalar), "choose another name")
            return None
        return text

    def path(self, tree: Tree) -> str | None:
        """A dotted name; after its first part any word may follow."""
        scalar = self.scalar(tree, "a name")
        if scalar is None:
            return None
        if not literals.PATH.fullmatch(scalar.text):
            self.fault("RM101", f"expected a name, found `{shown(scalar.text)}`", self.content(scalar))
            return None
        if scalar.text.split(".", 1)[0] in RESERVED:
            self.fault("RM208", f"`{scalar.text.split('.', 1)[0]}` is a reserved word", self.content(scalar))
            return None
        return scalar.text

    def named(self, tree: Tree, what: str) -> Iterator[tuple[str, Entry]]:
        """The entries of a mapping whose keys are names."""
        for entry in self.entries(tree, what) or ():
            name = self.name(entry.key)
            if name is not None:
                yield name, entry


def is_empty(tree: Tree) -> bool:
    """Whether nothing stands there: `key:` and no more."""
    return isinstance(tree, Scalar) and tree.is_plain and not tree.text


def kind(tree: Tree) -> str:
    """What a node is, in words."""
    match tree:
        case Pairs():
            return "a mapping"
        case Items():
            return "a list"
        case Scalar() if is_empty(tree):
            return "nothing"
        case Scalar():
            return f"`{shown(tree.text)}`"


def shown(text: str) -> str:
    """The start of a text, on one line."""
    first = text.split("\n", 1)[0]
    return first if first == text and len(text) <= 40 else f"{first[:37]}…"
