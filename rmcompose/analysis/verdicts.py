"""Judges with a house format: `extract` finds a label, verdicts say what it is worth (RM506)."""

from __future__ import annotations

from rmcompose.analysis import wording
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer import infer
from rmcompose.analysis.patterns import pattern_fault
from rmcompose.analysis.scope import Scope
from rmcompose.ir import Judge, Name, Verdict
from rmcompose.ir.interval import Interval, contains_range

ABSTAIN = Name(name="abstain")
"""`verdict "…" = abstain`: the label says that the judge gives no verdict."""


def check_verdicts(node: Judge, bounds: Interval, scope: Scope) -> None:
    """`extract` and verdicts need each other, labels differ, values are constants of the scale.

    `bounds` is the judge's scale; in a comparing judge a verdict's value is the first answer's share of the win.
    """
    extract = node.setting("extract")
    if extract is None:
        if node.verdicts:
            scope.report.error(
                "RM506",
                f"the verdicts of `{node.name}` are never read",
                node.verdicts[0].name_span or node.verdicts[0].span,
                label="no `extract` finds their labels",
                help=('write `extract = r"…"`',),
            )
    else:
        told = fixed(extract.value, infer(extract.value, scope.quiet()), scope)
        wrong = pattern_fault(told.value) if told.state == "known" and isinstance(told.value, str) else None
        if wrong is not None:
            scope.report.error("RM506", wrong, extract.value.span, label="not a pattern")
        if not node.verdicts:
            scope.report.error(
                "RM506",
                f"`extract` of `{node.name}` finds labels that are worth nothing",
                extract.name_span or extract.span,
                label="no verdict says what a label is worth",
                help=('write `verdict "…" = 1.0`',),
            )
    seen: dict[str, Verdict] = {}
    for verdict in node.verdicts:
        if verdict.label in seen:
            scope.report.error(
                "RM506",
                f'the verdict "{verdict.label}" is there twice',
                verdict.name_span or verdict.span,
                label="declared again",
                labels=((seen[verdict.label].name_span, "first declared here"),),
            )
        seen.setdefault(verdict.label, verdict)
        _check_value(verdict, bounds, scope)


def _check_value(verdict: Verdict, bounds: Interval, scope: Scope) -> None:
    expression = verdict.value
    if expression == ABSTAIN:
        return
    value = infer(expression, scope)
    told = fixed(expression, value, scope)
    if told.state == "silent":
        return
    if told.state != "known" or value.kind not in ("bool", "int", "float"):
        scope.report.error(
            "RM506", f'the value of the verdict "{verdict.label}" is not a constant number', expression.span
        )
    elif not contains_range(bounds, value.range):
        said = wording.number(value.low) if value.low == value.high else wording.interval(value.range)
        scope.report.error(
            "RM506",
            f'the verdict "{verdict.label}" is worth {said}, outside of {wording.interval(bounds)}',
            expression.span,
            label=f"not within {wording.interval(bounds)}",
        )
