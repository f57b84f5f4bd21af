"""From the IR to canonical `.rm.yaml`, in the order of the tables of `shape.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rmcompose import ir
from rmcompose.ir.judging import SETTINGS
from rmcompose.ir.reserved import RESERVED
from rmcompose.syntax.literals import NAME, PATH, write_number
from rmcompose.syntax.notes import Notes
from rmcompose.syntax.printer import print_expression
from rmcompose.syntax.yaml_emitter import List, Map, Pair, Text, Tree, Word, emit


def write_yaml(document: ir.Document, notes: Notes | None = None) -> str:
    """The canonical `.rm.yaml` of a document, ending in a newline. `notes` are comments to put before its parts."""
    return _Writer(notes or Notes()).document(document)


class _Writer:
    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def document(self, document: ir.Document) -> str:
        pairs = [Pair("rmcompose", Word(str(document.version)), tuple(self._notes.head))]
        if document.imports:
            imports = [Pair(one.name, Text(one.path), self._notes.before(one)) for one in document.imports]
            pairs.append(Pair("imports", Map(imports)))
        if len(document.compositions) == 1:
            (one,) = document.compositions
            pairs += [Pair("composition", Word(one.name), self._notes.before(one)), *self._body(one)]
        else:
            several = [Pair(one.name, Map(self._body(one)), self._notes.before(one)) for one in document.compositions]
            pairs.append(Pair("compositions", Map(several)))
        return emit(pairs) + "".join(f"{comment}\n" for comment in self._notes.end)

    def _body(self, one: ir.Composition) -> list[Pair]:
        groups: list[tuple[str, Sequence[Pair]]] = [
            ("inputs", [Pair(node.name, _input(node), self._notes.before(node)) for node in one.inputs]),
            ("params", [Pair(node.name, _param(node), self._notes.before(node)) for node in one.params]),
            ("nodes", [Pair(node.name, _node(node), self._notes.before(node)) for node in one.nodes]),
        ]
        pairs = [*_doc(one.doc), Pair("returns", _declared_type(one.returns))]
        pairs += [Pair(name, Map(entries)) for name, entries in groups if entries]
        if one.gates:
            pairs.append(Pair("require", List([self._gate(gate) for gate in one.gates])))
        if one.result is not None:
            pairs.append(Pair("return", _formula(one.result), self._notes.before(one.result)))
        if one.tests:
            pairs.append(Pair("tests", List([self._test(test) for test in one.tests])))
        return pairs

    def _gate(self, gate: ir.Gate) -> Map:
        pairs = [Pair("that", _word(gate.condition)), Pair("else", _word(gate.otherwise))]
        pairs += [Pair("because", Text(gate.because, prose=True))] if gate.because else []
        return Map([*pairs, *_doc(gate.doc)], flow=True, comments=self._notes.before(gate))

    def _test(self, test: ir.Test) -> Map:
        pairs = [Pair("name", Text(test.name))]
        if test.given:
            pairs.append(Pair("given", Map([Pair(one.name, _value(one.value)) for one in test.given], flow=True)))
        if test.stubs:
            pairs.append(Pair("stub", Map([Pair(one.name, _value(one.value)) for one in test.stubs], flow=True)))
        expects: list[Tree] = [_word(one) for one in test.expects]
        if expects:
            pairs.append(Pair("expect", expects[0] if len(expects) == 1 else List(expects)))
        return Map(pairs, comments=self._notes.before(test))


# ---- formulas and values ---------------------------------------------------------------------------------------------


def _word(expression: ir.Expression) -> Word:
    return Word(print_expression(expression))


def _formula(expression: ir.Expression) -> Tree:
    """A formula where it may be a mapping: a route has an arm to each line."""
    if not isinstance(expression, ir.Route):
        return _word(expression)
    subject = _word(expression.subject) if expression.subject is not None else None
    arms = [
        Map([_when(arm, has_subject=subject is not None), Pair("then", _word(arm.then))], flow=True)
        for arm in expression.arms
    ]
    # without a subject the keys `when` and `if` tell the route
    pairs = [Pair("route", subject)] if subject is not None else []
    pairs.append(Pair("when", List(arms)))
    pairs += [Pair("otherwise", _word(expression.otherwise))] if expression.otherwise is not None else []
    return Map(pairs)


def _when(arm: ir.Arm, *, has_subject: bool) -> Pair:
    return Pair("is", _value(arm.when)) if has_subject else Pair("if", _word(arm.when))


def _value(expression: ir.Expression, *, as_text: bool = False) -> Tree:
    """A literal where it reads back to the same, else `${…}`. With `as_text` every literal is read as a text."""
    match expression:
        case ir.ListOf():
            return List([_value(item, as_text=as_text) for item in expression.items], flow=True)
        case ir.Constant(value=str(text)) if "${" not in text:
            return Text(text)
        case ir.Constant(value=bool() | int() | float()) if not as_text:
            return _word(expression)
    return Word(f"${{{print_expression(expression)}}}")


def _names(expression: ir.Expression) -> Tree:
    """Names in a setting that holds names: bare words."""
    match expression:
        case ir.ListOf():
            return List([_names(item) for item in expression.items], flow=True)
        case ir.Name(name=name) if name.split(".", 1)[0] not in RESERVED and PATH.fullmatch(name):
            return Text(name)
    return Word(f"${{{print_expression(expression)}}}")


# ---- declarations ----------------------------------------------------------------------------------------------------


def _doc(doc: str) -> list[Pair]:
    return [Pair("doc", Text(doc, prose=True))] if doc else []


def _type(type_: ir.Type) -> list[Pair]:
    pairs = [Pair("type", Word(type_.kind))]
    if type_.low is not None and type_.high is not None:
        ends: list[Tree] = [Word(write_number(type_.low)), Word(write_number(type_.high))]
        pairs.append(Pair("range", List(ends, flow=True)))
    if type_.choices:
        pairs.append(Pair("choices", List([Text(choice) for choice in type_.choices], flow=True)))
    return pairs


def _declared_type(type_: ir.Type) -> Tree:
    pairs = _type(type_)
    return pairs[0].value if len(pairs) == 1 else Map(pairs, flow=True)


def _default(type_: ir.Type, default: ir.Expression | None) -> list[Pair]:
    if default is None:
        return []
    return [Pair("default", _value(default, as_text=type_.kind in ("text", "enum")))]


def _input(node: ir.Input) -> Tree:
    path = [Pair("from", Word(node.path))] if node.path is not None else []
    pairs = [*_type(node.type), *path, *_default(node.type, node.default), *_doc(node.doc)]
    return pairs[0].value if len(pairs) == 1 else Map(pairs, flow=True)


def _param(node: ir.Param) -> Tree:
    return Map([*_type(node.type), *_default(node.type, node.default), *_doc(node.doc)], flow=True)


# ---- nodes -----------------------------------------------------------------------------------------------------------


def _node(node: ir.Statement) -> Tree:
    return Map([*_doc(node.doc), *_NODES[type(node)](node)])


def _rule(node: ir.Rule) -> list[Pair]:
    type_ = _type(node.type) if node.type is not None else []
    return [*type_, Pair("rule", Word(node.rule.name)), *_arguments(node.arguments), *_on_unscored(node.on_unscored)]


def _compose(node: ir.Compose) -> list[Pair]:
    return [Pair("compose", Word(node.target.name)), *_arguments(node.arguments), *_on_unscored(node.on_unscored)]


def _arguments(arguments: Sequence[ir.Argument]) -> list[Pair]:
    if not arguments:
        return []
    return [Pair("args", Map([Pair(one.name, _value(one.value)) for one in arguments], flow=True))]


def _on_unscored(expression: ir.Expression | None) -> list[Pair]:
    return [Pair("on_unscored", _word(expression))] if expression is not None else []


def _judge(node: ir.Judge) -> list[Pair]:
    body = [Pair(one.name, _setting(one)) for one in node.settings]
    if node.rubric is not None:
        body.append(Pair("rubric", Text(node.rubric, prose=True, block=True)))
    if node.criteria:
        body.append(Pair("criteria", Map([Pair(one.name, _criterion(one)) for one in node.criteria])))
    if node.verdicts:
        body.append(Pair("verdicts", Map([Pair(one.label, _word(one.value)) for one in node.verdicts])))
    if node.examples:
        shown = [Map([Pair(one.name, _value(one.value)) for one in example.fields]) for example in node.examples]
        body.append(Pair("examples", List(shown)))
    return [*_type(node.type), Pair("judge", Map(body))]


def _setting(setting: ir.Setting) -> Tree:
    shape = SETTINGS[setting.name].shape
    if shape in ("name", "names"):
        return _names(setting.value)
    return _value(setting.value, as_text=shape in ("text", "models", "word"))


def _criterion(node: ir.Criterion) -> Tree:
    text = Text(node.text, prose=True)
    if node.weight is None:
        return text
    return Map([Pair("weight", _word(node.weight)), Pair("text", text)], flow=True)


def _aggregate(node: ir.Aggregate) -> list[Pair]:
    function = node.function
    if node.parameter is not None:
        function = f"{function}({print_expression(node.parameter)})"
    return [Pair("aggregate", Word(function)), Pair("members", _members(node.members)), *_on_unscored(node.on_unscored)]


def _members(members: Sequence[ir.Member]) -> Tree:
    """`{name: weight}` where every member is a plain name with a weight, else a list."""
    if not members:
        return List([])
    names = [one.value.name for one in members if isinstance(one.value, ir.Name) and NAME.fullmatch(one.value.name)]
    weighted = [one.weight is not None for one in members]
    if len(set(names)) == len(members) and all(weighted) and "return" not in names:
        pairs = zip(names, members, strict=True)
        return Map([Pair(name, _word(one.weight)) for name, one in pairs if one.weight is not None])
    if not any(weighted):
        return List([_word(one.value) for one in members], flow=True)
    return List([_member(one) for one in members])


def _member(member: ir.Member) -> Tree:
    weight = [Pair("weight", _word(member.weight))] if member.weight is not None else []
    return Map([Pair("of", _word(member.value)), *weight], flow=True)


def _let(node: ir.Let) -> list[Pair]:
    return [Pair("let", _formula(node.value))]


_NODES: Mapping[type, Callable[..., list[Pair]]] = {
    ir.Rule: _rule,
    ir.Judge: _judge,
    ir.Compose: _compose,
    ir.Aggregate: _aggregate,
    ir.Let: _let,
}
