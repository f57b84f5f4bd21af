from typing import Any

from hypothesis import strategies as st

_CALL = st.builds(
    lambda name, arguments, number: {"id": number, "function": {"name": name, "arguments": arguments}},
    st.sampled_from(["f", "g", None]),
    st.sampled_from(["{}", '{"a": "x y"}', {"a": "y x"}, {"b": [1.0]}, None, "{", "[1]", "\ud800"]),
    st.sampled_from(["1", "2", None]),
)
_MESSAGE = st.one_of(
    st.builds(lambda calls: {"role": "assistant", "content": "", "tool_calls": calls}, st.lists(_CALL, max_size=3)),
    st.builds(
        lambda number, content: {"role": "tool", "content": content, "tool_call_id": number},
        st.sampled_from(["1", "2", None]),
        st.sampled_from(
            ["", "Error: none", "twelve apples on it", "twelve pears on it", '{"error": 1}', None, ["part"]]
        ),
    ),
    st.sampled_from(
        [{"role": "user", "content": "q"}, {"role": "assistant", "content": "<tool_call>{}</tool_call>"}, "x"]
    ),
)
_TRACE = {"trace": st.lists(_MESSAGE, max_size=8) | st.none()}
NAMES = (
    "action_loop", "repeated_actions", "step_count", "observation_gain", "tool_efficiency", "step_efficiency",
    "error_recovery",
)  # fmt: skip
DATA = dict.fromkeys(NAMES, _TRACE)
SETTINGS: dict[str, dict[str, list[Any]]] = {
    "action_loop": {"similarity": [0.0, 0.5, 1.0]},
    "observation_gain": {"similarity": [0.0, 0.5, 1.0]},
    "step_efficiency": {"similarity": [0.0, 0.8], "reference_steps": [0, 1, 9]},
    "error_recovery": {"pattern": ["(?i)error", "x"]},
}
