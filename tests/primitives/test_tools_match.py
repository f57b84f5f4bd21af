"""Tool calls against those that were wanted: BFCL's checker, and shares of calls (values of OpenJudge's own tests)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose import loads
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.registry import signature
from rmcompose.primitives.tools.match import tool_call_match
from rmcompose.primitives.tools.overlap import (
    tool_call_f1,
    tool_call_jaccard,
    tool_call_precision,
    tool_call_recall,
    tool_call_sequence,
    tool_parameter_f1,
)

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_the_verdicts_of_the_official_checker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "labelled", raising=False)
    import labelled.bfcl

    found = [(line.agree, line.cases) for line in labelled.bfcl.lines(BENCHMARKS / "data")]
    assert found == [(100, 100), (1000, 1000)]
    verdicts = [json.loads(line) for line in (BENCHMARKS / "data/bfcl/verdicts.jsonl").read_text().splitlines()]
    assert sum(verdict["valid"] for verdict in verdicts) == 82  # so that agreement says something
    altered = [json.loads(line) for line in (BENCHMARKS / "data/bfcl/altered.jsonl").read_text().splitlines()]
    assert 200 < sum(row["valid"] for row in altered) < 500


REFERENCE = [
    {"f": {"city": ["New York", "NYC"], "n": [2, ""], "at": [[1.5, 2]], "o": [{"k": ["A-B"], "l": ["", 1]}, ""]}}
]
TOOLS = [
    {
        "name": "f",
        "parameters": {
            "properties": {
                "city": {"type": "string"},
                "n": {"type": "integer"},
                "at": {"type": "array", "items": {"type": "float"}},
                "o": {"type": "dict"},
            },
            "required": ["city", "at"],
        },
    }
]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("f(city='new york.', at=[1.5, 2.0])", True),
        ("f(city='NYC', at=[1.5, 2.0], n=2)", True),
        ("f(city='NYC', at=[1.5, 2.0], n=2.0)", False),
        ("f(city='NYC', at=[1.5, 2.0], n=True)", False),
        ("f(city='NYC', at=[2.0, 1.5])", False),
        ("f(city='NYC', at=[1.5, 2])", False),
        ("f(city='NYC', at=[1.5, 2.0], o={'k': 'ab'})", True),
        ("f(city='NYC', at=[1.5, 2.0], o={'k': 'ab', 'l': 2})", False),
        ("f(city='NYC', at=[1.5, 2.0], o={'l': 1})", False),
        ("f(city='NYC')", False),
        ("f(city='NYC', at=[1.5, 2.0], extra=1)", False),
        ("g(city='NYC', at=[1.5, 2.0])", False),
        ("[f(city='NYC', at=[1.5, 2.0]), f(city='NYC', at=[1.5, 2.0])]", False),
        ("no call", False),
    ],
)
def test_tool_call_match(text: str, match: bool) -> None:
    assert tool_call_match(REFERENCE, text, tools=TOOLS) is match
    assert tool_call_match(json.dumps(REFERENCE), text, tools=json.dumps(TOOLS)) is match


def test_an_int_passes_for_a_float_only_where_a_float_is_declared() -> None:
    tools = [{"name": "f", "parameters": {"properties": {"x": {"type": "float"}}}}]
    assert tool_call_match([{"f": {"x": [2.0]}}], "f(x=2)", tools=tools)
    tools = [{"name": "f", "parameters": {"properties": {"x": {"type": "integer"}}}}]
    assert not tool_call_match([{"f": {"x": [2]}}], "f(x=2.0)", tools=tools)


def test_plain_calls_and_no_tools_will_do() -> None:
    assert (
        tool_call_match(
            "[f(a='X y'), g(b={'k': 1})]", '[{"name": "g", "arguments": {"b": {"k": 1}}}, {"f": {"a": "xy"}}]'
        )
        is False
    )
    assert tool_call_match("[f(a='X y'), g(b={'k': 1})]", "[g(b={'k': 1}), f(a='xy')]")
    assert not tool_call_match("[f(a=1)]", "[f(a=1, b=2)]")
    assert not tool_call_match("[f(a=1, b=2)]", "[f(a=1)]")
    assert tool_call_match([], "I need no tool for that.")
    assert tool_call_match([{"a.b": {}}], tool_calls=[{"name": "a_b", "arguments": "{}"}])


def test_faults_of_the_reference_are_errors() -> None:
    with pytest.raises(RuleError, match="allowed values of `a`"):
        tool_call_match([{"f": {"a": 1}}], "f(a=1)")
    with pytest.raises(RuleError, match="not among the tools"):
        tool_call_match([{"f": {"a": [1]}}], "f(a=1)", tools=[{"name": "g"}])


def test_the_reason_is_told() -> None:
    rule = signature("tool_call_match")
    assert rule is not None
    assert rule.explain is not None
    assert "`n` has a value of the wrong type" in rule.explain(
        False, reference=REFERENCE, text="f(city='NYC', at=[1.5, 2.0], n='2')", tools=TOOLS
    )


def calls(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "arguments": {"q": 1}} for name in names]


@pytest.mark.parametrize(
    ("made", "asked", "precision", "recall", "f1", "jaccard", "sequence"),
    [
        ("", "", 1, 1, 1, 1, 1),
        ("", "a", 0, 0, 0, 0, 0),
        ("a", "", 0, 0, 0, 0, 0),
        ("ab", "a", 0.5, 1, 2 / 3, 0.5, 2 / 3),
        ("a", "ab", 1, 0.5, 2 / 3, 0.5, 2 / 3),
        ("aa", "a", 0.5, 1, 2 / 3, 1, 2 / 3),
        ("a", "aa", 1, 0.5, 2 / 3, 1, 2 / 3),
        ("ba", "ab", 1, 1, 1, 1, 0.5),
        ("abc", "abc", 1, 1, 1, 1, 1),
        ("xay", "ab", 1 / 3, 0.5, 0.4, 0.25, 0.4),
    ],
)
def test_shares_of_calls(
    made: str, asked: str, precision: float, recall: float, f1: float, jaccard: float, sequence: float
) -> None:
    given = {"tool_calls": calls(*made), "reference": calls(*asked)}
    rules = (tool_call_precision, tool_call_recall, tool_call_f1, tool_call_jaccard, tool_call_sequence)
    assert [rule(**given) for rule in rules] == pytest.approx([precision, recall, f1, jaccard, sequence])


def test_arguments_count_unless_they_are_not_to() -> None:
    given: dict[str, Any] = {"text": "f(a=1, b=2.0)", "reference": [{"name": "f", "arguments": '{"b": 2, "a": 1}'}]}
    assert tool_call_f1(**given) == 1
    given["text"] = "f(a=2, b=2)"
    assert tool_call_f1(**given) == 0
    assert tool_call_f1(**given, match_arguments=False) == 1
    given["text"] = "f(a=True, b=2)"
    assert tool_call_f1(**given) == 0  # true is not 1


@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_laws_of_the_shares(made: list[str], asked: list[str]) -> None:
    one = {"tool_calls": calls(*made), "reference": calls(*asked)}
    other = {"tool_calls": calls(*asked), "reference": calls(*made)}
    assert tool_call_precision(**one) == tool_call_recall(**other)
    for rule in (tool_call_f1, tool_call_jaccard, tool_call_sequence, tool_parameter_f1):
        assert rule(**one) == pytest.approx(rule(**other))
    assert tool_call_sequence(**one) <= tool_call_f1(**one) + 1e-12
    assert (tool_call_sequence(**one) == 1) == (made == asked)


def test_tool_parameter_f1() -> None:
    assert tool_parameter_f1("[f(a=1, b=2)]", "[f(a=2, b=1)]") == pytest.approx(1 / 3)
    assert tool_parameter_f1("[f(a=1, b=2), f(a=3, b=4)]", "[f(a=3, b=4), f(a=1, b=2)]") == 1
    assert tool_parameter_f1("[f(a=1)]", "[g(a=1)]") == 0
    assert tool_parameter_f1("[f()]", "[f()]") == 1
    assert tool_parameter_f1("[]", "sorry") == 1


def test_too_much_is_refused() -> None:
    many = [{"name": "f", "arguments": {"a": number}} for number in range(6_000)]
    for rule in (tool_call_sequence, tool_parameter_f1):
        with pytest.raises(RuleError, match="too many tool calls"):
            rule(reference=many, tool_calls=many)
    with pytest.raises(RuleError, match="too many tool calls"):
        tool_call_match(many, tool_calls=many)


SPEC = """
rmcompose 1

composition tools -> score[0, 1] {
  rule valid = tool_calls_valid()
  rule right = tool_call_match()
  rule share = tool_call_f1()
  return 0.25 * valid + 0.25 * right + 0.5 * share
}
"""


def test_messages_without_text_are_scored_from_a_spec() -> None:
    spec = loads(SPEC)
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": "integer"}}}}}]
    row = {
        "prompt": "q",
        "tools": tools,
        "reference": [{"name": "f", "arguments": {"a": 1}}],
        "responses": [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "assistant", "content": "f(a=2)"},
            "I cannot do that.",
        ],
    }
    assert spec.scores([row, {**row, "responses": [None]}]) == [[1.0, 0.25, 0.0], [None]]
