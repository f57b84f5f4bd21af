from typing import Any

SETTINGS: dict[str, dict[str, list[Any]]] = {
    "answer_match": {
        "where": ["auto", "boxed", "marked", "tag", "json", "last_line", "last_word", "all"],
        "name": ["answer", "solution"],
        "synonyms": [None, [["none of them", "neither"], ["yes", "true"]]],
    },
    "list_match": {"metric": ["f1", "precision", "recall", "jaccard", "exact"]},
    "mrcr_match": {"prefix": ["", "k7", "<answer>"]},
    "citation_precision": {"known": [[], ["s1", "s2"]], "pattern": [r"\[(\w+)\]"], "stray": ["", r"s\d"]},
    "citation_recall": {"expected": [["s1"], ["s1", "s2"]], "pattern": [r"\[(\w+)\]", r"s\d"]},
    "key_paths": {
        "paths": [["a"], ["a[0].b", "a.*.b", "`a.b`", "csv::a", ""]],
        "format": ["json", "yaml", "toml", "csv"],
        "begin": ["", "<answer>"],
        "end": ["", "</answer>"],
    },
}
PIECES = [
    "<answer>", "</answer>", "<solution>b</solution>", '{"answer": "yes"}', "Final answer: the Sun", "neither",
    "[a, b]", "[s1]", "s9", "k7 abc", "a:\n  - b: 1", "a,b\n1,2", "a = 1", '{"a": [{"b": 1}]}', "```yaml\n", "\n```",
    "&x [*x]", "*", "!!python",
]  # fmt: skip
