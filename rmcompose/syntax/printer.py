"""From the IR to canonical `.rm`: one way to write each thing, with no more parentheses than precedence asks for.

Order in a composition: inputs, params, nodes, gates, return, tests. Indentation and columns are the layout's work, so
printed text is formatted text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rmcompose import ir
from rmcompose.ir.judging import SETTINGS
from rmcompose.ir.reserved import RESERVED
from rmcompose.syntax.layout import layout
from rmcompose.syntax.literals import NAME, write_block, write_number, write_quoted
from rmcompose.syntax.notes import Notes

WIDTH = 110
"""A call longer than this is written with one argument to a line."""
LONG_TEXT = 80
"""Prose longer than this becomes a block."""

# how tightly each form binds: the levels of expression.lark, from top to bottom
_CHOICE, _OR, _AND, _NOT, _COMPARE, _SUM, _TERM, _FACTOR, _FALLBACK, _ATOM = range(10)
_BINARY: dict[str, tuple[int, int, int]] = {
    # operator: (its level, the lowest level of its left side, of its right side)
    "or": (_OR, _OR, _AND),
    "and": (_AND, _AND, _NOT),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), (_COMPARE, _SUM, _SUM)),
    **dict.fromkeys(("+", "-"), (_SUM, _SUM, _TERM)),
    **dict.fromkeys(("*", "/"), (_TERM, _TERM, _FACTOR)),
    "??": (_FALLBACK, _FALLBACK, _ATOM),
}


def print_document(document: ir.Document, notes: Notes | None = None) -> str:
    """The canonical text of a document, ending in a newline. `notes` are comments to put before its parts."""
    notes = notes or Notes()
    parts = ["\n".join([*notes.head, f"rmcompose {document.version}"])]
    imports = [_noted(notes, one, f"import {write_quoted(one.path)} as {one.name}") for one in document.imports]
    parts += ["\n".join(imports), *(_composition(one, notes) for one in document.compositions), "\n".join(notes.end)]
    return layout("\n\n".join(part for part in parts if part) + "\n")


def print_expression(expression: ir.Expression) -> str:
    """The canonical text of a formula, on one line."""
    return _print(expression, _CHOICE)


def print_type(type_: ir.Type) -> str:
    """The text of a type: `score[0, 1]`."""
    if type_.kind == "enum":
        return f"enum[{', '.join(map(write_quoted, type_.choices))}]"
    if type_.low is None or type_.high is None:
        return type_.kind
    return f"{type_.kind}[{write_number(type_.low)}, {write_number(type_.high)}]"


# ---- expressions -----------------------------------------------------------------------------------------------------


def _print(node: ir.Expression, level: int) -> str:
    text, own = _printed(node)
    return text if own >= level else f"({text})"


def _printed(node: ir.Expression) -> tuple[str, int]:
    """The text of an expression and how tightly it binds."""
    match node:
        case ir.Constant():
            return _constant(node)
        case ir.Name():
            return node.name, _ATOM
        case ir.ListOf():
            return f"[{', '.join(_print(item, _CHOICE) for item in node.items)}]", _ATOM
        case ir.Call():
            return f"{node.function}({', '.join(_print(one, _CHOICE) for one in node.arguments)})", _ATOM
        case ir.Unary(op="not"):
            return f"not {_print(node.operand, _NOT)}", _NOT
        case ir.Unary():
            return f"-{_negated(node.operand, _FACTOR)}", _FACTOR
        case ir.Binary():
            own, left, right = _BINARY[node.op]
            after = _substitute(node.right) if node.op == "??" else _print(node.right, right)
            return f"{_print(node.left, left)} {node.op} {after}", own
        case ir.If():
            condition, then, otherwise = (_print(one, _CHOICE) for one in (node.condition, node.then, node.otherwise))
            return f"if {condition} then {then} else {otherwise}", _CHOICE
        case ir.Route():
            return " ".join(_route(node)), _CHOICE


def _constant(node: ir.Constant) -> tuple[str, int]:
    match node.value:
        case bool(value):
            return ("true" if value else "false"), _ATOM
        case str(value):
            return print_text(value), _ATOM
        case value:
            text = write_number(value)
            return text, _FACTOR if text.startswith("-") else _ATOM


def _negated(operand: ir.Expression, level: int) -> str:
    """What stands after a minus: a bare number there would be read as a negative literal."""
    text = _print(operand, level)
    return f"({text})" if text[0].isdigit() and isinstance(operand, ir.Constant) else text


def _substitute(node: ir.Expression) -> str:
    """The right side of `??`, where a minus needs no parentheses."""
    match node:
        case ir.Unary(op="-"):
            return f"-{_negated(node.operand, _ATOM)}"
        case ir.Constant(value=bool() | str()):
            return _print(node, _ATOM)
        case ir.Constant():
            return _print(node, _FACTOR)
        case _:
            return _print(node, _ATOM)


def _route(node: ir.Route) -> list[str]:
    """The lines of a route."""
    subject = f"{_print(node.subject, _CHOICE)} " if node.subject is not None else ""
    lines = [f"route {subject}{{"]
    lines += [f"when {_print(arm.when, _CHOICE)} => {_print(arm.then, _CHOICE)}" for arm in node.arms]
    if node.otherwise is not None:
        lines.append(f"otherwise => {_print(node.otherwise, _CHOICE)}")
    return [*lines, "}"]


def print_text(value: str) -> str:
    """A text on one line: raw where that spares escapes, else quoted."""
    raw = f'r"{value}"'
    quoted = write_quoted(value)
    return raw if quoted == raw[1:].replace("\\", "\\\\") and "\\" in value else quoted


def _formula(expression: ir.Expression) -> str:
    """A formula where it may take several lines: a route has an arm to each."""
    if isinstance(expression, ir.Route):
        return "\n".join(_route(expression))
    return _value(expression)


def _value(expression: ir.Expression) -> str:
    """A formula, or a text that may be a block."""
    if isinstance(expression, ir.Constant) and isinstance(expression.value, str) and "\n" in expression.value:
        return _long_text(expression.value)
    return print_expression(expression)


def _long_text(text: str) -> str:
    """A text as a block where one holds it exactly."""
    return write_block(text, "") or print_text(text)


def _prose(text: str) -> str:
    if "\n" in text or len(text) > LONG_TEXT:
        return _long_text(text)
    return print_text(text)


# ---- statements ------------------------------------------------------------------------------------------------------


def _composition(one: ir.Composition, notes: Notes) -> str:
    groups: list[list[str]] = [
        [_noted(notes, node, _documented(node.doc, _input(node))) for node in one.inputs],
        [_noted(notes, node, _documented(node.doc, _param(node))) for node in one.params],
        [_noted(notes, node, _documented(node.doc, _NODES[type(node)](node))) for node in one.nodes],
        [_noted(notes, node, _documented(node.doc, _gate(node))) for node in one.gates],
        [_noted(notes, one.result, f"return {_formula(one.result)}")] if one.result is not None else [],
        *([_noted(notes, node, _test(node))] for node in one.tests),
    ]
    body = "\n\n".join("\n".join(_spaced(group)) for group in groups if group)
    head = f"composition {one.name} -> {print_type(one.returns)}"
    return _noted(notes, one, _documented(one.doc, f"{head} {{\n{body}\n}}"))


def _noted(notes: Notes, node: ir.Node, text: str) -> str:
    """A statement with its comments above it."""
    return "\n".join([*notes.before(node), text])


def _spaced(statements: list[str]) -> Iterable[str]:
    """Statements of one kind, with an empty line beside those of several lines."""
    for index, text in enumerate(statements):
        yield f"\n{text}" if index and ("\n" in text or "\n" in statements[index - 1]) else text


def _documented(doc: str, text: str) -> str:
    return "".join(f"## {line}\n" if line else "##\n" for line in doc.split("\n") if doc) + text


def _input(node: ir.Input) -> str:
    path = f" from {node.path}" if node.path is not None else ""
    default = f" = {_value(node.default)}" if node.default is not None else ""
    return f"input {node.name}: {print_type(node.type)}{path}{default}"


def _param(node: ir.Param) -> str:
    return f"param {node.name}: {print_type(node.type)} = {_value(node.default)}"


def _rule(node: ir.Rule) -> str:
    type_ = f": {print_type(node.type)}" if node.type is not None else ""
    return _call(f"rule {node.name}{type_} = {node.rule.name}", node.arguments, node.on_unscored)


def _compose(node: ir.Compose) -> str:
    return _call(f"compose {node.name} = {node.target.name}", node.arguments, node.on_unscored)


def _call(head: str, arguments: tuple[ir.Argument, ...], on_unscored: ir.Expression | None) -> str:
    written = [f"{one.name} = {_value(one.value)}" for one in arguments]
    if on_unscored is not None:
        written.append(f"on_unscored = {_value(on_unscored)}")
    line = f"{head}({', '.join(written)})"
    if "\n" not in line and len(line) <= WIDTH:
        return line
    return "\n".join([f"{head}(", *(f"{one}," for one in written), ")"])


def _judge(node: ir.Judge) -> str:
    groups = [
        [f"{one.name} = {_setting(one)}" for one in node.settings],
        [f"rubric {_rubric(node.rubric)}"] if node.rubric is not None else [],
        [_criterion(one) for one in node.criteria],
        [f"verdict {print_text(one.label)} = {_value(one.value)}" for one in node.verdicts],
        [_example(one) for one in node.examples],
    ]
    body = "\n".join("\n".join(group) for group in groups if group)
    return f"judge {node.name}: {print_type(node.type)} {{\n{body}\n}}"


def _setting(setting: ir.Setting) -> str:
    value = setting.value
    if isinstance(value, ir.Constant) and isinstance(value.value, str) and SETTINGS[setting.name].shape == "word":
        word = value.value
        return word if NAME.fullmatch(word) and word not in RESERVED else print_text(word)
    return _value(value)


def _rubric(text: str) -> str:
    return print_text(text) if not text else _long_text(text)


def _criterion(node: ir.Criterion) -> str:
    weight = f" weight {_print(node.weight, _SUM)}" if node.weight is not None else ""
    return f"criterion {node.name}{weight} = {_prose(node.text)}"


def _example(node: ir.Example) -> str:
    fields = "\n".join(f"{one.name} = {_value(one.value)}" for one in node.fields)
    return f"example {{\n{fields}\n}}"


def _aggregate(node: ir.Aggregate) -> str:
    parameter = f"({print_expression(node.parameter)})" if node.parameter is not None else ""
    lines = [f"on_unscored = {_value(node.on_unscored)}"] if node.on_unscored is not None else []
    for member in node.members:
        weight = f" weight {print_expression(member.weight)}" if member.weight is not None else ""
        lines.append(f"member {print_expression(member.value)}{weight}")
    return "\n".join([f"aggregate {node.name} = {node.function}{parameter} {{", *lines, "}"])


def _let(node: ir.Let) -> str:
    return f"let {node.name} = {_formula(node.value)}"


_NODES: dict[type, Callable[..., str]] = {
    ir.Rule: _rule,
    ir.Judge: _judge,
    ir.Compose: _compose,
    ir.Aggregate: _aggregate,
    ir.Let: _let,
}


def print_statement(node: ir.Node) -> str:
    """The canonical text of one input, param, node or gate, without its docs."""
    written: str = _STATEMENTS[type(node)](node)
    return written


def _gate(node: ir.Gate) -> str:
    because = f" because {_prose(node.because)}" if node.because else ""
    return f"require {print_expression(node.condition)} else {_value(node.otherwise)}{because}"


def _test(node: ir.Test) -> str:
    lines = [
        *(f"given {one.name} = {_value(one.value)}" for one in node.given),
        *(f"stub {one.name} = {_value(one.value)}" for one in node.stubs),
        *(f"expect {print_expression(one)}" for one in node.expects),
    ]
    return "\n".join([f"test {print_text(node.name)} {{", *lines, "}"])


_STATEMENTS: dict[type, Callable[..., str]] = {**_NODES, ir.Input: _input, ir.Param: _param, ir.Gate: _gate}
