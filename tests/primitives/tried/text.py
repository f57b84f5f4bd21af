from typing import Any

SETTINGS: dict[str, dict[str, list[Any]]] = {
    "contains": {"value": ["a", ""], "ignore_case": [True, False]},
    "starts_with": {"value": ["a", ""], "ignore_case": [True, False]},
    "ends_with": {"value": ["a", ""], "ignore_case": [True, False]},
    "exact_match": {"strip": [True, False], "ignore_case": [True, False]},
    "regex_match": {"pattern": [r"\d+", "(a|b)*c", ""], "full": [True, False]},
    "f1_score": {"tokenizer_type": ["simple"]},
}
PIECES = ["\t", "  ", "\n", "\n\n", ".", "...", "…", "。", "Dr.", "etc.", "你好", "ß", "İ", "\0", "\ud800", '"', "\\"]
