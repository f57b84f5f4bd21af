from typing import Any

from hypothesis import strategies as st

_JSON = st.recursive(
    st.sampled_from(["1", "1.0", "true", '"a"', "null", "{}", "[]", "1e400", "x"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
        st.lists(inner, max_size=3).map(
            lambda items: "{" + ",".join(f'"{k}":{v}' for k, v in zip("aba", items, strict=False)) + "}"
        ),
    ),
    max_leaves=6,
)
_FLAGS = {"ignore_extra_keys": [False, True], "fence": [False, True]}
_STYLES = {"style": ["any", "numeric", "author_year"]}

SETTINGS: dict[str, dict[str, list[Any]]] = {
    "json_schema": {
        "schema": ['{"type": "object"}', '{"items": {"pattern": "a+", "maximum": 3}, "uniqueItems": true}'],
        "fence": [False, True],
    },
    "json_valid": {"fence": [False, True]},
    "json_match": {**_FLAGS, "strict_order": [True, False]},
    "json_field_share": _FLAGS,
    "reasoning_format": {"think_token": ["think", "th.*"]},
    "tag_format": {"tags": [None, ["think"], ["answer", "think"]], "allow_outside": [False, True]},
    "tag_share": {"tags": [None, ["think"]], "own_lines": [False, True]},
    "xml_valid": {"root": ["", "a"], "elements": [None, ["a", "think"]], "fence": [False, True]},
    "yaml_valid": {"root": ["any", "mapping", "sequence"], "fence": [False, True]},
    "citation_count": {**_STYLES, "distinct": [False, True]},
    "citation_validity": {**_STYLES, "sources": [[], ["Lee, 2020", 3], [None]]},
    "citation_coverage": _STYLES,
    "code_fence_count": {"language": ["", "python", "\ud800"]},
    "only_code_fence": {"language": ["", "python"]},
    "heading_count": {"level": [0, 1, 6]},
    "list_item_count": {"kind": ["any", "bullet", "ordered"]},
    "table_count": {"columns": [0, 2], "min_rows": [0, 2]},
    "link_count": {"images": [False, True]},
    "numbered_list": {"min_items": [1, 2], "max_items": [0, 2]},
}
DATA = {
    "json_match": {"text": _JSON, "reference": _JSON},
    "json_field_share": {"text": _JSON, "reference": _JSON},
}
PIECES = [
    "<think>", "</think>", "<answer>", "</answer>", "<tool_call>", "</tool_call>", '{"name": 1, "arguments": {}}',
    "[]", "5", "{", "}", "[" * 50, "\\boxed{", "\\boxed {a}", "\\{", "[1]", "[1, 2-4]", "[^9]", "(Lee, 2020)",
    "(Ng et al., 1999a; Wu 2001)", "# ", "\n1. a", "\n2) b", "- ", "> ", "|a|b|\n|-|-|\n", "~~~", "````", "\r\n",
    "[a](b)", "![a](b)", "<a>", "</a>", "<a/>", "<!DOCTYPE a [", '<!ENTITY e "x">', "]>", "&e;", "a: ", "&x", "*x",
]  # fmt: skip
