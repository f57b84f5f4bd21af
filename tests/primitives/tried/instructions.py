from typing import Any

_MODES = {"mode": ["strict", "loose"]}
_RELATIONS = ["less than", "at least"]

SETTINGS: dict[str, dict[str, list[Any]]] = {
    "ifeval_keyword_existence": {**_MODES, "keywords": [["a", "Dr."], ["("], []]},
    "ifeval_keyword_frequency": {**_MODES, "keyword": ["a", "*", " "], "frequency": [0, 2], "relation": _RELATIONS},
    "ifeval_forbidden_words": {**_MODES, "forbidden_words": [["a", "C++"], ["\ud800"], [""]]},
    "ifeval_letter_frequency": {
        **_MODES,
        "letter": ["A", "#", "ab", "İ"],
        "let_frequency": [0, 2],
        "let_relation": _RELATIONS,
    },
    "ifeval_number_words": {**_MODES, "num_words": [0, 3], "relation": _RELATIONS},
    "ifeval_number_sentences": {**_MODES, "num_sentences": [0, 2], "relation": _RELATIONS},
    "ifeval_capital_word_frequency": {**_MODES, "capital_frequency": [0, 2], "capital_relation": _RELATIONS},
    "ifeval_number_paragraphs": {**_MODES, "num_paragraphs": [0, 1, 2]},
    "ifeval_nth_paragraph_first_word": {
        **_MODES,
        "num_paragraphs": [1, 2],
        "nth_paragraph": [1, 2],
        "first_word": ["a", ""],
    },
    "ifeval_number_placeholders": {**_MODES, "num_placeholders": [0, 1]},
    "ifeval_postscript": {**_MODES, "postscript_marker": ["P.S.", "P.P.S", "NB(", ""]},
    "ifeval_number_bullet_lists": {**_MODES, "num_bullets": [0, 1, 3]},
    "ifeval_number_highlighted_sections": {**_MODES, "num_highlights": [0, 2]},
    "ifeval_multiple_sections": {**_MODES, "section_spliter": ["Day", "(", ""], "num_sections": [0, 1]},
    "ifeval_response_language": {**_MODES, "language": ["en", "de", "zh-cn", "yo", "??"]},
    "ifeval_end_checker": {**_MODES, "end_phrase": ["the end.", "", "\ud800"]},
    "ifeval_repeat_prompt": {**_MODES, "prompt_to_repeat": ["why?", " "]},
    "ifeval": {
        **_MODES,
        "instruction_id_list": [["punctuation:no_comma", "startend:quotation"], ["no:such"], []],
        "kwargs": [[{}, {}], [{}], [None, {"num_words": None}]],
    },
    "ifeval_all": {
        **_MODES,
        "instruction_id_list": [["detectable_format:title", "length_constraints:number_sentences"]],
        "kwargs": [[{}, {"num_sentences": 2.0, "relation": "at least"}], [{}, {"num_sentences": "2"}]],
    },
}
PIECES = [
    "<<a>>", "<<", ">>", "******", "***", "*a*", "**", "\n* ", "\n- ", "\n*\n", "[x]", "[", "]", "Day 1", "P. S.",
    "'TIS", "DON'T", "''", "the end.", "\x85", "\u2028",
]  # fmt: skip
