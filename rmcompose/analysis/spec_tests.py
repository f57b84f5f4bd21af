"""Spec tests: stubs that name a node (RM602), values they can give, fields that exist, and expectations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rmcompose.analysis import wording
from rmcompose.analysis.infer import infer
from rmcompose.analysis.infer.demands import as_condition
from rmcompose.analysis.result import STEP, CheckedComposition, Inferred
from rmcompose.analysis.scope import Scope
from rmcompose.analysis.substitutes import check_substitute
from rmcompose.analysis.values import ERROR, STANDARD_FIELDS, STEP_FIELDS
from rmcompose.ir import Composition, Given, ListOf, Stub, Test

ROW_FIELDS = frozenset({"responses", "completions", "answer", "chosen", "rejected"})
"""Names that a row of data may have beside the standard fields."""


def check_tests(composition: Composition, result: Inferred, scope: Scope) -> None:
    """Checks every test of a composition whose nodes are in the scope; `result` is what `return` stands for."""
    nodes = {node.name: scope.values[node.name] for node in composition.nodes if node.name in scope.values}
    values = {**scope.values, "return": result}
    expecting = replace(scope, values=values, suggested=scope.suggested)
    for test in composition.tests:
        _check_test(test, composition, nodes, expecting)


def _check_test(test: Test, composition: Composition, nodes: Mapping[str, Inferred], scope: Scope) -> None:
    for given in test.given:
        _check_given(given, composition, scope)
    for stub in test.stubs:
        _check_stub(stub, nodes, scope)
    for expect in test.expects:
        as_condition(expect, infer(expect, scope), scope.report, "`expect`")


def _check_given(given: Given, composition: Composition, scope: Scope) -> None:
    known = {one.name for one in composition.inputs} | {one.path for one in composition.inputs if one.path}
    heads = {path.partition(".")[0] for path in known}
    name = given.name
    if name.partition(".")[0] in STEP_FIELDS:
        scope.report.error(
            "RM306",
            f"`{name}` differs by step, and cannot be given",
            given.name_span or given.span,
            label="one value per step",
            help=('give the steps of the response: `given steps = ["…", "…"]`',),
        )
        return
    if name in known | heads | ROW_FIELDS | set(scope.poisoned) or name.partition(".")[0] in STANDARD_FIELDS:
        return
    scope.report.error(
        "RM201",
        f"unknown field `{name}`",
        given.name_span or given.span,
        label="neither an input nor a field of samples",
        help=wording.did_you_mean(name, known | set(STANDARD_FIELDS)),
    )


def _check_stub(stub: Stub, nodes: Mapping[str, Inferred], scope: Scope) -> None:
    value = _stubbed(stub, nodes, scope)
    if value is None:
        return
    items = stub.value.items if isinstance(stub.value, ListOf) else (stub.value,)
    if value.level == STEP and items and all(isinstance(item, ListOf) for item in items):
        # one list for each response
        items = tuple(one for item in items if isinstance(item, ListOf) for one in item.items)
    for item in items:
        check_substitute(item, replace(value, declared=None), scope, subject="the stub")


def _stubbed(stub: Stub, nodes: Mapping[str, Inferred], scope: Scope) -> Inferred | None:
    """What is known of the node a stub names, dotted for one inside a compose node; None after a diagnostic."""
    head, *rest = stub.name.split(".")
    if head in scope.poisoned or (head in nodes and nodes[head].kind == "error"):
        return ERROR
    target: CheckedComposition | None = scope.targets.get(head)
    here: Mapping[str, Inferred] = nodes
    for part in rest:
        if head not in here or target is None:
            break
        here, head = target.nodes, part
        target = target.targets.get(part)
    else:
        if head in here:
            return here[head]
    declared = stub.name in scope.declared
    scope.report.error(
        "RM602",
        f"the stub names no node: `{stub.name}`",
        stub.name_span or stub.span,
        label="not a node; set it with `given`" if declared else "not a node of this composition",
        help=wording.did_you_mean(stub.name, nodes),
    )
    return None
