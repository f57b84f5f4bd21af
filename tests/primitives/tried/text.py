from typing import Any

SETTINGS: dict[str, dict[str, list[Any]]] = {
    "contains": {"value": ["a", ""], "ignore_case": [True, False]},
    "starts_with": {"value": ["a", ""], "ignore_case": [True, False]},
    "ends_with": {"value": ["a", ""], "ignore_case": [True, False]},
    "exact_match": {"strip": [True, False], "ignore_case": [True, False]},
    "regex_match": {"pattern": [r"\d+", "(a|b)*c", ""], "full": [True, False]},
    "f1_score": {"tokenizer_type": ["simple"]},
    "language": {"among": [None, ["en", "de"], ["yue", "zh"]], "min_confidence": [0.0, 0.5, 1.0]},
    "is_language": {"language": ["en", "zu"], "among": [None, ["en", "zu"]], "min_confidence": [0.0, 0.9]},
    "language_confidence": {"language": ["en", "zu"], "among": [None, ["en", "zu"]]},
}
PIECES = ["\t", "  ", "\n", "\n\n", ".", "...", "…", "。", "Dr.", "etc.", "你好", "ß", "İ", "\0", "\ud800", '"', "\\"]
