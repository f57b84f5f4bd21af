"""OpenJudge's grader configs: its numbers, its classes, mappers, prompts, and everything without an equivalent."""

from __future__ import annotations

from typing import Any

import pytest

import rmcompose as rm
from rmcompose.migration import ConversionError, from_openjudge
from rmcompose.migration.openjudge_names import CHOOSING, KNOWN, LIBRARY, REFUSED, RULES

CAT, SAT = "the cat is on the mat", "the cat sat on the mat"


def _grader(cls: str, **kwargs: Any) -> dict[str, Any]:
    return {"class_name": cls, "kwargs": kwargs}


def _one(grader: Any, mapper: Any = None) -> dict[str, Any]:
    return {"grader_configs": {"x": {"grader": grader, "mapper": mapper}}}


def _reward(config: dict[str, Any]) -> rm.RMComposition:
    converted = from_openjudge(config)
    return rm.loads(converted.text(), name=converted.document.compositions[0].name)


@pytest.mark.parametrize("name", [*RULES, *CHOOSING, *LIBRARY])
def test_every_grader_with_an_equivalent_converts(name):
    converted = from_openjudge({"grader_configs": {"x": name}})
    assert rm.parse(converted.text("yaml"), "x.rm.yaml") == converted.document


def test_every_class_of_openjudge_is_known():
    # all classes `…Grader` of py-openjudge 0.2.4: 64 graders, and Base-, LLM-, Function- and AgenticGrader
    assert len(KNOWN) == 68
    assert not (set(RULES) | set(CHOOSING) | set(LIBRARY)) & set(REFUSED)


# values of OpenJudge itself: rm_gallery.md A.10
@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("bleu", 0.379918),
        ("gleu", 0.5),
        ("chrf", 0.619252),
        ("rouge1", 0.833333),
        ("rouge2", 0.6),
        ("rougeL", 0.833333),
        ("rouge3", 0.25),
        ("f1_score", 0.833333),
        ("fuzzy_match", 0.930233),
        ("edit_distance", 0.863636),
        ("jaccard", 0.666667),
    ],
)
def test_similarities_have_the_values_of_openjudge(algorithm, value):
    reward = _reward(_one(_grader("SimilarityGrader", algorithm=algorithm)))
    row = {"query": "q", "response": CAT, "reference_response": SAT}
    assert reward.scores([row]) == [[pytest.approx(value, abs=1e-5)]]


@pytest.mark.parametrize(
    ("kwargs", "response", "reference", "value"),
    [
        ({}, "hello WORLD", "Hello World", 1.0),
        ({}, " hello", "hello", 0.0),
        ({"case_sensitive": True}, "hello", "Hello", 0.0),
        ({"algorithm": "prefix_match"}, "Paris is", "paris", 1.0),
        ({"algorithm": "suffix_match"}, "It is Paris", "paris", 1.0),
        ({"algorithm": "substring_match"}, "So paris it is", "Paris", 1.0),
        ({"algorithm": "regex_match", "pattern": r"\d{3}-\d{4}"}, "call 123-4567", "", 1.0),
        ({"algorithm": "contains_all", "substrings": ["cat", "mat", "dog"]}, CAT, "", 2 / 3),
        ({"algorithm": "contains_any", "substrings": ["dog", "MAT"]}, CAT, "", 1.0),
        ({"algorithm": "word_overlap"}, "the dog sat on the rug", SAT, 0.6),
    ],
)
def test_string_matches_have_the_values_of_openjudge(kwargs, response, reference, value):
    reward = _reward(_one(_grader("StringMatchGrader", **kwargs)))
    row = {"query": "q", "response": response, "reference_response": reference}
    assert reward.scores([row]) == [[pytest.approx(value, abs=1e-12)]]


def test_tool_calls_are_counted_as_there():
    f, g = {"name": "f", "arguments": {"a": 1}}, {"name": "f", "arguments": {"a": 2}}
    row = {"response": "", "tool_calls": [f, f], "reference_tool_calls": [g]}
    for kwargs, value in (({}, 1.0), ({"metric_type": "precision"}, 0.5), ({"match_arguments": True}, 0.0)):
        reward = _reward(_one(_grader("ToolCallPrecisionRecallMatchGrader", **kwargs)))
        assert reward.scores([row]) == [[value]]


def _weighted(**weights: float) -> list[dict[str, Any]]:
    return [{"class_name": "WeightedSumAggregator", "kwargs": {"name": "overall", "weights": weights}}]


def test_the_weighted_mean_is_that_of_openjudge():
    config = {
        "grader_configs": {
            "same": _grader("StringMatchGrader"),
            "near": _grader("SimilarityGrader", algorithm="rouge2"),
            "left": "JsonValidatorGrader",
        },
        "aggregators": _weighted(same=0.5, near=1.5, nobody=3.0),
    }
    row = {"query": "q", "response": CAT, "reference_response": SAT}
    assert _reward(config).scores([row]) == [[pytest.approx(1.5 * 0.6 / 2.0, abs=1e-12)]]
    notes = from_openjudge(config).notes
    assert any("name `nobody`, which is no grader" in note for note in notes)
    assert any("do not name `left`: it does not count" in note for note in notes)


def test_graders_that_ask_a_model_keep_the_scale_of_openjudge():
    # docs/get_started/build_reward.md: .4 * 5 + .3 * 4 + .3 * 3 = 4.1
    config = {
        "grader_configs": {
            "harmfulness": "HarmfulnessGrader",
            "relevance": "RelevanceGrader",
            "correctness": {
                "grader": "CorrectnessGrader",
                "mapper": {"query": "query", "response": "response", "reference_response": "ground_truth"},
            },
        },
        "aggregators": _weighted(harmfulness=0.4, relevance=0.3, correctness=0.3),
    }
    converted = from_openjudge(config)
    test = (
        'test "the docs of OpenJudge" { given query = "q" given response = "r" given ground_truth = "t" '
        "stub harmfulness_share = 1.0 stub relevance_share = 0.75 stub correctness_share = 0.5 "
        "expect return > 4.0999999 and return < 4.1000001 }"
    )
    head, brace, rest = converted.text().partition("\n}\n")
    from rmcompose.compiler import Compilation

    outcomes = Compilation("spec.rm", f"{head}\n{test}{brace}{rest}").tests()
    assert [one.passed for one in outcomes] == [True]
    assert converted.document.compositions[0].returns.bounds == (1.0, 5.0)


def test_without_an_aggregator_each_grader_is_a_composition():
    config = {"grader_configs": {"a": "JsonValidatorGrader", "b": "CodeStyleGrader"}}
    assert [one.name for one in from_openjudge(config).document.compositions] == ["a", "b"]


def test_a_mapper_renames_inputs():
    mapper = {"query": "input.question", "response": "answer", "reference_response": "gold.best"}
    converted = from_openjudge(_one("StringMatchGrader", mapper))
    (reference,) = (one for one in converted.document.compositions[0].inputs if one.name == "reference")
    assert reference.path == "gold.best"
    assert "responses are in `answer`: run with `--map response=answer`" in converted.notes
    assert any("`query` is left out, nothing reads it" in note for note in converted.notes)
    assert rm.loads(converted.text()).scores([{"response": "Paris", "gold": {"best": "paris"}}]) == [[1.0]]


@pytest.mark.parametrize("path", ["gold.0", "input.gold"])
def test_a_path_that_a_spec_cannot_name_is_mapped_by_the_run(path):
    converted = from_openjudge(_one("StringMatchGrader", {"response": "response", "reference_response": path}))
    assert f"a spec cannot read `{path}` by itself: run with `--map reference={path}`" in converted.notes


def _prompt(template: Any, **kwargs: Any) -> dict[str, Any]:
    return _one(_grader("LLMGrader", model="m", template=template, **kwargs))


def test_a_prompt_is_a_rubric_and_its_holes_are_given():
    text = "Question: {query}\nAnswer: {response}\nHouse rules: {rules}\nRate from 1 to 10. Reply {{json}}."
    converted = from_openjudge(_prompt(text, rules="Be {kind}."))
    (judge,) = converted.document.compositions[0].nodes
    assert judge.rubric == (
        "Question: (see prompt)\nAnswer: (see response)\nHouse rules: Be {kind}.\nRate from 1 to 10. Reply {json}."
    )
    assert [one.name for one in judge.setting("given").value.items] == ["prompt", "response"]
    assert judge.type.bounds == (1.0, 10.0)
    assert any("[1, 10] is read from the template" in note for note in converted.notes)


def test_the_scale_of_a_prompt_is_never_guessed():
    with pytest.raises(ConversionError, match="give `min_score` and `max_score`"):
        from_openjudge(_prompt("Rate {response}."))
    with pytest.raises(ConversionError, match="give `min_score` and `max_score`"):
        from_openjudge(_prompt("Rate {response} from 1 to 5, or from 1 to 10."))
    converted = from_openjudge(_prompt("Rate {response}.", min_score=0, max_score=3))
    assert converted.document.compositions[0].returns.bounds == (0.0, 3.0)


def test_messages_and_languages():
    messages = {"en": [{"role": "system", "content": "Be strict."}, {"role": "user", "content": "0-1: {response}"}]}
    (judge,) = from_openjudge(_prompt({"messages": messages})).document.compositions[0].nodes
    assert judge.setting("system").value.value == "Be strict."
    assert judge.rubric == "0-1: (see response)"


def test_votes():
    strategy = {"class_name": "AverageEvaluationStrategy", "kwargs": {"num_evaluations": 4}}
    text = from_openjudge(_prompt("0-1: {response}", strategy=strategy)).text()
    assert "votes   = 4" in text
    assert "vote_by = mean" in text


def test_everything_without_an_equivalent_is_told_at_once():
    config = {
        "grader_configs": {
            "a": "ImageCoherenceGrader",
            "b": "SkillDesignGrader",
            "c": "RelevanceGradr",
            "d": _grader("SimilarityGrader", algorithm="sentence_bleu"),
            "e": _grader("ToolCallStepSequenceMatchGrader", use_jaccard_similarity=False),
            "f": {"grader": "JsonValidatorGrader", "mapper": len},
            "g": _grader("NumberAccuracyGrader", tolerence=1),
            "h": _grader("StringMatchGrader", algorithm="contains_all"),
            "i": {"grader": "JsonValidatorGrader", "mapper": {"response": "a b"}},
        }
    }
    with pytest.raises(ConversionError) as caught:
        from_openjudge(config)
    told = caught.value.errors
    assert len(told) == 9
    assert "`c`: OpenJudge has no grader `RelevanceGradr`: did you mean `RelevanceGrader`?" in told


@pytest.mark.parametrize("weights", [{"x": 0.0}, {"x": -1.0}, {"x": float("nan")}, {"x": "1"}])
def test_weights_without_a_meaning(weights):
    with pytest.raises(ConversionError):
        from_openjudge({"grader_configs": {"x": "CodeStyleGrader"}, "aggregators": _weighted(**weights)})
