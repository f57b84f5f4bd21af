"""The reader of `.rm.yaml`: from the YAML tree to the IR, by the tables of `shape.py`.

Scalars mean what their key holds: a formula, a text, a name. Only values (`args`, settings, defaults, test data) look
at how they are written: `${…}` is an expression, a bare `true`, `false` or number is itself, anything else is a text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from rmcompose import ir
from rmcompose.diagnostics import Source, Span, in_order, nearest
from rmcompose.ir.base import checked_already
from rmcompose.syntax import shape
from rmcompose.syntax.parsed import Parsed
from rmcompose.syntax.yaml_comments import yaml_comments
from rmcompose.syntax.yaml_nodes import read_node
from rmcompose.syntax.yaml_page import Entry, Fields, Page, is_empty, kind
from rmcompose.syntax.yaml_tree import Items, Pairs, Scalar, Tree, Unreadable, compose
from rmcompose.syntax.yaml_values import declared_type, formula, type_of, value


@checked_already()
def read_yaml(source: Source) -> Parsed:
    """Reads a `.rm.yaml` text. Never raises: whatever is wrong with it is in the diagnostics."""
    try:
        tree = compose(source)
    except Unreadable as error:
        return Parsed(None, [error.fault])
    reader = _Reader(source)
    document = reader.document(tree)
    everywhere = frozenset(reader.poisoned.pop("", ()))
    names = [one.name for one in document.compositions] if document is not None else []
    poisoned = {name: everywhere | reader.poisoned.get(name, set()) for name in names} | {"": everywhere}
    return Parsed(
        document=document,
        diagnostics=in_order(reader.page.faults),
        comments=yaml_comments(source, tree),
        poisoned={name: found for name, found in poisoned.items() if found},
        broken_results=frozenset(reader.broken_results),
    )


_Node = TypeVar("_Node", bound=ir.Node)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.page = Page(source)
        self.poisoned: dict[str, set[str]] = {}
        self.broken_results: set[str] = set()

    # ---- a file ------------------------------------------------------------------------------------------------------

    def document(self, tree: Tree | None) -> ir.Document | None:
        page = self.page
        start = page.source.span(0, 0)
        if not isinstance(tree, Pairs):
            found = "nothing" if tree is None else kind(tree)
            page.fault("RM152", f"expected a mapping with the key `rmcompose`, found {found}", start)
            return None
        written = {key.text: Entry(key, value) for key, value in reversed(tree.pairs) if isinstance(key, Scalar)}
        if "rmcompose" in written and not self._version(written["rmcompose"]):
            return None
        several = "compositions" in written and "composition" not in written
        first = page.span(tree.pairs[0][0]) if tree.pairs else start
        fields = self._file_fields(tree, first, several=several)
        imports = self._imports(fields.get("imports"))
        compositions: list[ir.Composition] = []
        if several:
            for name, entry in page.named(fields["compositions"].value, "compositions"):
                body = page.fields(entry.value, shape.BODY, f"the composition `{name}`", page.span(entry.key))
                compositions += self._composition(name, entry.key, page.entry_span(entry), body)
        elif "composition" in fields:
            compositions += self._single(tree, fields)
        return ir.Document(imports=imports, compositions=tuple(compositions), span=page.span(tree))

    def _file_fields(self, tree: Pairs, at: Span, *, several: bool) -> Fields:
        """The keys of the file. Those that are missing are told; the rest is read all the same."""
        table = shape.SEVERAL if several else shape.SINGLE
        optional = {name: shape.Key(key.holds, key.doc) for name, key in table.items()}
        fields = self.page.fields(tree, optional, "the file") or {}
        wanted = ["rmcompose"] if several else ["rmcompose", "composition", "returns"]
        written = [key.text for key, _ in tree.pairs if isinstance(key, Scalar)]
        misspelt = {nearest(text, optional) for text in written if text not in optional}
        for name in wanted:
            if name not in fields and name not in misspelt and ("composition" in fields or name != "returns"):
                self.page.fault("RM152", f"the file lacks the key `{name}`", at)
        return fields

    def _version(self, entry: Entry) -> bool:
        scalar = self.page.scalar(entry.value, "a version")
        if scalar is None:
            return False
        if scalar.text == str(ir.LANGUAGE_VERSION):
            return True
        message = f"unsupported version `{scalar.text[:40]}`"
        advice = f"this release reads `rmcompose: {ir.LANGUAGE_VERSION}`"
        self.page.fault("RM002", message, self.page.content(scalar), advice)
        return False

    def _imports(self, entry: Entry | None) -> tuple[ir.Import, ...]:
        found: list[ir.Import] = []
        for name, one in self.page.named(entry.value, "imports") if entry is not None else ():
            path = self.page.text(one.value)
            if path is None:
                self._poison("", name)
                continue
            span, name_span = self.page.span(one.value), self.page.span(one.key)
            found.append(ir.Import(name=name, path=path, span=span, name_span=name_span))
        return tuple(found)

    def _poison(self, composition: str, name: str) -> None:
        self.poisoned.setdefault(composition, set()).add(name)

    # ---- compositions ------------------------------------------------------------------------------------------------

    def _single(self, tree: Pairs, fields: Fields) -> list[ir.Composition]:
        scalar = self.page.scalar(fields["composition"].value, "a name")
        name = self.page.name(scalar) if scalar is not None else None
        if scalar is None or name is None:
            return []
        return self._composition(name, scalar, self.page.span(tree), fields if "returns" in fields else None)

    def _composition(self, name: str, key: Scalar, span: Span, fields: Fields | None) -> list[ir.Composition]:
        if fields is None:
            self._poison("", name)
            return []
        page = self.page
        returns = declared_type(page, fields["returns"].value, "the type", page.span(fields["returns"].key))
        result = formula(page, fields["return"].value) if "return" in fields else None
        if returns is None or ("return" in fields and result is None):
            self.broken_results.add(name)
        return [
            ir.Composition(
                name=name,
                doc=self.page.prose_of(fields, "doc"),
                returns=returns or ir.Type(kind="float"),
                inputs=tuple(self._declared(name, fields.get("inputs"), "inputs", self._input)),
                params=tuple(self._declared(name, fields.get("params"), "params", self._param)),
                nodes=tuple(self._declared(name, fields.get("nodes"), "nodes", partial(read_node, self.page))),
                gates=self._gates(fields.get("require")),
                result=result,
                tests=self._tests(fields.get("tests")),
                span=span,
                name_span=page.content(key),
            )
        ]

    def _declared(
        self, composition: str, entry: Entry | None, what: str, read: Callable[[str, Entry], _Node | None]
    ) -> list[_Node]:
        """What `read` makes of each entry; the names of those it cannot make are poisoned."""
        found: list[_Node] = []
        for name, one in self.page.named(entry.value, what) if entry is not None else ():
            node = read(name, one)
            if node is None:
                self._poison(composition, name)
            else:
                found.append(node)
        return found

    def _input(self, name: str, entry: Entry) -> ir.Input | None:
        page = self.page
        fields = self._typed(name, entry, shape.INPUT, "the input")
        if fields is None:
            return None
        type_ = type_of(page, fields)
        path = page.path(fields["from"].value) if "from" in fields else None
        default = self._default(fields, type_)
        if type_ is None or ("from" in fields and path is None) or ("default" in fields and default is None):
            return None
        return ir.Input(
            name=name,
            doc=self.page.prose_of(fields, "doc"),
            type=type_,
            path=path,
            default=default,
            span=page.entry_span(entry),
            name_span=page.content(entry.key),
        )

    def _param(self, name: str, entry: Entry) -> ir.Param | None:
        page = self.page
        fields = self._typed(name, entry, shape.PARAM, "the param")
        if fields is None:
            return None
        type_ = type_of(page, fields)
        default = self._default(fields, type_)
        if type_ is None or default is None:
            return None
        return ir.Param(
            name=name,
            doc=self.page.prose_of(fields, "doc"),
            type=type_,
            default=default,
            span=page.entry_span(entry),
            name_span=page.content(entry.key),
        )

    def _typed(self, name: str, entry: Entry, table: shape.Shape, what: str) -> Fields | None:
        """The keys of an input or param; a bare type stands for `{type: …}`."""
        if isinstance(entry.value, Scalar) and not is_empty(entry.value) and table is shape.INPUT:
            return {"type": Entry(entry.value, entry.value)}
        return self.page.fields(entry.value, table, f"{what} `{name}`", self.page.span(entry.key))

    def _default(self, fields: Fields, type_: ir.Type | None) -> ir.Expression | None:
        if "default" not in fields:
            return None
        as_text = type_ is not None and type_.kind in ("text", "enum")
        return value(self.page, fields["default"].value, as_text=as_text)

    # ---- gates and tests ---------------------------------------------------------------------------------------------

    def _gates(self, entry: Entry | None) -> tuple[ir.Gate, ...]:
        items = self.page.items(entry.value, "gates") if entry is not None else []
        return tuple(gate for item in items or () if (gate := self._gate(item)) is not None)

    def _gate(self, tree: Tree) -> ir.Gate | None:
        fields = self.page.fields(tree, shape.GATE, "a gate")
        if fields is None:
            return None
        condition = formula(self.page, fields["that"].value)
        otherwise = formula(self.page, fields["else"].value)
        if condition is None or otherwise is None:
            return None
        return ir.Gate(
            doc=self.page.prose_of(fields, "doc"),
            condition=condition,
            otherwise=otherwise,
            because=self.page.prose_of(fields, "because"),
            span=self.page.span(tree),
        )

    def _tests(self, entry: Entry | None) -> tuple[ir.Test, ...]:
        items = self.page.items(entry.value, "tests") if entry is not None else []
        return tuple(test for item in items or () if (test := self._test(item)) is not None)

    def _test(self, tree: Tree) -> ir.Test | None:
        page = self.page
        fields = page.fields(tree, shape.TEST, "a test")
        if fields is None:
            return None
        name = page.text(fields["name"].value)
        given = self._given(fields.get("given"))
        stubs = self._stubs(fields.get("stub"))
        expects = self._expects(fields.get("expect"))
        if name is None or given is None or stubs is None or expects is None:
            return None
        name_span = page.span(fields["name"].value)
        return ir.Test(name=name, given=given, stubs=stubs, expects=expects, span=page.span(tree), name_span=name_span)

    def _given(self, entry: Entry | None) -> tuple[ir.Given, ...] | None:
        found: list[ir.Given] = []
        for name, one in self.page.named(entry.value, "fields") if entry is not None else ():
            content = value(self.page, one.value)
            if content is None:
                return None
            span, name_span = self.page.entry_span(one), self.page.content(one.key)
            found.append(ir.Given(name=name, value=content, span=span, name_span=name_span))
        return tuple(found)

    def _stubs(self, entry: Entry | None) -> tuple[ir.Stub, ...] | None:
        found: list[ir.Stub] = []
        for one in (self.page.entries(entry.value, "nodes") or ()) if entry is not None else ():
            name, content = self.page.path(one.key), value(self.page, one.value)
            if name is None or content is None:
                return None
            span, name_span = self.page.entry_span(one), self.page.content(one.key)
            found.append(ir.Stub(name=name, value=content, span=span, name_span=name_span))
        return tuple(found)

    def _expects(self, entry: Entry | None) -> tuple[ir.Expression, ...] | None:
        if entry is None:
            return ()
        trees = entry.value.items if isinstance(entry.value, Items) else [entry.value]
        found = [formula(self.page, tree) for tree in trees]
        known = tuple(one for one in found if one is not None)
        return known if len(known) == len(found) else None
