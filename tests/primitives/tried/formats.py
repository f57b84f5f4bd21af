from typing import Any

SETTINGS: dict[str, dict[str, list[Any]]] = {
    "json_schema": {
        "schema": ['{"type": "object"}', '{"items": {"pattern": "a+", "maximum": 3}, "uniqueItems": true}']
    },
    "reasoning_format": {"think_token": ["think", "th.*"]},
}
PIECES = [
    "<think>", "</think>", "<answer>", "</answer>", "<tool_call>", "</tool_call>", '{"name": 1, "arguments": {}}',
    "[]", "5", "{", "}", "[" * 50,
]  # fmt: skip
