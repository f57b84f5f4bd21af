"""What every reward written in Python has in common: a subclass says how to evaluate, this class does the rest.

A sample is copied, taken apart into the parts that `_evaluate` sees, and the outcomes are written into the copy. The
parts are independent and are put together in their own order, so that one worker, many workers and an event loop give
the same bits.
"""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from rmcompose.data.errors import RowError
from rmcompose.data.native import as_sample
from rmcompose.data.schema import DataOutput, DataSample, MessageRole, RewardResult, Step
from rmcompose.primitives.failure import RuleError
from rmcompose.rewards.outcome import Failure, Outcome, one_line, unscored
from rmcompose.rewards.workers import Job, arun, run

Row = DataSample | Mapping[str, Any]
"""A sample as users give it: an object, or a row of any shape that files may have."""
Extra = dict[str, Any] | None
"""What a part's result holds besides its details; None where there is no result."""


class BaseReward(BaseModel, ABC):
    """A reward whose settings are its fields. Derive from one of the four shapes rather than from this class.

    A subclass implements `_evaluate`. Where that raises, gives no details or a score that is not finite, the responses
    concerned are unscored (`score` None, `status` "unscored", `reason` says why) and all others are not affected.
    A sample that is given is never changed, and rewards it already carries are replaced, never added to.

    `name` is what results are kept under. `max_workers` is how many parts are evaluated at a time in batches and under
    `asyncio`; it changes no score. `score_range` is the closed range that scores are held to, unbounded by default.
    Fields that a class does not have are errors.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    score_range: ClassVar[tuple[float, float]] = (-math.inf, math.inf)

    name: str = Field(description="the name results are kept under")
    max_workers: int = Field(default=8, ge=1, description="parts of samples that are evaluated at a time")

    @abstractmethod
    def _evaluate(self, sample: DataSample, **kwargs: Any) -> RewardResult[Any]:
        """Judge one part of a sample; `sample` is a copy of the part's own.

        Raises:
            RuleError: this input cannot be judged; its `kind` becomes the reason. Any other exception is `rule_error`.
        """

    def evaluate(self, sample: Row, thread_pool: ThreadPoolExecutor | None = None, **kwargs: Any) -> DataSample:
        """A copy of the sample with the reward of each response filled in.

        The parts are evaluated one after the other, or in the threads of `thread_pool`. Further arguments are handed to
        `_evaluate`.

        Raises:
            RowError: the row cannot be read as a sample.
        """
        self._ready()
        return self._evaluated(as_sample(sample), thread_pool, kwargs)

    def evaluate_batch(
        self,
        samples: Iterable[Row],
        max_workers: int = 0,
        thread_pool: ThreadPoolExecutor | None = None,
        **kwargs: Any,
    ) -> list[DataSample]:
        """As `evaluate` for each sample, in order, with `max_workers` threads (0: the reward's own number).

        A row that cannot be read comes back as a sample with one unscored response that says why.
        """
        if max_workers < 0:
            raise ValueError(f"max_workers is 0 or more, not {max_workers}")
        self._ready()
        opened = [self._opened(sample) for sample in samples]
        jobs = [[] if failed else self._jobs(sample, kwargs) for sample, failed in opened]
        flat = [job for some in jobs for job in some]
        outcomes = iter(run(flat, max_workers or self.max_workers, thread_pool))
        for (sample, failed), some in zip(opened, jobs, strict=True):
            if not failed:
                self._fill(sample, [next(outcomes) for _ in some])
        return [sample for sample, _ in opened]

    async def async_evaluate(
        self, sample: Row, semaphore: asyncio.Semaphore | None = None, **kwargs: Any
    ) -> DataSample:
        """As `evaluate`, in threads beside the running event loop: `max_workers`, or fewer if `semaphore` says so."""
        self._ready()
        opened = as_sample(sample)
        self._fill(opened, await arun(self._jobs(opened, kwargs), self.max_workers, semaphore))
        return opened

    async def aevaluate(self, sample: Row, semaphore: asyncio.Semaphore | None = None, **kwargs: Any) -> DataSample:
        """The same as `async_evaluate`."""
        return await self.async_evaluate(sample, semaphore, **kwargs)

    def best_of_n(
        self, sample: Row, n: int = 1, thread_pool: ThreadPoolExecutor | None = None, **kwargs: Any
    ) -> DataSample:
        """The evaluated sample with its `n` best responses, best first.

        Equal scores keep the order of the sample; a response without a score comes after all that have one.
        """
        if n < 1:
            raise ValueError(f"n is 1 or more, not {n}")
        evaluated = self.evaluate(sample, thread_pool, **kwargs)
        evaluated.output = sorted(evaluated.output, key=_best_first)[:n]
        return evaluated

    # what a shape defines

    def _parts(self, sample: DataSample) -> list[DataSample]:  # noqa: ARG002  # a shape uses it
        """The parts of a sample that are evaluated on their own; they share the sample's objects."""
        raise TypeError(
            f"`{type(self).__name__}` has no shape: derive it from BasePointWiseReward, BasePairWiseReward, "
            "BaseListWiseReward or BaseStepWiseReward"
        )

    def _reward(self, sample: DataSample, outcomes: Sequence[Outcome]) -> None:
        """Set the rewards of the sample from the outcomes of its parts, in the order of the parts."""
        raise NotImplementedError

    def _keep(self, sample: DataSample, extras: Sequence[Extra]) -> None:
        """Put the extra data of the parts where users find it."""
        raise NotImplementedError

    # what the shapes share

    def _ready(self) -> None:
        """Raises ValueError where the reward as a whole cannot be used, whatever the sample."""

    def _evaluated(
        self, sample: DataSample, thread_pool: ThreadPoolExecutor | None = None, kwargs: Mapping[str, Any] | None = None
    ) -> DataSample:
        """The sample itself, with its rewards filled in."""
        self._fill(sample, run(self._jobs(sample, kwargs or {}), 1, thread_pool))
        return sample

    def _opened(self, row: Row) -> tuple[DataSample, bool]:
        """A copy of the sample, and whether it stands for a row that could not be read."""
        try:
            return as_sample(row), False
        except RowError as error:
            identity = row.get("unique_id", row.get("id")) if isinstance(row, Mapping) else None
            reward = unscored(self.name, Failure("missing_input", str(error)))
            answer = Step(role=MessageRole.ASSISTANT, content="", reward=reward)
            known = str(identity) if isinstance(identity, str | int) else ""
            return DataSample(unique_id=known, output=[DataOutput(answer=answer)]), True

    def _jobs(self, sample: DataSample, kwargs: Mapping[str, Any]) -> list[Job[Outcome]]:
        return [partial(self._outcome, part, kwargs) for part in self._parts(sample)]

    def _outcome(self, part: DataSample, kwargs: Mapping[str, Any]) -> Outcome:
        # a copy of its own, so that no part sees what another did to the sample
        part = part.model_copy(deep=True)
        try:
            result: object = self._evaluate(sample=part, **kwargs)
        except RuleError as error:
            return Failure(error.kind, str(error))
        except Exception as error:  # noqa: BLE001  # a reward is code of anyone's: what it raises is the reason
            return Failure("rule_error", one_line(error))
        if not isinstance(result, RewardResult):
            return Failure("rule_error", f"`_evaluate` gave `{type(result).__name__}`, not a `RewardResult`")
        return result

    def _fill(self, sample: DataSample, outcomes: Sequence[Outcome]) -> None:
        self._reward(sample, outcomes)
        self._keep(sample, [None if isinstance(one, Failure) else one.extra_data for one in outcomes])

    def _keep_in(self, held: dict[str, Any], extra: Extra) -> None:
        # what an earlier evaluation left must not be taken for this one's
        if extra is None:
            held.pop(self.name, None)
        else:
            held[self.name] = extra


def _best_first(output: DataOutput) -> tuple[bool, float]:
    score = output.answer.reward.score
    return score is None, -(score or 0.0)
