"""Whom a judge asks: one model, or a panel of them."""

from __future__ import annotations

from rmcompose.analysis import wording
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer import infer
from rmcompose.analysis.scope import Scope
from rmcompose.diagnostics.source import Span
from rmcompose.ir import Expression, ListOf, Setting


def check_models(setting: Setting, scope: Scope) -> None:
    """A text or a list of different texts, known before any sample is read; RM301, RM302, RM306 and RM202."""
    expression, user = setting.value, f"`{setting.name}`"
    inferred = infer(expression, scope)
    if inferred.kind not in ("text", "enum", "list", "any", "error"):
        scope.report.error(
            "RM301",
            f"{user} needs a text or a list of texts, not {wording.kind_of(inferred)}",
            expression.span,
            label=wording.kind_of(inferred),
        )
        return
    told = fixed(expression, inferred, scope)
    if told.state == "silent":
        return
    if told.state != "known":
        scope.report.error(
            "RM306",
            f"{user} must be a constant",
            expression.span,
            label="known only when the sample is read",
            help=("use literals and params",),
        )
        return
    names = told.value if isinstance(told.value, list) else [told.value]
    if not names:
        scope.report.error("RM302", f"the panel of {user} is empty", expression.span, label="nobody is asked")
    for place, name in enumerate(names):
        at = _span_of(expression, place)
        if not isinstance(name, str):
            scope.report.error("RM301", f"a model of {user} is not a text", at)
        elif not name.strip():
            scope.report.error("RM302", "the name of the model is empty", at)
        elif name in names[:place]:
            scope.report.error(
                "RM202", f"`{name}` is in the panel twice", at, label="again", help=("`votes` asks a model again",)
            )


def _span_of(expression: Expression, place: int) -> Span | None:
    return expression.items[place].span if isinstance(expression, ListOf) else expression.span
