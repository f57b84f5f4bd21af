"""Every way of asking gives the same bits, and leaves the sample as it was."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmcompose import DataSample, RewardResult
from rmcompose.data import RowError
from tests.rewards.samples import Length, Longer, Longest, StepLength, result, sample_of, scores

REWARDS = [Length(), Longest(), Longer(), StepLength()]


def told(sample: DataSample) -> dict[str, Any]:
    """All that an evaluation may have written, and what it should have left alone."""
    return sample.model_dump(mode="json")


samples = st.lists(
    st.builds(
        sample_of,
        st.text("ab", max_size=4),
        st.sampled_from(["boom", "c", "ddd"]),
        st.text("ef", max_size=4),
        steps=st.none() | st.lists(st.sampled_from(["s", "tt", "boom"]), max_size=3),
    ),
    max_size=4,
)


@given(st.sampled_from(REWARDS), samples, st.integers(1, 5))
def test_sync_async_and_batch_agree(reward, given_samples, workers):
    expected = [told(reward.evaluate(sample)) for sample in given_samples]

    async def together() -> list[DataSample]:
        return list(await asyncio.gather(*map(reward.async_evaluate, given_samples)))

    async def limited() -> list[DataSample]:
        semaphore = asyncio.Semaphore(workers)
        return [await reward.aevaluate(sample, semaphore) for sample in given_samples]

    assert [told(one) for one in asyncio.run(together())] == expected
    assert [told(one) for one in asyncio.run(limited())] == expected
    assert [told(one) for one in reward.evaluate_batch(given_samples, max_workers=workers)] == expected
    with ThreadPoolExecutor(workers) as pool:
        assert [told(one) for one in reward.evaluate_batch(given_samples, thread_pool=pool)] == expected
        assert [told(reward.evaluate(sample, pool)) for sample in given_samples] == expected


@given(st.sampled_from(REWARDS), samples)
def test_evaluating_again_changes_nothing(reward, given_samples):
    once = reward.evaluate_batch(given_samples)
    assert [told(one) for one in reward.evaluate_batch(once)] == [told(one) for one in once]


def test_another_reward_takes_the_place_of_the_first():
    done = Longer().evaluate(Length().evaluate(sample_of("a", "bb")))
    assert scores(done) == [0.0, 1.0]
    assert [len(output.answer.reward.details) for output in done.output] == [1, 1]


def test_a_failure_leaves_nothing_of_an_earlier_evaluation():
    class Fails(Length):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            raise RuntimeError("no")

    answer = Fails().evaluate(Length().evaluate(sample_of("a"))).output[0].answer
    assert (answer.reward.score, answer.reward.details, answer.additional_kwargs) == (None, [], {})


def test_the_sample_is_never_changed():
    class Rude(Length):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            sample.metadata["seen"] = sample.metadata.get("seen", 0) + 1
            sample.input[0].content = "changed"
            sample.output[0].answer.label["x"] = 1
            return result(float(sample.metadata["seen"]), seen=sample.metadata)

    sample = sample_of("a", "b", metadata={})
    before = told(sample)
    done = Rude().evaluate(sample)
    assert told(sample) == before
    # what one response's evaluation did to its copy, no other sees
    assert scores(done) == [1.0, 1.0]
    assert (done.metadata, done.input[0].content) == ({}, "question")
    row = {"prompt": "p", "response": "r", "metadata": {}}
    Rude().evaluate(row)
    assert row == {"prompt": "p", "response": "r", "metadata": {}}


@pytest.mark.parametrize("row", [{}, 3, {"response": 5}, {"unique_id": "u", "output": [{"answer": 3}]}])
def test_one_bad_row_never_aborts_a_batch(row):
    first, bad, last = Length().evaluate_batch([sample_of("a"), row, sample_of("bb")])
    assert (scores(first), scores(last)) == ([0.1], [0.2])
    assert (scores(bad), bad.output[0].answer.reward.reason["kind"]) == ([None], "missing_input")
    with pytest.raises(RowError):
        Length().evaluate(row)


def test_batches_work_beside_a_running_loop():
    async def main() -> list[DataSample]:
        return Length(max_workers=3).evaluate_batch([sample_of("a", "bb"), sample_of("c")])

    assert [scores(one) for one in asyncio.run(main())] == [[0.1, 0.2], [0.1]]


@pytest.mark.parametrize("workers", [1, 3])
def test_max_workers_is_how_many_run_at_a_time(workers):
    lock, state, full = threading.Lock(), {"now": 0, "peak": 0}, threading.Event()

    class Waits(Length):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            with lock:
                state["now"] += 1
                state["peak"] = max(state["peak"], state["now"])
                if state["now"] == workers:
                    full.set()
            full.wait(5)
            with lock:
                state["now"] -= 1
            return super()._evaluate(sample)

    done = Waits().evaluate_batch([sample_of("a", "bb", "ccc"), sample_of("d")], max_workers=workers)
    assert [scores(one) for one in done] == [[0.1, 0.2, 0.3], [0.1]]
    assert state["peak"] == workers


def test_a_pool_whose_last_thread_waits_is_no_deadlock():
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(Length().evaluate, sample_of("a", "bb"), pool)
        assert scores(future.result(timeout=10)) == [0.1, 0.2]


def test_context_variables_are_seen_everywhere():
    bonus = contextvars.ContextVar("bonus", default=0.0)

    class Reads(Length):
        def _evaluate(self, sample: Any, **kwargs: Any) -> RewardResult:
            return result(bonus.get())

    token = bonus.set(0.5)
    try:
        sample = sample_of("a", "b")
        assert scores(Reads().evaluate(sample)) == [0.5, 0.5]
        assert scores(Reads().evaluate_batch([sample])[0]) == [0.5, 0.5]
        assert scores(asyncio.run(Reads().aevaluate(sample))) == [0.5, 0.5]
    finally:
        bonus.reset(token)


def test_workers_are_counted_from_one():
    with pytest.raises(ValueError, match="max_workers"):
        Length().evaluate_batch([], max_workers=-1)
    with pytest.raises(ValueError, match="max_workers"):
        Length(max_workers=0)
