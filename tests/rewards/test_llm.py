"""Rewards that ask a chat model, against a server on loopback."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest
from pydantic import Field, ValidationError

from rmcompose import (
    BaseListWiseReward,
    BaseLLM,
    BaseLLMReward,
    BasePointWiseReward,
    BasePromptTemplate,
    ChatMessage,
    ChatResponse,
    DataSample,
    LLMError,
    OpenaiLLM,
    RewardDimensionWithRank,
    RewardDimensionWithScore,
    RewardResult,
    format_messages,
)
from rmcompose.runtime.client import ConfigError
from tests.rewards.samples import sample_of, scores

KEY = "sk-secret-123"


class FactualityTemplate(BasePromptTemplate):
    score: float = Field(default=..., description="Return only the number")

    @classmethod
    def format(cls, question: str, answer: str, **kwargs: Any) -> str:
        return f"Question: {question}\nResponse: {answer}\n{cls.schema(**kwargs)}"


class Factuality(BaseLLMReward, BasePointWiseReward):
    name: str = "factuality"
    threshold: float = Field(default=0.7, description="Factuality score threshold")
    template: type[BasePromptTemplate] = FactualityTemplate

    def _before_evaluate(self, sample: DataSample, **kwargs: Any) -> dict:
        return {"question": format_messages(sample.input), "answer": sample.output[0].answer.content}

    def _after_evaluate(self, response: FactualityTemplate, **kwargs: Any) -> RewardResult:
        detail = RewardDimensionWithScore(name=self.name, score=response.score, reason=response.reason)
        return RewardResult(name=self.name, details=[detail], extra_data={"raw_response": response})


class BestTemplate(BasePromptTemplate):
    best: int

    @classmethod
    def format(cls, answers: list[str]) -> str:
        return "\n".join(answers)


class Best(BaseListWiseReward, BaseLLMReward):
    name: str = "best"
    template: type[BasePromptTemplate] = BestTemplate

    def _before_evaluate(self, sample: DataSample, **kwargs: Any) -> dict:
        return {"answers": [output.answer.content for output in sample.output]}

    def _after_evaluate(self, response: BestTemplate, sample: DataSample, **kwargs: Any) -> RewardResult:
        if not 1 <= response.best <= len(sample.output):
            raise IndexError(f"there is no answer {response.best}")
        rank = [float(number == response.best) for number in range(1, len(sample.output) + 1)]
        return RewardResult(name="best", details=[RewardDimensionWithRank(name="best", rank=rank, reason="")])


@pytest.fixture
def llm_at():
    made: list[OpenaiLLM] = []

    def make(server: Any, **settings: Any) -> OpenaiLLM:
        made.append(OpenaiLLM(model="m", base_url=server.url, api_key=KEY, **settings))
        return made[-1]

    yield make
    for llm in made:
        llm.close()


def reason(sample: DataSample, index: int = 0) -> dict[str, Any]:
    found = sample.output[index].answer.reward.reason
    assert found is not None
    return found


def test_a_pointwise_judge(chat_server, llm_at):
    server = chat_server("<reason>sound</reason><score>0.5</score>")
    done = Factuality(llm=llm_at(server)).evaluate(sample_of("Paris", "Rome"))
    assert scores(done) == [0.5, 0.5]
    assert done.output[0].answer.reward.details[0].reason == "sound"
    kept = done.output[1].answer.additional_kwargs["factuality"]
    assert kept["raw_response"].score == 0.5
    assert kept["prompt"] == server.bodies[1]["messages"][-1]["content"]
    assert "Question: <user>question</user>\nResponse: Rome\n" in kept["prompt"]
    assert server.keys == [f"Bearer {KEY}"] * 2


def test_a_listwise_judge_through_every_way(chat_server, llm_at):
    reward = Best(llm=llm_at(chat_server("<best>2</best>")))
    sample = sample_of("a", "b", "c")
    assert scores(reward.evaluate(sample)) == [0.0, 1.0, 0.0]
    assert scores(reward.evaluate_batch([sample])[0]) == [0.0, 1.0, 0.0]
    assert scores(asyncio.run(reward.async_evaluate(sample))) == [0.0, 1.0, 0.0]


def test_the_pointwise_judge_is_asked_for_each_response_in_batches(chat_server, llm_at):
    server = chat_server("<score>0.5</score>")
    done = Factuality(llm=llm_at(server)).evaluate_batch([sample_of("a", "b"), sample_of("c")])
    assert [scores(one) for one in done] == [[0.5, 0.5], [0.5]]
    assert len(server.bodies) == 3


def test_a_reply_that_cannot_be_read_is_asked_again(chat_server, llm_at):
    server = chat_server("no idea", "<score>high</score>", "<score>0.25</score>")
    assert scores(Factuality(llm=llm_at(server)).evaluate(sample_of("a"))) == [0.25]
    assert len(server.bodies) == 3


@pytest.mark.parametrize("reply", ["<best>0</best>", "<best>4</best>", "nothing"])
def test_a_reply_that_never_can_be_read_is_unscored(chat_server, llm_at, reply):
    server = chat_server(reply)
    done = Best(llm=llm_at(server), max_retries=2).evaluate(sample_of("a", "b", "c"))
    assert scores(done) == [None] * 3
    assert reason(done)["kind"] == "malformed_reply"
    assert reason(done)["message"].endswith("(asked 2 times)")
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        ({"status": 401}, "provider_error", "the server answered 401: scripted 401"),
        ({"status": 400}, "provider_error", "the server answered 400"),
        ({"status": 429, "error": {"code": "insufficient_quota"}}, "provider_error", "the server answered 429"),
        ({"message": {"content": None, "refusal": "I won't"}}, "refused", "I won't"),
        ({"message": {"content": ""}, "finish": "content_filter"}, "refused", "content filter"),
        ({"raw": "{}"}, "provider_error", "no choices"),
        ({"raw": "<html>"}, "provider_error", ""),
    ],
)
def test_what_the_server_refuses_is_unscored_at_once(chat_server, llm_at, reply, kind, said):
    server = chat_server(reply)
    done = Factuality(llm=llm_at(server)).evaluate(sample_of("a"))
    assert (scores(done), reason(done)["kind"]) == ([None], kind)
    assert said in reason(done)["message"]
    assert len(server.bodies) == 1


def test_no_answer_in_time_is_a_timeout(chat_server, llm_at):
    done = Factuality(llm=llm_at(chat_server({"hang": True}), timeout=0.05)).evaluate(sample_of("a"))
    assert reason(done) == {"kind": "timeout", "node": "factuality", "message": "no answer in 0.05 seconds"}


def test_what_passes_is_waited_out(chat_server, llm_at):
    busy = {"status": 429, "headers": {"Retry-After": "0"}}
    failing = {"status": 503, "headers": {"Retry-After": "0"}}
    server = chat_server(busy, failing, busy, "fine")
    assert llm_at(server).simple_chat("hi") == "fine"
    assert len(server.bodies) == 4


def test_retry_after_is_never_undercut(chat_server, llm_at, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr("rmcompose.rewards.openai_llm.time.sleep", slept.append)
    llm = llm_at(chat_server({"status": 429, "headers": {"Retry-After": "40"}}, {"status": 500}, "fine"))
    assert llm.simple_chat("hi") == "fine"
    assert 40 <= slept[0] <= 45
    assert 0 < slept[1] < 5


def test_waiting_is_bounded(chat_server, llm_at):
    server = chat_server({"status": 503, "headers": {"Retry-After": "0"}})
    with pytest.raises(LLMError, match=r"503: scripted 503 \(asked 3 times\)") as caught:
        llm_at(server, max_retries=2).chat([ChatMessage(content="hi")])
    assert (caught.value.kind, len(server.bodies)) == ("provider_error", 3)
    server = chat_server({"status": 429, "headers": {"Retry-After": "3600"}})
    with pytest.raises(LLMError, match="429"):
        llm_at(server).chat([ChatMessage(content="hi")])
    assert len(server.bodies) == 1


def test_an_error_never_shows_the_key(chat_server, llm_at):
    server = chat_server({"status": 401, "error": {"message": f"wrong key {KEY}\nsorry"}})
    with pytest.raises(LLMError, match=r"wrong key \*\*\* sorry") as caught:
        llm_at(server).simple_chat("hi")
    assert KEY not in str(caught.value)


def test_settings_are_sent_as_they_are(chat_server, llm_at):
    server = chat_server("x")
    llm_at(server, temperature=0, seed=0, stop=["\n"], extra_body={"top_k": 3}).simple_chat("hi")
    llm_at(server).chat([{"role": "user", "content": "hi"}], max_tokens=5)
    first, second = server.bodies
    assert (first["temperature"], first["seed"], first["stop"], first["top_k"]) == (0, 0, ["\n"], 3)
    assert "max_tokens" not in first
    assert "temperature" not in second
    assert second["max_tokens"] == 5


def test_a_conversation_is_sent_in_order(chat_server, llm_at):
    server = chat_server("x")
    llm_at(server).simple_chat("third", history=["first", "second"], sys_prompt="be kind")
    sent = [(message["role"], message["content"]) for message in server.bodies[0]["messages"]]
    assert sent == [("system", "be kind"), ("user", "first"), ("assistant", "second"), ("user", "third")]


@pytest.mark.parametrize("stream", [False, True])
def test_thinking_is_the_reason(chat_server, llm_at, stream):
    server = chat_server({"message": {"reasoning_content": "step one", "content": "<score>0.75</score>"}})
    reward = Factuality(llm=llm_at(server, enable_thinking=True, stream=stream))
    done = reward.evaluate(sample_of("a"))
    assert scores(done) == [0.75]
    assert done.output[0].answer.reward.details[0].reason == "step one"
    assert "<reason>" not in server.bodies[0]["messages"][0]["content"]
    assert server.bodies[0]["stream"] is stream
    reply = reward.llm.chat([ChatMessage(content="hi")])
    assert (reply.message.content, reply.message.reasoning_content) == ("<score>0.75</score>", "step one")


def test_qwen_models_are_told_to_think(chat_server):
    server = chat_server("x")
    llm = OpenaiLLM(model="Qwen3-8b", base_url=server.url, enable_thinking=True)
    assert llm.simple_chat("hi") == "x"
    llm.close()
    assert (server.bodies[0]["enable_thinking"], server.bodies[0]["stream"]) == (True, True)


def test_a_dry_run_shows_the_prompts_and_asks_nobody():
    done = Factuality().format(sample_of("Paris", "Rome"))
    prompts = [output.answer.additional_kwargs["factuality"]["prompt"] for output in done.output]
    assert ["Response: Paris" in prompts[0], "Response: Rome" in prompts[1]] == [True, True]
    assert scores(done) == [None, None]
    assert Best().format(sample_of("a", "b")).input[-1].additional_kwargs == {"best": {"prompt": "a\nb"}}


def test_a_reward_without_a_model_says_so():
    for ask in (Factuality().evaluate, lambda sample: Factuality().evaluate_batch([sample])):
        with pytest.raises(ValueError, match="the reward `factuality` has no `llm`"):
            ask(sample_of("a"))


def test_a_mistake_in_the_reward_is_no_mistake_of_the_model(chat_server, llm_at):
    class Wrong(Factuality):
        def _after_evaluate(self, response: Any, **kwargs: Any) -> RewardResult:
            return response.nothing

    server = chat_server("<score>1</score>")
    done = Wrong(llm=llm_at(server)).evaluate(sample_of("a"))
    assert reason(done)["kind"] == "rule_error"
    assert len(server.bodies) == 1


@pytest.mark.parametrize(("error", "kind"), [(TimeoutError("late"), "timeout"), (OSError("gone"), "provider_error")])
def test_a_model_of_the_users_own(error, kind):
    class Mine(BaseLLM):
        model: str = "mine"
        fails: Any = None

        def chat(self, messages: Any, **options: Any) -> ChatResponse:
            if self.fails:
                raise self.fails
            return ChatResponse(message=ChatMessage(content=f"<score>{len(messages)}</score>"))

    assert scores(Factuality(llm=Mine()).evaluate(sample_of("a"))) == [1.0]
    done = Factuality(llm=Mine(fails=error)).evaluate(sample_of("a"))
    assert reason(done)["kind"] == kind


def test_the_key_is_never_shown(chat_server, llm_at, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for llm in (llm_at(chat_server("x")), OpenaiLLM(model="m")):
        reward = Factuality(llm=llm)
        shown = [repr(llm), str(llm), repr(reward), llm.model_dump_json(), repr(llm.__pydantic_private__)]
        assert not [one for one in shown if KEY in one]


def test_the_key_comes_from_the_argument_or_the_environment(chat_server, monkeypatch):
    server = chat_server("x")
    with pytest.raises(ConfigError, match="`OPENAI_API_KEY`"):
        OpenaiLLM(model="m")
    monkeypatch.setenv("BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "from-env")
    for llm in (
        OpenaiLLM(model="m"),
        OpenaiLLM(model="m", base_url=server.url),
        OpenaiLLM(model="m", api_key="given"),
        OpenaiLLM(model="m", openai_api_key="given"),
    ):
        assert llm.simple_chat("hi") == "x"
        llm.close()
    assert server.keys == ["Bearer from-env"] * 2 + ["Bearer given"] * 2
    with pytest.raises(ValidationError, match="temprature"):
        OpenaiLLM(model="m", temprature=0)


def test_models_can_be_copied_and_sent_to_other_processes(chat_server, llm_at):
    llm = llm_at(chat_server("x"))
    assert llm.simple_chat("hi") == "x"
    for other in (copy.deepcopy(llm), pickle.loads(pickle.dumps(llm))):
        assert other.simple_chat("hi") == "x"
        assert other == llm
        other.close()
