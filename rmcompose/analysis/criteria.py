"""The rubric and the criteria of a judge: something must be asked (RM501), with weights it can be combined by."""

from __future__ import annotations

from rmcompose.analysis.scope import Scope
from rmcompose.analysis.settings import word
from rmcompose.analysis.weights import check_total, check_weight
from rmcompose.ir import Criterion, Judge


def check_criteria(node: Judge, scope: Scope) -> None:
    """RM501 where nothing is asked, RM202 for a criterion that is there twice, RM503 and RM504 for weights."""
    checklist = word(node, "style") == "checklist"
    from_sample = node.setting("criteria_from") is not None
    if checklist and not node.criteria and not from_sample:
        scope.report.error(
            "RM501",
            f"the checklist `{node.name}` has no criteria",
            node.name_span,
            label="nothing to check",
            help=('write `criterion name = "…"`, or `criteria_from = …`',),
        )
    elif not node.criteria and not from_sample and not (node.rubric or "").strip():
        absent = node.rubric is None
        scope.report.error(
            "RM501",
            f"the judge `{node.name}` is asked nothing" if absent else f"the rubric of `{node.name}` is empty",
            node.name_span,
            label="needs a rubric or criteria",
            help=('write `rubric "…"`',) if absent else (),
        )
    seen: dict[str, Criterion] = {}
    for criterion in node.criteria:
        if criterion.name in seen:
            scope.report.error(
                "RM202",
                f"the criterion `{criterion.name}` is there twice",
                criterion.name_span or criterion.span,
                label="declared again",
                labels=((seen[criterion.name].name_span, "first declared here"),),
            )
        seen.setdefault(criterion.name, criterion)
        if not criterion.text.strip():
            scope.report.error(
                "RM501",
                f"the criterion `{criterion.name}` is empty",
                criterion.name_span or criterion.span,
                label="nothing to judge by",
            )
    weights = [check_weight(criterion.weight, scope, negative=checklist) for criterion in node.criteria]
    if not from_sample and not (checklist and any(weight is not None and weight.range[0] < 0 for weight in weights)):
        check_total(weights, node.name_span, scope, node.name)
