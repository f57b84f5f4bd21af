"""Rewards as a user of RM-Gallery writes them, and samples for them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from rmcompose import (
    BaseListWiseReward,
    BasePairWiseReward,
    BasePointWiseReward,
    BaseStepWiseReward,
    ChatMessage,
    DataOutput,
    DataSample,
    RewardDimensionWithRank,
    RewardDimensionWithScore,
    RewardResult,
    Step,
)


def result(score: float, name: str = "d", **extra: Any) -> RewardResult:
    return RewardResult(
        name=name, details=[RewardDimensionWithScore(name=name, score=score, reason="r")], extra_data=extra
    )


def ranked(*rank: float, **extra: Any) -> RewardResult:
    return RewardResult(
        name="d", details=[RewardDimensionWithRank(name="d", rank=list(rank), reason="r")], extra_data=extra
    )


class Length(BasePointWiseReward):
    """Longer is better."""

    name: str = "length"
    unit: float = Field(default=10.0, gt=0, description="characters that make 1")

    def _evaluate(self, sample: DataSample, **kwargs: Any) -> RewardResult:
        text = sample.output[0].answer.content
        if "boom" in text:
            raise RuntimeError("it went\n wrong")
        return result(len(text) / self.unit, self.name, length=len(text))


class Longest(BaseListWiseReward):
    name: str = "longest"

    def _evaluate(self, sample: DataSample, **kwargs: Any) -> RewardResult:
        lengths = [len(output.answer.content) for output in sample.output]
        return ranked(*[float(length == max(lengths)) for length in lengths], lengths=lengths)


class Longer(BasePairWiseReward):
    name: str = "longer"

    def _evaluate(self, sample: DataSample, **kwargs: Any) -> RewardResult:
        left, right = (output.answer.content for output in sample.output)
        if "boom" in left + right:
            raise RuntimeError("it went wrong")
        share = 0.5 if len(left) == len(right) else float(len(left) > len(right))
        return ranked(share, 1.0 - share, seen=f"{left}|{right}")


class StepLength(BaseStepWiseReward):
    name: str = "step_length"

    def _evaluate(self, sample: DataSample, **kwargs: Any) -> RewardResult:
        step = sample.output[0].steps[0]
        if "boom" in step.content:
            raise RuntimeError("it went wrong")
        return result(float(len(step.content)), self.name, seen=step.content)


def sample_of(*answers: str, steps: list[str] | None = None, **fields: Any) -> DataSample:
    return DataSample(
        unique_id="s",
        input=[ChatMessage(role="user", content="question")],
        output=[
            DataOutput(
                answer=Step(role="assistant", content=answer),
                steps=None if steps is None else [Step(role="assistant", content=step) for step in steps],
            )
            for answer in answers
        ],
        **fields,
    )


def scores(sample: DataSample) -> list[float | None]:
    return [output.answer.reward.score for output in sample.output]
