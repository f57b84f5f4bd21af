from typing import Any

from hypothesis import strategies as st

SETTINGS: dict[str, dict[str, list[Any]]] = {
    "code_execution": {"continuous": [True, False], "timeout": [2.0]},
    "code_tests": {
        "block": ["last", "first", "longest"],
        "partial": [True, False],
        "compare": ["lines", "tokens", "exact"],
        "tolerance": [0.0, 1e-6],
        "timeout": [2.0],
        "entry_point": ["", "f", "\0"],
    },
}
_PAIRS = [
    {"inputs": ["1\n2"], "outputs": ["x = 1"]},
    {"inputs": ["1", "2"], "outputs": ["2", ""], "fn_name": "F"},
    {"inputs": [[1]], "outputs": [[1]], "fn_name": "f"},
    {"inputs": [], "outputs": []},
    {"inputs": ["\ud800"], "outputs": "\0"},
    "[" * 10_000,
    "{}",
]
_TESTS = [
    *_PAIRS,
    ["assert True", "assert F(1) == 1"],
    "assert x == 1",
    {"test": "\ud800", "entry_point": "f"},
    [],
    5,
    None,
]
DATA: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "code_execution": {
        "label": st.sampled_from([*_PAIRS, *({"inputs_outputs": one} for one in _PAIRS), None, []]),
        "metadata": st.sampled_from([None, {}, {"inputs_outputs": _PAIRS[0]}]),
    },
    "code_tests": {"tests": st.one_of(st.sampled_from(_TESTS), st.text(max_size=20))},
}
PIECES = ["```python\n", "```\n", "\n```", "x = 1", "def F("]
