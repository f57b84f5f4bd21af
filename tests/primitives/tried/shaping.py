from typing import Any

from hypothesis import strategies as st

_LENGTH: dict[str, list[Any]] = {"unit": ["characters", "words"], "length": [None, 0, 12, 10**300, -1]}
_REPETITION: dict[str, list[Any]] = {"n": [1, 2, 3, 100], "unit": ["words", "characters"]}
SETTINGS: dict[str, dict[str, list[Any]]] = {
    "length_penalty": {"min_length": [0, 10, 10**6], "max_length": [-5, 3], "penalty_rate": [0, 0.5]},
    "ngram_repetition_penalty": {
        "tokenizer_type": ["simple"],
        "n": [1, 2, 3],
        "use_soft_penalty": [True, False],
        "min_scaling": [0.0, 0.5, 1.0, 2.0],
        "analyze_scope": ["full", "thought"],
        "penalty_threshold": [-0.5, 0.3],
    },
    "length_band": {
        "min_length": [0, 10, 10**6],
        "max_length": [0, 15, 10**9],
        "falloff": [0.0, 5.0, 1e-300, 1e300],
        "curve": ["linear", "cosine", "gaussian"],
        **_LENGTH,
    },
    "soft_overlong": {"max_length": [0, 10, 10**6], "cache": [0, 5, 10], **_LENGTH},
    "cosine_length": {
        "max_length": [1, 10, 1000],
        "max_value_wrong": [-1.0, -0.5, 1.0],
        "min_value_correct": [-1.0, 0.1, 1.0],
        "exceeded": [None, -1.0, 0.0],
        **_LENGTH,
    },
    "group_length": {"unit": ["characters", "words"]},
    "exp_error": {"rate": [0.0, 0.5, 1e300]},
    "repetition": _REPETITION,
    "distinct_n": _REPETITION,
    "repetition_penalty": {"max_penalty": [-1.0, -0.1, 0.0], **_REPETITION},
    "longest_loop": {"max_period": [1, 2, 200]},
}
_NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from(["4", "x", "1e999", True]))
DATA: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "cosine_length": {"correct": st.booleans()},
    "group_length": {"correct": st.booleans()},
    "exp_error": {"value": _NUMBERS, "reference": _NUMBERS},
}
