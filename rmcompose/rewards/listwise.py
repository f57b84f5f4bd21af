"""Rewards that judge the responses of one sample against each other: all at once, or pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from rmcompose.data.schema import DataSample, RewardDimensionWithScore
from rmcompose.rewards.base import BaseReward, Extra
from rmcompose.rewards.outcome import Failure, Outcome, first_failure, scored, scores_each, unscored


class BaseListWiseReward(BaseReward):
    """`_evaluate` sees all responses and returns `RewardResult[RewardDimensionWithRank]`, a score for each of them.

    The score of a response is the unweighted mean of its places in the details. `extra_data` is kept in the
    `additional_kwargs` of the last message of the input under the reward's name (of the first answer, where there is no
    message). A failure leaves all responses unscored.
    """

    def _parts(self, sample: DataSample) -> list[DataSample]:
        return [sample] if sample.output else []

    def _reward(self, sample: DataSample, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            each = scores_each(outcome, len(sample.output))
            for index, output in enumerate(sample.output):
                output.answer.reward = (
                    unscored(self.name, each)
                    if isinstance(each, Failure)
                    else scored(self.name, each[index], self.score_range)
                )

    def _keep(self, sample: DataSample, extras: Sequence[Extra]) -> None:
        for extra in extras:
            self._keep_for_all(sample, extra)

    def _keep_for_all(self, sample: DataSample, extra: Extra) -> None:
        holder = sample.input[-1] if sample.input else sample.output[0].answer
        self._keep_in(holder.additional_kwargs, extra)


class BasePairWiseReward(BaseListWiseReward):
    """`_evaluate` sees two responses i < j, each pair once, and returns `RewardResult[RewardDimensionWithRank]` of two.

    The score of a response is the unweighted mean of its scores in all its pairs: its win rate, where a pair gives 1
    to the winner, 0 to the loser and 0.5 to both in a tie. A pair that failed leaves its two responses unscored, and a
    single response has nothing to be compared with (`abstained`). `extra_data` is kept as `{"pairs": […]}`, each with
    the positions of its `responses`, where `BaseListWiseReward` keeps it.
    """

    def _parts(self, sample: DataSample) -> list[DataSample]:
        return [sample.model_copy(update={"output": [sample.output[i], sample.output[j]]}) for i, j in _pairs(sample)]

    def _reward(self, sample: DataSample, outcomes: Sequence[Outcome]) -> None:
        seen: list[list[list[RewardDimensionWithScore] | Failure]] = [[] for _ in sample.output]
        for pair, outcome in zip(_pairs(sample), outcomes, strict=True):
            each = scores_each(outcome, 2)
            if not isinstance(each, Failure) and not each[0]:
                each = Failure("rule_error", f"the reward gave no details for responses {pair[0]} and {pair[1]}")
            for place, index in enumerate(pair):
                seen[index].append(each if isinstance(each, Failure) else each[place])
        for output, found in zip(sample.output, seen, strict=True):
            failure = first_failure(found)
            if not found:
                failure = Failure("abstained", "there is nothing to compare the response with")
            details = [detail for one in found if not isinstance(one, Failure) for detail in one]
            output.answer.reward = (
                unscored(self.name, failure, details) if failure else scored(self.name, details, self.score_range)
            )

    def _keep(self, sample: DataSample, extras: Sequence[Extra]) -> None:
        if not sample.output:
            return
        pairs = [
            {"responses": list(pair), **extra}
            for pair, extra in zip(_pairs(sample), extras, strict=True)
            if extra is not None
        ]
        self._keep_for_all(sample, {"pairs": pairs} if pairs else None)


def _pairs(sample: DataSample) -> list[tuple[int, int]]:
    return list(combinations(range(len(sample.output)), 2))
