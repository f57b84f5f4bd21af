"""Graders whose params choose the rule: string matches, similarities, tool calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rmcompose.migration.findings import Findings, meant, shown
from rmcompose.migration.openjudge_names import TEXTS, RuleGrader

_CALLS = {"tool_calls": "tool_calls", "reference_tool_calls": "reference"}
_VALUE = {"response": "text", "reference_response": "value"}
_ONLY_TEXT = {"response": "text"}

_SIMILAR: dict[str, tuple[str, dict[str, str], str]] = {
    # algorithm: rule, its params, what differs
    "bleu": ("bleu", {"max_ngram_order": "max_order", "smooth_method": "smooth"}, ""),
    "gleu": ("gleu", {"max_len": "max_order"}, ""),
    "chrf": ("chrf", {"char_order": "char_order", "beta": "beta"}, ""),
    "meteor": (
        "meteor",
        {"alpha": "alpha", "beta": "beta", "gamma": "gamma"},
        "this METEOR knows no synonyms: values differ where WordNet would match",
    ),
    "rouge1": ("rouge_1", {"use_stemmer": "stem"}, ""),
    "rouge2": ("rouge_2", {"use_stemmer": "stem"}, ""),
    "rougeL": ("rouge_l", {"use_stemmer": "stem"}, ""),
    "rouge3": ("rouge_n", {}, ""),
    "rouge4": ("rouge_n", {}, ""),
    "rouge5": ("rouge_n", {}, ""),
    "rouge_ngram": ("rouge_n", {"n": "n"}, ""),
    "f1_score": ("token_f1", {}, "OpenJudge 0.2 leaves out stop words and cuts with jieba: values can differ"),
    "token_f1": ("token_f1", {}, "OpenJudge 0.2 leaves out stop words and cuts with jieba: values can differ"),
    "fuzzy_match": ("fuzzy_ratio", {}, ""),
    "edit_distance": ("edit_similarity", {}, ""),
    "cosine": ("cosine", {}, "this cosine is of plain counts of words; there it is of TF-IDF made of the two texts"),
    "jaccard": ("jaccard", {}, "words are cut as in `token_f1`: values can differ in other languages than English"),
}
_MODES = {"ratio": "ratio", "partial_ratio": "partial", "token_sort_ratio": "token_sort"}
_STRINGS = (
    *("exact_match", "prefix_match", "suffix_match", "regex_match", "substring_match"),
    *("contains_all", "contains_any", "word_overlap", "char_overlap"),
)
_UNLIKE = {
    "sentence_bleu": "NLTK's smoothing is not that of `bleu`: choose `bleu` there, or write the rule",
    "rouge": "it is the mean of rouge1, rouge2 and rougeL: give these as three graders",
    "char_overlap": 'no rule compares sets of characters: `jaccard(unit = "characters")` is near',
}


def chosen(cls: str, params: Mapping[str, Any], what: str, found: Findings) -> tuple[RuleGrader, dict[str, Any]] | None:
    """The rule that the params choose, and the params that are left; None after an error."""
    rest = dict(params)
    if cls == "StringMatchGrader":
        return _string(rest, what, found)
    if cls == "SimilarityGrader":
        return _similarity(rest, what, found)
    if cls == "ToolCallPrecisionRecallMatchGrader":
        metric = rest.pop("metric_type", "recall")
        if metric not in ("precision", "recall"):
            found.error(f"{what}: `metric_type` is {shown(metric)}, neither precision nor recall")
            return None
        names = {"match_arguments": "match_arguments"}
        return RuleGrader(f"tool_call_{metric}", _CALLS, names, {"match_arguments": False}), rest
    if not rest.pop("use_jaccard_similarity", True):
        found.error(
            f"{what}: it compares calls step by step: `tool_parameter_f1` and `tool_call_sequence` measure near things"
        )
        return None
    rest.pop("metric_type", None)
    data = {"messages": "tool_calls", "reference_tool_calls": "reference"}
    return RuleGrader("tool_call_jaccard", data, {"strict_mode": "match_arguments"}), rest


def _algorithm(rest: dict[str, Any], default: str, known: tuple[str, ...], what: str, found: Findings) -> str | None:
    algorithm = rest.pop("algorithm", default)
    if not isinstance(algorithm, str) or algorithm not in (*known, *_UNLIKE):
        hint = meant(algorithm, known) if isinstance(algorithm, str) else ""
        found.error(f"{what}: OpenJudge has no algorithm {shown(algorithm)}{hint}")
        return None
    if algorithm in _UNLIKE:
        found.error(f"{what}: the algorithm `{algorithm}` has no equivalent: {_UNLIKE[algorithm]}")
        return None
    return algorithm


def _similarity(rest: dict[str, Any], what: str, found: Findings) -> tuple[RuleGrader, dict[str, Any]] | None:
    algorithm = _algorithm(rest, "bleu", tuple(_SIMILAR), what, found)
    if algorithm is None:
        return None
    rule, params, note = _SIMILAR[algorithm]
    fixed: dict[str, Any] = {}
    if algorithm in ("rouge1", "rouge2", "rougeL"):
        fixed["stem"] = True
    if algorithm.startswith("rouge") and algorithm[-1] in "345":
        fixed["n"] = int(algorithm[-1])
    if algorithm == "rouge_ngram":
        fixed["n"] = 3
    if algorithm == "fuzzy_match":
        method = rest.pop("method", "ratio")
        if method not in _MODES:
            found.error(f"{what}: `method` is {shown(method)}, not one of {', '.join(_MODES)}")
            return None
        fixed["mode"] = _MODES[method]
    return RuleGrader(
        rule, TEXTS, params, fixed, ("normalize", "case_sensitive", "use_stemmer", "threshold"), note
    ), rest


def _string(rest: dict[str, Any], what: str, found: Findings) -> tuple[RuleGrader, dict[str, Any]] | None:
    algorithm = _algorithm(rest, "exact_match", _STRINGS[:-1], what, found)
    if algorithm is None:
        return None
    folded = not rest.pop("case_sensitive", False)
    spaces = rest.pop("ignore_whitespace", False)
    case = {"ignore_case": folded}
    if algorithm == "exact_match":
        if spaces:
            found.error(f"{what}: `ignore_whitespace` leaves out all white space, which no rule does")
            return None
        return RuleGrader("exact_match", TEXTS, fixed={"strip": False, **case}), rest
    if algorithm in ("prefix_match", "suffix_match", "substring_match"):
        if rest.pop("bidirectional", False):
            found.error(f"{what}: `bidirectional` has no equivalent: write `contains(a, b) or contains(b, a)`")
            return None
        rule = {"prefix_match": "starts_with", "suffix_match": "ends_with", "substring_match": "contains"}[algorithm]
        return RuleGrader(rule, _VALUE, fixed=case), rest
    if algorithm == "regex_match":
        pattern = rest.pop("pattern", None)
        if not isinstance(pattern, str) or not pattern:
            found.error(f"{what}: give the `pattern`: one that comes with the sample cannot be checked beforehand")
            return None
        found.note(f"{what}: patterns are RE2: lookaround and backreferences are refused")
        return RuleGrader("regex_match", _ONLY_TEXT, fixed={"pattern": f"(?i){pattern}" if folded else pattern}), rest
    if algorithm == "word_overlap":
        note = "words are cut as in `token_f1`; a reference without words is unscored"
        return RuleGrader("word_overlap", TEXTS, note=note), rest
    return RuleGrader(algorithm, _ONLY_TEXT, {"substrings": "values"}, case), rest
