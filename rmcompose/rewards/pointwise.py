"""Rewards that judge each response on its own."""

from __future__ import annotations

from collections.abc import Sequence

from rmcompose.data.schema import DataSample, Reward
from rmcompose.rewards.base import BaseReward, Extra
from rmcompose.rewards.outcome import Failure, Outcome, scored, scores_of, unscored


class BasePointWiseReward(BaseReward):
    """`_evaluate` sees the sample with one response and returns `RewardResult[RewardDimensionWithScore]`.

    The score of a response is the unweighted mean of the details' scores. `extra_data` is kept in the answer's
    `additional_kwargs` under the reward's name.
    """

    def _parts(self, sample: DataSample) -> list[DataSample]:
        return [sample.model_copy(update={"output": [output]}) for output in sample.output]

    def _reward(self, sample: DataSample, outcomes: Sequence[Outcome]) -> None:
        for output, outcome in zip(sample.output, outcomes, strict=True):
            output.answer.reward = _reward_of(self, outcome)

    def _keep(self, sample: DataSample, extras: Sequence[Extra]) -> None:
        for output, extra in zip(sample.output, extras, strict=True):
            self._keep_in(output.answer.additional_kwargs, extra)


def _reward_of(reward: BaseReward, outcome: Outcome) -> Reward:
    details = scores_of(outcome)
    if isinstance(details, Failure):
        return unscored(reward.name, details)
    return scored(reward.name, details, reward.score_range)
