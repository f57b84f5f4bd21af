"""What each shape hands to `_evaluate`, and what it makes of the results."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from rmcompose import BaseListWiseReward, BasePairWiseReward, BasePointWiseReward, BaseReward, RewardResult, RuleError
from tests.rewards.samples import Length, Longer, Longest, StepLength, ranked, result, sample_of, scores


def test_pointwise_scores_each_response():
    done = Length().evaluate(sample_of("a", "bbbbb"))
    assert scores(done) == [0.1, 0.5]
    answer = done.output[1].answer
    assert [(one.name, one.score) for one in answer.reward.details] == [("length", 0.5)]
    assert answer.reward.status == "scored"
    assert answer.additional_kwargs == {"length": {"length": 5}}


def test_a_dict_and_a_row_are_samples_too():
    assert scores(Length().evaluate({"prompt": "p", "responses": ["a", "bb"]})) == [0.1, 0.2]
    assert scores(Length().evaluate(sample_of("abc").model_dump())) == [0.3]


def test_the_score_is_the_mean_of_the_details():
    class Two(BasePointWiseReward):
        name: str = "two"

        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            return RewardResult(name="two", details=[result(0.2).details[0], result(0.6).details[0]])

    assert scores(Two().evaluate(sample_of("a"))) == [0.4]


def test_pointwise_keeps_what_the_sample_says():
    seen = []

    class Looks(Length):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            seen.append((sample.metadata, sample.task_category, sample.source, sample.level, len(sample.output)))
            return super()._evaluate(sample)

    Looks().evaluate(sample_of("a", "b", metadata={"k": 1}, task_category="math", source="web", level=3))
    assert seen == [({"k": 1}, "math", "web", 3, 1)] * 2


def test_listwise_scores_all_at_once():
    done = Longest().evaluate(sample_of("a", "ccc", "bb"))
    assert scores(done) == [0.0, 1.0, 0.0]
    assert done.input[-1].additional_kwargs == {"longest": {"lengths": [1, 3, 2]}}


def test_listwise_without_a_message_keeps_its_extra_data():
    sample = sample_of("a", "bb")
    sample.input = []
    assert Longest().evaluate(sample).output[0].answer.additional_kwargs == {"longest": {"lengths": [1, 2]}}


def test_pairwise_is_the_win_rate_over_each_pair_once():
    calls = []

    class Counts(Longer):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            calls.append(tuple(output.answer.content for output in sample.output))
            return super()._evaluate(sample)

    done = Counts().evaluate(sample_of("a", "bb", "ccc"))
    assert scores(done) == [0.0, 0.5, 1.0]
    assert calls == [("a", "bb"), ("a", "ccc"), ("bb", "ccc")]
    pairs = done.input[-1].additional_kwargs["longer"]["pairs"]
    assert pairs[1] == {"responses": [0, 2], "seen": "a|ccc"}


def test_a_failed_pair_leaves_only_its_responses_unscored():
    class Fails(Longer):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            if sample.output[0].answer.content == "a" and sample.output[1].answer.content == "bb":
                raise RuleError("not comparable", "malformed_reply")
            return super()._evaluate(sample)

    done = Fails().evaluate(sample_of("a", "bb", "ccc"))
    assert scores(done) == [None, None, 1.0]
    assert done.output[0].answer.reward.reason == {
        "kind": "malformed_reply",
        "node": "longer",
        "message": "not comparable",
    }


def test_a_pair_without_details_is_no_vote():
    class Silent(Longer):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            if sample.output[0].answer.content == "a" and sample.output[1].answer.content == "bb":
                return RewardResult(name="longer", details=[])
            return super()._evaluate(sample)

    assert scores(Silent().evaluate(sample_of("a", "bb", "ccc"))) == [None, None, 1.0]


def test_a_single_response_has_nothing_to_be_compared_with():
    reward = Longer().evaluate(sample_of("a")).output[0].answer.reward
    assert (reward.score, reward.reason["kind"]) == (None, "abstained")


def test_stepwise_scores_steps_and_their_mean():
    done = StepLength().evaluate(sample_of("x", steps=["a", "bbb"]))
    steps = done.output[0].steps
    assert [step.reward.score for step in steps] == [1.0, 3.0]
    assert steps[1].additional_kwargs == {"step_length": {"seen": "bbb"}}
    assert scores(done) == [2.0]


def test_a_failed_step_leaves_the_response_unscored():
    done = StepLength().evaluate(sample_of("x", steps=["a", "boom"]))
    assert [step.reward.score for step in done.output[0].steps] == [1.0, None]
    assert done.output[0].answer.reward.reason["message"] == "RuntimeError: it went wrong"


def test_without_steps_there_is_no_score():
    reward = StepLength().evaluate(sample_of("x")).output[0].answer.reward
    assert (reward.score, reward.reason["kind"]) == (None, "missing_input")


def test_a_failure_is_unscored_with_its_reason():
    done = Length().evaluate(sample_of("fine", "boom"))
    assert scores(done) == [0.4, None]
    reward = done.output[1].answer.reward
    assert reward.status == "unscored"
    assert reward.reason == {"kind": "rule_error", "node": "length", "message": "RuntimeError: it went wrong"}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (None, "rule_error"),
        (0.5, "rule_error"),
        (RewardResult(name="d", details=[]), "rule_error"),
        (ranked(1.0), "rule_error"),
        (result(math.nan), "non_finite"),
        (result(math.inf), "non_finite"),
        (RewardResult(name="d", details=[result(1e308).details[0]] * 2), "non_finite"),
        (result(1.1), "off_scale"),
        (result(-0.1), "off_scale"),
    ],
)
def test_what_is_no_score_is_unscored(given, kind):
    class Gives(BasePointWiseReward):
        score_range = (0, 1)
        name: str = "gives"

        def _evaluate(self, sample: Any, **kwargs: Any) -> Any:
            return given

    reward = Gives().evaluate(sample_of("a")).output[0].answer.reward
    assert (reward.score, reward.status, reward.reason["kind"]) == (None, "unscored", kind)


def test_the_mean_of_equal_scores_is_that_score():
    class Tenths(BasePointWiseReward):
        score_range: ClassVar[tuple[float, float]] = (0.0, 0.1)
        name: str = "tenths"

        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            return RewardResult(name="d", details=[result(0.1).details[0]] * 3)

    assert scores(Tenths().evaluate(sample_of("a"))) == [0.1]


@pytest.mark.parametrize("rank", [[], [1.0], [1.0, 0.0, 0.0]])
@pytest.mark.parametrize("shape", [BaseListWiseReward, BasePairWiseReward])
def test_a_ranking_of_another_length_is_unscored(shape, rank):
    class Ranks(shape):
        name: str = "ranks"

        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            return ranked(*rank)

    assert scores(Ranks().evaluate(sample_of("a", "b"))) == [None, None]


def test_unknown_fields_are_errors():
    with pytest.raises(ValidationError, match="wieght"):
        Length(wieght=1)


def test_a_reward_needs_a_shape():
    class Bare(BaseReward):
        name: str = "bare"

        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            return result(1.0)

    with pytest.raises(TypeError, match="has no shape"):
        Bare().evaluate(sample_of("a"))


def test_further_arguments_reach_the_reward():
    class Asks(Length):
        def _evaluate(self, sample: Any, bonus: float = 0.0, **kwargs: Any) -> RewardResult:
            return result(bonus)

    assert scores(Asks().evaluate(sample_of("a"), bonus=0.7)) == [0.7]
    assert scores(Asks().evaluate_batch([sample_of("a")], bonus=0.7)[0]) == [0.7]


def test_best_of_n_is_best_first_and_unscored_last():
    def answers(n: int) -> list[str]:
        sample = sample_of("boom", "bb", "a", "cc", "ddd")
        return [output.answer.content for output in Length().best_of_n(sample, n).output]

    assert answers(1) == ["ddd"]
    assert answers(3) == ["ddd", "bb", "cc"]
    assert answers(9) == ["ddd", "bb", "cc", "a", "boom"]
    with pytest.raises(ValueError, match="n is 1 or more"):
        answers(0)
