"""What a response did: its tool calls and its messages, in every shape of a response."""

from __future__ import annotations

import pytest

from rmcompose.data import MISSING, DataSample, view
from rmcompose.data.errors import RowError
from rmcompose.data.mapping import parse_mapping
from rmcompose.data.traces import trace_of

CALLS = ("response", "tool_calls")
TRACE = ("response", "messages")


def call(name: str, arguments: str = "{}", call_id: str = "1") -> dict:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


F, G = call("f"), call("g", '{"a": 1}', "2")
USER = {"role": "user", "content": "q"}
ASKS_F = {"role": "assistant", "content": None, "tool_calls": [F]}
ASKS_G = {"role": "assistant", "content": "now g", "tool_calls": [G]}
GIVES = {"role": "tool", "tool_call_id": "1", "content": "42"}
SAYS = {"role": "assistant", "content": "done"}
PLAIN_F = {"role": "assistant", "content": "", "tool_calls": [F]}


@pytest.mark.parametrize(
    ("row", "calls", "trace"),
    [
        ({"prompt": "q", "response": ASKS_F}, [F], [USER, PLAIN_F]),
        ({"prompt": "q", "response": {"role": "assistant", "tool_calls": [F]}}, [F], [USER, PLAIN_F]),
        ({"prompt": "q", "response": "x"}, None, [USER, {"role": "assistant", "content": "x"}]),
        ({"prompt": "q", "completions": [[ASKS_F, GIVES, ASKS_G]]}, [F, G], [PLAIN_F, GIVES, ASKS_G]),
        ({"messages": [USER, ASKS_F, GIVES, SAYS]}, [F], [USER, PLAIN_F, GIVES, SAYS]),
        ({"messages": [USER, ASKS_F, GIVES, USER, SAYS]}, None, [USER, PLAIN_F, GIVES, USER, SAYS]),
        ({"messages": [USER, ASKS_F, GIVES]}, [F], [USER, PLAIN_F, GIVES]),
        (
            {"chosen": [USER, ASKS_F, GIVES, SAYS], "rejected": [USER, SAYS]},
            [F],
            [USER, PLAIN_F, GIVES, SAYS],
        ),
        (
            {"prompt": "q", "response": {"function_call": {"name": "f", "arguments": "{}"}, "content": None}},
            [{"function": {"name": "f", "arguments": "{}"}}],
            [USER, {**PLAIN_F, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}],
        ),
    ],
)
def test_what_a_response_did(row: dict, calls: list | None, trace: list) -> None:
    sample = view(row)
    assert sample.lookup(CALLS, 0) == (MISSING if calls is None else calls)
    assert sample.lookup(TRACE, 0) == trace


def test_a_message_without_text_is_no_empty_text() -> None:
    sample = view({"prompt": "q", "response": ASKS_F})
    assert sample.response("response", 0) is MISSING
    assert sample.why("response", 0) == "`response` has no text, only tool calls"
    with pytest.raises(RowError, match="has no text"):
        view({"prompt": "q", "response": {"role": "assistant", "tool_calls": []}})


def test_the_output_of_the_responses_api() -> None:
    output = [
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "42"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "done"}]},
    ]
    sample = view({"prompt": "q", "response": {"output": output}})
    plain = {"id": "1", "function": {"name": "f", "arguments": "{}"}}
    assert sample.lookup(CALLS, 0) == [plain]
    assert sample.lookup(TRACE, 0) == [{**PLAIN_F, "tool_calls": [plain]}, GIVES, SAYS]


def test_parts_of_tool_use_and_tool_results() -> None:
    messages = [
        USER,
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "hm"},
                {"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "42"}]},
        SAYS,
    ]
    plain = {"id": "1", "function": {"name": "f", "arguments": {"a": 1}}}
    assert trace_of(messages) == [USER, {"role": "assistant", "content": "hm", "tool_calls": [plain]}, GIVES, SAYS]
    assert view({"messages": messages}).lookup(CALLS, 0) == [plain]  # a tool's result is not what the user says


def test_an_image_leaves_no_text_behind() -> None:
    image = {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}
    assert trace_of([image, "text", None]) == [{"role": "tool", "content": None, "tool_call_id": "1"}]


def test_a_native_sample_with_steps() -> None:
    row = {
        "unique_id": "1",
        "input": [USER],
        "output": [{"answer": {"role": "assistant", "content": "done"}, "steps": [ASKS_F, GIVES]}],
    }
    for sample in (view(row), view(DataSample.model_validate(row))):
        assert [found["function"] for found in sample.lookup(CALLS, 0)] == [F["function"]]
        assert [one["content"] for one in sample.lookup(TRACE, 0)] == ["", "42", "done"]
        assert sample.own(0).keys() >= {"steps"}


def test_a_mapped_response_keeps_its_calls() -> None:
    sample = view({"q": "q", "out": {"said": [ASKS_F, GIVES, SAYS]}}, parse_mapping(["response=out.said", "prompt=q"]))
    assert sample.lookup(CALLS, 0) == [F]
    assert sample.lookup((*CALLS, "0", "function", "name"), 0) == "f"


def test_a_column_stands_in_for_what_a_response_does_not_say() -> None:
    assert view({"prompt": "q", "response": "", "response.tool_calls": [F]}).lookup(CALLS, 0) == [F]
    # the calls that a label holds are what is wanted, never what was done
    assert view({"prompt": "q", "response": "x", "label": {"tool_calls": [F]}}).lookup(CALLS, 0) is MISSING
