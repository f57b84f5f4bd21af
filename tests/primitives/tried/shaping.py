from typing import Any

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
}
