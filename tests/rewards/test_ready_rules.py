"""The rules as reward classes, by the names that RM-Gallery registered them under and by all others."""

from __future__ import annotations

import asyncio
import copy
import importlib.util
import json
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rmcompose import BaseListWiseReward, BasePointWiseReward, RewardRegistry, register
from rmcompose.primitives import registry as rules
from rmcompose.primitives.packages import MissingPackage
from tests.rewards.samples import Length, sample_of, scores

DATA = Path(__file__).parent.parent / "primitives" / "data" / "rule_rewards.jsonl"
ROWS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]

# the master table of RM-Gallery: registered name -> settings with their defaults
TABLE: dict[str, dict[str, Any]] = {
    "accuracy": {},
    "f1_score": {"tokenizer_type": "tiktoken", "encoding_name": "cl100k_base", "chinese_only": False},
    "rouge": {},
    "number_accuracy": {"tolerance": 1e-6},
    "math_verify_reward": {"timeout_score": 0.0},
    "code_syntax_check": {},
    "code_style": {},
    "code_patch_similarity": {},
    "code_execution": {"continuous": True, "timeout": 10},
    "reasoning_format": {"think_token": "think", "answer_token": "answer"},
    "reasoning_tool_call_format": {},
    "length_penalty": {"min_length": 10, "max_length": 1000, "penalty_rate": 0.01},
    "ngram_repetition_penalty": {
        "n": 3,
        "penalty_threshold": 0.3,
        "penalty_rate": 1.0,
        "use_soft_penalty": False,
        "max_penalty": -1.0,
        "min_scaling": 0.0,
        "tokenizer_type": "tiktoken",
        "encoding_name": "cl100k_base",
        "chinese_only": False,
        "analyze_scope": "full",
    },
    "privacy_leakage": {"penalty_per_leak": -0.5},
    "detoxify_reward": {"model_name": "unbiased"},
}
# one input for each that needs no tokenizer: settings, response, reference, value by hand from the formula
BY_HAND: list[tuple[str, dict[str, Any], str, str | None, float]] = [
    ("accuracy", {}, " 42 ", "42", 1.0),
    ("f1_score", {"tokenizer_type": "simple"}, "a a a b", "a b", 1.0),
    ("rouge", {}, "the cat sat", "the cat", 0.8),
    ("number_accuracy", {"tolerance": 0.1}, "1.05 and 3", "1 2", 0.5),
    ("math_verify_reward", {}, "$\\frac{1}{2}$", "$0.5$", 1.0),
    ("code_syntax_check", {}, "```python\nx = (\n```", None, -0.5),
    ("code_style", {}, "```python\ndef aB():\n    pass\n```", None, 0.5),
    ("code_patch_similarity", {}, "abcd", "abcd", 1.0),
    ("reasoning_format", {"think_token": "t"}, "<t>a</t><answer>b</answer>", None, 1.0),
    ("reasoning_tool_call_format", {}, "<think>a</think><answer>b</answer>", None, 1.0),
    ("length_penalty", {"min_length": 5, "penalty_rate": 0.5}, "abc", None, -1.0),
    ("ngram_repetition_penalty", {"tokenizer_type": "simple", "n": 1}, "a a a a", None, -0.45),
    ("privacy_leakage", {"penalty_per_leak": -0.25}, "a@b.org or c@d.org", None, -0.5),
]


def asked(text: str, reference: str | None) -> Any:
    sample = sample_of(text)
    if reference is not None:
        sample.output[0].answer.label = {"reference": reference}
    return sample


@pytest.mark.parametrize("name", TABLE)
def test_the_names_of_rm_gallery_have_its_settings(name: str):
    kind = RewardRegistry.get(name)
    fields = {one: field.default for one, field in kind.model_fields.items()}
    assert fields.items() >= {**TABLE[name], "name": name, "max_workers": 8}.items()
    assert issubclass(kind, BasePointWiseReward)
    assert kind.score_range == rules.signature(name).range
    assert RewardRegistry.get(name) is kind


@pytest.mark.parametrize(("name", "settings", "text", "reference", "expected"), BY_HAND, ids=lambda one: str(one)[:24])
def test_the_names_of_rm_gallery_score(name, settings, text, reference, expected):
    done = RewardRegistry.get(name)(**settings).evaluate(asked(text, reference))
    assert scores(done) == [pytest.approx(expected, abs=1e-12)]
    (detail,) = done.output[0].answer.reward.details
    assert (detail.name, detail.score) == (name, scores(done)[0])


def test_every_name_but_those_that_run_something_is_tried():
    assert {one[0] for one in BY_HAND} == TABLE.keys() - {"code_execution", "detoxify_reward"}


def in_chinese(row: dict[str, Any]) -> bool:
    return row["params"].get("tokenizer_type") == "jieba"


@pytest.mark.parametrize(("reward", "chinese"), sorted({(row["reward"], in_chinese(row)) for row in ROWS}))
def test_the_values_measured_on_rm_gallery(reward: str, chinese: bool):
    if chinese:
        pytest.importorskip("jieba")
    for row in (row for row in ROWS if (row["reward"], in_chinese(row)) == (reward, chinese)):
        done = RewardRegistry.get(reward)(**row["params"]).evaluate(asked(row["generated"], row["reference"]))
        given = done.output[0].answer.reward
        if isinstance(row["expected"], str):
            assert (given.score, given.status) == (None, "unscored"), row
        else:
            assert given.score == pytest.approx(row["expected"], abs=1e-9), row


def test_programs_get_their_tests_from_label_and_metadata():
    # RM-Gallery dropped the metadata on the way
    cases = {"inputs": ["1\n"], "outputs": ["2\n"]}
    reward = RewardRegistry.get("code_execution")()
    without = reward.evaluate(sample_of("print(int(input()) + 1)")).output[0].answer.reward
    assert without.reason["kind"] == "missing_input"
    labelled = sample_of("print(int(input()) + 1)")
    labelled.output[0].answer.label = {"inputs_outputs": cases}
    for sample in (sample_of("print(int(input()) + 1)", metadata={"inputs_outputs": cases}), labelled):
        told = reward.evaluate(sample).output[0].answer.reward
        # where there is no sandbox it says so; either way the tests have arrived
        assert told.score == 1.0 or "sandbox" in told.reason["message"] or "bwrap" in told.reason["message"], told


def test_detoxify_scores_or_says_what_it_needs(chat_server):
    if importlib.util.find_spec("detoxify") is None:
        with pytest.raises(MissingPackage, match="detoxify"):
            RewardRegistry.get("detoxify_reward")()
    assert RewardRegistry.get("detoxify").score_range == (0.0, 1.0)


def test_a_missing_reference_is_unscored_and_not_zero():
    reward = RewardRegistry.get("accuracy")().evaluate(sample_of("")).output[0].answer.reward
    assert (reward.score, reward.status, reward.reason["kind"]) == (None, "unscored", "missing_input")
    assert reward.reason["node"] == "accuracy"


def test_sync_async_and_batch_agree_and_nothing_accumulates():
    reward = RewardRegistry.get("rouge")()
    sample = sample_of("the cat", "a dog sat", "cat")
    for output in sample.output:
        output.answer.label = {"reference": "the cat sat"}
    once = reward.evaluate(sample).model_dump()
    assert reward.evaluate(reward.evaluate(sample)).model_dump() == once
    assert reward.evaluate_batch([sample])[0].model_dump() == once
    assert asyncio.run(reward.aevaluate(sample)).model_dump() == once
    with ThreadPoolExecutor(2) as pool:
        assert reward.evaluate(sample, pool).model_dump() == once


def test_a_rule_over_all_responses_is_listwise(registered):
    @register("shares", returns="float", level="group", low=0, example='shares(text = ["a", "aaa"]) -> [0.25, 0.75]')
    def shares(text: list[str]) -> list[float | None]:
        """The share of the letters."""
        return [None if one == "?" else len(one) / len("".join(text)) for one in text]

    reward = registered.get("shares")()
    assert isinstance(reward, BaseListWiseReward)
    done = reward.evaluate(sample_of("a", "?", "aa"))
    assert scores(done) == [0.25, None, 0.5]
    assert done.output[1].answer.reward.status == "unscored"
    assert done.output[1].answer.reward.reason["node"] == "shares"


def test_settings_are_checked_as_a_spec_checks_them():
    for name, settings, said in (
        ("length_penalty", {"min_lenght": 1}, "min_lenght"),
        ("length_penalty", {"min_length": "x"}, "valid integer"),
        ("ngram_repetition_penalty", {"analyze_scope": "all"}, "'full' or 'thought'"),
        ("ngram_repetition_penalty", {"n": 0}, "greater than or equal to 1"),
        ("regex_match", {"pattern": "("}, "`pattern` of `regex_match`"),
        ("contains", {}, "Field required"),
    ):
        with pytest.raises(ValidationError, match=said):
            RewardRegistry.get(name)(**settings)


def test_settings_that_would_hide_a_method_keep_their_name():
    reward = RewardRegistry.get("json_schema")(schema='{"type": "object"}')
    assert scores(reward.evaluate(sample_of("{}", "[]"))) == [1.0, 0.0]
    kind = RewardRegistry.get("answer_match")
    assert kind(name_="Bern").name == "answer_match"


@pytest.mark.parametrize("value", ["${1}", 'a "quoted" ${x}', "line\nbreak", "no", "1", "\\d", "é\u2028"])
def test_texts_reach_the_rule_as_they_are(value: str):
    reward = RewardRegistry.get("contains")(value=value)
    assert scores(reward.evaluate(sample_of(f"<{value}>", "else"))) == [1.0, 0.0]
    every = RewardRegistry.get("contains_all")(values=[value, "<"])
    assert scores(every.evaluate(sample_of(f"<{value}>", value))) == [1.0, 0.5]


def test_rules_that_are_no_reward_say_why():
    with pytest.raises(KeyError, match="`language` is a rule, but no reward: it gives a text"):
        RewardRegistry.get("language")
    with pytest.raises(KeyError, match="`cosine_length` is a rule, but no reward: its `correct` is a value of a spec"):
        RewardRegistry.get("cosine_length")


def test_every_rule_is_a_class_or_says_why_not():
    names = set(RewardRegistry.names())
    for rule in rules.signatures():
        if rule.name in names:
            kind = RewardRegistry.get(rule.name)
            assert kind.score_range == (rule.low, rule.high)
            assert kind.__doc__ == rule.doc
            required = {one.name for one in rule.arguments if one.role is None and one.required}
            found = {field.alias or one for one, field in kind.model_fields.items() if field.is_required()}
            assert {one.removesuffix("_") for one in found} == required
        else:
            with pytest.raises(KeyError, match="no reward"):
                RewardRegistry.get(rule.name)


def test_what_is_registered_comes_first(registered):
    registered.register("accuracy", replace=True)(Length)
    assert registered.get("accuracy") is Length
    lines = [line.split() for line in registered.list().splitlines()]
    assert ["accuracy", "Length", "Longer", "is", "better."] in lines


def test_a_rule_that_is_replaced_is_seen(registered):
    before = registered.get("rouge")

    @register("rouge", returns="float", low=0, high=1, example='rouge(text = "a") -> 1.0', replace=True)
    def rouge(text: str) -> float:
        """Always 1."""
        return 1.0

    assert registered.get("rouge") is not before
    assert scores(registered.get("rouge")().evaluate(sample_of("x"))) == [1.0]


def test_they_can_be_copied_and_sent_to_other_processes():
    reward = RewardRegistry.get("length_penalty")(min_length=3, name="brief")
    for other in (copy.copy(reward), copy.deepcopy(reward), reward.model_copy(deep=True)):
        assert scores(other.evaluate(sample_of("a"))) == [-0.02]
    again = pickle.loads(pickle.dumps(reward))
    assert (type(again), again.name, again.min_length) == (type(reward), "brief", 3)
    assert math.isclose(scores(again.evaluate(sample_of("a")))[0], -0.02)
