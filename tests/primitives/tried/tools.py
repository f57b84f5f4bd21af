import json
from typing import Any

from hypothesis import strategies as st

TOOLS = [
    {"name": "f", "parameters": {"properties": {"a": {"type": "integer"}, "b": {"type": "tuple"}}, "required": ["a"]}},
    {"type": "function", "function": {"name": "g.h", "parameters": {"type": "object", "properties": {}}}},
    {"name": "k", "input_schema": {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "any"}}}}},
]
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "x", "New York", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", ""]), inner, max_size=2),
    max_leaves=5,
)
_ARGUMENTS = st.dictionaries(st.sampled_from(["a", "b", "name"]), _VALUES, max_size=3)
_CALL = st.builds(
    lambda name, arguments, form: form(name, arguments),
    st.sampled_from(["f", "g.h", "k", "", None]),
    _ARGUMENTS | st.none() | st.just("{"),
    st.sampled_from(
        [
            lambda name, arguments: {"name": name, "arguments": arguments},
            lambda name, arguments: {"id": "1", "function": {"name": name, "arguments": json.dumps(arguments)}},
            lambda name, arguments: {str(name): arguments},
            lambda name, arguments: {"name": name, "input": arguments},
        ]
    ),
)
_POSSIBLE = st.builds(
    lambda name, allowed: {name: allowed},
    st.sampled_from(["f", "g.h"]),
    st.dictionaries(st.sampled_from(["a", "b"]), st.lists(_VALUES, max_size=3), max_size=2),
)
_TEXTS = st.sampled_from(
    [
        "[f(a=1)]", "f(a=-1.5, b=(1, x))\ng.h()", "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call>",
        "<tool_call>{</tool_call>", "plain words", "", "[]", "[TOOL_CALLS] []", "f(" * 300, "<function=f>{}</function>",
    ]
)  # fmt: skip
_CALLS = st.one_of(st.none(), st.lists(_CALL, max_size=4), _TEXTS, st.just(3))
_BOTH = {
    "text": _TEXTS | st.none() | st.text(max_size=20),
    "tool_calls": _CALLS,
    "reference": st.one_of(st.lists(_CALL, max_size=4), _TEXTS, st.lists(_POSSIBLE, max_size=3)),
}
_TOOLS = st.sampled_from([TOOLS, json.dumps(TOOLS), [], [{"name": 1}], "[", None, TOOLS[0]])
DATA = {
    "tool_call_match": {**_BOTH, "tools": _TOOLS},
    "tool_calls_valid": {"text": _BOTH["text"], "tool_calls": _CALLS, "tools": _TOOLS},
    **{
        f"tool_{name}": _BOTH
        for name in ("call_f1", "call_jaccard", "call_precision", "call_recall", "call_sequence", "parameter_f1")
    },
}
_MATCHED: dict[str, list[Any]] = {"match_arguments": [True, False]}
SETTINGS: dict[str, dict[str, list[Any]]] = {
    "tool_calls_valid": {"at_least": [0, 1, 3], "extra_arguments": [True, False]},
    **{f"tool_call_{name}": _MATCHED for name in ("f1", "jaccard", "precision", "recall", "sequence")},
}
