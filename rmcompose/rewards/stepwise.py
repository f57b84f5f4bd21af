"""Rewards that judge each step on the way to a response."""

from __future__ import annotations

from collections.abc import Sequence

from rmcompose.data.schema import DataSample, Reward, RewardDimensionWithScore, Step
from rmcompose.rewards.base import BaseReward, Extra
from rmcompose.rewards.outcome import Failure, Outcome, scored, scores_of, unscored


class BaseStepWiseReward(BaseReward):
    """`_evaluate` sees one response with one of its steps and returns `RewardResult[RewardDimensionWithScore]`.

    The score of a step is the unweighted mean of the details' scores, in the step's `reward`; `extra_data` is kept in
    the step's `additional_kwargs` under the reward's name. The score of the response is the mean over its steps; it is
    unscored where a step is, and `missing_input` where there are no steps.
    """

    def _parts(self, sample: DataSample) -> list[DataSample]:
        return [
            sample.model_copy(update={"output": [output.model_copy(update={"steps": [step]})]})
            for output in sample.output
            for step in output.steps or []
        ]

    def _reward(self, sample: DataSample, outcomes: Sequence[Outcome]) -> None:
        for step, outcome in zip(_steps(sample), outcomes, strict=True):
            details = scores_of(outcome)
            step.reward = (
                unscored(self.name, details)
                if isinstance(details, Failure)
                else scored(self.name, details, self.score_range)
            )
        for output in sample.output:
            output.answer.reward = self._over([step.reward for step in output.steps or []])

    def _keep(self, sample: DataSample, extras: Sequence[Extra]) -> None:
        for step, extra in zip(_steps(sample), extras, strict=True):
            self._keep_in(step.additional_kwargs, extra)

    def _over(self, rewards: Sequence[Reward]) -> Reward:
        """The reward of a response from those of its steps."""
        if not rewards:
            return unscored(self.name, Failure("missing_input", "the response has no steps"))
        details = [
            RewardDimensionWithScore(name=f"step {number}", reason=_reasons(reward), score=reward.score)
            for number, reward in enumerate(rewards, start=1)
            if reward.score is not None
        ]
        failed = next((reward for reward in rewards if reward.score is None), None)
        if failed is None:
            return scored(self.name, details, self.score_range)
        reason = failed.reason or {}
        return unscored(self.name, Failure(reason["kind"], reason["message"]), details)


def _steps(sample: DataSample) -> list[Step]:
    return [step for output in sample.output for step in output.steps or []]


def _reasons(reward: Reward) -> str:
    return "; ".join(detail.reason for detail in reward.details if detail.reason)
