"""The analysis of one composition, from its names to its tests.

Modular: of a compose node only the declared result of its target is used, so the cost is linear in the statements.
Nodes are inferred one after the other, each after those it uses. What only some compositions hold (judges, gates,
tests …) brings its checks along when there is one: a small spec is checked fast.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from rmcompose.analysis.cycles import order_nodes
from rmcompose.analysis.declared import check_type, declared_input, declared_param
from rmcompose.analysis.infer import infer
from rmcompose.analysis.infer.demands import must_fit
from rmcompose.analysis.names import declarations, unique
from rmcompose.analysis.report import Report
from rmcompose.analysis.result import RESPONSE, STEP, CheckedComposition, Inferred
from rmcompose.analysis.scope import Callees, Scope
from rmcompose.analysis.unused import warn_unused
from rmcompose.analysis.values import ERROR, STEPS, of_type
from rmcompose.ir import Aggregate, Compose, Composition, Judge, Let, Rule, Statement, Type


class Reading(NamedTuple):
    """What the reader said of a composition: names it would have had, and whether parts of it are missing.

    `torn` says that a statement in it could not be read, so that it cannot be planned and a missing `return` may have
    been there; `broken_result` that the result or its type could not; `hushed` leaves out warnings, which might be
    about what could not be read.
    """

    poisoned: Collection[str] = frozenset()
    broken_result: bool = False
    torn: bool = False
    hushed: bool = False


@dataclass(slots=True)
class _Work:
    composition: Composition
    callees: Callees
    scope: Scope
    inputs: dict[str, Inferred] = field(default_factory=dict)
    bindings: dict[str, Mapping[str, str]] = field(default_factory=dict)
    available: bool = True


def check_composition(
    composition: Composition, path: str, callees: Callees, reading: Reading, report: Report
) -> CheckedComposition | None:
    """The annotations of a composition, or None where it cannot be planned: faults of its own or of what it uses."""
    declared = unique(((one.name, one.name_span or one.span) for one in declarations(composition)), report)
    scope = Scope(
        report,
        declared=declared,
        params=frozenset(param.name for param in composition.params),
        poisoned=reading.poisoned,
    )
    work = _Work(composition, callees, scope)
    sound = check_type(composition.returns, report)
    _declare(work)
    order = _infer_nodes(work)
    returns = composition.returns if sound and not reading.broken_result else None
    gates = _check_gates(composition, returns, scope, hushed=reading.hushed)
    result = _result(work, reading, returns)
    if composition.tests:
        from rmcompose.analysis.spec_tests import check_tests

        check_tests(composition, ERROR if returns is None else of_type(returns, RESPONSE), scope)
    if not reading.hushed and not report.failed:
        warn_unused(composition, report)
    nodes = {node.name: scope.values[node.name] for node in composition.nodes if node.name in scope.values}
    steps_from = _steps_read(work)
    known = all(value.kind != "error" for value in (*nodes.values(), *gates, result))
    if report.failed or reading.torn or not work.available or not known:
        return None
    return CheckedComposition(
        composition=composition,
        path=path,
        nodes=nodes,
        inputs=work.inputs,
        params={param.name: scope.values[param.name] for param in composition.params},
        order=order,
        bindings=work.bindings,
        targets=scope.targets,
        gates=gates,
        result=result,
        looks=frozenset(scope.looks).union(*(target.looks for target in scope.targets.values())),
        steps_from=steps_from,
    )


def _declare(work: _Work) -> None:
    """Inputs and params; the first declaration of a name is the one that counts."""
    scope = work.scope
    # a default stands before all names: nothing declared can be used in it
    for one in work.composition.inputs:
        scope.values.setdefault(one.name, declared_input(one, scope))
    for param in work.composition.params:
        scope.values.setdefault(param.name, declared_param(param, scope))
    work.inputs.update({node.name: scope.values[node.name] for node in work.composition.inputs})


def _infer_nodes(work: _Work) -> tuple[str, ...]:
    """Infers every node after those it uses; the order in which that was."""
    scope = work.scope
    taken = set(scope.values)
    first: dict[str, Statement] = {}
    again: list[Statement] = []
    for node in work.composition.nodes:
        if node.name in first or node.name in taken:
            again.append(node)
        else:
            first[node.name] = node
    ordered, cyclic = order_nodes(list(first.values()), scope.report)
    scope.values.update(dict.fromkeys(cyclic, ERROR))
    for name in ordered:
        value = _infer_node(first[name], work)
        scope.values.setdefault(name, value)
    for node in again:
        _infer_node(node, work)
    return tuple(ordered)


def _infer_node(node: Statement, work: _Work) -> Inferred:
    scope = work.scope
    match node:
        case Let():
            return infer(node.value, scope)
        case Rule():
            from rmcompose.analysis.rules import check_rule

            checked = check_rule(node, work.inputs, scope)
            work.bindings.setdefault(node.name, checked.bindings)
            return checked.value
        case Compose():
            from rmcompose.analysis.composes import check_compose

            value, target = check_compose(node, work.callees, scope)
            if target is None:
                work.available = False
            else:
                scope.targets.setdefault(node.name, target)
            return value
        case Aggregate():
            from rmcompose.analysis.aggregates import check_aggregate

            return check_aggregate(node, scope)
        case Judge():
            from rmcompose.analysis.judges import check_judge

            return check_judge(node, scope)


def _steps_read(work: _Work) -> tuple[str, ...] | None:
    """The path to the steps of a response that are read here or in what is composed, None where none are.

    The steps of a response are one list: what is composed has to read the same.
    """
    scope, composition = work.scope, work.composition
    found: tuple[str, ...] | None = None
    if "steps" in scope.looks | scope.fields or any(value.level == STEP for value in scope.values.values()):
        found = STEPS
    for one in composition.inputs:
        if one.name == "steps" and one.type.kind == "list":
            found = tuple(one.path.split(".")) if one.path else STEPS
    for node in composition.nodes:
        if not isinstance(node, Compose) or node.name not in scope.targets:
            continue
        theirs = scope.targets[node.name].steps_from
        if theirs is None or theirs == found:
            continue
        if found is None:
            found = theirs
            continue
        scope.report.error(
            "RM306",
            f"`{node.target.name}` reads other steps, `{'.'.join(theirs)}`",
            node.target.span,
            label=f"here and before they are `{'.'.join(found)}`",
            help=("the steps of a response are one list: declare `input steps: list from …` alike in both",),
        )
    return found


def _check_gates(composition: Composition, returns: Type | None, scope: Scope, *, hushed: bool) -> tuple[Inferred, ...]:
    if not composition.gates:
        return ()
    from rmcompose.analysis.gates import check_gate

    return tuple(check_gate(gate, returns, scope, hushed=hushed) for gate in composition.gates)


def _result(work: _Work, reading: Reading, returns: Type | None) -> Inferred:
    composition, scope = work.composition, work.scope
    if composition.result is None:
        if not (reading.broken_result or reading.torn):
            scope.report.error(
                "RM406",
                f"the composition `{composition.name}` has no `return`",
                composition.name_span or composition.span,
                label="gives no result",
                help=("add `return …`",),
            )
        return ERROR
    result = infer(composition.result, scope)
    if result.level == STEP:
        from rmcompose.analysis.infer.steps import per_response

        result = per_response(composition.result, result, scope.report, "`return`")
    if returns is None:
        return result
    if not returns.is_numeric and returns.kind != "bool":
        scope.report.error(
            "RM301",
            f"a composition gives a number or a bool, not `{returns.kind}`",
            returns.span,
            help=("write `score[0, 1]`",),
        )
        return result
    if result.kind == "any":
        result = replace(result, kind="float")
    must_fit(composition.result, result, returns, scope.report, "the result", declared_at=returns.span)
    return result
