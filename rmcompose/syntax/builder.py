"""Builds the IR while the parser reduces: one method for each rule of the grammar.

Each method is given the children of its rule (tokens and `Value`s) and returns a `Value`: what was built, with the
characters it covers. Nothing recurses, so the length and nesting of a text never meet the stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rmcompose import ir
from rmcompose.diagnostics import Diagnostic, Label, Span, nearest
from rmcompose.ir.judging import SETTINGS
from rmcompose.syntax import literals, words
from rmcompose.syntax.limits import MAX_DEPTH
from rmcompose.syntax.settings import shaped
from rmcompose.syntax.tokens import Lexed
from rmcompose.syntax.types import BadType, make_type

if TYPE_CHECKING:
    from lark import Token

Child = Any
"""A child of a rule: a Lark token or a `Value`; both have `start_pos` and `end_pos`."""


class TooDeep(Exception):
    """An expression nests deeper than any pass is made for; `span` is the innermost that is still allowed."""

    def __init__(self, span: Span) -> None:
        super().__init__("too deep")
        self.span = span


class Value(NamedTuple):
    """What a rule built. `what` is an IR node or a part of one; the positions are offsets into the parsed text."""

    what: Any
    start_pos: int
    end_pos: int
    depth: int = 1
    """Levels of IR nodes, for expressions."""
    is_number: bool = False
    """Whether it is a bare number: `-` before it makes a negative literal, before `(1)` an operation."""


class Return(NamedTuple):
    """A `return` statement."""

    value: ir.Expression


class Broken(NamedTuple):
    """A statement that holds a token without a value: only the name it would declare is known."""

    keyword: str
    name: str | None


class Version(NamedTuple):
    """The version line."""

    number: int | float


class Option(NamedTuple):
    """`name = value` in the body of an aggregate."""

    name: str
    value: ir.Expression


class Rubric(NamedTuple):
    """The rubric of a judge."""

    text: str


class Builder:
    """Builds one text. After the parse, `faults` holds what was wrong and `poisoned` and `broken_results` what is
    missing (see `Parsed`)."""

    def __init__(self, lexed: Lexed) -> None:
        self._lexed = lexed
        self._place = lexed.place
        self.faults: list[Diagnostic] = []
        self.poisoned: dict[str, set[str]] = {}
        self.broken_results: set[str] = set()

    # ---- helpers -----------------------------------------------------------------------------------------------------

    def _span(self, *children: Child) -> Span:
        return self._place(children[0].start_pos or 0, children[-1].end_pos or 0)

    def _fault(self, code: str, message: str, span: Span, *help: str, labels: tuple[Label, ...] = ()) -> None:
        self.faults.append(Diagnostic(code, message, span, help=help, labels=labels))

    def _expression(self, children: Sequence[Child], node: ir.Expression, *parts: Value) -> Value:
        """An expression over `parts`."""
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > MAX_DEPTH:
            raise TooDeep(self._span(*children))
        return Value(node, children[0].start_pos or 0, children[-1].end_pos or 0, depth)

    # ---- words and texts ---------------------------------------------------------------------------------------------

    def name(self, c: list[Token]) -> Value:
        return Value(str(c[0]), c[0].start_pos or 0, c[0].end_pos or 0)

    def path(self, c: list[Child]) -> Value:
        first = c[0].what if isinstance(c[0], Value) else ""
        return Value(first + "".join(str(part) for part in c[1:]), c[0].start_pos or 0, c[-1].end_pos or 0)

    def text(self, c: list[Token]) -> Value:
        token = c[0]
        body = str(token)
        match token.type:
            case "TEXT":
                value = literals.read_quoted(body[1:-1])[0]
            case "RAW":
                value = body[2:-1]
            case "BLOCK":
                value = literals.read_block(body[3:-3])
            case _:
                value = ""  # not closed: its statement is left out
        return Value(value, token.start_pos or 0, token.end_pos or 0)

    # ---- expressions -------------------------------------------------------------------------------------------------

    def number(self, c: list[Token]) -> Value:
        node = ir.Constant(value=self._number(c[0]), span=self._span(*c))
        return Value(node, c[0].start_pos or 0, c[0].end_pos or 0, is_number=True)

    def _number(self, token: Token) -> int | float:
        try:
            return literals.read_number(str(token))
        except literals.BadNumber:
            return 0  # told with the tokens; its statement is left out

    def true(self, c: list[Token]) -> Value:
        return self._expression(c, ir.Constant(value=True, span=self._span(*c)))

    def false(self, c: list[Token]) -> Value:
        return self._expression(c, ir.Constant(value=False, span=self._span(*c)))

    def text_constant(self, c: list[Value]) -> Value:
        return self._expression(c, ir.Constant(value=c[0].what, span=self._span(*c)))

    def reference(self, c: list[Value]) -> Value:
        span = self._span(*c)
        return self._expression(c, ir.Name(name=c[0].what, span=span, name_span=span))

    def result(self, c: list[Token]) -> Value:
        span = self._span(*c)
        return self._expression(c, ir.Name(name="return", span=span, name_span=span))

    def stray(self, c: list[Token]) -> Value:
        return self._expression(c, ir.Constant(value=0, span=self._span(*c)))

    def group(self, c: list[Child]) -> Value:
        inner = c[1]
        assert isinstance(inner, Value)
        return Value(inner.what, c[0].start_pos or 0, c[-1].end_pos or 0, inner.depth)

    def list_of(self, c: list[Child]) -> Value:
        items = _values(c)
        node = ir.ListOf(items=tuple(item.what for item in items), span=self._span(*c))
        return self._expression(c, node, *items)

    def call(self, c: list[Child]) -> Value:
        name, *arguments = _values(c)
        node = ir.Call(
            function=name.what,
            arguments=tuple(argument.what for argument in arguments),
            span=self._span(*c),
            name_span=self._span(name),
        )
        return self._expression(c, node, *arguments)

    def unary(self, c: list[Any]) -> Value:
        sign, operand = c
        if sign.type == "MINUS" and operand.is_number:
            return self.negative(c)
        op = "-" if sign.type == "MINUS" else "not"
        if sign.type == "FOREIGN_NOT":
            self._foreign(sign)
        return self._expression(c, ir.Unary(op=op, operand=operand.what, span=self._span(*c)), operand)

    def negative(self, c: list[Any]) -> Value:
        number = c[1].what.value if isinstance(c[1], Value) else self._number(c[1])
        return self._expression(c, ir.Constant(value=-number, span=self._span(*c)))

    def binary(self, c: list[Any]) -> Value:
        left, operator, right = c
        op = str(operator)
        if operator.type.startswith("FOREIGN_") or operator.type == "EQUAL":
            self._foreign(operator)
            op = words.FOREIGN[op]
        node = ir.Binary(op=op, left=left.what, right=right.what, span=self._span(*c))  # type: ignore[arg-type]
        return self._expression(c, node, left, right)

    def conditional(self, c: list[Any]) -> Value:
        _, condition, _, then, otherwise = c
        node = ir.If(condition=condition.what, then=then.what, otherwise=otherwise.what, span=self._span(*c))
        return self._expression(c, node, condition, then, otherwise)

    def alternative(self, c: list[Any]) -> Value:
        return Value(c[1].what, c[1].start_pos, c[1].end_pos, c[1].depth)

    def elif_(self, c: list[Any]) -> Value:
        self._fault("RM105", "`elif` is not a word of this language", self._span(c[0]), "write `else if`")
        return self.conditional(c)

    def ternary(self, c: list[Any]) -> Value:
        condition, mark, then, _, otherwise = c
        help = "write `if condition then value else value`"
        self._fault("RM105", "`? :` is not an operator of this language", self._span(mark), help)
        node = ir.If(condition=condition.what, then=then.what, otherwise=otherwise.what, span=self._span(*c))
        return self._expression(c, node, condition, then, otherwise)

    def _foreign(self, operator: Token) -> None:
        right = words.FOREIGN[str(operator)]
        message = f"`{operator}` is not an operator of this language"
        if operator.type == "EQUAL":
            message = "`=` does not compare"
        self._fault("RM105", message, self._span(operator), f"write `{right}`")

    def route(self, c: list[Any]) -> Value:
        values = _values(c)
        arms = [value for value in values if isinstance(value.what, ir.Arm)]
        subject = next((value for value in values[:1] if not isinstance(value.what, (ir.Arm, _Otherwise))), None)
        otherwise = next((value for value in values[-1:] if isinstance(value.what, _Otherwise)), None)
        node = ir.Route(
            subject=subject.what if subject else None,
            arms=tuple(arm.what for arm in arms),
            otherwise=otherwise.what.value if otherwise else None,
            span=self._span(*c),
        )
        return self._expression(c, node, *values)

    def arm(self, c: list[Any]) -> Value:
        _, when, _, then = c
        node = ir.Arm(when=when.what, then=then.what, span=self._span(*c))
        return Value(node, c[0].start_pos, c[-1].end_pos, max(when.depth, then.depth))

    def otherwise(self, c: list[Any]) -> Value:
        return Value(_Otherwise(c[2].what), c[0].start_pos, c[-1].end_pos, c[2].depth)

    # ---- a file ------------------------------------------------------------------------------------------------------

    def version(self, c: list[Token]) -> Value:
        return Value(Version(self._number(c[1])), c[0].start_pos or 0, c[-1].end_pos or 0)

    def import_(self, c: list[Any]) -> Value:
        _, path, _, name = c
        return self._declare(
            c, lambda: ir.Import(name=name.what, path=path.what, span=self._span(path), name_span=self._span(name))
        )

    def composition(self, c: list[Any]) -> Value:
        docs, c = _documentation(c)
        _, name, _, returns = c[:4]
        header = self._lexed.wounded(c[0].start_pos, c[4].end_pos)
        if header:
            self.broken_results.add(name.what)
        return Value(self.assemble(docs, c[0], name, returns, _values(c[5:-1]), c[-1]), c[0].start_pos, c[-1].end_pos)

    def assemble(
        self, docs: str, first: Child, name: Value, returns: Value, body: Sequence[Value], last: Child
    ) -> ir.Composition:
        """A composition from the values of its statements, in their order."""
        poisoned = self.poisoned.setdefault(name.what, set())
        found: dict[type, list[Any]] = {}
        result: Value | None = None
        for value in body:
            match value.what:
                case Broken(keyword="return"):
                    self.broken_results.add(name.what)
                case Broken(name=declared):
                    if declared is not None:
                        poisoned.add(declared)
                case Return():
                    if result is None:
                        result = value
                    else:
                        here = self._place(value.start_pos, value.start_pos + len("return"))
                        there = self._place(result.start_pos, result.start_pos + len("return"))
                        self._fault("RM202", "a second `return`", here, labels=(Label(there, "the first is here"),))
                case node:
                    found.setdefault(type(node), []).append(node)
        nodes = [value.what for value in body if isinstance(value.what, _NODES)]
        return ir.Composition(
            name=name.what,
            doc=docs,
            returns=returns.what,
            inputs=tuple(found.get(ir.Input, ())),
            params=tuple(found.get(ir.Param, ())),
            nodes=tuple(nodes),
            gates=tuple(found.get(ir.Gate, ())),
            result=result.what.value if result else None,
            tests=tuple(found.get(ir.Test, ())),
            span=self._span(first, last),
            name_span=self._span(name),
        )

    def document(self, c: list[Value]) -> Value:
        imports = tuple(value.what for value in c if isinstance(value.what, ir.Import))
        compositions = tuple(value.what for value in c if isinstance(value.what, ir.Composition))
        for value in c:
            if isinstance(value.what, Broken) and value.what.name is not None:
                self.poisoned.setdefault("", set()).add(value.what.name)
        node = ir.Document(imports=imports, compositions=compositions, span=self._span(*c))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def _declare(self, c: Sequence[Child], make: Any) -> Value:
        """The statement that `make` makes, or a `Broken` where one of its tokens has no value."""
        start, end = c[0].start_pos or 0, c[-1].end_pos or 0
        if not self._lexed.wounded(start, end):
            return Value(make(), start, end)
        names = c[3:4] if str(c[0]) == "import" else c[1:2]
        name = next((v.what for v in names if isinstance(v, Value) and isinstance(v.what, str)), None)
        return Value(Broken(str(c[0]), name), start, end)

    # ---- types -------------------------------------------------------------------------------------------------------

    def type(self, c: list[Any]) -> Value:
        name, *items = _values(c)
        texts = [item.what for item in items if isinstance(item.what, str)]
        numbers = [item.what for item in items if not isinstance(item.what, str)]
        try:
            node = make_type(name.what, numbers, texts)
        except BadType as error:
            self._fault(error.code, str(error), self._span(*(c if error.whole else [name])), *error.help)
            self._lexed.wounds.append(name.start_pos)
            self._lexed.wounds.sort()
            node = ir.Type(kind="float")
        node = node.model_copy(update={"span": self._span(*c), "name_span": self._span(name)})
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def bound(self, c: list[Token]) -> Value:
        number = self._number(c[-1])
        return Value(-number if len(c) == 2 else number, c[0].start_pos or 0, c[-1].end_pos or 0)

    # ---- declarations ------------------------------------------------------------------------------------------------

    def input(self, c: list[Any]) -> Value:
        doc, c = _documentation(c)
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

    def param(self, c: list[Any]) -> Value:
        doc, c = _documentation(c)
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

    def rule(self, c: list[Any]) -> Value:
        doc, c = _documentation(c)
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

    def compose(self, c: list[Any]) -> Value:
        doc, c = _documentation(c)
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

    def _arguments(self, c: list[Any]) -> tuple[tuple[ir.Argument, ...], ir.Expression | None]:
        arguments = [value.what for value in _values(c) if isinstance(value.what, ir.Argument)]
        substitutes = [one for one in arguments if one.name == "on_unscored"]
        for again in substitutes[1:]:
            self._twice("on_unscored", again, substitutes[0])
        rest = tuple(one for one in arguments if one.name != "on_unscored")
        return rest, substitutes[0].value if substitutes else None

    def _twice(self, what: str, again: ir.Node, first: ir.Node) -> None:
        there = first.name_span or first.span
        here = again.name_span or again.span
        assert here is not None and there is not None
        self._fault("RM202", f"a second `{what}`", here, labels=(Label(there, "the first is here"),))

    def argument(self, c: list[Any]) -> Value:
        name, _, value = c
        node = ir.Argument(name=name.what, value=value.what, span=self._span(*c), name_span=self._span(name))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def judge(self, c: list[Any]) -> Value:
        doc, c = _documentation(c)
        _, name, _, type_ = c[:4]
        body = _values(c[5:-1])
        rubrics = [value for value in body if isinstance(value.what, Rubric)]
        for again in rubrics[1:]:
            here, there = (self._place(v.start_pos, v.start_pos + len("rubric")) for v in (again, rubrics[0]))
            self._fault("RM202", "a second `rubric`", here, labels=(Label(there, "the first is here"),))
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
                span=self._span(*c),
                name_span=self._span(name),
            ),
        )

    def setting(self, c: list[Any]) -> Value:
        name, _, value = c
        if name.what not in SETTINGS:
            near = nearest(name.what, [*SETTINGS, "rubric", "criterion", "verdict"])
            help = (f"did you mean `{near}`?",) if near else ()
            if name.what == "rubric":
                help = ('write `rubric "…"`, without `=`',)
            self._fault("RM204", f"a judge has no setting `{name.what}`", self._span(name), *help)
            return Value(None, c[0].start_pos, c[-1].end_pos)
        node = ir.Setting(
            name=name.what, value=shaped(name.what, value.what), span=self._span(*c), name_span=self._span(name)
        )
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def rubric(self, c: list[Any]) -> Value:
        return Value(Rubric(literals.prose(c[1].what)), c[0].start_pos, c[-1].end_pos)

    def criterion(self, c: list[Any]) -> Value:
        name = c[1]
        node = ir.Criterion(
            name=name.what,
            weight=c[3].what if len(c) == 6 else None,
            text=literals.prose(c[-1].what),
            span=self._span(*c),
            name_span=self._span(name),
        )
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def verdict(self, c: list[Any]) -> Value:
        _, label, _, value = c
        node = ir.Verdict(label=label.what, value=value.what, span=self._span(*c), name_span=self._span(label))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def aggregate(self, c: list[Any]) -> Value:
        doc, c = _documentation(c)
        _, name, _, function = c[:4]
        parameter = c[5].what if c[4].type == "LPAR" else None
        body = _values(c[5:-1])
        options = [value for value in body if isinstance(value.what, Option)]
        for again in options[1:]:
            here, there = (self._place(v.start_pos, v.start_pos + len("on_unscored")) for v in (again, options[0]))
            self._fault("RM202", "a second `on_unscored`", here, labels=(Label(there, "the first is here"),))
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

    def member(self, c: list[Any]) -> Value:
        value = c[1]
        weight = c[3].what if len(c) == 4 else None
        node = ir.Member(value=value.what, weight=weight, span=self._span(*c[1:]))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def option(self, c: list[Any]) -> Value:
        name, _, value = c
        if str(name) != "on_unscored":
            near = nearest(str(name), ["on_unscored"])
            help = (f"did you mean `{near}`?",) if near else ("an aggregate has only `on_unscored`",)
            self._fault("RM204", f"an aggregate has no setting `{name}`", self._span(name), *help)
            return Value(None, c[0].start_pos, c[-1].end_pos)
        return Value(Option(str(name), value.what), c[0].start_pos, c[-1].end_pos)

    def let(self, c: list[Any]) -> Value:
        doc, c = _documentation(c)
        _, name, _, value = c
        return self._declare(
            c,
            lambda: ir.Let(
                name=name.what, doc=doc, value=value.what, span=self._span(*c), name_span=self._span(name)
            ),
        )

    # ---- gates, the result, tests ------------------------------------------------------------------------------------

    def require(self, c: list[Any]) -> Value:
        doc, c = _documentation(c)
        because = literals.prose(c[5].what) if len(c) == 6 else ""
        return self._declare(
            c,
            lambda: ir.Gate(
                doc=doc, condition=c[1].what, otherwise=c[3].what, because=because, span=self._span(*c)
            ),
        )

    def return_(self, c: list[Any]) -> Value:
        return self._declare(c, lambda: Return(c[1].what))

    def test(self, c: list[Any]) -> Value:
        body = _values(c[3:-1])
        return self._declare(
            c,
            lambda: ir.Test(
                name=c[1].what,
                given=tuple(v.what for v in body if isinstance(v.what, ir.Given)),
                stubs=tuple(v.what for v in body if isinstance(v.what, ir.Stub)),
                expects=tuple(v.what.value for v in body if isinstance(v.what, _Expect)),
                span=self._span(*c),
                name_span=self._span(c[1]),
            ),
        )

    def given(self, c: list[Any]) -> Value:
        _, name, _, value = c
        node = ir.Given(name=name.what, value=value.what, span=self._span(*c), name_span=self._span(name))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def stub(self, c: list[Any]) -> Value:
        _, name, _, value = c
        node = ir.Stub(name=name.what, value=value.what, span=self._span(*c), name_span=self._span(name))
        return Value(node, c[0].start_pos, c[-1].end_pos)

    def expect(self, c: list[Any]) -> Value:
        return Value(_Expect(c[1].what), c[0].start_pos, c[-1].end_pos)


class _Otherwise(NamedTuple):
    value: ir.Expression


class _Expect(NamedTuple):
    value: ir.Expression


_NODES = (ir.Rule, ir.Judge, ir.Compose, ir.Aggregate, ir.Let)


def _values(children: Sequence[Any]) -> list[Value]:
    return [child for child in children if isinstance(child, Value)]


def _documentation(children: list[Any]) -> tuple[str, list[Any]]:
    """The prose of the leading `##` lines, and the children after them."""
    count = next(i for i, child in enumerate(children) if isinstance(child, Value) or child.type != "DOC")
    lines = [str(line)[2:].removeprefix(" ") for line in children[:count]]
    return literals.prose("\n".join(lines)), children[count:]
