from typing import Any

_ROUGE: dict[str, list[Any]] = {"measure": ["f1", "precision", "recall"], "stem": [True, False]}
_BAGS: dict[str, list[Any]] = {"unit": ["words", "characters"], "n": [1, 2, 9]}
_VALUES: list[Any] = [["a", "b"], ["", 5, 0.5], [], [None], ["\ud800", "ß"]]
SETTINGS: dict[str, dict[str, list[Any]]] = {
    "contains": {"value": ["a", ""], "ignore_case": [True, False]},
    "starts_with": {"value": ["a", ""], "ignore_case": [True, False]},
    "ends_with": {"value": ["a", ""], "ignore_case": [True, False]},
    "exact_match": {"strip": [True, False], "ignore_case": [True, False]},
    "regex_match": {"pattern": [r"\d+", "(a|b)*c", ""], "full": [True, False]},
    "f1_score": {"tokenizer_type": ["simple"]},
<<<<<<< HEAD
    "contains_all": {"values": _VALUES, "ignore_case": [True, False]},
    "contains_any": {"values": _VALUES, "ignore_case": [True, False]},
    "rouge_1": _ROUGE,
    "rouge_2": _ROUGE,
    "rouge_l": _ROUGE,
    "rouge_lsum": _ROUGE,
    "rouge_n": {"n": [1, 2, 3, 9], **_ROUGE},
    "bleu": {
        "tokenize": ["13a", "zh", "char", "none"],
        "smooth": ["exp", "floor", "add-k", "none"],
        "smooth_value": [None, 0.0, 0.3, 1.0],
        "max_order": [1, 4, 9],
        "ignore_case": [True, False],
    },
    "gleu": {"max_order": [1, 4, 9]},
    "chrf": {
        "char_order": [1, 6, 10],
        "word_order": [0, 2, 4],
        "beta": [0.0, 1.0, 2.0, 100.0],
        "ignore_case": [True, False],
    },
    "meteor": {
        "alpha": [0.0, 0.9, 1.0],
        "beta": [0.0, 3.0, 100.0],
        "gamma": [0.0, 0.5, 1.0],
        "stems": [True, False],
    },
    "edit_distance": {"unit": ["characters", "words"]},
    "edit_similarity": {"unit": ["characters", "words"]},
    "fuzzy_ratio": {"mode": ["ratio", "partial", "token_sort", "token_set"], "ignore_case": [True, False]},
    "jaccard": _BAGS,
    "cosine": _BAGS,
=======
    "language": {"among": [None, ["en", "de"], ["yue", "zh"]], "min_confidence": [0.0, 0.5, 1.0]},
    "is_language": {"language": ["en", "zu"], "among": [None, ["en", "zu"]], "min_confidence": [0.0, 0.9]},
    "language_confidence": {"language": ["en", "zu"], "among": [None, ["en", "zu"]]},
>>>>>>> instructions
}
PIECES = [
    "\t",
    "  ",
    "\n",
    "\n\n",
    ".",
    "...",
    "…",
    "。",
    "Dr.",
    "etc.",
    "你好",
    "ß",
    "İ",
    "\0",
    "\ud800",
    '"',
    "\\",
    "running",
    "flies",
    "&amp;",
]
