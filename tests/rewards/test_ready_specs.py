"""The library as reward classes, by the names that RM-Gallery registered its judges under, over a scripted server."""

from __future__ import annotations

import asyncio
import json
import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import ValidationError

import rmcompose as rm
from rmcompose import BaseListWiseReward, BaseLLM, BasePointWiseReward, ChatMessage, ChatResponse, RewardRegistry
from rmcompose.library import aliases, names
from rmcompose.rewards import OpenaiLLM
from rmcompose.runtime.client import Budget, Client, Config
from tests.rewards.samples import sample_of, scores

KEY = "sk-secret-456"
POINTWISE = [f"base_{one}_pointwise" for one in ("helpfulness", "harmlessness", "honesty")]
LISTWISE = [f"base_{one}_listwise" for one in ("helpfulness", "harmlessness", "honesty")] + [
    f"{one}_listwise_reward"
    for one in (
        "safety factuality brainstorming chat classification closed_qa code focus generation math open_qa precise_if "
        "reasoning rewrite role_playing summarization translation"
    ).split()
]
GOOD, MIDDLE, BAD = "a good answer", "a middling answer", "a bad answer"
QUALITY = {GOOD: 1.0, MIDDLE: 0.5, BAD: 0.0}
# what is wrong with an answer, not what is right: met by the bad one
FAULTS = {
    criterion
    for name in POINTWISE
    for judge in rm.load(name).plan.judges
    for criterion, _, weight in judge.criteria
    if weight < 0
}


def judged(body: dict[str, Any]) -> str:
    """What a judge says who knows how good the three answers are, in the shape that is asked for."""
    question = body["messages"][-1]["content"]
    schema = body["response_format"]["json_schema"]["schema"]["properties"]
    places = sorted((question.index(text), text) for text in QUALITY if text in question)
    if "ranking" in schema:
        groups: dict[float, list[int]] = {}
        for number, (_, text) in enumerate(places, start=1):
            groups.setdefault(QUALITY[text], []).append(number)
        return json.dumps({"reason": "ranked", "ranking": [groups[one] for one in sorted(groups, reverse=True)]})
    quality = QUALITY[places[0][1]]
    item = schema["verdicts"]["items"]["properties"]
    verdicts = []
    for one in item["id"]["enum"]:
        said = {"score": 1 + 4 * quality} if "score" in item else {"met": (quality >= 0.5) != (one in FAULTS)}
        verdicts.append({"id": one, "reason": "seen", **said})
    return json.dumps({"verdicts": verdicts})


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def made(chat_server):
    """Makes a reward whose judge is a server with these replies."""
    rewards: list[Any] = []

    def make(name: str, *replies: Any, **settings: Any) -> tuple[Any, Any]:
        server = chat_server(*(replies or (judged,)))
        llm = OpenaiLLM(model="their-model", base_url=server.url, api_key=KEY)
        rewards.append(RewardRegistry.get(name)(llm=llm, **settings))
        return rewards[-1], server

    yield make
    for reward in rewards:
        reward.close()


def test_they_are_all_there():
    assert len(POINTWISE) == 3
    assert len(LISTWISE) == 20
    assert set(POINTWISE + LISTWISE) == aliases().keys()


@pytest.mark.parametrize("name", POINTWISE)
def test_a_pointwise_judge_of_rm_gallery(made, name: str):
    reward, server = made(name)
    assert isinstance(reward, BasePointWiseReward)
    done = reward.evaluate(sample_of(GOOD, BAD, MIDDLE))
    # a scale has a middle, a checklist has none
    assert scores(done) == [1.0, 0.0, 0.5 if name == "base_helpfulness_pointwise" else 1.0]
    assert done.output[0].answer.reward.details[0].name == name
    assert re.search(r"\w+: seen; \w+: seen", done.output[0].answer.reward.details[0].reason)
    assert set(done.output[1].answer.additional_kwargs) == {name}
    assert {body["model"] for body in server.bodies} == {"their-model"}
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert len(server.bodies) == 3


@pytest.mark.parametrize("name", LISTWISE)
def test_a_listwise_judge_of_rm_gallery(made, name: str):
    reward, server = made(name)
    assert isinstance(reward, BaseListWiseReward)
    done = reward.evaluate(sample_of(BAD, GOOD, MIDDLE))
    assert scores(done) == [0.0, 1.0, 0.5]
    for output, score in zip(done.output, scores(done), strict=True):
        assert [(one.name, one.score) for one in output.answer.reward.details] == [(name, score)]
    assert len(server.bodies) == 1


@pytest.mark.parametrize("name", POINTWISE + LISTWISE)
def test_every_way_gives_the_scores_of_the_spec(made, name: str):
    reward, server = made(name)
    samples = [sample_of(MIDDLE, GOOD), sample_of(BAD, MIDDLE, GOOD)]
    with Client(Config({"m": {"base_url": server.url}}, {}), cache=False) as client:
        expected = rm.load(name, params={"judge_model": "m"}, client=client).scores(samples)
    once = [reward.evaluate(sample).model_dump() for sample in samples]
    assert [[output["answer"]["reward"]["score"] for output in one["output"]] for one in once] == expected
    assert [one.model_dump() for one in reward.evaluate_batch(samples, max_workers=3)] == once
    assert [asyncio.run(reward.aevaluate(sample)).model_dump() for sample in samples] == once
    with ThreadPoolExecutor(2) as pool:
        assert [one.model_dump() for one in reward.evaluate_batch(samples, thread_pool=pool)] == once
    assert [one.model_dump() for one in reward.evaluate_batch(reward.evaluate_batch(samples))] == once


@pytest.mark.parametrize("name", POINTWISE + LISTWISE)
def test_a_judge_that_fails_leaves_no_zero(made, name: str):
    reward, _ = made(name, {"status": 400})
    done = reward.evaluate_batch([sample_of(GOOD, BAD)])[0]
    assert scores(done) == [None, None]
    for output in done.output:
        assert output.answer.reward.status == "unscored"
        assert output.answer.reward.reason["kind"] == "provider_error"
        assert output.answer.reward.reason["node"] == name


@pytest.mark.parametrize("name", ["base_honesty_pointwise", "math_listwise_reward"])
@pytest.mark.parametrize("reply", ["no idea", '{"ranking": [[0], [3]], "verdicts": []}'])
def test_a_reply_that_cannot_be_read_is_no_score(made, name: str, reply: str):
    # there, a missing tag was a full score and `best` = 0 made the last answer win
    reward, _ = made(name, reply)
    done = reward.evaluate(sample_of(GOOD, BAD))
    assert scores(done) == [None, None]
    assert done.output[0].answer.reward.reason["kind"] == "malformed_reply"


def test_best_of_n_is_best_first(made):
    reward, _ = made("base_helpfulness_listwise")
    best = reward.best_of_n(sample_of(BAD, GOOD, MIDDLE), n=2)
    assert [output.answer.content for output in best.output] == [GOOD, MIDDLE]


@pytest.mark.parametrize("name", sorted(names()))
def test_every_spec_of_the_library_is_a_class(name: str):
    kind = RewardRegistry.get(name)
    reward = kind()
    low, high = kind.score_range
    assert low < high
    compares = rm.load(name).plan
    asks = bool(compares.judges)
    assert ("judge_model" in kind.model_fields) == asks
    assert isinstance(reward, BaseListWiseReward) == any(judge.compares for judge in compares.judges)


def test_params_are_fields(made):
    reward, server = made("base_helpfulness_pointwise", votes=3)
    assert scores(reward.evaluate(sample_of(GOOD))) == [1.0]
    assert len(server.bodies) == 3
    assert reward.judge_model == "gpt-4.1-mini"
    for settings, said in (({"votes": 0}, "greater than or equal to 1"), ({"vots": 1}, "vots")):
        with pytest.raises(ValidationError, match=said):
            RewardRegistry.get("base_helpfulness_pointwise")(**settings)


@pytest.mark.parametrize("field", ["rubrics", "examples", "desc", "scenario", "template", "max_retries"])
def test_what_a_spec_writes_down_is_told(field: str):
    with pytest.raises(ValidationError, match=f"`{field}` is written in the spec `alignment/helpfulness`: copy helpfu"):
        RewardRegistry.get("base_helpfulness_pointwise")(**{field: []})


def test_the_model_comes_from_the_configuration_or_a_client(chat_server, monkeypatch, tmp_path):
    server = chat_server(judged)
    (tmp_path / "rmcompose.toml").write_text(f'[models.mine]\nmodel = "the-id"\nbase_url = "{server.url}"\n')
    monkeypatch.chdir(tmp_path)
    reward = RewardRegistry.get("base_helpfulness_pointwise")(judge_model="mine")
    assert scores(reward.evaluate(sample_of(GOOD))) == [1.0]
    reward.close()
    assert server.bodies[0]["model"] == "the-id"
    with Client(budget=Budget(calls=0), cache=False) as client:
        reward = RewardRegistry.get("base_helpfulness_pointwise")(judge_model="mine", client=client)
        told = reward.evaluate(sample_of(GOOD)).output[0].answer.reward
    assert (told.score, told.reason["kind"]) == (None, "budget_exceeded")


def test_a_model_that_cannot_be_asked_as_it_says_is_an_error():
    kind = RewardRegistry.get("base_helpfulness_pointwise")

    def llm(**settings: Any) -> OpenaiLLM:
        return OpenaiLLM(model="m", base_url="http://127.0.0.1:9/v1", **settings)

    for settings in ({"temperature": 0.0}, {"seed": 1}, {"enable_thinking": True}, {"extra_body": {"a": 1}}):
        with pytest.raises(ValueError, match=f"`{next(iter(settings))}` of `llm` is for a spec to say"):
            kind(llm=llm(**settings))
    with pytest.raises(ValueError, match="leave `judge_model` and `client` out"):
        kind(llm=llm(), judge_model="x")
    with pytest.raises(ValueError, match="leave `judge_model` and `client` out"):
        kind(llm=llm(), client=Client(Config({}, {})))

    class Own(BaseLLM):
        def chat(self, messages: Any, **options: Any) -> ChatResponse:
            return ChatResponse(message=ChatMessage(content="hi"))

    with pytest.raises(ValueError, match="`llm` is an `OpenaiLLM`, not `Own`"):
        kind(llm=Own(model="m"))


def test_they_can_be_sent_to_other_processes(made):
    reward, _ = made("safety_listwise_reward")
    again = pickle.loads(pickle.dumps(reward))
    assert type(again) is type(reward)
    assert scores(again.evaluate(sample_of(BAD, GOOD))) == [0.0, 1.0]
    again.close()


def test_the_table_says_what_stands_for_what():
    lines = {line.split()[0]: line for line in RewardRegistry.list().splitlines()}
    assert set(lines) == set(RewardRegistry.names())
    for name, spec in aliases().items():
        assert re.match(rf"{name} +spec {spec} +\S", lines[name])
    assert re.match(r"alignment/helpfulness +spec +Did the response do", lines["alignment/helpfulness"])
    assert re.match(r"accuracy +rule +1 where text and reference", lines["accuracy"])


def test_an_unknown_name_has_a_suggestion():
    with pytest.raises(KeyError, match="did you mean `math_listwise_reward`"):
        RewardRegistry.get("math_listwise_rewrad")
    with pytest.raises(KeyError, match="did you mean `alignment/helpfulness`"):
        RewardRegistry.get("alignment/helpfullness")
