"""The nodes of `.rm.yaml`: rules, judges, compositions, aggregates and formulas, each by its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rmcompose import ir
from rmcompose.diagnostics import nearest
from rmcompose.ir.judging import SETTINGS
from rmcompose.ir.reserved import RESERVED
from rmcompose.syntax import literals, shape
from rmcompose.syntax.settings import shaped
from rmcompose.syntax.yaml_page import Entry, Fields, Page, is_empty, kind
from rmcompose.syntax.yaml_tree import Items, Pairs, Scalar, Tree
from rmcompose.syntax.yaml_values import formula, type_of, value


def read_node(page: Page, name: str, entry: Entry) -> ir.Statement | None:
    """The node of an entry; None where it cannot be made, which was told."""
    if not isinstance(entry.value, Pairs):
        page.fault(
            "RM150", f"expected a mapping for the node `{name}`, found {kind(entry.value)}", page.span(entry.value)
        )
        return None
    keys = [key for key, _ in entry.value.pairs if isinstance(key, Scalar)]
    kinds = list({key.text: key for key in reversed(keys) if key.text in shape.NODES}.values())[::-1]
    if not kinds:
        _no_kind(page, name, entry, keys)
        return None
    if len(kinds) > 1:
        message = f"the node `{name}` is already of kind `{kinds[0].text}`"
        page.fault("RM151", message, page.span(kinds[1]), "give each node one kind")
        return None
    table = shape.NODES[kinds[0].text]
    fields = page.fields(entry.value, table, f"the {kinds[0].text} `{name}`", page.span(entry.key))
    return _KINDS[kinds[0].text](page, name, entry, fields) if fields is not None else None


def _no_kind(page: Page, name: str, entry: Entry, keys: list[Scalar]) -> None:
    known = {key for table in shape.NODES.values() for key in table}
    for key in keys:
        near = nearest(key.text, shape.NODES) if key.text not in known else None
        if near is not None:
            page.fault("RM151", f"a node has no key `{key.text}`", page.span(key), f"did you mean `{near}`?")
            return
    advice = f"a node has one of {', '.join(f'`{one}`' for one in shape.NODES)}"
    page.fault("RM152", f"the node `{name}` lacks the key of its kind", page.span(entry.key), advice)


def _rule(page: Page, name: str, entry: Entry, fields: Fields) -> ir.Rule | None:
    type_ = type_of(page, fields) if "type" in fields else None
    callee = _callee(page, fields["rule"])
    arguments = _arguments(page, fields.get("args"))
    substitute, failed = _optional(page, fields, "on_unscored")
    if callee is None or arguments is None or failed or ("type" in fields and type_ is None):
        return None
    if "type" not in fields and (stray := fields.get("range") or fields.get("choices")):
        page.fault("RM152", f"`{stray.name}` needs the key `type` beside it", page.span(stray.key))
        return None
    return ir.Rule(
        name=name,
        doc=page.prose_of(fields, "doc"),
        type=type_,
        rule=callee,
        arguments=arguments,
        on_unscored=substitute,
        span=page.entry_span(entry),
        name_span=page.content(entry.key),
    )


def _compose(page: Page, name: str, entry: Entry, fields: Fields) -> ir.Compose | None:
    target = _callee(page, fields["compose"])
    arguments = _arguments(page, fields.get("args"))
    substitute, failed = _optional(page, fields, "on_unscored")
    if target is None or arguments is None or failed:
        return None
    return ir.Compose(
        name=name,
        doc=page.prose_of(fields, "doc"),
        target=target,
        arguments=arguments,
        on_unscored=substitute,
        span=page.entry_span(entry),
        name_span=page.content(entry.key),
    )


def _callee(page: Page, entry: Entry) -> ir.Callee | None:
    path = page.path(entry.value)
    if path is None or not isinstance(entry.value, Scalar):
        return None
    span = page.content(entry.value)
    return ir.Callee(name=path, span=span, name_span=span)


def _arguments(page: Page, entry: Entry | None) -> tuple[ir.Argument, ...] | None:
    found: list[ir.Argument] = []
    healthy = True
    for name, one in page.named(entry.value, "arguments") if entry is not None else ():
        if name == "on_unscored":
            advice = "it stands beside `args`"
            page.fault("RM151", "`on_unscored` is no argument", page.span(one.key), advice)
            continue
        content = value(page, one.value)
        if content is None:
            healthy = False
            continue
        span, name_span = page.entry_span(one), page.content(one.key)
        found.append(ir.Argument(name=name, value=content, span=span, name_span=name_span))
    return tuple(found) if healthy else None


def _optional(page: Page, fields: Fields, key: str) -> tuple[ir.Expression | None, bool]:
    """The formula of a key that may be left out, and whether it is there and broken."""
    if key not in fields:
        return None, False
    found = formula(page, fields[key].value)
    return found, found is None


def _let(page: Page, name: str, entry: Entry, fields: Fields) -> ir.Let | None:
    content = formula(page, fields["let"].value)
    if content is None:
        return None
    return ir.Let(
        name=name,
        doc=page.prose_of(fields, "doc"),
        value=content,
        span=page.entry_span(entry),
        name_span=page.content(entry.key),
    )


# ---- judges ------------------------------------------------------------------------------------------------------


def _judge(page: Page, name: str, entry: Entry, fields: Fields) -> ir.Judge | None:
    type_ = type_of(page, fields)
    body = page.fields(fields["judge"].value, shape.JUDGE, f"the judge `{name}`", page.span(entry.key))
    if body is None or type_ is None:
        return None
    settings = [_setting(page, key, body[key]) for key in body if key in SETTINGS]
    if "on_unscored" in fields:
        if "on_unscored" in body:
            page.fault("RM153", "duplicate key `on_unscored`", page.span(fields["on_unscored"].key))
        else:
            settings.append(_setting(page, "on_unscored", fields["on_unscored"]))
    criteria = _criteria(page, body.get("criteria"))
    verdicts = _verdicts(page, body.get("verdicts"))
    examples = _examples(page, body.get("examples"))
    known = tuple(one for one in settings if one is not None)
    if len(known) < len(settings) or criteria is None or verdicts is None or examples is None:
        return None
    return ir.Judge(
        name=name,
        doc=page.prose_of(fields, "doc"),
        type=type_,
        settings=known,
        rubric=page.prose(body["rubric"].value) if "rubric" in body else None,
        criteria=criteria,
        verdicts=verdicts,
        examples=examples,
        span=page.entry_span(entry),
        name_span=page.content(entry.key),
    )


def _setting(page: Page, name: str, entry: Entry) -> ir.Setting | None:
    holds, tree = SETTINGS[name].shape, entry.value
    content = value(page, tree, as_text=holds in ("text", "models", "word", "name", "names"))
    if content is None:
        return None
    if holds in ("name", "names"):
        content = _as_names(page, content, tree)
    span, name_span = page.entry_span(entry), page.content(entry.key)
    return ir.Setting(name=name, value=shaped(name, content), span=span, name_span=name_span)


def _as_names(page: Page, content: ir.Expression, tree: Tree) -> ir.Expression:
    """Texts where names are held are names; one in `${"…"}` stays a text."""
    if isinstance(content, ir.ListOf) and isinstance(tree, Items):
        items = tuple(_as_names(page, one, part) for one, part in zip(content.items, tree.items, strict=True))
        return ir.ListOf(items=items, span=content.span)
    written = isinstance(tree, Scalar) and "${" not in tree.text
    if written and isinstance(content, ir.Constant) and isinstance(content.value, str):
        name = content.value
        if literals.PATH.fullmatch(name) and name.split(".", 1)[0] not in RESERVED:
            return ir.Name(name=name, span=content.span, name_span=content.span)
    return content


def _criteria(page: Page, entry: Entry | None) -> tuple[ir.Criterion, ...] | None:
    found: list[ir.Criterion] = []
    healthy = True
    for name, one in page.named(entry.value, "criteria") if entry is not None else ():
        criterion = _criterion(page, name, one)
        healthy = healthy and criterion is not None
        found += [criterion] if criterion is not None else []
    return tuple(found) if healthy else None


def _criterion(page: Page, name: str, entry: Entry) -> ir.Criterion | None:
    fields: Fields | None = {"text": entry}
    if isinstance(entry.value, Pairs):
        fields = page.fields(entry.value, shape.CRITERION, f"the criterion `{name}`", page.span(entry.key))
    if fields is None:
        return None
    weight, failed = _optional(page, fields, "weight")
    text = page.prose(fields["text"].value)
    if text is None or failed:
        return None
    span, name_span = page.entry_span(entry), page.content(entry.key)
    return ir.Criterion(name=name, weight=weight, text=text, span=span, name_span=name_span)


def _verdicts(page: Page, entry: Entry | None) -> tuple[ir.Verdict, ...] | None:
    found: list[ir.Verdict] = []
    entries = page.entries(entry.value, "verdicts") if entry is not None else []
    for one in entries or ():
        content = formula(page, one.value)
        if content is None:
            return None
        span, name_span = page.entry_span(one), page.content(one.key)
        found.append(ir.Verdict(label=one.name, value=content, span=span, name_span=name_span))
    return tuple(found) if entries is not None else None


def _examples(page: Page, entry: Entry | None) -> tuple[ir.Example, ...] | None:
    trees = page.items(entry.value, "examples") if entry is not None else []
    found = [_example(page, tree) for tree in trees or ()]
    known = tuple(one for one in found if one is not None)
    return known if trees is not None and len(known) == len(found) else None


def _example(page: Page, tree: Tree) -> ir.Example | None:
    entries = page.entries(tree, "the fields of an example")
    found: list[ir.Given] = []
    for one in entries or ():
        name, content = page.path(one.key), value(page, one.value)
        if name is None or content is None:
            return None
        span, name_span = page.entry_span(one), page.content(one.key)
        found.append(ir.Given(name=name, value=content, span=span, name_span=name_span))
    span = page.span(tree)
    return ir.Example(fields=tuple(found), span=span, name_span=span) if entries is not None else None


# ---- aggregates --------------------------------------------------------------------------------------------------


def _aggregate(page: Page, name: str, entry: Entry, fields: Fields) -> ir.Aggregate | None:
    function, parameter = _function(page, fields["aggregate"])
    members = _members(page, fields["members"])
    substitute, failed = _optional(page, fields, "on_unscored")
    k, bad_k = _optional(page, fields, "k")
    if function is None or members is None or failed or bad_k:
        return None
    if k is not None and parameter is not None:
        page.fault("RM153", "the parameter is given twice", page.span(fields["k"].key))
    return ir.Aggregate(
        name=name,
        doc=page.prose_of(fields, "doc"),
        function=function,
        parameter=parameter if parameter is not None else k,
        members=members,
        on_unscored=substitute,
        span=page.entry_span(entry),
        name_span=page.content(entry.key),
    )


def _function(page: Page, entry: Entry) -> tuple[str | None, ir.Expression | None]:
    """`mean`, or `at_least(2)`."""
    match formula(page, entry.value):
        case None:
            return None, None
        case ir.Name(name=name) if literals.NAME.fullmatch(name) and name != "return":
            return name, None
        case ir.Call(function=name, arguments=(parameter,)):
            return name, parameter
        case _:
            message = "expected the name of an aggregate"
            page.fault("RM101", message, page.span(entry.value), "write `mean` or `at_least(2)`")
            return None, None


def _members(page: Page, entry: Entry) -> tuple[ir.Member, ...] | None:
    if isinstance(entry.value, Items):
        members = [_listed_member(page, item) for item in entry.value.items]
    else:
        entries = page.entries(entry.value, "members")
        if entries is None:
            return None
        members = [_named_member(page, one) for one in entries]
    known = tuple(member for member in members if member is not None)
    return known if len(known) == len(members) else None


def _named_member(page: Page, entry: Entry) -> ir.Member | None:
    """`name: weight`; nothing after the name is no weight."""
    name = page.path(entry.key)
    weight = None if is_empty(entry.value) else formula(page, entry.value)
    if name is None or (weight is None and not is_empty(entry.value)):
        return None
    span = page.content(entry.key)
    return ir.Member(value=ir.Name(name=name, span=span, name_span=span), weight=weight, span=page.entry_span(entry))


def _listed_member(page: Page, tree: Tree) -> ir.Member | None:
    if not isinstance(tree, Pairs):
        content = formula(page, tree)
        return ir.Member(value=content, span=page.span(tree)) if content is not None else None
    fields = page.fields(tree, shape.MEMBER, "a member")
    if fields is None:
        return None
    content = formula(page, fields["of"].value)
    weight, failed = _optional(page, fields, "weight")
    if content is None or failed:
        return None
    # as in `.rm`, the member is pointed at where its value is
    span = page.source.span(fields["of"].value.start, tree.end)
    return ir.Member(value=content, weight=weight, span=span)


_KINDS: Mapping[str, Callable[[Page, str, Entry, Fields], ir.Statement | None]] = {
    "rule": _rule,
    "judge": _judge,
    "compose": _compose,
    "aggregate": _aggregate,
    "let": _let,
}
