"""Reading tool calls: every usual form gives the same call, and what is no call is none."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.tools.calls import calls_in_text, predicted, read_calls, wanted
from rmcompose.primitives.tools.python_calls import NotCalls, parse_calls
from rmcompose.primitives.tools.valid import tool_calls_valid

OBJECT = '{"name": "f.g", "arguments": {"a": 1, "b": "x"}}'


@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>\n{OBJECT}\n</tool_call>",
        f"<think>maybe <tool_call>nothing</tool_call></think>\n<tool_call>{OBJECT}</tool_call>",
        f"I will call it.\n<tool_call>{OBJECT}",
        OBJECT,
        f"[{OBJECT}]",
        f"```json\n{OBJECT}\n```",
        f"<|python_tag|>{OBJECT}<|eom_id|>",
        f"[TOOL_CALLS] [{OBJECT}]",
        '{"name": "f.g", "parameters": {"a": 1, "b": "x"}}',
        '<function=f.g>{"a": 1, "b": "x"}</function>',
        "<tool_call>\n<function=f.g>\n<parameter=a>\n1\n</parameter>\n<parameter=b>\nx\n</parameter>\n</function>\n</tool_call>",
        '[f.g(a=1, b="x")]',
        'f.g(a=1, b="x")',
        '```python\nf.g(a=1, b="x")\n```',
        "`f.g(a=1, b=x)`",
    ],
)
def test_all_forms_of_a_text_give_the_same_call(text: str) -> None:
    assert calls_in_text(text) == [("f.g", {"a": 1, "b": "x"}, "")]


@pytest.mark.parametrize(
    "item",
    [
        {"name": "f", "arguments": {"a": 1}},
        {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
        {"tool_call": {"function": {"name": "f", "arguments": '{"a": 1}'}}},
        {"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": '{"a": 1}'},
        {"f": {"a": 1}},
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
        {"role": "assistant", "content": '<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>'},
        "f(a=1)",
    ],
)
def test_all_forms_of_an_object_give_the_same_call(item: Any) -> None:
    assert read_calls([item], "it") == [("f", {"a": 1}, "")]


def test_several_calls_keep_their_order() -> None:
    assert [call.name for call in calls_in_text("[f(), g(), f()]")] == ["f", "g", "f"]
    assert [call.name for call in calls_in_text("f()\ng()")] == ["f", "g"]
    steps = [[{"name": "f", "arguments": {}}], [{"name": "g", "arguments": {}}]]
    assert [call.name for call in read_calls(steps, "it")] == ["f", "g"]
    lines = '{"name": "f", "parameters": {}}; {"name": "g", "parameters": {}}'
    assert [call.name for call in calls_in_text(lines)] == ["f", "g"]


@pytest.mark.parametrize(
    "text",
    ["", "42", "no (call)", '{"answer": 3}', '{"name": "Ann", "age": 3}', "[1, 2]", "[]", "x = f(1)", "f(a=", "f" * 10],
)
def test_other_text_makes_no_call(text: str) -> None:
    assert calls_in_text(text) == []


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        ({"function": {"name": "f", "arguments": "{a: 1}"}}, "its arguments are not JSON"),
        ({"name": "f", "arguments": "[1]"}, "its arguments are no object"),
        ({"name": "f", "arguments": '{"a": NaN}'}, "its arguments are not JSON"),
        ({"name": 3, "arguments": {}}, "its name is not text"),
        ({"arguments": {}}, "it has no `name`"),
        (3, "it is no object"),
        ("<tool_call>{</tool_call>", "what is in its tag is no call"),
        ("f(1)", "it passes arguments without a name"),
    ],
)
def test_a_call_that_cannot_be_read_says_why(item: Any, fault: str) -> None:
    assert [call.fault for call in read_calls([item], "it")] == [fault]


def test_given_calls_win_over_the_text_and_neither_is_an_error() -> None:
    assert predicted("g()", [{"name": "f"}])[0].name == "f"
    assert predicted("g()", [])[0].name == "g"
    assert predicted("I cannot do that.", None) == []
    assert predicted(None, []) == []
    with pytest.raises(RuleError, match="neither text nor tool calls") as caught:
        predicted(None, None)
    assert caught.value.kind == "missing_input"


def test_a_reference_must_be_readable() -> None:
    with pytest.raises(RuleError, match="call 1 of the reference"):
        wanted([{"name": "f", "arguments": "{"}])
    with pytest.raises(RuleError, match="text without a tool call"):
        wanted("forty-two")
    assert wanted("[]") == []
    assert wanted('[{"f": {"a": 1}}]') == [("f", {"a": 1}, "")]


def test_values_in_python_syntax_are_read_and_never_run() -> None:
    text = "f(a=-1.5, b=[1, (2, 3)], c={'k': True, 'l': None}, d=name, e=2*3, g=__import__('os').getcwd(), h=9**9**9)"
    assert parse_calls(text) == [
        (
            "f",
            {
                "a": -1.5,
                "b": [1, (2, 3)],
                "c": {"k": True, "l": None},
                "d": "name",
                "e": 6,
                "g": "__import__('os').getcwd()",
                "h": "9 ** 9 ** 9",
            },
            "",
        )
    ]


@pytest.mark.parametrize(
    "text",
    ["(" * 50_000 + ")", "f(a=" + "-" * 40_000 + "1)", "f(a=" + "1+" * 20_000 + "1)", "f(a=x" + ".b" * 20_000 + ")",
     "f(a='\0')", "f(a=" + "9" * 6_000 + ")", "f(a='\\d')", "\ud800()", "f" + "()" * 20_000],
)  # fmt: skip
def test_hostile_python_is_no_crash(text: str) -> None:
    with contextlib.suppress(NotCalls, RuleError):
        parse_calls(text)


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers() | st.text(max_size=5) | st.lists(st.booleans(), max_size=3))
)
def test_python_and_json_agree(arguments: dict[str, Any]) -> None:
    python = f"f({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"
    assert calls_in_text(python) == read_calls([{"name": "f", "arguments": json.dumps(arguments)}], "it")


TOOLS = [
    {
        "name": "book",
        "parameters": {
            "type": "dict",
            "properties": {"city": {"type": "string"}, "price": {"type": "float"}, "days": {"type": "integer"}},
            "required": ["city"],
        },
    }
]


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("book(city='Rome')", True),
        ("book(city='Rome', price=3, days=2)", True),
        ("book(city='Rome', price='3')", False),
        ("book(city='Rome', days=2.5)", False),
        ("book(days=2)", False),
        ("book(city='Rome', stars=3)", False),
        ("reserve(city='Rome')", False),
        ("book('Rome')", False),
        ("I am sorry.", False),
        ("[book(city='Rome'), book(days=2)]", False),
    ],
)
def test_tool_calls_valid(text: str, valid: bool) -> None:
    assert tool_calls_valid(TOOLS, text) is valid
    assert tool_calls_valid(json.dumps(TOOLS), text) is valid
    assert tool_calls_valid([{"type": "function", "function": TOOLS[0]}], text) is valid


def test_what_tool_calls_valid_lets_pass() -> None:
    assert tool_calls_valid(TOOLS, "I am sorry.", at_least=0)
    assert tool_calls_valid(TOOLS, "book(city='Rome', stars=3)", extra_arguments=True)
    assert tool_calls_valid([{"name": "now"}], "now()")
    open_ = {"name": "f", "parameters": {"properties": {}, "additionalProperties": {"type": "integer"}}}
    assert tool_calls_valid([open_], "f(a=1)")
    assert not tool_calls_valid([open_], "f(a='x')")


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        (3, "the tools are no list"),
        ("{", "the tools are not JSON"),
        ([{"parameters": {}}], "tool 1 has no `name`"),
        (
            [{"name": "f", "parameters": {"properties": {"a": {"$ref": "http://example.com"}}}}],
            "only references within it",
        ),
    ],
)
def test_tools_that_cannot_be_read_are_errors(tools: Any, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        tool_calls_valid(tools, "f(a=1)")
