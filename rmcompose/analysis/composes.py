"""Compose nodes: the composition they name, and the arguments that set its inputs and params."""

from __future__ import annotations

from rmcompose.analysis import wording
from rmcompose.analysis.arguments import match_arguments
from rmcompose.analysis.fixed import fixed
from rmcompose.analysis.infer.demands import must_fit
from rmcompose.analysis.result import CONSTANT, RESPONSE, STEP, CheckedComposition, CheckedDocument, Inferred
from rmcompose.analysis.scope import Callees, Scope
from rmcompose.analysis.substitutes import check_substitute
from rmcompose.analysis.values import ERROR, STEP_FIELDS, field_level, highest_level, of_type
from rmcompose.ir import Argument, Callee, Compose, Input, Name


def check_compose(node: Compose, callees: Callees, scope: Scope) -> tuple[Inferred, CheckedComposition | None]:
    """Checks one compose node: what is known of its value, and the composition it instantiates."""
    target = _find(node.target, callees, scope)
    if target is None:
        match_arguments(node.arguments, None, node.target.name, scope)
        if node.on_unscored is not None:
            check_substitute(node.on_unscored, ERROR, scope)
        return ERROR, None
    composition = target.composition
    inputs = {one.name: one for one in composition.inputs}
    params = {one.name: one for one in composition.params}
    given = match_arguments(node.arguments, [*inputs, *params], node.target.name, scope)
    for name, (argument, value) in given.items():
        declared = inputs[name] if name in inputs else params[name]
        if value.level == STEP or name in STEP_FIELDS or name == "steps":
            _check_steps(node, argument, value, inputs.get(name), target, scope)
        fits = must_fit(argument.value, value, declared.type, scope.report, f"`{name}`", declared_at=declared.type.span)
        told = fixed(argument.value, value, scope)
        if fits and name in params and told.state == "varies":
            scope.report.error(
                "RM306",
                f"the param `{name}` of `{node.target.name}` must be a constant",
                argument.value.span,
                label="known only when the sample is read",
                labels=((params[name].name_span, "a param, not an input"),),
            )
    # what is set per step, and is not a step itself, makes the whole of it one value per step
    levels = [
        min(value.level, RESPONSE) if name in inputs and _reads_step(inputs[name]) else value.level
        for name, (_, value) in given.items()
    ]
    level = max(level_of(target), *levels, CONSTANT)
    value = of_type(composition.returns, level)
    check_substitute(node.on_unscored, value, scope)
    return value, target


def _reads_step(declared: Input) -> bool:
    return field_level(declared.path or declared.name) == STEP


def _check_steps(
    node: Compose, argument: Argument, value: Inferred, declared: Input | None, target: CheckedComposition, scope: Scope
) -> None:
    """RM306 where an argument that differs by step meets what looks at whole responses, and the other way round."""
    if declared is None or value.kind == "error":
        return
    place = argument.value
    called = f"`{declared.name}` of `{node.target.name}`"
    where = ((declared.name_span, "declared here"),)
    if _reads_step(declared):
        if value.level != STEP:
            scope.report.error(
                "RM306",
                f"{called} is one value per step, and this is the same for all steps of a response",
                place.span,
                label="does not depend on the step",
                labels=where,
                help=(f"leave `{declared.name}` out: it is then read from the sample",),
            )
    elif value.level == STEP and target.looks:
        whole = " and ".join(f"all {one}" for one in sorted(target.looks))
        scope.report.error(
            "RM306",
            f"{called} is one value per response, and this is one per step",
            place.span,
            label="differs by step of the response",
            labels=where,
            help=(f"`{node.target.name}` looks at {whole} and cannot be asked per step",),
        )
    elif declared.name == "steps" and target.steps_from is not None and place != Name(name="steps"):
        scope.report.error(
            "RM306",
            f"{called} cannot be set: the steps of a response are read from the sample",
            place.span,
            labels=where,
            help=("leave it out, and declare `input steps: list from …` in both",),
        )


def level_of(checked: CheckedComposition) -> int:
    """The level of a composition's value: of its result and of the gates before it."""
    return highest_level((checked.result, *checked.gates))


def _find(target: Callee, callees: Callees, scope: Scope) -> CheckedComposition | None:
    """The composition of that name; None after a diagnostic, or where the callee has faults of its own."""
    alias, dot, name = target.name.partition(".")
    return _imported(target, alias, name, callees, scope) if dot else _own(target, callees, scope)


def _own(target: Callee, callees: Callees, scope: Scope) -> CheckedComposition | None:
    name = target.name
    if name in callees.own or name in callees.poisoned:
        return callees.checked.get(name)
    help_ = wording.did_you_mean(name, callees.own)
    if not help_:
        places = [f"{alias}.{name}" for alias, file in callees.imports.items() if file and name in exports(file)]
        help_ = (f"did you mean `{places[0]}`?",) if places else ()
    scope.report.error("RM201", f"unknown composition `{name}`", target.span, label="not in this file", help=help_)
    return None


def _imported(target: Callee, alias: str, name: str, callees: Callees, scope: Scope) -> CheckedComposition | None:
    if alias not in callees.imports:
        if alias not in callees.poisoned:
            scope.report.error(
                "RM201",
                f"unknown import `{alias}`",
                target.span,
                label="no import has this name",
                help=wording.did_you_mean(alias, callees.imports),
            )
        return None
    file = callees.imports[alias]
    if file is None:
        return None
    if not name.startswith("_") and name in file.names:
        return file.compositions.get(name)
    private = name.startswith("_") and name in file.names
    scope.report.error(
        "RM004",
        f"`{name}` of `{alias}` is private" if private else f"`{alias}` has no composition `{name}`",
        target.span,
        label=f"not visible outside of `{file.source.path}`" if private else f"not found in `{file.source.path}`",
        help=_exported(alias, name, exports(file)),
    )
    return None


def exports(file: CheckedDocument) -> list[str]:
    """The compositions other files can use."""
    return [name for name in file.names if not name.startswith("_")]


def _exported(alias: str, name: str, public: list[str]) -> tuple[str, ...]:
    found = wording.did_you_mean(f"{alias}.{name.lstrip('_')}", [f"{alias}.{one}" for one in public])
    return found or ((f"visible is {wording.listed(public)}",) if public else ())
