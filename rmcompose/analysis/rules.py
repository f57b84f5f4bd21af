"""Rule nodes: the primitive they name, its arguments, and what is bound to those left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from rmcompose.analysis import wording
from rmcompose.analysis.arguments import Matched, match_arguments
from rmcompose.analysis.declared import check_type
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer.demands import as_condition, as_number, as_text
from rmcompose.analysis.result import RESPONSE, SAMPLE, STEP, Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.substitutes import check_substitute
from rmcompose.analysis.values import ERROR, declared_number, field_level, of_type, texts
from rmcompose.ir import Argument, Rule, Type
from rmcompose.ir.interval import contains_range
from rmcompose.primitives import registry
from rmcompose.primitives.registry import ROLE_FIELDS, ArgumentSpec, RuleSignature

FIELD = "field:"
"""What a binding to a sample field begins with."""

_TEXTS = "a text or a list of texts"


class CheckedRule(NamedTuple):
    """What is known of a rule's value, and what its left-out data arguments bind to."""

    value: Inferred
    bindings: Mapping[str, str]


def check_rule(node: Rule, inputs: Mapping[str, Inferred], scope: Scope) -> CheckedRule:
    """Checks one rule node; `inputs` are the declared inputs of its composition."""
    signature = registry.signature(node.rule.name)
    if signature is None:
        _unknown(node, scope)
        match_arguments(node.arguments, None, node.rule.name, scope)
        if node.type is not None:
            check_type(node.type, scope.report)
        return CheckedRule(ERROR, {})
    given = match_arguments(node.arguments, [one.name for one in signature.arguments], node.rule.name, scope)
    bindings: dict[str, str] = {}
    for spec in signature.arguments:
        if spec.name in given:
            _check_argument(spec, *given[spec.name], node, scope)
        else:
            _bind(spec, node, inputs, bindings, scope)
    value = replace(_result(node, signature, scope), level=_level(signature, given, bindings, inputs))
    if signature.level == "group":
        scope.looks.add("responses")
        _per_response(node, given, scope)
    if value.kind != "error":
        check_substitute(node.on_unscored, value, scope)
    return CheckedRule(value, bindings)


def _unknown(node: Rule, scope: Scope) -> None:
    scope.report.error(
        "RM203",
        f"unknown rule `{node.rule.name}`",
        node.rule.span,
        label="not registered",
        notes=registry.plugin_faults(),
        help=wording.did_you_mean(node.rule.name, registry.names()),
    )


def _bind(
    spec: ArgumentSpec, node: Rule, inputs: Mapping[str, Inferred], bindings: dict[str, str], scope: Scope
) -> None:
    """Finds what stands in for an argument that was left out: an input, a sample field or its default."""
    field = ROLE_FIELDS.get(spec.role) if spec.role is not None else None
    if field is not None:
        bindings[spec.name] = field if field in inputs else FIELD + field
        scope.fields.add(field)
        if field in inputs:
            _check_binding(spec, field, inputs[field], node, scope)
    elif spec.required or (spec.role is not None and not spec.optional and spec.default is None):
        scope.report.error(
            "RM205",
            f"`{node.rule.name}` needs the argument `{spec.name}`",
            node.rule.span,
            label="argument missing",
            help=(f"write `{node.rule.name}({spec.name} = …)`",),
        )


def _check_binding(spec: ArgumentSpec, field: str, value: Inferred, node: Rule, scope: Scope) -> None:
    if value.kind == "error" or _accepts(spec, value):
        return
    scope.report.error(
        "RM301",
        f"`{spec.name}` of `{node.rule.name}` binds to the input `{field}`, which is {wording.kind_of(value)}",
        node.rule.span,
        label=f"needs {_TEXTS if spec.kind == 'texts' else wording.KINDS[spec.kind]}",
        labels=((scope.declared.get(field), "declared here"),),
        help=(f"write `{node.rule.name}({spec.name} = …)`",),
    )


def _accepts(spec: ArgumentSpec, value: Inferred) -> bool:
    match spec.kind:
        case "text":
            return value.kind in ("text", "enum", "any")
        case "texts":
            return value.kind in ("text", "enum", "list", "any")
        case "int" | "float":
            return value.kind in ("bool", "int", "float", "any")
        case "any":
            return True
        case _:
            return value.kind in (spec.kind, "any")


def _check_argument(spec: ArgumentSpec, argument: Argument, value: Inferred, node: Rule, scope: Scope) -> None:
    """The kind of a given argument, and for constants their value."""
    expression, report = argument.value, scope.report
    user = f"`{spec.name}` of `{node.rule.name}`"
    if value.kind == "error":
        return
    match spec.kind:
        case "text":
            checked = as_text(expression, value, report, user)
        case "texts" if not _accepts(spec, value):
            report.error(
                "RM301",
                f"{user} needs {_TEXTS}, not {wording.kind_of(value)}",
                expression.span,
                label=wording.kind_of(value),
            )
            return
        case "float":
            checked = as_number(expression, value, report, user)
        case "int":
            checked = as_number(expression, value, report, user)
            if checked.kind == "float" and value.kind != "any":
                report.error("RM301", f"{user} needs a whole number", expression.span, label="a number")
                return
        case "bool":
            checked = as_condition(expression, value, report, user)
        case "list" if value.kind not in ("list", "any"):
            report.error(
                "RM301", f"{user} needs a list, not {wording.kind_of(value)}", expression.span, label="not a list"
            )
            return
        case _:
            checked = value
    if checked.kind != "error":
        _check_value(spec, argument, checked, user, scope)


def _check_value(spec: ArgumentSpec, argument: Argument, value: Inferred, user: str, scope: Scope) -> None:
    expression, report = argument.value, scope.report
    told = fixed(expression, value, scope)
    if told.state == "silent":
        return
    if told.state == "not_finite":
        report.error("RM302", f"{user} is not a finite number", expression.span)
        return
    if told.state == "varies":
        if spec.constant:
            report.error(
                "RM306",
                f"{user} must be a constant",
                expression.span,
                label="known only when the sample is read",
                help=("use literals and params",),
            )
        return
    stray = next((choice for choice in value.choices if choice not in spec.choices), None) if spec.choices else None
    if stray is None and spec.choices and isinstance(told.value, str) and told.value not in spec.choices:
        stray = told.value
    if stray is not None:
        report.error(
            "RM301",
            f'{user} cannot be "{stray}"',
            expression.span,
            label=f"the choices are {wording.listed(spec.choices)}",
            help=wording.did_you_mean(stray, spec.choices),
        )
        return
    allowed = (-math.inf if spec.low is None else spec.low, math.inf if spec.high is None else spec.high)
    if value.is_number and not contains_range(allowed, value.range):
        said = (
            f"is {wording.number(value.low)}" if value.low == value.high else f"lies in {wording.interval(value.range)}"
        )
        report.error("RM302", f"{user} {said}", expression.span, label=f"allowed is {wording.interval(allowed)}")
        return
    wrong = spec.check(told.value) if spec.check is not None else None
    if wrong is not None:
        report.error("RM301", wrong, expression.span, label=f"given as `{spec.name}`")


def _per_response(node: Rule, given: Matched, scope: Scope) -> None:
    """RM306 for what differs by step where a rule compares responses."""
    if not any(value.level == STEP for _, value in given.values()):
        return
    from rmcompose.analysis.infer.steps import per_response

    for name, (argument, value) in given.items():
        per_response(argument.value, value, scope.report, f"`{name}` of `{node.rule.name}`, which compares responses,")


def _level(
    signature: RuleSignature, given: Matched, bindings: Mapping[str, str], inputs: Mapping[str, Inferred]
) -> int:
    """The level of the value: that of the data it reads; a rule that reads none is told by its signature."""
    if signature.level == "group":
        return RESPONSE
    levels = [value.level for _, value in given.values()]
    levels += [
        field_level(bound.removeprefix(FIELD)) if bound.startswith(FIELD) else inputs[bound].level
        for bound in bindings.values()
    ]
    if not any(spec.role is not None for spec in signature.arguments):
        levels.append(SAMPLE if signature.level == "sample" else RESPONSE)
    return max(levels, default=SAMPLE)


def _result(node: Rule, signature: RuleSignature, scope: Scope) -> Inferred:
    """The value by the declared type where there is one, else by the signature."""
    if signature.returns == "text":
        by_signature = texts(RESPONSE)
    else:
        by_signature = declared_number(signature.returns, signature.range, RESPONSE)
    if node.type is None:
        return by_signature
    if not check_type(node.type, scope.report):
        return ERROR
    return of_type(node.type, RESPONSE) if _fits_declared(node, node.type, by_signature, scope) else ERROR


def _fits_declared(node: Rule, declared: Type, value: Inferred, scope: Scope) -> bool:
    """Whether the rule's values fit the declared type; a rule of which no bound is known is held to it at run time."""
    kinds = {
        "bool": ("bool",),
        "int": ("bool", "int"),
        "float": ("bool", "int", "float"),
        "score": ("bool", "int", "float"),
        "text": ("text",),
    }
    if value.kind not in kinds.get(declared.kind, ()):
        scope.report.error(
            "RM301",
            f"`{node.rule.name}` gives {wording.kind_of(value)}, not `{wording.type_of(declared)}`",
            declared.span,
            label=f"`{node.rule.name}` gives {wording.kind_of(value)}",
        )
        return False
    unknown = math.isinf(value.low) and math.isinf(value.high)
    if value.kind == "text" or unknown or contains_range(declared.bounds, value.range):
        return True
    scope.report.error(
        "RM302",
        f"`{node.rule.name}` gives values in {wording.interval(value.range)}, which leaves"
        f" `{wording.type_of(declared)}`",
        declared.span,
        label=f"does not hold {wording.interval(value.range)}",
    )
    return False
