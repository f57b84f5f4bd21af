"""Formulas, values and types in YAML."""

from __future__ import annotations

import re

from rmcompose import ir
from rmcompose.diagnostics import Span
from rmcompose.ir.types import Number
from rmcompose.ir.walk import parts
from rmcompose.syntax import literals, shape
from rmcompose.syntax.limits import MAX_DEPTH
from rmcompose.syntax.parser import parse_expression, parse_type
from rmcompose.syntax.place import Place
from rmcompose.syntax.types import BadType, make_type
from rmcompose.syntax.yaml_page import Entry, Fields, Page, is_empty
from rmcompose.syntax.yaml_tree import Items, Pairs, Scalar, Tree

_SIGNED = re.compile(rf"-?{literals.NUMBER.pattern}", re.ASCII)


# ---- formulas --------------------------------------------------------------------------------------------------------


def formula(page: Page, tree: Tree) -> ir.Expression | None:
    """An expression: a string in the language's grammar, a list of them, or a mapping of `route` or `if`."""
    found = _formula(page, tree)
    if found is not None and not isinstance(tree, Scalar) and _depth(found) > MAX_DEPTH:
        message = f"the expression nests more than {MAX_DEPTH} levels deep"
        page.fault("RM155", message, page.span(tree), "name its parts with `let`")
        return None
    return found


def _formula(page: Page, tree: Tree) -> ir.Expression | None:
    match tree:
        case Items():
            items = [_formula(page, item) for item in tree.items]
            known = tuple(item for item in items if item is not None)
            return ir.ListOf(items=known, span=page.span(tree)) if len(known) == len(items) else None
        case Pairs():
            return _choice(page, tree)
        case Scalar():
            scalar = page.scalar(tree, "a formula")
            return _parsed(page, scalar.text, page.place(scalar)) if scalar is not None else None


def _parsed(page: Page, text: str, place: Place) -> ir.Expression | None:
    found, faults = parse_expression(text, place)
    for fault in faults:
        page.fault(fault.code, fault.message, fault.span or place(0, len(text)), *fault.help, labels=fault.labels)
    return found


def _choice(page: Page, tree: Pairs) -> ir.Expression | None:
    keys = {key.text for key, _ in tree.pairs if isinstance(key, Scalar)}
    if "if" in keys:
        return _if(page, tree)
    if "route" in keys or "when" in keys:
        return _route(page, tree)
    message = "expected a formula: a string, or a mapping with `route` or `if`"
    page.fault("RM150", message, page.span(tree))
    return None


def _if(page: Page, tree: Pairs) -> ir.Expression | None:
    fields = page.fields(tree, shape.IF, "an `if`")
    if fields is None:
        return None
    condition, then, otherwise = (_formula(page, fields[key].value) for key in ("if", "then", "else"))
    if condition is None or then is None or otherwise is None:
        return None
    return ir.If(condition=condition, then=then, otherwise=otherwise, span=page.span(tree))


def _route(page: Page, tree: Pairs) -> ir.Expression | None:
    fields = page.fields(tree, shape.ROUTE, "a `route`")
    if fields is None:
        return None
    subject = None
    has_subject = "route" in fields and not is_empty(fields["route"].value)
    if has_subject:
        subject = _formula(page, fields["route"].value)
    arms = [_arm(page, item, has_subject=has_subject) for item in page.items(fields["when"].value, "arms") or ()]
    otherwise = _formula(page, fields["otherwise"].value) if "otherwise" in fields else None
    broken = (has_subject and subject is None) or ("otherwise" in fields and otherwise is None)
    known = tuple(arm for arm in arms if arm is not None)
    if broken or len(known) < len(arms):
        return None
    return ir.Route(subject=subject, arms=known, otherwise=otherwise, span=page.span(tree))


def _arm(page: Page, tree: Tree, *, has_subject: bool) -> ir.Arm | None:
    fields = page.fields(tree, shape.ARM_OF_SUBJECT if has_subject else shape.ARM_OF_CONDITION, "an arm")
    if fields is None:
        return None
    when = value(page, fields["is"].value) if has_subject else _formula(page, fields["if"].value)
    then = _formula(page, fields["then"].value)
    if when is None or then is None:
        return None
    return ir.Arm(when=when, then=then, span=page.span(tree))


def _depth(expression: ir.Expression) -> int:
    """Levels of nodes, counted without recursion."""
    deepest = 0
    stack = [(expression, 1)]
    while stack:
        node, level = stack.pop()
        deepest = max(deepest, level)
        stack.extend((part, level + 1) for part in parts(node))
    return deepest


# ---- values ----------------------------------------------------------------------------------------------------------


def value(page: Page, tree: Tree, *, as_text: bool = False) -> ir.Expression | None:
    """A literal, or an expression as `${…}`; a list of them.

    With `as_text` a literal is always a text, however it is written; else a bare `true`, `false` or number is itself.
    """
    found = _value(page, tree, as_text=as_text)
    if found is not None and isinstance(tree, Items) and _depth(found) > MAX_DEPTH:
        page.fault("RM155", f"the list nests more than {MAX_DEPTH} levels deep", page.span(tree))
        return None
    return found


def _value(page: Page, tree: Tree, *, as_text: bool) -> ir.Expression | None:
    if isinstance(tree, Items):
        items = [_value(page, item, as_text=as_text) for item in tree.items]
        known = tuple(item for item in items if item is not None)
        return ir.ListOf(items=known, span=page.span(tree)) if len(known) == len(items) else None
    scalar = page.scalar(tree, "a value")
    if scalar is None:
        return None
    if "${" in scalar.text:
        return _interpolation(page, scalar)
    return _literal(page, scalar, as_text=as_text)


def _literal(page: Page, scalar: Scalar, *, as_text: bool) -> ir.Constant | None:
    text, span = scalar.text, page.content(scalar)
    if as_text or not scalar.is_plain:
        return ir.Constant(value=text, span=span)
    if text in ("true", "false"):
        return ir.Constant(value=text == "true", span=span)
    if _SIGNED.fullmatch(text):
        number = read_signed(page, scalar)
        return ir.Constant(value=number, span=span) if number is not None else None
    return ir.Constant(value=text, span=span)


def read_signed(page: Page, scalar: Scalar) -> Number | None:
    """A number with its sign."""
    text = scalar.text
    try:
        number = literals.read_number(text.removeprefix("-"))
    except literals.BadNumber as error:
        page.fault("RM104", f"{error} `{text[:40]}`", page.content(scalar))
        return None
    return -number if text.startswith("-") else number


def _interpolation(page: Page, scalar: Scalar) -> ir.Expression | None:
    """`${…}` as the whole of a text; as a part of one it is refused."""
    text, place = scalar.text, page.place(scalar)
    if not (text.startswith("${") and text.endswith("}")):
        _partial(page, text, place, text.index("${"))
        return None
    inner, inside = text[2:-1], _shifted(place)
    found, faults = parse_expression(inner, inside)
    if faults and (second := inner.find("${")) >= 0:
        _partial(page, text, place, second + 2)
        return None
    for fault in faults:
        page.fault(fault.code, fault.message, fault.span or place(0, len(text)), *fault.help, labels=fault.labels)
    return found


def _partial(page: Page, text: str, place: Place, at: int) -> None:
    end = text.find("}", at)
    page.fault(
        "RM154",
        "`${…}` is only a part of this text",
        place(at, end + 1 if end >= 0 else at + 2),
        "an expression is the whole of a value; there is no interpolation",
        'a text that holds `${` is written `${"…"}`',
    )


def _shifted(place: Place) -> Place:
    return lambda start, end: place(start + 2, end + 2)


# ---- types -----------------------------------------------------------------------------------------------------------


def declared_type(page: Page, tree: Tree, what: str, at: Span) -> ir.Type | None:
    """A type as a string, or as a mapping of `type`, `range` and `choices`."""
    if isinstance(tree, Scalar):
        return _written_type(page, tree)
    fields = page.fields(tree, shape.RETURNS, what, at)
    return type_of(page, fields) if fields is not None else None


def type_of(page: Page, fields: Fields) -> ir.Type | None:
    """The type that the keys `type`, `range` and `choices` say."""
    entry = fields["type"]
    if "range" not in fields and "choices" not in fields:
        return _written_type(page, entry.value)
    scalar = page.scalar(entry.value, "a type")
    if scalar is None:
        return None
    numbers, choices = _numbers(page, fields.get("range")), _choices(page, fields.get("choices"))
    if numbers is None or choices is None:
        return None
    try:
        made = make_type(scalar.text, numbers, choices)
    except BadType as error:
        beside = fields.get("choices") if choices else fields.get("range")
        key = beside.key if error.whole and beside is not None else scalar
        page.fault(error.code, str(error), page.content(key), *error.advice)
        return None
    whole = page.source.span(entry.key.start, max(field.value.end for field in _type_fields(fields)))
    return made.model_copy(update={"span": whole, "name_span": page.content(scalar)})


def _type_fields(fields: Fields) -> list[Entry]:
    return [fields[name] for name in shape.RETURNS if name in fields]


def _written_type(page: Page, tree: Tree) -> ir.Type | None:
    scalar = page.scalar(tree, "a type")
    if scalar is None:
        return None
    if scalar.text in ("score", "enum"):
        needed = "range" if scalar.text == "score" else "choices"
        page.fault("RM152", f"the type `{scalar.text}` lacks the key `{needed}`", page.content(scalar))
        return None
    found, faults = parse_type(scalar.text, page.place(scalar))
    for fault in faults:
        page.fault(fault.code, fault.message, fault.span or page.span(scalar), *fault.help, labels=fault.labels)
    return found


def _numbers(page: Page, entry: Entry | None) -> list[Number] | None:
    if entry is None:
        return []
    items = page.items(entry.value, "two numbers")
    if items is None:
        return None
    numbers: list[Number] = []
    for item in items:
        scalar = page.scalar(item, "a number")
        if scalar is None:
            return None
        number = read_signed(page, scalar)
        if number is None:
            return None
        numbers.append(number)
    if len(numbers) != 2:
        page.fault("RM150", "a range is its two ends", page.span(entry.value), "write `[low, high]`")
        return None
    return numbers


def _choices(page: Page, entry: Entry | None) -> list[str] | None:
    if entry is None:
        return []
    items = page.items(entry.value, "texts")
    if items is None:
        return None
    texts = [page.text(item) for item in items]
    known = [text for text in texts if text is not None]
    return known if len(known) == len(texts) else None
