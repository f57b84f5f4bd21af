"""Results written into samples: the reward of each response as `DataSample` holds it."""

from __future__ import annotations

from typing import Any

from rmcompose.data.content import Absent
from rmcompose.data.errors import RowError
from rmcompose.data.native import as_sample, step_fields
from rmcompose.data.schema import DataOutput, DataSample, MessageRole, Reward, RewardDimensionWithScore, Step
from rmcompose.data.view import view


def rewarded(sample: Any, line: dict[str, Any], steps_from: tuple[str, ...] | None = None) -> DataSample:
    """A copy of the sample with the rewards of a result line; one that cannot be read has one unscored response.

    Where steps were read (`steps_from` is the path to them) each step of a response has its reward too; steps that the
    sample does not hold as such, as those that its text was parted into, are put there.
    """
    try:
        result = as_sample(sample).model_copy(deep=True)
        if steps_from is not None:
            _put_steps(result, sample, steps_from)
    except RowError:
        answer = Step(role=MessageRole.ASSISTANT, content="")
        result = DataSample(unique_id=str(line["id"] or ""), input=[], output=[DataOutput(answer=answer)])
    for output, response in zip(result.output, line["responses"], strict=True):
        output.answer.reward = _reward(response)
        if steps_from is not None:
            for number, step in enumerate(output.steps or []):
                step.reward = _step_reward(response, number)
    return result


def _put_steps(result: DataSample, sample: Any, path: tuple[str, ...]) -> None:
    """Each output with the steps that were read, where it holds others or none."""
    seen = view(sample)
    for index, output in enumerate(result.output):
        found = seen.steps(index, path)
        if path != ("steps",) or output.steps is None:
            held = [] if isinstance(found, Absent) else found.held
            output.steps = [Step.model_validate(step_fields(one)) for one in held] or None


def _step_reward(response: dict[str, Any], number: int) -> Reward:
    """The reward of one step: its score where one thing is reduced, and what became of every node for it."""
    nodes = {
        name: node["steps"][number] for name, node in response["nodes"].items() if number < len(node.get("steps", ()))
    }
    own = response["steps"][number] if number < len(response.get("steps", ())) else {}
    return Reward(
        score=own.get("score"),
        status=own.get("status"),
        reason=own["reason"] if isinstance(own.get("reason"), dict) else None,
        nodes=nodes,
        details=_details(nodes),
    )


def _words(reason: Any) -> str:
    """A node's reason as text; where something stands in for its value, why it has none of its own."""
    if isinstance(reason, dict):
        return f"{reason['kind']}: {reason['message']}"
    return reason or ""


def _details(nodes: dict[str, Any]) -> list[RewardDimensionWithScore]:
    return [
        RewardDimensionWithScore(name=name, reason=_words(node["reason"]), score=node["value"])
        for name, node in nodes.items()
        if node["status"] == "scored" and isinstance(node["value"], int | float)
    ]


def _reward(response: dict[str, Any]) -> Reward:
    return Reward(
        score=response["score"],
        status=response["status"],
        reason=response["reason"],
        nodes=response["nodes"],
        details=_details(response["nodes"]),
    )
