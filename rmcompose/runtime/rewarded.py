"""Results written into samples: the reward of each response as `DataSample` holds it."""

from __future__ import annotations

from typing import Any

from rmcompose.data.errors import RowError
from rmcompose.data.native import as_sample
from rmcompose.data.schema import DataOutput, DataSample, MessageRole, Reward, RewardDimensionWithScore, Step


def rewarded(sample: Any, line: dict[str, Any]) -> DataSample:
    """A copy of the sample with the rewards of a result line; one that cannot be read has one unscored response."""
    try:
        result = as_sample(sample).model_copy(deep=True)
    except RowError:
        answer = Step(role=MessageRole.ASSISTANT, content="")
        result = DataSample(unique_id=str(line["id"] or ""), input=[], output=[DataOutput(answer=answer)])
    for output, response in zip(result.output, line["responses"], strict=True):
        output.answer.reward = _reward(response)
    return result


def _words(reason: Any) -> str:
    """A node's reason as text; where something stands in for its value, why it has none of its own."""
    if isinstance(reason, dict):
        return f"{reason['kind']}: {reason['message']}"
    return reason or ""


def _reward(response: dict[str, Any]) -> Reward:
    details = [
        RewardDimensionWithScore(name=name, reason=_words(node["reason"]), score=node["value"])
        for name, node in response["nodes"].items()
        if node["status"] == "scored" and isinstance(node["value"], int | float)
    ]
    return Reward(
        score=response["score"],
        status=response["status"],
        reason=response["reason"],
        nodes=response["nodes"],
        details=details,
    )
