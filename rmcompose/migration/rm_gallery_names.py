"""The rewards of RM-Gallery 0.1.4 by their registered names, and what cannot be a spec."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RuleReward:
    """A reward that is a rule here, under the same name. `params` keep their names; `ignored` says why others go."""

    class_name: str
    params: tuple[str, ...] = ()
    ignored: dict[str, str] = field(default_factory=dict)
    note: str = ""


_TOKENS = ("tokenizer_type", "encoding_name", "chinese_only")

RULES: dict[str, RuleReward] = {
    "accuracy": RuleReward("AccuracyReward"),
    "f1_score": RuleReward("F1ScoreReward", _TOKENS),
    "rouge": RuleReward("RougeReward"),
    "number_accuracy": RuleReward("NumberAccuracyReward", ("tolerance",)),
    "math_verify_reward": RuleReward("MathVerifyReward", ("timeout_score",)),
    "code_syntax_check": RuleReward("SyntaxCheckReward"),
    "code_style": RuleReward("CodeStyleReward"),
    "code_patch_similarity": RuleReward("PatchSimilarityReward"),
    "code_execution": RuleReward(
        "CodeExecutionReward",
        ("continuous", "timeout"),
        {"test_framework_available": "the sandbox is always there", "compute_score": "the sandbox runs the tests"},
        "programs run in a sandbox and `timeout` is used; RM-Gallery gives 0 without `pyext`, and ignores `timeout`",
    ),
    "reasoning_format": RuleReward("ReasoningFormatReward", ("think_token", "answer_token")),
    "reasoning_tool_call_format": RuleReward("ReasoningToolCallFormatReward"),
    "length_penalty": RuleReward("LengthPenaltyReward", ("min_length", "max_length", "penalty_rate")),
    "ngram_repetition_penalty": RuleReward(
        "NgramRepetitionPenaltyReward",
        (
            *("n", "penalty_threshold", "penalty_rate", "use_soft_penalty", "max_penalty", "min_scaling"),
            *_TOKENS,
            "analyze_scope",
        ),
    ),
    "privacy_leakage": RuleReward("PrivacyLeakageReward", ("penalty_per_leak",)),
    "detoxify_reward": RuleReward(
        "DetoxifyReward",
        ("model_name",),
        {"model": "the rule loads the model by `model_name`"},
        "RM-Gallery's `detoxify_reward` never gives a score, this rule does; its weight there is that of `detoxify`",
    ),
}
"""Registered name of a reward by rule; the rule here has that name."""

BASES = {"BasePointWiseRubricReward": "pointwise", "BaseListWiseRubricReward": "listwise"}
"""Classes that take rubrics of the user's own."""

_COMPOSITION = (
    "RM-Gallery flattens a composition inside a composition and loses its inner weights: convert it by itself, and "
    "`compose` it with the weight that you mean"
)
_PYTHON = "its prompt and its score are Python code: write it as a `judge`, or keep the class and register it as a rule"

REFUSED: dict[str, str] = {
    "SimpleComposition": _COMPOSITION,
    "BaseComposition": _COMPOSITION,
    "RouterComposition": "its `_condition` is Python code: write it as `return route field { when … }`",
    "BaseLLMReward": _PYTHON,
    "BaseRubricReward": _PYTHON,
    "BasePointWiseReward": "its `_evaluate` is Python code: register the class as a rule",
    "BaseListWiseReward": "its `_evaluate` is Python code: use a judge with `mode = listwise`",
    "BasePairWiseReward": "its `_evaluate` is Python code: use a judge with `mode = pairwise`",
    "BaseStepWiseReward": "its `_evaluate` is Python code: read `step`, and `reduce` the values",
    "CARMO": "it makes up its criteria for each query: give them with the sample, `criteria_from`",
    "AlignmentReward": "it ranks groups while training: use a judge with `mode = pairwise` and `rank_by`",
    "RewardPostProcess": "it changes scores by Python code: write it as a formula behind the aggregate",
}
"""Classes that are known and cannot be converted, with the reason."""


def class_names() -> dict[str, str]:
    """Class name -> registered name, of every reward that is registered."""
    from rmcompose.library import aliases

    found = {one.class_name: name for name, one in RULES.items()}
    special = {"closed_qa": "ClosedQA", "open_qa": "OpenQA", "precise_if": "PreciseIF"}
    for name in aliases():
        words = name.removesuffix("_reward")
        for plain, camel in special.items():
            words = words.replace(plain, camel)
        stem = "".join(word[:1].upper() + word[1:] for word in words.split("_"))
        found[stem.replace("wise", "Wise") + "Reward"] = name
    return found
