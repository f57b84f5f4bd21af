"""Settings of a judge that only mean something together: what cannot take effect is an error, never silence."""

from __future__ import annotations

import math

from rmcompose.analysis import wording
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer import infer
from rmcompose.analysis.result import RESPONSE, Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.settings import word
from rmcompose.ir import Judge, Setting
from rmcompose.ir.interval import contains_range

_OF_ESCALATE = ("escalate_votes", "escalate_below", "escalate_near", "escalate_margin")


def check_forms(node: Judge, value: Inferred, shown: list[Inferred], scope: Scope) -> None:
    """Checks `calls`, `expected`, `guard` and `escalate` against the rest of the judge; `value` is its scale."""
    _check_mode(node, scope)
    _check_calls(node, scope)
    _check_expected(node, value, scope)
    _check_guard(node, shown, scope)
    _check_escalation(node, value, scope)


def _refuse(scope: Scope, setting: Setting, message: str, advice: str, label: str = "") -> None:
    scope.report.error("RM204", message, setting.name_span or setting.span, label=label, help=(advice,))


def _constant(node: Judge, name: str, scope: Scope) -> object:
    """The value of a setting with every param at its default; None where it is left out or not known."""
    setting = node.setting(name)
    if setting is None:
        return None
    quiet = scope.quiet()
    told = fixed(setting.value, infer(setting.value, quiet), quiet)
    return told.value if told.state == "known" else None


_OF_MODE = {
    "shuffle": ("listwise",),
    "window": ("listwise",),
    "both_orders": ("pairwise",),
    "rank_by": ("pairwise", "listwise"),
}
"""Settings that mean something in some modes only."""


def _check_mode(node: Judge, scope: Scope) -> None:
    mode = word(node, "mode")
    for name, modes in _OF_MODE.items():
        setting = node.setting(name)
        if setting is not None and mode not in modes:
            advice = " or ".join(f"`mode = {one}`" for one in modes)
            _refuse(scope, setting, f"`{name}` says nothing in a {mode} judge", f"write {advice}, or leave it out")


def _check_calls(node: Judge, scope: Scope) -> None:
    setting = node.setting("calls")
    if setting is None or word(node, "calls") != "per_criterion":
        return
    if word(node, "mode") != "pointwise":
        _refuse(scope, setting, "a judge that compares asks about all criteria together", "write `calls = one`")
    elif node.setting("extract") is not None:
        _refuse(scope, setting, "a house format holds one verdict for all criteria", "write `calls = one`")
    elif not node.criteria and node.setting("criteria_from") is None:
        _refuse(scope, setting, f"`{node.name}` has no criteria to ask for one by one", 'write `criterion name = "…"`')


def _check_expected(node: Judge, value: Inferred, scope: Scope) -> None:
    setting = node.setting("expected")
    if setting is None or _constant(node, "expected", scope) is not True:
        return
    if word(node, "mode") != "pointwise" or word(node, "style") != "scale" or node.setting("extract") is not None:
        _refuse(
            scope,
            setting,
            "`expected` is for judges that write a score on a scale",
            "leave it out, or judge pointwise with `style = scale`",
        )
        return
    several = bool(node.criteria) or node.setting("criteria_from") is not None
    if several and word(node, "calls") == "one":
        _refuse(
            scope,
            setting,
            "`expected` needs a reply of its own for each criterion",
            "write `calls = per_criterion`",
            "several scores in one reply",
        )
        return
    if value.kind == "error":
        return
    if node.type.kind in ("int", "bool"):
        scope.report.error(
            "RM301",
            f"an expected score is not a whole number, as `{wording.type_of(node.type)}` is",
            node.type.span,
            help=(f"write `score{wording.interval(value.range)}`",),
        )
    elif not (_is_digit(value.low) and _is_digit(value.high)):
        scope.report.error(
            "RM302",
            f"`expected` weighs the digits of a scale, and {wording.interval(value.range)} has other numbers",
            node.type.span,
            label="ends that are one digit each are needed",
            help=("write `score[0, 9]`, or a scale within it",),
        )


def _is_digit(bound: float) -> bool:
    return 0 <= bound <= 9 and math.floor(bound) == bound


def _check_guard(node: Judge, shown: list[Inferred], scope: Scope) -> None:
    setting = node.setting("guard")
    on = setting is not None and _constant(node, "guard", scope) is not False
    action = node.setting("on_guard")
    if action is not None and not on:
        _refuse(scope, action, "`on_guard` says nothing without `guard = true`", "write `guard = true`")
    if setting is None or not on:
        return
    if shown and all(one.level < RESPONSE and one.kind != "error" for one in shown):
        given = node.setting("given")
        scope.report.error(
            "RM306",
            f"`guard` looks at responses, and `{node.name}` is shown none",
            given.value.span if given is not None else node.name_span,
            label="the same for all responses of a sample",
            help=("add `response` to `given`",),
        )


def _check_escalation(node: Judge, value: Inferred, scope: Scope) -> None:
    setting = node.setting("escalate")
    if setting is None:
        for name in _OF_ESCALATE:
            alone = node.setting(name)
            if alone is not None:
                _refuse(scope, alone, f"`{name}` says nothing without `escalate`", 'write `escalate = "…"`')
        return
    near, margin = node.setting("escalate_near"), node.setting("escalate_margin")
    comparing = word(node, "mode") != "pointwise"
    if near is not None and comparing:
        _refuse(scope, near, "a judge that compares has no value of its own to be near", "leave it out")
        return
    if margin is not None and near is None:
        _refuse(scope, margin, "`escalate_margin` says nothing without `escalate_near`", "write `escalate_near = …`")
    threshold = _constant(node, "escalate_near", scope)
    if near is not None and isinstance(threshold, int | float) and value.kind != "error":
        bounds = value.range
        if not contains_range(bounds, (threshold, threshold)):
            scope.report.error(
                "RM302",
                f"`escalate_near` is {wording.number(threshold)}, outside of {wording.interval(bounds)}",
                near.value.span,
                label="no value is near it",
            )
    several = isinstance(_constant(node, "model", scope), list) or _constant(node, "votes", scope) not in (None, 1)
    orders = word(node, "mode") == "pairwise" and _constant(node, "both_orders", scope) is not False
    if near is None and not several and not orders:
        _refuse(
            scope,
            setting,
            "nothing tells when to escalate",
            "write `votes = 3` or `escalate_near = …`",
            "one vote never disagrees",
        )
