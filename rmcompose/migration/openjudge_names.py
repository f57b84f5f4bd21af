"""The graders of OpenJudge 0.2.4 by class: what each is here, with the names of its fields and arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TEXTS = {"response": "text", "reference_response": "reference"}
_TRACE = {"messages": "trace"}


@dataclass(frozen=True, slots=True)
class RuleGrader:
    """A grader that is a rule. `data` names the rule's argument for each field, `params` for each of its settings.

    `fixed` are settings that it has there and the rule does not by itself; `ignored` params have no effect there.
    """

    rule: str
    data: dict[str, str]
    params: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class LibraryGrader:
    """A grader that asks a model: a spec of the library for the same job, moved from [0, 1] to [1, 5]."""

    spec: str
    fields: tuple[str, ...] = ("query", "response")
    unused: tuple[str, ...] = ("context", "reference_response", "history")


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


RULES: dict[str, RuleGrader] = {
    "NumberAccuracyGrader": RuleGrader("number_accuracy", TEXTS, _same("tolerance")),
    "JsonMatchGrader": RuleGrader("json_match", TEXTS, _same("strict_order", "ignore_extra_keys")),
    "JsonValidatorGrader": RuleGrader("json_valid", {"response": "text"}),
    "LengthPenaltyGrader": RuleGrader(
        "length_penalty", {"response": "text"}, _same("min_length", "max_length", "penalty_rate")
    ),
    "NgramRepetitionPenaltyGrader": RuleGrader(
        "ngram_repetition_penalty",
        {"response": "text"},
        _same(
            *("n", "penalty_threshold", "penalty_rate", "use_soft_penalty", "max_penalty", "min_scaling"),
            *("tokenizer_type", "encoding_name", "chinese_only", "analyze_scope"),
        ),
    ),
    "ReasoningFormatGrader": RuleGrader("reasoning_format", {"response": "text"}, _same("think_token", "answer_token")),
    "ReasoningToolCallFormatGrader": RuleGrader("reasoning_tool_call_format", {"response": "text"}),
    "MathExpressionVerifyGrader": RuleGrader(
        "math_verify_reward",
        TEXTS,
        _same("timeout_score"),
        {"timeout_score": 1.0},
        note="a comparison that fails counts as right there (`timeout_score = 1.0`), and so it does here: 0.0 is safer",
    ),
    "SyntaxCheckGrader": RuleGrader("code_syntax_check", {"response": "text"}),
    "CodeStyleGrader": RuleGrader("code_style", {"response": "text"}),
    "PatchSimilarityGrader": RuleGrader("code_patch_similarity", TEXTS),
    "CodeExecutionGrader": RuleGrader(
        "code_execution",
        {"response": "text"},
        _same("continuous", "timeout"),
        ignored=("test_framework_available", "compute_score"),
        note="it gets no tests there and always gives 0; here the tests of `label` or `metadata` run in a sandbox",
    ),
    "ActionLoopDetectionGrader": RuleGrader("action_loop", _TRACE, {"similarity_threshold": "similarity"}),
    "ObservationInformationGainGrader": RuleGrader("observation_gain", _TRACE, {"similarity_threshold": "similarity"}),
    "ToolUsageEfficiencyGrader": RuleGrader(
        "tool_efficiency", _TRACE, ignored=("redundancy_threshold", "information_gain_threshold")
    ),
    "TrajectoryStepEfficiencyGrader": RuleGrader(
        "step_efficiency",
        _TRACE,
        {"redundancy_threshold": "similarity", "reference_step_count": "reference_steps"},
    ),
}
"""Graders that are one rule, whatever their params."""

CHOOSING = {
    "StringMatchGrader": "algorithm",
    "SimilarityGrader": "algorithm",
    "ToolCallPrecisionRecallMatchGrader": "metric_type",
    "ToolCallStepSequenceMatchGrader": "strict_mode, use_jaccard_similarity",
}
"""Graders whose params say which rule they are; see `openjudge_rules.py`."""

LIBRARY: dict[str, LibraryGrader] = {
    "RelevanceGrader": LibraryGrader("rag/answer_relevance"),
    "HallucinationGrader": LibraryGrader("rag/faithfulness", ("query", "response", "context"), ("reference_response",)),
    "HarmfulnessGrader": LibraryGrader("alignment/harmlessness"),
    "InstructionFollowingGrader": LibraryGrader(
        "instructions/instruction_following", ("instruction", "response"), ("query",)
    ),
    "CorrectnessGrader": LibraryGrader(
        "factuality/short_answer", ("query", "response", "reference_response"), ("context",)
    ),
    "ResponseHelpfulnessGrader": LibraryGrader("alignment/helpfulness"),
}
"""Graders that ask a model, for whose job the library has a spec."""

ARGUMENTS = {
    "query": ("prompt", "text"),
    "instruction": ("prompt", "text"),
    "response": ("response", "text"),
    "reference_response": ("reference", "text"),
    "context": ("contexts", "list"),
}
"""Field of a grader -> the input of the library's specs, and its type."""

_AGENT = "no spec of the library judges this part of an agent: write it as a `judge` over the fields it reads"
_TURNS = "`chat/multi_turn` of the library judges a whole conversation: compose that, or write a `judge`"
_CODE = "`code/code` of the library judges a program as a whole: compose that, or write a `judge`"
_IMAGES = "it judges images, which are never shown to a judge here"
_SKILLS = "it judges the files of a skill: write it as a `judge` over the texts it reads"
_TOOLS = (
    "`tools/tool_use` of the library judges a step with tools, by the sample's `messages` and `tools`: compose that"
)

REFUSED: dict[str, str] = {
    "FunctionGrader": "it is a Python function: register it with `rm.register`, and call it as a rule",
    "AgenticGrader": "it is an agent with tools",
    "SearchCorrectnessGrader": "it searches the web, and judges here see what they are given",
    "BaseGrader": "its `aevaluate` is Python code: register it with `rm.register`, and call it as a rule",
    **dict.fromkeys(("CodeBugDetectionGrader", "CodeComplexityGrader", "CodeSecurityGrader"), _CODE),
    **dict.fromkeys(
        (
            *("ActionAlignmentGrader", "MemoryAccuracyGrader", "MemoryDetailPreservationGrader"),
            *("MemoryRetrievalEffectivenessGrader", "PlanDecompositionGrader", "PlanFeasibilityGrader"),
            *("ReasoningCoherenceGrader", "ReasoningGroundednessGrader", "ReflectionAccuracyGrader"),
            *("ReflectionOutcomeUnderstandingGrader", "ReflectionProgressAwarenessGrader"),
            *("TrajectoryAccuracyGrader", "TrajectoryComprehensiveGrader"),
        ),
        _AGENT,
    ),
    "ResponseCompletenessGrader": "`alignment/helpfulness` has completeness as one of four criteria: write a `judge`",
    "TrajectoryErrorRecoveryGrader": "it asks a model; the rule `error_recovery` measures recovery without one",
    **dict.fromkeys(
        ("ToolCallAccuracyGrader", "ToolSelectionGrader", "ToolCallSuccessGrader", "ToolParameterCheckGrader"), _TOOLS
    ),
    **dict.fromkeys(
        (
            *("AnaphoraResolutionGrader", "ContextMemoryGrader", "InstructionClarificationGrader"),
            *("ProactiveInteractionGrader", "ResponseRepetitionGrader", "SelfCorrectionGrader", "TopicSwitchGrader"),
        ),
        _TURNS,
    ),
    **dict.fromkeys(("ImageCoherenceGrader", "ImageHelpfulnessGrader", "TextToImageGrader"), _IMAGES),
    **dict.fromkeys(
        (
            *("SkillCompletenessGrader", "SkillDeclarationAlignmentGrader", "SkillDesignGrader"),
            *("SkillRelevanceGrader", "SkillThreatAnalysisGrader"),
        ),
        _SKILLS,
    ),
}
"""Graders without an equivalent, with the reason and what to do."""

GENERIC = "LLMGrader"
KNOWN = frozenset({*RULES, *CHOOSING, *LIBRARY, *REFUSED, GENERIC})
"""Every class that is told apart."""
