"""Which module holds which rule: a spec loads the modules of the rules it names, and no other.

One folder a subject, in the order in which the documentation shows them. An alias stands beside its rule as
`alias = rule`.
"""

from __future__ import annotations

SUBJECTS: dict[str, dict[str, tuple[str, ...]]] = {
    "text": {
        "bags": (
            "cosine",
            "jaccard",
        ),
        "bleu": (
            "bleu",
            "gleu",
        ),
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
        "edits": (
            "edit_distance",
            "edit_similarity",
            "fuzzy_ratio",
            "word_error_rate",
        ),
        "language": (
            "is_language",
            "language",
            "language_confidence",
        ),
        "meteor": ("meteor",),
        "overlap": (
            "f1_score",
            "rouge",
            "token_f1",
            "word_overlap",
        ),
        "readability": (
            "ari",
            "coleman_liau",
            "flesch_kincaid_grade",
            "flesch_reading_ease",
            "gunning_fog",
            "smog",
        ),
        "rouge": (
            "rouge_1",
            "rouge_2",
            "rouge_l",
            "rouge_lsum",
            "rouge_n",
        ),
    },
    "formats": {
        "boxed": (
            "boxed_content",
            "boxed_count",
            "boxed_format",
        ),
        "citations": (
            "citation_count",
            "citation_coverage",
            "citation_validity",
        ),
        "fences": (
            "code_fence_count",
            "code_fences_closed",
            "only_code_fence",
        ),
        "json_match": (
            "json_field_share",
            "json_match",
        ),
        "json_text": (
            "json_schema",
            "json_valid",
        ),
        "markdown": (
            "code_block_count",
            "heading_count",
            "link_count",
            "list_item_count",
            "numbered_list",
            "table_count",
        ),
        "paths": ("key_paths",),
        "tag_order": (
            "tag_count_reward = tag_share",
            "tag_format",
            "tag_share",
        ),
        "tags": (
            "format_reward = reasoning_format",
            "reasoning_format",
            "reasoning_tool_call_format",
            "tool_call_format = reasoning_tool_call_format",
        ),
        "xml_text": ("xml_valid",),
        "yaml_text": ("yaml_valid",),
    },
    "instructions": {
        "layout": (
            "detectable_content:number_placeholders = ifeval_number_placeholders",
            "detectable_content:postscript = ifeval_postscript",
            "detectable_format:constrained_response = ifeval_constrained_response",
            "detectable_format:json_format = ifeval_json_format",
            "detectable_format:multiple_sections = ifeval_multiple_sections",
            "detectable_format:number_bullet_lists = ifeval_number_bullet_lists",
            "detectable_format:number_highlighted_sections = ifeval_number_highlighted_sections",
            "detectable_format:title = ifeval_title",
            "ifeval_constrained_response",
            "ifeval_json_format",
            "ifeval_multiple_sections",
            "ifeval_nth_paragraph_first_word",
            "ifeval_number_bullet_lists",
            "ifeval_number_highlighted_sections",
            "ifeval_number_paragraphs",
            "ifeval_number_placeholders",
            "ifeval_postscript",
            "ifeval_title",
            "length_constraints:nth_paragraph_first_word = ifeval_nth_paragraph_first_word",
            "length_constraints:number_paragraphs = ifeval_number_paragraphs",
        ),
        "rows": (
            "ifeval",
            "ifeval_all",
        ),
        "wording": (
            "change_case:english_capital = ifeval_english_capital",
            "change_case:english_lowercase = ifeval_english_lowercase",
            "combination:repeat_prompt = ifeval_repeat_prompt",
            "combination:two_responses = ifeval_two_responses",
            "ifeval_end_checker",
            "ifeval_english_capital",
            "ifeval_english_lowercase",
            "ifeval_no_comma",
            "ifeval_quotation",
            "ifeval_repeat_prompt",
            "ifeval_response_language",
            "ifeval_two_responses",
            "language:response_language = ifeval_response_language",
            "punctuation:no_comma = ifeval_no_comma",
            "startend:end_checker = ifeval_end_checker",
            "startend:quotation = ifeval_quotation",
        ),
        "words": (
            "change_case:capital_word_frequency = ifeval_capital_word_frequency",
            "ifeval_capital_word_frequency",
            "ifeval_forbidden_words",
            "ifeval_keyword_existence",
            "ifeval_keyword_frequency",
            "ifeval_letter_frequency",
            "ifeval_number_sentences",
            "ifeval_number_words",
            "keywords:existence = ifeval_keyword_existence",
            "keywords:forbidden_words = ifeval_forbidden_words",
            "keywords:frequency = ifeval_keyword_frequency",
            "keywords:letter_frequency = ifeval_letter_frequency",
            "length_constraints:number_sentences = ifeval_number_sentences",
            "length_constraints:number_words = ifeval_number_words",
        ),
    },
    "mathematics": {
        "choice": ("choice_match",),
        "final": (
            "final_number",
            "number_close",
            "number_nearness",
        ),
        "number": (
            "number_accuracy",
            "number_match",
        ),
        "verify": (
            "math_verify",
            "math_verify_reward",
        ),
    },
    "answers": {
        "citations": (
            "citation_precision",
            "citation_recall",
        ),
        "lists": (
            "list_match",
            "mrcr_match",
        ),
        "phrase": ("answer_match",),
    },
    "programs": {
        "execution": (
            "code_execution",
            "code_tests",
        ),
        "source": (
            "code_patch_similarity",
            "code_style",
            "code_syntax_check",
            "patch_similarity = code_patch_similarity",
            "syntax_check = code_syntax_check",
        ),
    },
    "models": {
        "classes": (
            "entailment",
            "toxicity",
        ),
        "detox": (
            "detoxify = detoxify_reward",
            "detoxify_reward",
        ),
        "embeddings": ("embedding_similarity",),
        "reward": ("reward_model",),
    },
    "safety": {
        "pii": (
            "pii",
            "pii_free",
        ),
        "privacy": ("privacy_leakage",),
        "profanity": (
            "profanity",
            "profanity_share",
        ),
        "refusal": ("refusal",),
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
    "agents": {
        "efficiency": (
            "error_recovery",
            "observation_gain",
            "step_efficiency",
            "tool_efficiency",
        ),
        "repeats": (
            "action_loop",
            "repeated_actions",
            "step_count",
        ),
    },
    "shaping": {
        "errors": ("exp_error",),
        "lengths": (
            "cosine_length",
            "group_length",
            "length_band",
            "soft_overlong",
        ),
        "penalties": (
            "length_penalty",
            "ngram_repetition_penalty",
        ),
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
