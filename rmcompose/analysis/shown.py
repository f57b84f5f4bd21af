"""What a judge is shown: `given` and `criteria_from`."""

from __future__ import annotations

from rmcompose.analysis import wording
from rmcompose.analysis.result import Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.values import ERROR, STANDARD_FIELDS, field_level
from rmcompose.ir import Judge, ListOf, Name


def check_given(node: Judge, scope: Scope) -> list[Inferred]:
    """What is known of each name in `given`. RM502 where there is none, RM201 for one that is nowhere declared."""
    setting = node.setting("given")
    if setting is None:
        scope.report.error(
            "RM502",
            f"the judge `{node.name}` is shown nothing",
            node.name_span,
            label="`given` is missing",
            help=("write `given = [prompt, response]`",),
        )
        return []
    value = setting.value
    if isinstance(value, ListOf) and not value.items:
        scope.report.error(
            "RM502",
            f"the judge `{node.name}` is shown nothing",
            value.span,
            label="an empty list",
            help=("write `given = [prompt, response]`",),
        )
        return []
    if not isinstance(value, ListOf) or not all(isinstance(item, Name) for item in value.items):
        scope.report.error(
            "RM301",
            "`given` is a list of names",
            value.span,
            help=("write `given = [prompt, response]`",),
        )
        return [ERROR]
    seen: dict[str, Name] = {}
    for item in value.items:
        assert isinstance(item, Name)
        if item.name in seen:
            scope.report.error(
                "RM202",
                f"`{item.name}` is given twice",
                item.span,
                label="given again",
                labels=((seen[item.name].span, "first given here"),),
            )
        seen.setdefault(item.name, item)
    return [_shown(name, scope) for name in seen.values()]


def _shown(name: Name, scope: Scope) -> Inferred:
    """A declared name, else a standard field of the sample."""
    head = name.name.partition(".")[0]
    declared = head in scope.declared or head in scope.poisoned
    if not declared and name.name in STANDARD_FIELDS:
        scope.fields.add(name.name)
        return Inferred("any", level=field_level(name.name))
    return scope.look_up(name)


def check_criteria_from(node: Judge, scope: Scope) -> list[Inferred]:
    """What is known of the input that `criteria_from` names, in a list; empty where it is left out."""
    setting = node.setting("criteria_from")
    if setting is None:
        return []
    if not isinstance(setting.value, Name):
        scope.report.error("RM301", "`criteria_from` names an input", setting.value.span)
        return [ERROR]
    value = scope.look_up(setting.value)
    if value.kind not in ("list", "error"):
        scope.report.error(
            "RM301",
            f"`criteria_from` needs a list, and `{setting.value.name}` is {wording.kind_of(value)}",
            setting.value.span,
            label=wording.kind_of(value),
            labels=((scope.declared.get(setting.value.name), "declared here"),),
            help=(f"declare it: `input {setting.value.name}: list`",),
        )
        return [ERROR]
    return [value]
