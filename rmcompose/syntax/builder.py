"""Builds the IR while the parser reduces: one method for each rule of `rm.lark`.

Expressions are built by the class this one extends. Look first at `composition`, then at `assemble`, which recovery
uses too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rmcompose import ir
from rmcompose.diagnostics import Label, nearest
from rmcompose.syntax import literals
from rmcompose.syntax.built import Broken, Child, Expect, Option, Return, Rubric, Value, documentation, values
from rmcompose.syntax.expression_builder import ExpressionBuilder
from rmcompose.syntax.tokens import Lexed
from rmcompose.syntax.types import BadType, make_type

if TYPE_CHECKING:
    from lark import Token

_NODES = (ir.Rule, ir.Judge, ir.Compose, ir.Aggregate, ir.Let)


class Builder(ExpressionBuilder):
    """Builds one text. After the parse, `faults` holds what was wrong and `poisoned` and `broken_results` what is
    missing (see `Parsed`).
    """

    def __init__(self, lexed: Lexed) -> None:
        super().__init__(lexed)
        self.poisoned: dict[str, set[str]] = {}
        self.broken_results: set[str] = set()

    # ---- a file ------------------------------------------------------------------------------------------------------

    def version(self, c: list[Token]) -> Value:
        """`rmcompose 1`, which is checked with the tokens."""
        return Value(None, c[0].start_pos or 0, c[-1].end_pos or 0)

    def import_(self, c: list[Child]) -> Value:
        """`import "path" as name`."""
        _, path, _, name = c
        return self._declare(
            c, lambda: ir.Import(name=name.what, path=path.what, span=self._span(path), name_span=self._span(name))
        )

    def composition(self, c: list[Child]) -> Value:
        """`composition n -> type { … }`."""
        docs, c = documentation(c)
        _, name, _, returns = c[:4]
        header = self._lexed.wounded(c[0].start_pos, c[4].end_pos)
        if header:
            self.broken_results.add(name.what)
        return Value(self.assemble(docs, c[0], name, returns, values(c[5:-1]), c[-1]), c[0].start_pos, c[-1].end_pos)

    def assemble(
        self, docs: str, first: Child, name: Value, returns: Value, body: Sequence[Value], last: Child
    ) -> ir.Composition:
        """A composition from the values of its statements, in their order."""
        poisoned = self.poisoned.setdefault(name.what, set())
        found: dict[type, list[Any]] = {}
        results: list[Value] = []
        for value in body:
            match value.what:
                case Broken(keyword="return"):
                    self.broken_results.add(name.what)
                case Broken(name=declared):
                    if declared is not None:
                        poisoned.add(declared)
                case Return():
                    results.append(value)
                case node:
                    found.setdefault(type(node), []).append(node)
        self._once("return", results)
        nodes = [value.what for value in body if isinstance(value.what, _NODES)]
        return ir.Composition(
            name=name.what,
            doc=docs,
            returns=returns.what,
            inputs=tuple(found.get(ir.Input, ())),
            params=tuple(found.get(ir.Param, ())),
            nodes=tuple(nodes),
            gates=tuple(found.get(ir.Gate, ())),
            result=results[0].what.value if results else None,
            tests=tuple(found.get(ir.Test, ())),
            span=self._span(first, last),
            name_span=self._span(name),
        )

    def document(self, c: list[Value]) -> Value:
        """A whole file."""
        imports = tuple(value.what for value in c if isinstance(value.what, ir.Import))
        compositions = tuple(value.what for value in c if isinstance(value.what, ir.Composition))
        for value in c:
            if isinstance(value.what, Broken) and value.what.name is not None:
                self.poisoned.setdefault("", set()).add(value.what.name)
        node = ir.Document(imports=imports, compositions=compositions, span=self._span(*c))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def _declare(self, c: Sequence[Child], make: Callable[[], Any]) -> Value:
        """The statement that `make` makes, or a `Broken` where one of its tokens has no value."""
        start, end = c[0].start_pos or 0, c[-1].end_pos or 0
        if not self._lexed.wounded(start, end):
            return Value(make(), start, end)
        names = c[3:4] if str(c[0]) == "import" else c[1:2]
        name = next((v.what for v in names if isinstance(v, Value) and isinstance(v.what, str)), None)
        return Value(Broken(str(c[0]), name), start, end)

    # ---- types -------------------------------------------------------------------------------------------------------

    def type(self, c: list[Child]) -> Value:
        """`int`, `score[0, 1]`, `enum["a", "b"]`."""
        name, *items = values(c)
        texts = [item.what for item in items if isinstance(item.what, str)]
        numbers = [item.what for item in items if not isinstance(item.what, str)]
        try:
            node = make_type(name.what, numbers, texts)
        except BadType as error:
            self._fault(error.code, str(error), self._span(*(c if error.whole else [name])), *error.advice)
            self._lexed.wounds.append(name.start_pos)
            self._lexed.wounds.sort()
            node = ir.Type(kind="float")
        node = node.model_copy(update={"span": self._span(*c), "name_span": self._span(name)})
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def bound(self, c: list[Token]) -> Value:
        """An end of a range, with its sign."""
        number = self._number(c[-1])
        return Value(-number if len(c) == 2 else number, c[0].start_pos or 0, c[-1].end_pos or 0)

    # ---- declarations ------------------------------------------------------------------------------------------------

    def input(self, c: list[Child]) -> Value:
        """`input n: type from path = default`."""
        doc, c = documentation(c)
        _, name, _, type_ = c[:4]
        extra = {str(mark): value.what for mark, value in zip(c[4::2], c[5::2], strict=True)}
        return self._declare(
            c,
            lambda: ir.Input(
                name=name.what,
                doc=doc,
                type=type_.what,
                path=extra.get("from"),
                default=extra.get("="),
                span=self._span(*c),
                name_span=self._span(name),
            ),
        )

    def param(self, c: list[Child]) -> Value:
        """`param n: type = default`."""
        doc, c = documentation(c)
        _, name, _, type_, _, default = c
        return self._declare(
            c,
            lambda: ir.Param(
                name=name.what,
                doc=doc,
                type=type_.what,
                default=default.what,
                span=self._span(*c),
                name_span=self._span(name),
            ),
        )

    def rule(self, c: list[Child]) -> Value:
        """`rule n: type = callee(…)`."""
        doc, c = documentation(c)
        name = c[1]
        type_ = c[3].what if c[2].type == "COLON" else None
        callee = c[5] if type_ is not None else c[3]
        arguments, substitute = self._arguments(c)
        return self._declare(
            c,
            lambda: ir.Rule(
                name=name.what,
                doc=doc,
                type=type_,
                rule=self._callee(callee),
                arguments=arguments,
                on_unscored=substitute,
                span=self._span(*c),
                name_span=self._span(name),
            ),
        )

    def compose(self, c: list[Child]) -> Value:
        """`compose n = alias.composition(…)`."""
        doc, c = documentation(c)
        _, name, _, target = c[:4]
        arguments, substitute = self._arguments(c)
        return self._declare(
            c,
            lambda: ir.Compose(
                name=name.what,
                doc=doc,
                target=self._callee(target),
                arguments=arguments,
                on_unscored=substitute,
                span=self._span(*c),
                name_span=self._span(name),
            ),
        )

    def _callee(self, path: Value) -> ir.Callee:
        return ir.Callee(name=path.what, span=self._span(path), name_span=self._span(path))

    def _arguments(self, c: list[Child]) -> tuple[tuple[ir.Argument, ...], ir.Expression | None]:
        """The arguments of a call, and the one that says what stands in where it is unscored."""
        arguments = [value for value in values(c) if isinstance(value.what, ir.Argument)]
        substitutes = [one for one in arguments if one.what.name == "on_unscored"]
        self._once("on_unscored", substitutes)
        rest = tuple(one.what for one in arguments if one.what.name != "on_unscored")
        return rest, substitutes[0].what.value if substitutes else None

    def _once(self, word: str, found: Sequence[Value]) -> None:
        """Tells of each but the first of what a block can hold once; each starts with `word`."""
        for again in found[1:]:
            here, there = (self._place(one.start_pos, one.start_pos + len(word)) for one in (again, found[0]))
            self._fault("RM202", f"a second `{word}`", here, labels=(Label(there, "the first is here"),))

    def argument(self, c: list[Child]) -> Value:
        """`name = value` in a call."""
        name, _, value = c
        node = ir.Argument(name=name.what, value=value.what, span=self._span(*c), name_span=self._span(name))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def judge(self, c: list[Child]) -> Value:
        """`judge n: type { … }`."""
        doc, c = documentation(c)
        _, name, _, type_ = c[:4]
        body = values(c[5:-1])
        rubrics = [value for value in body if isinstance(value.what, Rubric)]
        self._once("rubric", rubrics)
        return self._declare(
            c,
            lambda: ir.Judge(
                name=name.what,
                doc=doc,
                type=type_.what,
                settings=tuple(v.what for v in body if isinstance(v.what, ir.Setting)),
                rubric=rubrics[0].what.text if rubrics else None,
                criteria=tuple(v.what for v in body if isinstance(v.what, ir.Criterion)),
                verdicts=tuple(v.what for v in body if isinstance(v.what, ir.Verdict)),
                examples=tuple(v.what for v in body if isinstance(v.what, ir.Example)),
                span=self._span(*c),
                name_span=self._span(name),
            ),
        )

    def setting(self, c: list[Child]) -> Value:
        """`name = value` in a judge."""
        from rmcompose.ir.judging import SETTINGS
        from rmcompose.syntax.settings import shaped

        name, _, value = c
        if name.what not in SETTINGS:
            near = nearest(name.what, [*SETTINGS, "rubric", "criterion", "verdict", "example"])
            advice = (f"did you mean `{near}`?",) if near else ()
            if name.what == "rubric":
                advice = ('write `rubric "…"`, without `=`',)
            self._fault("RM204", f"a judge has no setting `{name.what}`", self._span(name), *advice)
            return Value(None, c[0].start_pos, c[-1].end_pos)
        node = ir.Setting(
            name=name.what, value=shaped(name.what, value.what), span=self._span(*c), name_span=self._span(name)
        )
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def rubric(self, c: list[Child]) -> Value:
        """`rubric "text"`."""
        return Value(Rubric(literals.prose(c[1].what)), c[0].start_pos, c[-1].end_pos)

    def criterion(self, c: list[Child]) -> Value:
        """`criterion id weight w = "text"`."""
        name = c[1]
        node = ir.Criterion(
            name=name.what,
            weight=c[3].what if len(c) == 6 else None,
            text=literals.prose(c[-1].what),
            span=self._span(*c),
            name_span=self._span(name),
        )
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def verdict(self, c: list[Child]) -> Value:
        """`verdict "label" = value`."""
        _, label, _, value = c
        node = ir.Verdict(label=label.what, value=value.what, span=self._span(*c), name_span=self._span(label))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def example(self, c: list[Child]) -> Value:
        """`example { field = value … }`."""
        node = ir.Example(
            fields=tuple(v.what for v in values(c[2:-1])), span=self._span(*c), name_span=self._span(c[0])
        )
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def shown(self, c: list[Child]) -> Value:
        """`field = value` in an example."""
        name, _, value = c
        node = ir.Given(name=name.what, value=value.what, span=self._span(*c), name_span=self._span(name))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def aggregate(self, c: list[Child]) -> Value:
        """`aggregate n = function { … }`."""
        doc, c = documentation(c)
        _, name, _, function = c[:4]
        parameter = c[5].what if c[4].type == "LPAR" else None
        body = values(c[5:-1])
        options = [value for value in body if isinstance(value.what, Option)]
        self._once("on_unscored", options)
        return self._declare(
            c,
            lambda: ir.Aggregate(
                name=name.what,
                doc=doc,
                function=function.what,
                parameter=parameter,
                members=tuple(v.what for v in body if isinstance(v.what, ir.Member)),
                on_unscored=options[0].what.value if options else None,
                span=self._span(*c),
                name_span=self._span(name),
            ),
        )

    def member(self, c: list[Child]) -> Value:
        """`member x weight w`."""
        value = c[1]
        weight = c[3].what if len(c) == 4 else None
        node = ir.Member(value=value.what, weight=weight, span=self._span(*c[1:]))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def option(self, c: list[Child]) -> Value:
        """`on_unscored = x` in an aggregate."""
        name, _, value = c
        if str(name) != "on_unscored":
            near = nearest(str(name), ["on_unscored"])
            advice = (f"did you mean `{near}`?",) if near else ("an aggregate has only `on_unscored`",)
            self._fault("RM204", f"an aggregate has no setting `{name}`", self._span(name), *advice)
            return Value(None, c[0].start_pos, c[-1].end_pos)
        return Value(Option(str(name), value.what), c[0].start_pos, c[-1].end_pos)

    def let(self, c: list[Child]) -> Value:
        """`let n = x`."""
        doc, c = documentation(c)
        _, name, _, value = c
        return self._declare(
            c,
            lambda: ir.Let(name=name.what, doc=doc, value=value.what, span=self._span(*c), name_span=self._span(name)),
        )

    # ---- gates, the result, tests ------------------------------------------------------------------------------------

    def require(self, c: list[Child]) -> Value:
        """`require c else x because "…"`."""
        doc, c = documentation(c)
        because = literals.prose(c[5].what) if len(c) == 6 else ""
        return self._declare(
            c,
            lambda: ir.Gate(doc=doc, condition=c[1].what, otherwise=c[3].what, because=because, span=self._span(*c)),
        )

    def return_(self, c: list[Child]) -> Value:
        """`return x`."""
        return self._declare(c, lambda: Return(c[1].what))

    def test(self, c: list[Child]) -> Value:
        """`test "name" { … }`."""
        body = values(c[3:-1])
        return self._declare(
            c,
            lambda: ir.Test(
                name=c[1].what,
                given=tuple(v.what for v in body if isinstance(v.what, ir.Given)),
                stubs=tuple(v.what for v in body if isinstance(v.what, ir.Stub)),
                expects=tuple(v.what.value for v in body if isinstance(v.what, Expect)),
                span=self._span(*c),
                name_span=self._span(c[1]),
            ),
        )

    def given(self, c: list[Child]) -> Value:
        """`given field = value`."""
        _, name, _, value = c
        node = ir.Given(name=name.what, value=value.what, span=self._span(*c), name_span=self._span(name))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def stub(self, c: list[Child]) -> Value:
        """`stub node = value`."""
        _, name, _, value = c
        node = ir.Stub(name=name.what, value=value.what, span=self._span(*c), name_span=self._span(name))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def expect(self, c: list[Child]) -> Value:
        """`expect condition`."""
        return Value(Expect(c[1].what), c[0].start_pos, c[-1].end_pos)
