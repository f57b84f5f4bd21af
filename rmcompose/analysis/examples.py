"""Examples in a judge: what was given, and an answer that the judge could have given."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from rmcompose.analysis import wording
from rmcompose.analysis.result import RESPONSE, Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.settings import word
from rmcompose.ir import Constant, Example, Expression, Given, Judge, ListOf, Name
from rmcompose.ir.constants import evaluate
from rmcompose.ir.interval import contains_range

WINNERS = ("A", "B", "tie")


@dataclass(frozen=True, slots=True)
class _Form:
    """The fields of this judge's examples: what is given, and what is answered with a check for each.

    `several` are the given fields of which a judge that compares sees one for each response.
    """

    given: tuple[str, ...]
    answers: dict[str, Callable[[Given, Scope], None]]
    several: frozenset[str] = frozenset()


def check_examples(node: Judge, value: Inferred, shown: list[Inferred], scope: Scope) -> None:
    """RM204 for a field that means nothing here, RM205 for one that is left out, RM202 twice, RM301 and RM302."""
    setting = node.setting("given")
    items = setting.value.items if setting is not None and isinstance(setting.value, ListOf) else ()
    given = tuple(dict.fromkeys(item.name for item in items if isinstance(item, Name)))
    form = _form(node, given, value)
    if word(node, "mode") != "pointwise":
        varying = (name for name, one in zip(given, shown, strict=False) if one.level == RESPONSE)
        form = replace(form, several=frozenset(varying))
    for example in node.examples:
        _check(example, node, form, scope)
        _check_answers(example, node, form, scope)


def _form(node: Judge, given: tuple[str, ...], value: Inferred) -> _Form:
    mode = word(node, "mode")
    if node.setting("extract") is not None or node.setting("criteria_from") is not None:
        return _Form(given, {"reply": _text})
    if mode == "pairwise":
        return _Form(given, {"winner": _winner})
    if mode == "listwise":
        return _Form(given, {"ranking": _ranking})
    checklist = word(node, "style") == "checklist"

    def scored(field: Given, scope: Scope) -> None:
        _score(field, value, scope)

    if node.criteria:
        return _Form(given, {one.name: _met if checklist else scored for one in node.criteria})
    return _Form(given, {"score": scored})


def _check(example: Example, node: Judge, form: _Form, scope: Scope) -> None:
    fields: dict[str, Given] = {}
    known = [*form.given, *form.answers, "reason", "reply"]
    for field in example.fields:
        if field.name in fields:
            scope.report.error(
                "RM202",
                f"`{field.name}` is in the example twice",
                field.name_span or field.span,
                label="again",
                labels=((fields[field.name].name_span, "first here"),),
            )
        elif field.name not in known:
            scope.report.error(
                "RM204",
                f"an example of `{node.name}` has no field `{field.name}`",
                field.name_span or field.span,
                help=wording.did_you_mean(field.name, known) or (f"its fields are {wording.listed(known)}",),
            )
        fields.setdefault(field.name, field)
    needed = [*form.given, *(() if "reply" in fields else form.answers)]
    absent = [name for name in needed if name not in fields]
    meant = any(name not in known for name in fields)
    if absent and not meant:  # else it may be there, misspelt: one fault
        scope.report.error(
            "RM205", f"the example of `{node.name}` lacks {wording.listed(absent)}", example.name_span or example.span
        )
    for name, field in fields.items():
        if name in form.answers:
            form.answers[name](field, scope)
        elif name in ("reason", "reply"):
            _text(field, scope)


def _check_answers(example: Example, node: Judge, form: _Form, scope: Scope) -> None:
    """Fields with one value for each response: two in a pair, and as many as are ranked in a list."""
    ranking = next((field.value for field in example.fields if field.name == "ranking"), None)
    count = 2 if word(node, "mode") == "pairwise" else None
    if ranking is not None and _is_ranking(ranking):
        count = sum(len(group) for group in evaluate(ranking, {}))
    for field in example.fields:
        if field.name not in form.several:
            continue
        found = len(field.value.items) if isinstance(field.value, ListOf) else 0
        if not isinstance(field.value, ListOf) or (count is not None and found != count):
            needed = f"a list of {count} values, one" if count is not None else "a list with a value"
            _wrong(field, f"is {needed} for each answer", scope)


def _wrong(field: Given, what: str, scope: Scope, code: str = "RM301") -> None:
    scope.report.error(code, f"`{field.name}` of an example {what}", field.value.span)


def _text(field: Given, scope: Scope) -> None:
    if not (isinstance(field.value, Constant) and isinstance(field.value.value, str)):
        _wrong(field, "is a text", scope)


def _winner(field: Given, scope: Scope) -> None:
    if not (isinstance(field.value, Constant) and field.value.value in WINNERS):
        _wrong(field, 'is "A", "B" or "tie"', scope)


def _met(field: Given, scope: Scope) -> None:
    if not (isinstance(field.value, Constant) and isinstance(field.value.value, bool)):
        _wrong(field, "is true or false", scope)


def _score(field: Given, value: Inferred, scope: Scope) -> None:
    number = evaluate(field.value, {})
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        _wrong(field, "is a number", scope)
    elif value.kind != "error" and not contains_range(value.range, (number, number)):
        _wrong(field, f"is {wording.number(number)}, outside of {wording.interval(value.range)}", scope, "RM302")


def _ranking(field: Given, scope: Scope) -> None:
    if not _is_ranking(field.value):
        _wrong(field, "is a list of lists of answer numbers that names each from 1 once", scope)


def _is_ranking(expression: Expression) -> bool:
    ranking = evaluate(expression, {})
    if not isinstance(ranking, list) or not all(isinstance(group, list) and group for group in ranking):
        return False
    numbers = [number for group in ranking for number in group]
    return all(type(number) is int for number in numbers) and sorted(numbers) == list(range(1, len(numbers) + 1))
