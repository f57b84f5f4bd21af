"""Judge nodes: the scale, what is asked, what is shown, and the level of the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from rmcompose.analysis import wording
from rmcompose.analysis.criteria import check_criteria
from rmcompose.analysis.declared import check_type
from rmcompose.analysis.result import RESPONSE, SAMPLE, STEP, Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.settings import check_settings, word
from rmcompose.analysis.shown import check_criteria_from, check_given
from rmcompose.analysis.substitutes import check_substitute
from rmcompose.analysis.values import ERROR, highest_level, of_type
from rmcompose.ir import Judge, ListOf
from rmcompose.ir.interval import contains_range


def check_judge(node: Judge, scope: Scope) -> Inferred:
    """What is known of a judge's value; everything in its body is checked."""
    check_settings(node, scope)
    shown = check_given(node, scope)
    criteria = check_criteria_from(node, scope)
    comparing = word(node, "mode") in ("pairwise", "listwise")
    if comparing and shown and all(one.level < RESPONSE and one.kind != "error" for one in shown):
        setting = node.setting("given")
        scope.report.error(
            "RM306",
            f"`{node.name}` compares responses, but is shown nothing that differs between them",
            setting.value.span if setting is not None else node.name_span,
            label="the same for all responses of a sample",
            help=("add `response` to `given`",),
        )
    if comparing:
        scope.looks.add("responses")
        if any(one.level == STEP for one in (*shown, *criteria)):
            _compares_steps(node, shown, scope)
    value = _scale(node, scope, comparing=comparing)
    check_criteria(node, scope)
    if node.verdicts or node.setting("extract") is not None:
        from rmcompose.analysis.verdicts import check_verdicts

        check_verdicts(node, (0, 1) if comparing else value.range, scope)
    if len(node.settings) > 2:
        from rmcompose.analysis.forms import check_forms

        check_forms(node, value, shown, scope)
    if node.examples:
        from rmcompose.analysis.examples import check_examples

        check_examples(node, value, shown, scope)
    level = max(SAMPLE, highest_level((*shown, *criteria)))
    value = replace(value, level=RESPONSE if comparing or value.kind == "error" else level)
    substitute = node.setting("on_unscored")
    if substitute is not None:
        check_substitute(substitute.value, value, scope)
    return value


def _compares_steps(node: Judge, shown: Sequence[Inferred], scope: Scope) -> None:
    """RM306 at what differs by step in a judge that compares whole responses."""
    given = node.setting("given")
    items = given.value.items if given is not None and isinstance(given.value, ListOf) else ()
    at = next((item for item, one in zip(items, shown, strict=False) if one.level == STEP), None)
    scope.report.error(
        "RM306",
        f"`{node.name}` compares responses, and is shown what differs by step of one",
        at.span if at is not None else node.name_span,
        label="one value per step",
        help=("judge steps with `mode = pointwise`, or show `steps`, the list of them",),
    )


def _scale(node: Judge, scope: Scope, *, comparing: bool) -> Inferred:
    """The values of the declared scale, which must be a finite range that holds what the judge computes."""
    declared = node.type
    if not check_type(declared, scope.report):
        return ERROR
    if not declared.is_numeric and declared.kind != "bool":
        scope.report.error(
            "RM301", f"a judge gives a score, not `{wording.type_of(declared)}`", declared.span, label="not a scale"
        )
        return ERROR
    if not all(math.isfinite(bound) for bound in declared.bounds):
        scope.report.error(
            "RM302",
            f"the judge `{node.name}` needs a scale with two ends",
            declared.span,
            help=(f"write `{declared.kind}[0, 1]`",),
        )
        return ERROR
    share = "a judge that compares gives" if comparing else "a checklist gives"
    if comparing or word(node, "style") == "checklist":
        if declared.kind in ("bool", "int"):
            scope.report.error(
                "RM301",
                f"{share} values in [0, 1], not `{wording.type_of(declared)}`",
                declared.span,
                help=("write `score[0, 1]`",),
            )
            return ERROR
        if not contains_range(declared.bounds, (0, 1)):
            scope.report.error(
                "RM302",
                f"{share} values in [0, 1], which leaves `{wording.type_of(declared)}`",
                declared.span,
                help=("write `score[0, 1]`",),
            )
            return ERROR
    return of_type(declared)
