"""What holds for every registered rule: complete docs, true examples, and values within the declared range."""

from __future__ import annotations

import ast
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmcompose.primitives.registry import ROLE_FIELDS, RuleError, RuleSignature, signature, signatures

NAMES = [rule.name for rule in signatures()]
GIVEN: dict[str, dict[str, list[Any]]] = {
    "contains": {"value": ["a", ""], "ignore_case": [True, False]},
    "starts_with": {"value": ["a", ""], "ignore_case": [True, False]},
    "ends_with": {"value": ["a", ""], "ignore_case": [True, False]},
    "exact_match": {"strip": [True, False], "ignore_case": [True, False]},
    "regex_match": {"pattern": [r"\d+", "(a|b)*c", ""], "full": [True, False]},
    "json_schema": {
        "schema": ['{"type": "object"}', '{"items": {"pattern": "a+", "maximum": 3}, "uniqueItems": true}']
    },
    "f1_score": {"tokenizer_type": ["simple"]},
    "length_penalty": {"min_length": [0, 10, 10**6], "max_length": [-5, 3], "penalty_rate": [0, 0.5]},
    "ngram_repetition_penalty": {
        "tokenizer_type": ["simple"],
        "n": [1, 2, 3],
        "use_soft_penalty": [True, False],
        "min_scaling": [0.0, 0.5, 1.0, 2.0],
        "analyze_scope": ["full", "thought"],
        "penalty_threshold": [-0.5, 0.3],
    },
    "number_match": {"tolerance": [0.0, 1e-6, 1.0]},
    "privacy_leakage": {"penalty_per_leak": [0.0, -2.0]},
    "reasoning_format": {"think_token": ["think", "th.*"]},
    "math_verify": {"timeout": [5.0]},
}
"""Settings to try; what is not here keeps its default."""

PIECES = [
    "<think>", "</think>", "<answer>", "</answer>", "<tool_call>", "</tool_call>", "```python\n", "```\n", "\n```",
    '{"name": 1, "arguments": {}}', "[]", "5", "{", "}", "x = 1", "def F(", "\t", "  ", "\n", "\n\n", "a@b.co",
    "10.0.0.1", "123-456-7890", "1,234.5", "1e999", "-3", ".", "...", "…", "。", "Dr.", "etc.", "你好", "ß", "İ",
    "\0", "\ud800", "\\boxed{", "\\frac{1}{2}", "$x^2$", "#### 7", "A: ", "2x", "NaN", '"', "\\", "1" * 5000, "[" * 50,
]  # fmt: skip
TEXTS = st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.text(max_size=60))


def rule_of(name: str) -> RuleSignature:
    rule = signature(name)
    assert rule is not None
    return rule


@pytest.mark.parametrize("name", NAMES)
def test_values_are_finite_and_in_range_or_a_rule_error(name: str) -> None:
    rule = rule_of(name)

    @settings(
        max_examples=30 if rule.cost > 1 else 150,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.data())
    def law(draw: st.DataObject) -> None:
        data = {a.name: draw.draw(TEXTS, a.name) for a in rule.arguments if a.role is not None}
        tried = {key: draw.draw(st.sampled_from(values), key) for key, values in GIVEN.get(name, {}).items()}
        try:
            value = rule.bind(**tried)(**data)
        except RuleError:
            return
        assert type(value).__name__ == rule.returns
        assert math.isfinite(value)
        assert rule.low <= value <= rule.high
        assert rule.function(**data, **tried) == value
        if rule.explain is not None:
            assert rule.explain(value, **data, **tried)

    law()


@pytest.mark.parametrize("name", NAMES)
def test_the_example_holds(name: str) -> None:
    rule = rule_of(name)
    call, _, expected = rule.example.rpartition(" -> ")
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    assert node.func.id == name
    arguments = {keyword.arg or "": _literal(keyword.value) for keyword in node.keywords}
    value = rule.function(**arguments)
    assert value == pytest.approx(_literal(ast.parse(expected, mode="eval").body), abs=1e-12)


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Name):
        return {"true": True, "false": False}[node.id]
    return ast.literal_eval(node)


@pytest.mark.parametrize("name", NAMES)
def test_the_declaration_is_complete(name: str) -> None:
    rule = rule_of(name)
    assert rule.doc
    assert rule.doc.splitlines()[0].endswith((".", "(RM-Gallery `accuracy`)"))
    assert rule.cost in (0, 1, 2)
    for argument in rule.arguments:
        assert argument.doc, argument.name
        assert argument.kind != "any"
        assert argument.role is None or argument.role in ROLE_FIELDS
        assert argument.check is None or argument.constant
        if argument.choices:
            assert argument.default in argument.choices
