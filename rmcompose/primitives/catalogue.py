"""Which module holds which rule: a spec loads the modules of the rules it names, and no other.

One folder a subject, in the order in which the documentation shows them. An alias stands beside its rule as
`alias = rule`.
"""

from __future__ import annotations

SUBJECTS: dict[str, dict[str, tuple[str, ...]]] = {
    "text": {
        "bags": ("cosine", "jaccard"),
        "bleu": ("bleu", "gleu"),
        "chrf": ("chrf",),
        "content": (
            "accuracy",
            "char_count",
            "contains",
            "contains_all",
            "contains_any",
            "ends_with",
            "exact_match",
            "regex_match",
            "sentence_count",
            "starts_with",
            "word_count",
        ),
        "overlap": ("f1_score", "rouge", "rouge_l", "token_f1"),
        "readability": (
            "ari",
            "coleman_liau",
            "flesch_kincaid_grade",
            "flesch_reading_ease",
            "gunning_fog",
            "smog",
        ),
        "edits": ("edit_distance", "edit_similarity", "fuzzy_ratio", "word_error_rate"),
        "meteor": ("meteor",),
        "overlap": ("f1_score", "rouge", "token_f1", "word_overlap"),
        "rouge": ("rouge_1", "rouge_2", "rouge_l", "rouge_lsum", "rouge_n"),
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
    "models": {
        "classes": ("entailment", "toxicity"),
        "detox": ("detoxify = detoxify_reward", "detoxify_reward"),
        "embeddings": ("embedding_similarity",),
        "reward": ("reward_model",),
    },
    "programs": {
        "source": (
            "code_patch_similarity",
            "code_style",
            "code_syntax_check",
            "patch_similarity = code_patch_similarity",
            "syntax_check = code_syntax_check",
        ),
    },
    "safety": {
        "pii": ("pii", "pii_free"),
        "privacy": ("privacy_leakage",),
        "profanity": ("profanity", "profanity_share"),
        "refusal": ("refusal",),
    },
    "agents": {
        "efficiency": ("error_recovery", "observation_gain", "step_efficiency", "tool_efficiency"),
        "repeats": ("action_loop", "repeated_actions", "step_count"),
    },
    "tools": {
        "match": ("tool_call_match",),
        "overlap": (
            "tool_call_f1",
            "tool_call_jaccard",
            "tool_call_precision",
            "tool_call_recall",
            "tool_call_sequence",
            "tool_parameter_f1",
        ),
        "valid": ("tool_calls_valid",),
    },
    "shaping": {
        "errors": ("exp_error",),
        "lengths": ("cosine_length", "group_length", "length_band", "soft_overlong"),
        "penalties": ("length_penalty", "ngram_repetition_penalty"),
        "repetition": (
            "compression_ratio",
            "distinct_n",
            "longest_loop",
            "repeated_lines",
            "repetition",
            "repetition_penalty",
        ),
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
