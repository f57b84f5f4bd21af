"""Builds expressions while the parser reduces: one method for each rule of `expression.lark`.

Each method is given the children of its rule (tokens and `Value`s) and returns a `Value`. Nothing recurses, so the
length and nesting of a text never meet the stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rmcompose import ir
from rmcompose.diagnostics import Diagnostic, Label, Span
from rmcompose.syntax import literals, words
from rmcompose.syntax.built import Child, Otherwise, TooDeep, Value, values
from rmcompose.syntax.limits import MAX_DEPTH
from rmcompose.syntax.tokens import Lexed

if TYPE_CHECKING:
    from lark import Token


class ExpressionBuilder:
    """Builds one text; after the parse, `faults` holds what was wrong."""

    def __init__(self, lexed: Lexed) -> None:
        self._lexed = lexed
        self._place = lexed.place
        self.faults: list[Diagnostic] = []

    # ---- helpers -----------------------------------------------------------------------------------------------------

    def _span(self, *children: Child) -> Span:
        return self._place(children[0].start_pos or 0, children[-1].end_pos or 0)

    def _fault(self, code: str, message: str, span: Span, *advice: str, labels: tuple[Label, ...] = ()) -> None:
        self.faults.append(Diagnostic(code, message, span, help=advice, labels=labels))

    def _expression(self, children: Sequence[Child], node: ir.Expression, *parts: Value) -> Value:
        """An expression over `parts`."""
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > MAX_DEPTH:
            raise TooDeep(self._span(*children))
        return Value(node, children[0].start_pos or 0, children[-1].end_pos or 0, depth)

    # ---- words and texts ---------------------------------------------------------------------------------------------

    def name(self, c: list[Token]) -> Value:
        """A name, or a word that is one here."""
        return Value(str(c[0]), c[0].start_pos or 0, c[0].end_pos or 0)

    def path(self, c: list[Child]) -> Value:
        """`alias.name`."""
        first = c[0].what if isinstance(c[0], Value) else ""
        return Value(first + "".join(str(part) for part in c[1:]), c[0].start_pos or 0, c[-1].end_pos or 0)

    def text(self, c: list[Token]) -> Value:
        """A text in any of its forms; one that is not closed is empty, and its statement is left out."""
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
        """A number."""
        node = ir.Constant(value=self._number(c[0]), span=self._span(*c))
        return Value(node, c[0].start_pos or 0, c[0].end_pos or 0, is_number=True)

    def _number(self, token: Token) -> int | float:
        try:
            return literals.read_number(str(token))
        except literals.BadNumber:
            return 0  # told with the tokens; its statement is left out

    def true(self, c: list[Token]) -> Value:
        """`true`."""
        return self._expression(c, ir.Constant(value=True, span=self._span(*c)))

    def false(self, c: list[Token]) -> Value:
        """`false`."""
        return self._expression(c, ir.Constant(value=False, span=self._span(*c)))

    def text_constant(self, c: list[Value]) -> Value:
        """A text as a value."""
        return self._expression(c, ir.Constant(value=c[0].what, span=self._span(*c)))

    def reference(self, c: list[Value]) -> Value:
        """A name as a value."""
        span = self._span(*c)
        return self._expression(c, ir.Name(name=c[0].what, span=span, name_span=span))

    def result(self, c: list[Token]) -> Value:
        """`return` in a test."""
        span = self._span(*c)
        return self._expression(c, ir.Name(name="return", span=span, name_span=span))

    def stray(self, c: list[Token]) -> Value:
        """A character that begins nothing; its statement is left out."""
        return self._expression(c, ir.Constant(value=0, span=self._span(*c)))

    def group(self, c: list[Child]) -> Value:
        """`(a)`: the value inside, over the characters of the whole."""
        inner = c[1]
        assert isinstance(inner, Value)
        return Value(inner.what, c[0].start_pos or 0, c[-1].end_pos or 0, inner.depth)

    def list_of(self, c: list[Child]) -> Value:
        """`[a, b]`."""
        items = values(c)
        node = ir.ListOf(items=tuple(item.what for item in items), span=self._span(*c))
        return self._expression(c, node, *items)

    def call(self, c: list[Child]) -> Value:
        """`function(a, b)`."""
        name, *arguments = values(c)
        node = ir.Call(
            function=name.what,
            arguments=tuple(argument.what for argument in arguments),
            span=self._span(*c),
            name_span=self._span(name),
        )
        return self._expression(c, node, *arguments)

    def unary(self, c: list[Child]) -> Value:
        """`-a`, `not a`; a minus before a bare number is the number's sign."""
        sign, operand = c
        if sign.type == "MINUS" and operand.is_number:
            return self.negative(c)
        op = "-" if sign.type == "MINUS" else "not"
        if sign.type == "FOREIGN_NOT":
            self._foreign(sign)
        return self._expression(c, ir.Unary(op=op, operand=operand.what, span=self._span(*c)), operand)

    def negative(self, c: list[Child]) -> Value:
        """A negative literal."""
        number = c[1].what.value if isinstance(c[1], Value) else self._number(c[1])
        return self._expression(c, ir.Constant(value=-number, span=self._span(*c)))

    def binary(self, c: list[Child]) -> Value:
        """`a + b` and all its like."""
        left, operator, right = c
        op = str(operator)
        if operator.type.startswith("FOREIGN_") or operator.type == "EQUAL":
            self._foreign(operator)
            op = words.FOREIGN[op]
        node = ir.Binary(op=op, left=left.what, right=right.what, span=self._span(*c))
        return self._expression(c, node, left, right)

    def conditional(self, c: list[Child]) -> Value:
        """`if c then a else b`."""
        _, condition, _, then, otherwise = c
        node = ir.If(condition=condition.what, then=then.what, otherwise=otherwise.what, span=self._span(*c))
        return self._expression(c, node, condition, then, otherwise)

    def alternative(self, c: list[Child]) -> Value:
        """`else b`."""
        return Value(c[1].what, c[1].start_pos, c[1].end_pos, c[1].depth)

    def elif_(self, c: list[Child]) -> Value:
        """`elif c then a else b`, which is `else if` here."""
        self._fault("RM105", "`elif` is not a word of this language", self._span(c[0]), "write `else if`")
        return self.conditional(c)

    def ternary(self, c: list[Child]) -> Value:
        """`c ? a : b`, which is `if c then a else b` here."""
        condition, mark, then, _, otherwise = c
        advice = "write `if condition then value else value`"
        self._fault("RM105", "`? :` is not an operator of this language", self._span(mark), advice)
        node = ir.If(condition=condition.what, then=then.what, otherwise=otherwise.what, span=self._span(*c))
        return self._expression(c, node, condition, then, otherwise)

    def _foreign(self, operator: Token) -> None:
        right = words.FOREIGN[str(operator)]
        message = f"`{operator}` is not an operator of this language"
        if operator.type == "EQUAL":
            message = "`=` does not compare"
        self._fault("RM105", message, self._span(operator), f"write `{right}`")

    def route(self, c: list[Child]) -> Value:
        """`route x { … }`."""
        parts = values(c)
        arms = [part for part in parts if isinstance(part.what, ir.Arm)]
        subject = next((part for part in parts[:1] if not isinstance(part.what, (ir.Arm, Otherwise))), None)
        otherwise = next((part for part in parts[-1:] if isinstance(part.what, Otherwise)), None)
        node = ir.Route(
            subject=subject.what if subject else None,
            arms=tuple(arm.what for arm in arms),
            otherwise=otherwise.what.value if otherwise else None,
            span=self._span(*c),
        )
        return self._expression(c, node, *parts)

    def arm(self, c: list[Child]) -> Value:
        """`when a => b`."""
        _, when, _, then = c
        node = ir.Arm(when=when.what, then=then.what, span=self._span(*c))
        return Value(node, c[0].start_pos, c[-1].end_pos, max(when.depth, then.depth))

    def otherwise(self, c: list[Child]) -> Value:
        """`otherwise => b`."""
        return Value(Otherwise(c[2].what), c[0].start_pos, c[-1].end_pos, c[2].depth)
