"""What holds for every registered rule: complete docs, true examples, and values within the declared range."""

from __future__ import annotations

import ast
import math
import typing
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import Role, RuleSignature, signature, signatures
from tests.primitives import tried
from tests.primitives.sandboxed import NEED_SANDBOX, needs_sandbox

NAMES = [rule.name for rule in signatures()]
GIVEN = tried.settings()
"""Settings to try; what is not here keeps its default."""

DATA = tried.data()
TEXTS = st.one_of(st.lists(st.sampled_from(tried.pieces()), max_size=12).map("".join), st.text(max_size=60))


def rule_of(name: str) -> RuleSignature:
    rule = signature(name)
    assert rule is not None
    return rule


def _arguments(draw: st.DataObject, rule: RuleSignature) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and settings for one call."""
    own = DATA.get(rule.name, {})
    one = {a.name: own.get(a.name, TEXTS) for a in rule.arguments if a.role is not None}
    if rule.level == "group":  # a list each, one item a response
        count = draw.draw(st.integers(1, 4), "responses")
        one = {name: st.lists(values, min_size=count, max_size=count) for name, values in one.items()}
    data = {name: draw.draw(values, name) for name, values in one.items()}
    tried = {key: draw.draw(st.sampled_from(values), key) for key, values in GIVEN.get(rule.name, {}).items()}
    return data, tried


def _holds(rule: RuleSignature, law: Callable[[st.DataObject], None]) -> None:
    """Tries a law, fewer times for a rule that takes long."""
    examples = 30 if rule.cost > 1 else 150
    limits = settings(
        max_examples=examples, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )
    limits(given(st.data())(law))()


@pytest.mark.parametrize("name", NAMES)
def test_values_are_finite_and_in_range_or_a_rule_error(name: str) -> None:
    rule = rule_of(name)

    def law(draw: st.DataObject) -> None:
        data, tried = _arguments(draw, rule)
        try:
            value = rule.bind(**tried)(**data)
        except RuleError:
            return
        if rule.returns == "text":
            assert isinstance(value, str)
            return
        each = value if rule.level == "group" else [value]
        assert len(each) == len(data["text"] if rule.level == "group" else each)
        for one in each:
            assert type(one).__name__ == rule.returns
            assert math.isfinite(one)
            assert rule.low <= one <= rule.high
        assert rule.function(**data, **tried) == value
        if rule.explain is not None:
            assert rule.explain(value, **data, **tried)

    _holds(rule, law)


@pytest.mark.parametrize("name", [name for name in NAMES if "symmetric" in rule_of(name).laws])
def test_text_and_reference_may_change_places(name: str) -> None:
    rule = rule_of(name)

    def law(draw: st.DataObject) -> None:
        data, tried = _arguments(draw, rule)
        call = rule.bind(**tried)
        swapped = {**data, "text": data["reference"], "reference": data["text"]}
        assert _value(call, data) == _value(call, swapped)

    _holds(rule, law)


@pytest.mark.parametrize("name", [name for name in NAMES if "reflexive" in rule_of(name).laws])
def test_a_text_that_is_its_own_reference_has_the_highest_value(name: str) -> None:
    rule = rule_of(name)

    def law(draw: st.DataObject) -> None:
        data, tried = _arguments(draw, rule)
        assert _value(rule.bind(**tried), {**data, "reference": data["text"]}) in (None, pytest.approx(rule.high))

    _holds(rule, law)


def _value(call: Callable[..., Any], data: dict[str, Any]) -> Any:
    try:
        return call(**data)
    except RuleError:
        return None


@pytest.mark.parametrize("name", NAMES)
def test_the_example_holds(name: str) -> None:
    rule = rule_of(name)
    call, _, expected = rule.example.rpartition(" -> ")
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    assert node.func.id == name
    arguments = {keyword.arg or "": _literal(keyword.value) for keyword in node.keywords}
    if name in NEED_SANDBOX:
        needs_sandbox()
    answers = {"answers": rule.answers} if rule.answers else {}
    value = rule.function(**arguments, **answers)
    assert value == pytest.approx(_literal(ast.parse(expected, mode="eval").body), abs=1e-12)


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Name):
        return {"true": True, "false": False}[node.id]
    if isinstance(node, ast.List):
        return [_literal(item) for item in node.elts]
    return ast.literal_eval(node)


@pytest.mark.parametrize("name", NAMES)
def test_the_declaration_is_complete(name: str) -> None:
    rule = rule_of(name)
    assert rule.doc
    assert rule.doc.splitlines()[0].endswith((".", "(RM-Gallery `accuracy`)"))
    assert rule.cost in (0, 1, 2)
    for argument in rule.arguments:
        assert argument.doc, argument.name
        assert argument.kind != "any" or argument.role is not None  # data of a sample may have many forms
        assert argument.role is None or argument.role in typing.get_args(Role)
        assert argument.check is None or argument.constant
        if argument.choices:
            assert argument.default in argument.choices
