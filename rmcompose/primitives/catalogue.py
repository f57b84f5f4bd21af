"""Which module holds which rule: a spec loads the modules of the rules it names, and no other.

One folder a subject, in the order in which the documentation shows them. An alias stands beside its rule as
`alias = rule`.
"""

from __future__ import annotations

SUBJECTS: dict[str, dict[str, tuple[str, ...]]] = {
    "text": {
        "content": (
            "accuracy",
            "char_count",
            "contains",
            "ends_with",
            "exact_match",
            "regex_match",
            "sentence_count",
            "starts_with",
            "word_count",
        ),
        "overlap": ("f1_score", "rouge", "rouge_l", "token_f1"),
    },
    "formats": {
        "json_text": ("json_schema", "json_valid"),
        "tags": (
            "format_reward = reasoning_format",
            "reasoning_format",
            "reasoning_tool_call_format",
            "tool_call_format = reasoning_tool_call_format",
        ),
    },
    "mathematics": {
        "number": ("number_accuracy", "number_match"),
        "verify": ("math_verify", "math_verify_reward"),
    },
    "programs": {
        "execution": ("code_execution", "code_tests"),
        "source": (
            "code_patch_similarity",
            "code_style",
            "code_syntax_check",
            "patch_similarity = code_patch_similarity",
            "syntax_check = code_syntax_check",
        ),
    },
    "safety": {
        "privacy": ("privacy_leakage",),
    },
    "shaping": {
        "penalties": ("length_penalty", "ngram_repetition_penalty"),
    },
}
"""Subject -> module -> the rules it registers, sorted."""

BUILT_IN: dict[str, str] = {
    entry.partition(" = ")[0]: f"{subject}.{module}"
    for subject, modules in SUBJECTS.items()
    for module, entries in modules.items()
    for entry in entries
}
"""Every name, aliases included, and the module that holds it, below this package."""

RULES: frozenset[str] = frozenset(
    entry for modules in SUBJECTS.values() for entries in modules.values() for entry in entries if " = " not in entry
)
"""The names of the rules, without aliases."""
