"""RM-Gallery's SimpleComposition: its numbers, its names, and everything that is told instead of dropped."""

from __future__ import annotations

import json
from typing import Any

import pytest

import rmcompose as rm
from rmcompose.library import aliases
from rmcompose.migration import ConversionError, from_simple_composition
from rmcompose.migration.rm_gallery_names import RULES, class_names


def _score(config: dict[str, Any], **fields: Any) -> float:
    converted = from_simple_composition(config)
    name = converted.document.compositions[0].name
    return rm.loads(converted.text(), name=name).score(**fields)


def _rewards(**kinds: Any) -> dict[str, Any]:
    return {
        key: {"cls": one} if isinstance(one, str) else {"cls": one[0], "params": one[1]} for key, one in kinds.items()
    }


@pytest.mark.parametrize("to", ["rm", "yaml"])
@pytest.mark.parametrize("name", [*RULES, *aliases()])
def test_every_registered_reward_converts(name, to):
    converted = from_simple_composition({"rewards": {"one": {"cls": name}}})
    path = "spec.rm" if to == "rm" else "spec.rm.yaml"
    assert rm.parse(converted.text(to), path) == converted.document


def test_the_38_registered_rewards_have_class_names():
    assert len(RULES) + len(aliases()) == 38
    assert sorted(class_names().values()) == sorted([*RULES, *aliases()])
    converted = from_simple_composition(
        {"rewards": {"one": {"cls": "rm_gallery.gallery.rm.qa.ClosedQAListWiseReward"}}}
    )
    assert "closed_qa_listwise" in converted.text()


# values of single rewards: rm_gallery.md appendix A (accuracy, rouge of rows 8 and 1; length penalty 82 characters)
def test_the_weighted_mean_is_that_of_rm_gallery():
    config = {"rewards": _rewards(a="accuracy", r="rouge"), "weights": {"a": 0.7, "r": 0.2}}
    # 0 and 0.6666666667: (0.7 * 0 + 0.2 * 2/3) / 0.9
    assert _score(config, response="hello world", reference="hello") == pytest.approx(0.2 * (2 / 3) / 0.9, abs=1e-12)


def test_a_penalty_is_averaged_with_scores_as_there():
    config = {
        "rewards": _rewards(a="accuracy", n=("length_penalty", {"max_length": 20, "penalty_rate": 0.05})),
        "weights": {"a": 1.0, "n": 3.0},
    }
    text = "x" * 82
    assert _score(config, response=text, reference=text) == pytest.approx((1.0 - 3 * 3.1) / 4, abs=1e-12)


def test_a_reward_without_a_weight_counts_1_and_that_is_told():
    config = {"rewards": _rewards(a="accuracy", rouge="rouge"), "weights": {"a": 3.0, "rogue": 9.0}}
    assert _score(config, response="hello world", reference="hello") == pytest.approx((2 / 3) / 4, abs=1e-12)
    notes = from_simple_composition(config).notes
    assert "`weights` names `rogue`, which is no reward: did you mean `rouge`?" in notes
    assert "`weights` does not name `rouge`: its weight is 1, as in RM-Gallery" in notes


def test_weights_that_sum_to_0_are_the_plain_mean():
    config = {"rewards": _rewards(a="accuracy", r="rouge"), "weights": {"a": 0.0, "r": 0.0}}
    assert _score(config, response="hello world", reference="hello") == pytest.approx(1 / 3, abs=1e-12)


def test_a_negative_weight_is_kept():
    config = {"rewards": _rewards(a="accuracy", r="rouge"), "weights": {"a": 2.0, "r": -1.0}}
    assert _score(config, response="hello world", reference="hello") == pytest.approx(-2 / 3, abs=1e-12)
    assert any("negative" in note for note in from_simple_composition(config).notes)


def test_a_mean_of_several_ranges_has_a_proven_range():
    config = {"rewards": _rewards(s="code_syntax_check", a="accuracy"), "weights": {"s": 0.5, "a": 0.5}}
    document = from_simple_composition(config).document
    assert document.compositions[0].returns.bounds == (-0.25, 1.0)
    # an invalid block is -0.5 there, an answer that is the reference 1
    text = "```python\nx =\n```"
    assert _score(config, response=text, reference=text) == pytest.approx(0.25, abs=1e-12)


def test_rows_of_rm_gallery_have_their_reference_in_the_label():
    row = {
        "unique_id": "a",
        "input": [{"role": "user", "content": "Capital of France?"}],
        "output": [{"answer": {"role": "assistant", "content": "Paris", "label": {"reference": "Paris"}}}],
    }
    converted = from_simple_composition({"rewards": _rewards(a="accuracy")})
    assert rm.loads(converted.text()).scores([row]) == [[1.0]]


def test_keys_and_addresses_are_never_written():
    llm = {"model": "qwen3-8b", "base_url": "http://inside", "openai_api_key": "sk-secret", "temperature": 0.1}
    config = {"params": {"llm": llm}, "rewards": _rewards(h="base_helpfulness_pointwise")}
    converted = from_simple_composition(config)
    told = "\n".join([converted.text(), converted.text("yaml"), *converted.notes])
    assert "sk-secret" not in told
    assert "inside" not in told
    assert 'param judge_model: text = "qwen3-8b"' in told
    assert "temperature = 0.1" in told
    assert any("rmcompose.toml" in note for note in converted.notes)


def test_rubrics_are_a_checklist_with_the_same_formula():
    config = {"rewards": _rewards(e=("BasePointWiseRubricReward", {"rubrics": ["A.", "B.", "C."], "desc": "Judge."}))}
    (main,) = from_simple_composition(config).document.compositions
    text = from_simple_composition(config).text()
    assert "style = checklist" in text
    assert [one.text for one in main.nodes[0].criteria] == ["A.", "B.", "C."]
    assert main.returns.bounds == (0.0, 1.0)


def test_two_models_are_two_params():
    config = {
        "rewards": _rewards(
            a=("base_helpfulness_pointwise", {"llm": "small"}), b=("base_helpfulness_pointwise", {"llm": "large"})
        )
    }
    converted = from_simple_composition(config)
    assert [one.name for one in converted.document.compositions[0].params] == ["judge_model", "judge_model_2"]
    assert len(converted.document.compositions) == 2  # one copy serves both


def test_everything_that_is_wrong_is_told_at_once():
    config = {
        "rewards": {
            "a": {"cls": "acuracy"},
            "b": {"cls": "SimpleComposition", "params": {"rewards": {}}},
            "c": {"params": {}},
            "d": {"cls": "length_penalty", "params": {"max_length": "long"}},
            "e": "accuracy",
            "f": {"cls": "base_helpfulness_pointwise", "params": {"template": "T"}},
        },
        "weights": {"a": float("nan"), "b": 10**400, "c": True},
    }
    with pytest.raises(ConversionError) as caught:
        from_simple_composition(config)
    told = "\n".join(caught.value.errors)
    for part in (
        "RM-Gallery has no reward `acuracy`: did you mean `accuracy`?",
        "loses its inner weights",
        "`c` has no `cls`",
        "`d`: `max_length` is a text, not a number",
        "`e` is a text, not `{cls, params}`",
        "a `template` is Python code",
        "the weight of `a` is not a finite number",
        "the weight of `b` is not a finite number",
        "the weight of `c` is true or false, not a number",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("config", "part"),
    [
        ({}, "`rewards` is null, not a mapping"),
        ([], "the config is a list, not a mapping"),
        ({"rewards": {}}, "`rewards` is empty"),
        ({"rewards": {3: {"cls": "accuracy"}}}, "a key is a number, not a text"),
        ({"cls": "RouterComposition", "rewards": {}}, "a RouterComposition cannot be converted"),
        ({"router": {}}, "a RouterComposition cannot be converted"),
        ({"reward_modules": []}, "of an older RM-Gallery"),
    ],
)
def test_what_is_no_simple_composition(config, part):
    with pytest.raises(ConversionError, match=part.replace("(", r"\(")):
        from_simple_composition(config)


def test_names_are_cleaned_and_kept_apart():
    config = {
        "rewards": _rewards(**{"a b": "accuracy", "a-b": "rouge", "7": "accuracy", "if": "accuracy", "é": "rouge"})
    }
    converted = from_simple_composition(config)
    names = [node.name for node in converted.document.compositions[0].nodes]
    assert names == ["a_b", "a_b_2", "reward_7", "if_", "reward", "total"]
    assert "the reward `a-b` is called `a_b_2` in the spec" in converted.notes


def test_params_that_no_reward_has_are_told():
    config = {
        "params": {"tolerance": 0.5, "colour": "red"},
        "rewards": _rewards(n="number_accuracy", p=("length_penalty", {"min_lenght": 3})),
    }
    converted = from_simple_composition(config)
    assert "tolerance = 0.5" in converted.text()
    assert "`params`: no reward has a param `colour`; RM-Gallery ignores it, too" in converted.notes
    assert any("`min_lenght`" in note and "did you mean `min_length`?" in note for note in converted.notes)


def test_a_config_of_python_objects():
    class AccuracyReward:
        pass

    class Llm:
        model = "m"

    config = {
        "rewards": {"a": {"cls": AccuracyReward}, "h": {"cls": "base_honesty_listwise", "params": {"llm": Llm()}}}
    }
    assert "accuracy()" in from_simple_composition(config).text()
    with pytest.raises(ConversionError, match="a Python object"):
        from_simple_composition({"rewards": {"a": AccuracyReward()}})


def test_a_rule_of_ones_own_is_a_rule(tmp_path):
    @rm.register("migrated_own", returns="float", low=0, high=1, example='migrated_own(text = "a") -> 1.0')
    def migrated_own(text: str, most: int = 3) -> float:
        """Whether the text is short."""
        return float(len(text) <= most)

    config = json.loads('{"rewards": {"o": {"cls": "migrated_own", "params": {"most": 2}}}}')
    assert _score(config, response="abc") == 0.0
