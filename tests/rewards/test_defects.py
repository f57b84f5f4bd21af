"""What was wrong in RM-Gallery, defect by defect: a test here fails where one comes back.

Others are held elsewhere in this folder: rewards in place of sums (`test_ways.py`), pairs once (`test_shapes.py`),
replies that are never evaluated (`test_template.py`), settings that are sent (`test_llm.py`).
"""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import Field

from rmcompose import (
    BaseListWiseReward,
    BaseLLM,
    BaseLLMReward,
    BasePairWiseReward,
    BasePointWiseReward,
    BasePromptTemplate,
    BaseStepWiseReward,
    ChatMessage,
    ChatResponse,
    DataSample,
    LLMError,
    MessageRole,
    RewardDimensionWithRank,
    RewardDimensionWithScore,
    RewardResult,
    loads,
)
from tests.rewards.samples import Length, Longer, Longest, StepLength, result, sample_of, scores

SHAPES = [BasePointWiseReward, BaseStepWiseReward, BaseListWiseReward, BasePairWiseReward]
TEXTS = ["a", "ccc", "bb"]
EXPECTED = {
    BasePointWiseReward: [1.0, 3.0, 2.0],
    BaseStepWiseReward: [1.5, 1.5, 1.5],
    BaseListWiseReward: [1.0, 3.0, 2.0],
    BasePairWiseReward: [1.0, 3.0, 2.0],
}


class LengthsTemplate(BasePromptTemplate):
    lengths: list[float] = Field(description="the length of each text")

    @classmethod
    def format(cls, texts: list[str], **kwargs: Any) -> str:
        return json.dumps(texts)


class Counts(BaseLLM):
    """Answers with the length of each text that it is asked about; `boom` is refused."""

    model: str = "counts"

    def chat(self, messages: Any, **options: Any) -> ChatResponse:
        texts = json.loads(messages[-1].content)
        if "boom" in texts:
            raise LLMError("not that one", "refused")
        said = f"<reason>counted</reason><lengths>{[len(text) for text in texts]}</lengths>"
        return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=said))


def _before_evaluate(self: Any, sample: DataSample, **kwargs: Any) -> dict[str, Any]:
    if isinstance(self, BaseStepWiseReward):
        return {"texts": [sample.output[0].steps[0].content]}
    return {"texts": [output.answer.content for output in sample.output]}


def _after_evaluate(self: Any, response: Any, **kwargs: Any) -> RewardResult:
    if isinstance(self, BaseListWiseReward):
        detail = RewardDimensionWithRank(name="d", rank=response.lengths, reason=response.reason)
    else:
        detail = RewardDimensionWithScore(name="d", score=response.lengths[0], reason=response.reason)
    return RewardResult(name=self.name, details=[detail])


def asks(shape: type, order: str) -> Any:
    """A reward that asks a model, with the two base classes in either order."""
    bases = (BaseLLMReward, shape) if order == "model first" else (shape, BaseLLMReward)
    body: dict[str, Any] = {
        "__module__": __name__,
        "__annotations__": {"name": str, "llm": BaseLLM, "template": type[BasePromptTemplate]},
        "name": "asks",
        "llm": Counts(),
        "template": LengthsTemplate,
        "_before_evaluate": _before_evaluate,
        "_after_evaluate": _after_evaluate,
    }
    return type("Asking", bases, body)()


def everywhere(reward: Any, sample: DataSample) -> list[DataSample]:
    """The sample evaluated in every way that there is."""
    with ThreadPoolExecutor(2) as pool:
        return [
            reward.evaluate(sample),
            reward.evaluate(sample, pool),
            reward.evaluate_batch([sample])[0],
            reward.evaluate_batch([sample, sample], max_workers=1)[1],
            reward.evaluate_batch([sample], thread_pool=pool)[0],
            asyncio.run(reward.async_evaluate(sample)),
            asyncio.run(reward.aevaluate(sample, asyncio.Semaphore(1))),
        ]


@pytest.mark.parametrize("order", ["model first", "shape first"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_model_reward_is_asked_by_its_shape_in_every_way(shape, order):
    # there, batches and async asked once with the whole sample and wrote into the first response only
    sample = sample_of(*TEXTS, steps=["s", "tt"])
    for done in everywhere(asks(shape, order), sample):
        assert scores(done) == EXPECTED[shape]
        assert all(output.answer.reward.status == "scored" for output in done.output)
        # a rank is written to each output, as a score of its own and never as the list
        assert all(type(one) is RewardDimensionWithScore for o in done.output for one in o.answer.reward.details)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_model_that_refuses_is_unscored_and_not_zero(shape):
    sample = sample_of("a", "boom", steps=["s"])
    if shape is BaseStepWiseReward:
        sample = sample_of("a", "b", steps=["s", "boom"])
    for done in everywhere(asks(shape, "model first"), sample):
        last = done.output[1].answer.reward
        assert (last.score, last.status, last.reason["kind"]) == (None, "unscored", "refused")
        assert scores(done)[0] == (1.0 if shape is BasePointWiseReward else None)


def test_every_rank_is_written_to_its_response():
    class Two(BaseListWiseReward):
        name: str = "two"

        def _evaluate(self, sample: DataSample, **kwargs: Any) -> RewardResult:
            ranks = {"first": [0.25, 0.5, 1.0], "second": [0.75, 0.0, 1.0]}
            details = [RewardDimensionWithRank(name=name, rank=rank, reason=name) for name, rank in ranks.items()]
            return RewardResult(name="two", details=details, extra_data={"seen": len(sample.output)})

    for done in everywhere(Two(), sample_of(*TEXTS)):
        told = [[(one.name, one.reason, one.score) for one in output.answer.reward.details] for output in done.output]
        assert told == [
            [("first", "first", 0.25), ("second", "second", 0.75)],
            [("first", "first", 0.5), ("second", "second", 0.0)],
            [("first", "first", 1.0), ("second", "second", 1.0)],
        ]
        assert scores(done) == [0.5, 0.25, 1.0]
        assert done.input[-1].additional_kwargs == {"two": {"seen": 3}}


@pytest.mark.parametrize("kind", [Length, Longest, Longer, StepLength])
def test_what_the_sample_says_reaches_every_shape_in_every_way(kind):
    seen: list[Any] = []

    class Looks(kind):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            seen.append((sample.metadata, sample.task_category, sample.source, sample.unique_id))
            return super()._evaluate(sample)

    sample = sample_of("a", "bb", steps=["s"], metadata={"inputs_outputs": [1]}, task_category="code", source="web")
    everywhere(Looks(), sample)
    assert seen
    assert all(one == ({"inputs_outputs": [1]}, "code", "web", "s") for one in seen)


def test_steps_are_scored_in_every_way():
    # there, merging a sample with steps raised, and nothing was told of the response
    for done in everywhere(StepLength(), sample_of("x", "y", steps=["a", "bbb"])):
        for output in done.output:
            assert [step.reward.score for step in output.steps] == [1.0, 3.0]
            assert [step.additional_kwargs for step in output.steps] == [
                {"step_length": {"seen": "a"}},
                {"step_length": {"seen": "bbb"}},
            ]
            assert output.answer.reward.score == 2.0
            assert [one.name for one in output.answer.reward.details] == ["step 1", "step 2"]


def test_steps_of_a_class_are_those_of_the_language(registered):
    class ByText(BasePointWiseReward):
        name: str = "by_text"

        def _evaluate(self, sample: DataSample, **kwargs: Any) -> RewardResult:
            return result(float(len(sample.output[0].answer.content)))

    registered.register("by_text")(ByText)
    registered.register("by_steps")(StepLength)
    spec = loads("""rmcompose 1
composition main -> float {
  input step: text
  rule r = by_text(text = step)
  return reduce(r, "mean")
}
""")
    whole = loads("rmcompose 1\ncomposition main -> float {\n  rule r = by_steps()\n  return r\n}\n")
    sample = sample_of("x", "y", steps=["a", "bbb", "cc"])
    sample.output[1].steps = sample.output[1].steps[:1]
    done = StepLength().evaluate(sample)
    assert scores(done) == [2.0, 1.0]
    assert spec.scores([sample]) == whole.scores([sample]) == [scores(done)]
    told = spec.evaluate(sample)
    for one, other in zip(told.output, done.output, strict=True):
        assert [step.reward.score for step in one.steps] == [step.reward.score for step in other.steps]
    assert spec.step_scores([sample]) == [[[1.0, 3.0, 2.0], [1.0]]]


def test_a_step_that_fails_is_no_zero_in_a_spec_either(registered):
    registered.register("by_steps")(StepLength)
    spec = loads("rmcompose 1\ncomposition main -> float {\n  rule r = by_steps()\n  return r\n}\n")
    told = spec.evaluate(sample_of("x", steps=["a", "boom"])).output[0].answer.reward
    assert (told.score, told.reason["message"]) == (None, "RuntimeError: it went wrong")


@pytest.mark.parametrize("kind", [Length, Longest, Longer, StepLength])
def test_a_third_evaluation_is_the_first_in_every_way(kind):
    sample = sample_of(*TEXTS, steps=["s", "tt"])
    first = kind().evaluate(sample).model_dump()
    for done in everywhere(kind(), kind().evaluate(kind().evaluate(sample))):
        assert done.model_dump() == first


def test_rewards_that_a_sample_brings_along_are_not_counted():
    sample = sample_of("a", "bb")
    for output in sample.output:
        output.answer.reward.score = 7.0
        output.answer.reward.details = [RewardDimensionWithScore(name="old", score=7.0, reason="")]
    for done in everywhere(Length(), sample):
        assert scores(done) == [0.1, 0.2]


def test_one_bad_sample_never_aborts_the_others_under_asyncio():
    # there, `gather` let the first exception end the batch
    async def together() -> list[DataSample]:
        return await asyncio.gather(*(Length().aevaluate(sample_of(text)) for text in ("a", "boom", "bb")))

    assert [scores(one) for one in asyncio.run(together())] == [[0.1], [None], [0.2]]


def test_many_workers_are_many_under_asyncio():
    # there, the event loop's own pool was the cap: min(32, cores + 4)
    count = 40
    barrier = threading.Barrier(count, timeout=20)

    class Waits(Length):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            barrier.wait()
            return super()._evaluate(sample)

    sample = sample_of(*["a"] * count)
    assert scores(asyncio.run(Waits(max_workers=count).aevaluate(sample))) == [0.1] * count
    assert scores(Waits().evaluate_batch([sample], max_workers=count)[0]) == [0.1] * count


def test_a_pair_is_judged_alike_in_every_way():
    # there, the synchronous way also judged every response against itself, and the scores differed
    calls: list[tuple[str, ...]] = []

    class Notes(Longer):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            calls.append(tuple(output.answer.content for output in sample.output))
            return super()._evaluate(sample)

    ways = everywhere(Notes(), sample_of(*TEXTS))
    assert [scores(one) for one in ways] == [[0.0, 1.0, 0.5]] * len(ways)
    assert len(calls) == 3 * (len(ways) + 1)
    assert set(calls) == {("a", "ccc"), ("a", "bb"), ("ccc", "bb")}
