"""The reader of `.rm.yaml`: from the YAML tree to the IR, by the tables of `shape.py`.

Scalars mean what their key holds: a formula, a text, a name. Only values (`args`, settings, defaults, test data) look
at how they are written: `${…}` is an expression, a bare `true`, `false` or number is itself, anything else is a text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from rmcompose import ir
from rmcompose.diagnostics import Source, Span, in_order, nearest
from rmcompose.ir.base import checked_already
from rmcompose.ir.judging import SETTINGS
from rmcompose.syntax import literals, shape, words
from rmcompose.syntax.parsed import Parsed
from rmcompose.syntax.settings import shaped
from rmcompose.syntax.yaml_comments import yaml_comments
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
                doc=self._prose(fields, "doc"),
                returns=returns or ir.Type(kind="float"),
                inputs=tuple(self._declared(name, fields.get("inputs"), "inputs", self._input)),
                params=tuple(self._declared(name, fields.get("params"), "params", self._param)),
                nodes=tuple(self._declared(name, fields.get("nodes"), "nodes", self._node)),
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

    def _prose(self, fields: Fields, key: str) -> str:
        return (self.page.prose(fields[key].value) or "") if key in fields else ""

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
            doc=self._prose(fields, "doc"),
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
            doc=self._prose(fields, "doc"),
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

    # ---- nodes -------------------------------------------------------------------------------------------------------

    def _node(self, name: str, entry: Entry) -> ir.Statement | None:
        page = self.page
        if not isinstance(entry.value, Pairs):
            page.fault(
                "RM150", f"expected a mapping for the node `{name}`, found {kind(entry.value)}", page.span(entry.value)
            )
            return None
        keys = [key for key, _ in entry.value.pairs if isinstance(key, Scalar)]
        kinds = list({key.text: key for key in reversed(keys) if key.text in shape.NODES}.values())[::-1]
        if not kinds:
            self._no_kind(name, entry, keys)
            return None
        if len(kinds) > 1:
            message = f"the node `{name}` is already of kind `{kinds[0].text}`"
            page.fault("RM151", message, page.span(kinds[1]), "give each node one kind")
            return None
        table = shape.NODES[kinds[0].text]
        fields = page.fields(entry.value, table, f"the {kinds[0].text} `{name}`", page.span(entry.key))
        return self._NODES[kinds[0].text](self, name, entry, fields) if fields is not None else None

    def _no_kind(self, name: str, entry: Entry, keys: list[Scalar]) -> None:
        page = self.page
        known = {key for table in shape.NODES.values() for key in table}
        for key in keys:
            near = nearest(key.text, shape.NODES) if key.text not in known else None
            if near is not None:
                page.fault("RM151", f"a node has no key `{key.text}`", page.span(key), f"did you mean `{near}`?")
                return
        advice = f"a node has one of {', '.join(f'`{one}`' for one in shape.NODES)}"
        page.fault("RM152", f"the node `{name}` lacks the key of its kind", page.span(entry.key), advice)

    def _rule(self, name: str, entry: Entry, fields: Fields) -> ir.Rule | None:
        page = self.page
        type_ = type_of(page, fields) if "type" in fields else None
        callee = self._callee(fields["rule"])
        arguments = self._arguments(fields.get("args"))
        substitute, failed = self._optional(fields, "on_unscored")
        if callee is None or arguments is None or failed or ("type" in fields and type_ is None):
            return None
        if "type" not in fields and (stray := fields.get("range") or fields.get("choices")):
            page.fault("RM152", f"`{stray.name}` needs the key `type` beside it", page.span(stray.key))
            return None
        return ir.Rule(
            name=name,
            doc=self._prose(fields, "doc"),
            type=type_,
            rule=callee,
            arguments=arguments,
            on_unscored=substitute,
            span=page.entry_span(entry),
            name_span=page.content(entry.key),
        )

    def _compose(self, name: str, entry: Entry, fields: Fields) -> ir.Compose | None:
        target = self._callee(fields["compose"])
        arguments = self._arguments(fields.get("args"))
        substitute, failed = self._optional(fields, "on_unscored")
        if target is None or arguments is None or failed:
            return None
        return ir.Compose(
            name=name,
            doc=self._prose(fields, "doc"),
            target=target,
            arguments=arguments,
            on_unscored=substitute,
            span=self.page.entry_span(entry),
            name_span=self.page.content(entry.key),
        )

    def _callee(self, entry: Entry) -> ir.Callee | None:
        path = self.page.path(entry.value)
        if path is None or not isinstance(entry.value, Scalar):
            return None
        span = self.page.content(entry.value)
        return ir.Callee(name=path, span=span, name_span=span)

    def _arguments(self, entry: Entry | None) -> tuple[ir.Argument, ...] | None:
        found: list[ir.Argument] = []
        healthy = True
        for name, one in self.page.named(entry.value, "arguments") if entry is not None else ():
            if name == "on_unscored":
                advice = "it stands beside `args`"
                self.page.fault("RM151", "`on_unscored` is no argument", self.page.span(one.key), advice)
                continue
            content = value(self.page, one.value)
            if content is None:
                healthy = False
                continue
            span, name_span = self.page.entry_span(one), self.page.content(one.key)
            found.append(ir.Argument(name=name, value=content, span=span, name_span=name_span))
        return tuple(found) if healthy else None

    def _optional(self, fields: Fields, key: str) -> tuple[ir.Expression | None, bool]:
        """The formula of a key that may be left out, and whether it is there and broken."""
        if key not in fields:
            return None, False
        found = formula(self.page, fields[key].value)
        return found, found is None

    def _let(self, name: str, entry: Entry, fields: Fields) -> ir.Let | None:
        content = formula(self.page, fields["let"].value)
        if content is None:
            return None
        return ir.Let(
            name=name,
            doc=self._prose(fields, "doc"),
            value=content,
            span=self.page.entry_span(entry),
            name_span=self.page.content(entry.key),
        )

    # ---- judges ------------------------------------------------------------------------------------------------------

    def _judge(self, name: str, entry: Entry, fields: Fields) -> ir.Judge | None:
        page = self.page
        type_ = type_of(page, fields)
        body = page.fields(fields["judge"].value, shape.JUDGE, f"the judge `{name}`", page.span(entry.key))
        if body is None or type_ is None:
            return None
        settings = [self._setting(key, body[key]) for key in body if key in SETTINGS]
        if "on_unscored" in fields:
            if "on_unscored" in body:
                page.fault("RM153", "duplicate key `on_unscored`", page.span(fields["on_unscored"].key))
            else:
                settings.append(self._setting("on_unscored", fields["on_unscored"]))
        criteria = self._criteria(body.get("criteria"))
        verdicts = self._verdicts(body.get("verdicts"))
        known = tuple(one for one in settings if one is not None)
        if len(known) < len(settings) or criteria is None or verdicts is None:
            return None
        return ir.Judge(
            name=name,
            doc=self._prose(fields, "doc"),
            type=type_,
            settings=known,
            rubric=page.prose(body["rubric"].value) if "rubric" in body else None,
            criteria=criteria,
            verdicts=verdicts,
            span=page.entry_span(entry),
            name_span=page.content(entry.key),
        )

    def _setting(self, name: str, entry: Entry) -> ir.Setting | None:
        holds, tree = SETTINGS[name].shape, entry.value
        content = value(self.page, tree, as_text=holds in ("text", "word", "name", "names"))
        if content is None:
            return None
        if holds in ("name", "names"):
            content = self._as_names(content, tree)
        span, name_span = self.page.entry_span(entry), self.page.content(entry.key)
        return ir.Setting(name=name, value=shaped(name, content), span=span, name_span=name_span)

    def _as_names(self, content: ir.Expression, tree: Tree) -> ir.Expression:
        """Texts where names are held are names; one in `${"…"}` stays a text."""
        if isinstance(content, ir.ListOf) and isinstance(tree, Items):
            items = tuple(self._as_names(one, part) for one, part in zip(content.items, tree.items, strict=True))
            return ir.ListOf(items=items, span=content.span)
        written = isinstance(tree, Scalar) and "${" not in tree.text
        if written and isinstance(content, ir.Constant) and isinstance(content.value, str):
            name = content.value
            if literals.PATH.fullmatch(name) and name.split(".", 1)[0] not in words.RESERVED:
                return ir.Name(name=name, span=content.span, name_span=content.span)
        return content

    def _criteria(self, entry: Entry | None) -> tuple[ir.Criterion, ...] | None:
        found: list[ir.Criterion] = []
        healthy = True
        for name, one in self.page.named(entry.value, "criteria") if entry is not None else ():
            criterion = self._criterion(name, one)
            healthy = healthy and criterion is not None
            found += [criterion] if criterion is not None else []
        return tuple(found) if healthy else None

    def _criterion(self, name: str, entry: Entry) -> ir.Criterion | None:
        page = self.page
        fields: Fields | None = {"text": entry}
        if isinstance(entry.value, Pairs):
            fields = page.fields(entry.value, shape.CRITERION, f"the criterion `{name}`", page.span(entry.key))
        if fields is None:
            return None
        weight, failed = self._optional(fields, "weight")
        text = page.prose(fields["text"].value)
        if text is None or failed:
            return None
        span, name_span = page.entry_span(entry), page.content(entry.key)
        return ir.Criterion(name=name, weight=weight, text=text, span=span, name_span=name_span)

    def _verdicts(self, entry: Entry | None) -> tuple[ir.Verdict, ...] | None:
        found: list[ir.Verdict] = []
        entries = self.page.entries(entry.value, "verdicts") if entry is not None else []
        for one in entries or ():
            content = formula(self.page, one.value)
            if content is None:
                return None
            span, name_span = self.page.entry_span(one), self.page.content(one.key)
            found.append(ir.Verdict(label=one.name, value=content, span=span, name_span=name_span))
        return tuple(found) if entries is not None else None

    # ---- aggregates --------------------------------------------------------------------------------------------------

    def _aggregate(self, name: str, entry: Entry, fields: Fields) -> ir.Aggregate | None:
        page = self.page
        function, parameter = self._function(fields["aggregate"])
        members = self._members(fields["members"])
        substitute, failed = self._optional(fields, "on_unscored")
        k, bad_k = self._optional(fields, "k")
        if function is None or members is None or failed or bad_k:
            return None
        if k is not None and parameter is not None:
            page.fault("RM153", "the parameter is given twice", page.span(fields["k"].key))
        return ir.Aggregate(
            name=name,
            doc=self._prose(fields, "doc"),
            function=function,
            parameter=parameter if parameter is not None else k,
            members=members,
            on_unscored=substitute,
            span=page.entry_span(entry),
            name_span=page.content(entry.key),
        )

    def _function(self, entry: Entry) -> tuple[str | None, ir.Expression | None]:
        """`mean`, or `at_least(2)`."""
        match formula(self.page, entry.value):
            case None:
                return None, None
            case ir.Name(name=name) if literals.NAME.fullmatch(name) and name != "return":
                return name, None
            case ir.Call(function=name, arguments=(parameter,)):
                return name, parameter
            case _:
                message = "expected the name of an aggregate"
                self.page.fault("RM101", message, self.page.span(entry.value), "write `mean` or `at_least(2)`")
                return None, None

    def _members(self, entry: Entry) -> tuple[ir.Member, ...] | None:
        if isinstance(entry.value, Items):
            members = [self._listed_member(item) for item in entry.value.items]
        else:
            entries = self.page.entries(entry.value, "members")
            if entries is None:
                return None
            members = [self._named_member(one) for one in entries]
        known = tuple(member for member in members if member is not None)
        return known if len(known) == len(members) else None

    def _named_member(self, entry: Entry) -> ir.Member | None:
        """`name: weight`; nothing after the name is no weight."""
        name = self.page.path(entry.key)
        weight = None if is_empty(entry.value) else formula(self.page, entry.value)
        if name is None or (weight is None and not is_empty(entry.value)):
            return None
        span = self.page.content(entry.key)
        return ir.Member(
            value=ir.Name(name=name, span=span, name_span=span), weight=weight, span=self.page.entry_span(entry)
        )

    def _listed_member(self, tree: Tree) -> ir.Member | None:
        if not isinstance(tree, Pairs):
            content = formula(self.page, tree)
            return ir.Member(value=content, span=self.page.span(tree)) if content is not None else None
        fields = self.page.fields(tree, shape.MEMBER, "a member")
        if fields is None:
            return None
        content = formula(self.page, fields["of"].value)
        weight, failed = self._optional(fields, "weight")
        if content is None or failed:
            return None
        # as in `.rm`, the member is pointed at where its value is
        span = self.page.source.span(fields["of"].value.start, tree.end)
        return ir.Member(value=content, weight=weight, span=span)

    _NODES: ClassVar[dict[str, Callable[..., ir.Statement | None]]] = {
        "rule": _rule,
        "judge": _judge,
        "compose": _compose,
        "aggregate": _aggregate,
        "let": _let,
    }

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
            doc=self._prose(fields, "doc"),
            condition=condition,
            otherwise=otherwise,
            because=self._prose(fields, "because"),
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
