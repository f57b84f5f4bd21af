"""The settings of judges, held to the table in `ir/judging.py`."""

from __future__ import annotations

import math

from rmcompose.analysis import wording
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer import infer
from rmcompose.analysis.infer.demands import as_condition, as_number, as_text
from rmcompose.analysis.result import Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.ir import Constant, Expression, Judge, Name, Setting
from rmcompose.ir.interval import contains_range
from rmcompose.ir.judging import SETTINGS, SettingShape


def word(node: Judge, name: str) -> str | None:
    """The bare word a setting is set to, its default where it is left out or not a word."""
    setting = node.setting(name)
    told = _bare(setting.value) if setting is not None else None
    shape = SETTINGS[name]
    return told if told in shape.choices else shape.default


def _bare(expression: Expression) -> str | None:
    if isinstance(expression, Name):
        return expression.name
    if isinstance(expression, Constant) and isinstance(expression.value, str):
        return expression.value
    return None


def check_settings(node: Judge, scope: Scope) -> None:
    """RM204 for a setting that does not exist, RM202 for a second one, RM205 without `model`, and every value."""
    seen: dict[str, Setting] = {}
    for setting in node.settings:
        shape = SETTINGS.get(setting.name)
        if shape is None:
            scope.report.error(
                "RM204",
                f"a judge has no setting `{setting.name}`",
                setting.name_span or setting.span,
                label="unknown setting",
                help=wording.did_you_mean(setting.name, SETTINGS),
            )
        elif setting.name in seen:
            scope.report.error(
                "RM202",
                f"`{setting.name}` is set twice",
                setting.name_span or setting.span,
                label="set again",
                labels=((seen[setting.name].name_span, "first set here"),),
            )
        else:
            seen[setting.name] = setting
            _check(setting, shape, scope)
    if "model" not in seen:
        scope.report.error(
            "RM205",
            f"the judge `{node.name}` has no `model`",
            node.name_span,
            label="whom to ask is missing",
            help=('write `model = "…"`',),
        )


def _check(setting: Setting, shape: SettingShape, scope: Scope) -> None:
    match shape.shape:
        case "word":
            _check_word(setting, shape, scope)
        case "models":
            from rmcompose.analysis.models import check_models

            check_models(setting, scope)
        case "names" | "name" | "constant":
            pass  # looked at where they mean something
        case _:
            _check_constant(setting, shape, scope)


def _check_word(setting: Setting, shape: SettingShape, scope: Scope) -> None:
    told = _bare(setting.value)
    if told in shape.choices:
        return
    scope.report.error(
        "RM301",
        f"`{setting.name}` cannot be `{told}`" if told is not None else f"`{setting.name}` is one word",
        setting.value.span,
        label=f"the choices are {wording.listed(shape.choices)}",
        help=wording.did_you_mean(told, shape.choices) if told is not None else (),
    )


def _check_constant(setting: Setting, shape: SettingShape, scope: Scope) -> None:
    expression, report = setting.value, scope.report
    user = f"`{setting.name}`"
    inferred = infer(expression, scope)
    value: Inferred
    match shape.shape:
        case "text":
            value = as_text(expression, inferred, report, user)
        case "bool":
            value = as_condition(expression, inferred, report, user)
        case _:
            value = as_number(expression, inferred, report, user)
    told = fixed(expression, value, scope)
    if told.state == "silent":
        return
    if told.state != "known":
        report.error(
            "RM306" if told.state == "varies" else "RM302",
            f"{user} must be a constant" if told.state == "varies" else f"{user} is not a finite number",
            expression.span,
            label="known only when the sample is read" if told.state == "varies" else "",
            help=("use literals and params",) if told.state == "varies" else (),
        )
        return
    if shape.shape == "int" and value.kind != "int":
        report.error("RM301", f"{user} needs a whole number", expression.span, label="a number")
        return
    allowed = (-math.inf if shape.low is None else shape.low, math.inf if shape.high is None else shape.high)
    if value.is_number and not contains_range(allowed, value.range):
        report.error(
            "RM302",
            f"{user} is {wording.number(value.low)}"
            if value.low == value.high
            else f"{user} lies in {wording.interval(value.range)}",
            expression.span,
            label=f"allowed is {wording.interval(allowed)}",
        )
