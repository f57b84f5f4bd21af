"""A compiled composition: what users hold. One evaluation serves every way of asking, so all give the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Self

from rmcompose.data.errors import RowError
from rmcompose.data.view import SampleView, view
from rmcompose.plan.plan import Plan
from rmcompose.runtime.frame import EMPTY, Frame
from rmcompose.runtime.loop import ordered, wait
from rmcompose.runtime.outcome import Reporter, plain, result_value
from rmcompose.runtime.program import Program
from rmcompose.runtime.rule_calls import require_packages
from rmcompose.runtime.unknown import Unknown

if TYPE_CHECKING:
    from rmcompose.data.mapping import Mapping as FieldMapping
    from rmcompose.data.readers import Record
    from rmcompose.data.schema import DataSample
    from rmcompose.runtime.client import Client, Usage
    from rmcompose.runtime.deciding import Decision

    Row = Mapping[str, Any] | DataSample


class Unscored(Exception):
    """Raised by `RMComposition.score` where there is no score. `kind` is one of the reasons, `node` where it arose."""

    def __init__(self, reason: Mapping[str, str]) -> None:
        self.kind = reason["kind"]
        self.node = reason["node"]
        self.message = reason["message"]
        super().__init__(f"unscored ({self.kind}) at `{self.node}`: {self.message}")


class RMComposition:
    """A composition that is ready to score. Made by `rmcompose.load`; it may be used from several threads.

    `name` and `doc` are the composition's, `plan` is what will be run, `spec_hash` (`sha256:…`) names the spec with its
    imports and params. Scores are floats in the declared range of the composition, or None where unscored. Making one
    raises `MissingPackage` where a rule needs a package that is not installed.
    """

    def __init__(self, plan: Plan, client: Client | None = None) -> None:
        require_packages(plan)
        self.plan = plan
        self._client = client

    def __repr__(self) -> str:
        return f"<RMComposition {self.name} {self.plan.path}>"

    @property
    def name(self) -> str:
        """The composition's name."""
        return self.plan.name

    @property
    def doc(self) -> str:
        """The composition's doc text."""
        return self.plan.doc

    @property
    def spec_hash(self) -> str:
        """`sha256:` and the digest of the spec, its imports and the values of its params."""
        return self.plan.digest

    @property
    def range(self) -> tuple[float, float]:
        """The closed range that scores lie in; infinite where none is declared."""
        return self.plan.returns.bounds

    @property
    def usage(self) -> Usage:
        """Model calls, tokens and cached replies so far."""
        return self.client.usage

    @cached_property
    def client(self) -> Client:
        """The client that models are asked through; made on first use where none was given."""
        if self._client is not None:
            return self._client
        from rmcompose.runtime.client import Client

        return Client()

    @cached_property
    def program(self) -> Program:
        """The closures of the plan."""
        return Program(self.plan)

    @cached_property
    def _reporter(self) -> Reporter:
        return Reporter(self.program, self.plan.digest)

    @cached_property
    def _asks(self) -> bool:
        return bool(self.plan.asking)

    @cached_property
    def _checked(self) -> bool:
        if self._asks:
            from rmcompose.runtime.model_rules import check_models

            check_models(self.plan, self.client)
        return True

    @cached_property
    def _fast(self) -> Callable[[SampleView], list[float] | None] | None:
        from rmcompose.runtime.straight import straight

        return straight(self.plan)

    def close(self) -> None:
        """Closes the connections of the judges' client. A composition that is not closed holds them until exit."""
        if "client" in self.__dict__:
            wait(self.client.aclose())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # one sample

    def score(self, **fields: Any) -> float:
        """The score of one response, given by its fields: `score(prompt=…, response=…, reference=…)`.

        Raises `Unscored` with the reason where there is no score, RowError where the fields make no sample.
        """
        frame = self._evaluated(view(fields))
        value = result_value(self.program, frame, 0)
        if type(value) is Unknown:
            assert value.cause is not None
            raise Unscored(value.cause.as_dict())
        score = plain(value, as_float=True)
        assert isinstance(score, float)
        return score

    def trace(self, sample: Row) -> dict[str, Any]:
        """The result line of a sample as a dict: score, status, reason and every node of each response."""
        seen = view(sample)
        return self._reporter.sample_result(self._evaluated(seen), seen.id)

    def evaluate(self, sample: Row) -> DataSample:
        """A copy of the sample with the reward of each response filled in, whatever rewards it carried before."""
        from rmcompose.runtime.rewarded import rewarded

        return rewarded(sample, self.trace(sample), self.plan.steps_from)

    async def aevaluate(self, sample: Row) -> DataSample:
        """As `evaluate`, on the running event loop; cancelling it cancels its model calls."""
        from rmcompose.runtime.rewarded import rewarded

        return rewarded(sample, await self.atrace(sample), self.plan.steps_from)

    async def atrace(self, sample: Row) -> dict[str, Any]:
        """As `trace`, on the running event loop."""
        seen = view(sample)
        return self._reporter.sample_result(await self._solved(seen), seen.id)

    # many samples

    def evaluate_batch(self, samples: Iterable[Row], max_workers: int = 8) -> list[DataSample]:
        """The samples with their rewards, in order; `max_workers` are under way at a time and change no number.

        A sample that cannot be read comes back with one unscored response that says why.
        """
        from rmcompose.runtime.rewarded import rewarded

        samples = list(samples)
        lines = self._lines(((sample, None) for sample in samples), max_workers)
        return [rewarded(sample, line, self.plan.steps_from) for sample, line in zip(samples, lines, strict=True)]

    def scores(self, rows: Sequence[Row], max_workers: int = 64) -> list[list[float | None]]:
        """The score of every response of every row, None where unscored. No sample objects are made.

        A row that cannot be read is one None.
        """
        if self._asks:
            lines = self._lines(((row, None) for row in rows), max_workers)
            return [[response["score"] for response in line["responses"]] for line in lines]
        fast = self._fast
        if fast is None:
            return [self._row_scores(row) for row in rows]
        result: list[list[float | None]] = []
        for row in rows:
            try:
                seen = view(row)
            except RowError:
                result.append([None])
                continue
            found = fast(seen)
            # None: something is unscored or out of the ordinary, and the full evaluation decides
            result.append(self._view_scores(seen) if found is None else found)  # type: ignore[arg-type]  # a list of floats
        return result

    def step_scores(self, rows: Sequence[Row], max_workers: int = 64) -> list[list[list[float | None]]]:
        """The score of every step of every response of every row: what the composition reduces, None where unscored.

        No step is skipped, whatever the result depends on. A response without steps is an empty list, a row that cannot
        be read a list with one. Raises ValueError where the composition reduces nothing, or more than one thing.
        """
        target = self.plan.step_value
        if target is None:
            raise ValueError(f"`{self.name}` does not reduce one value over the steps of a response: which is meant?")
        place = self.program.places[target]
        if self._asks:
            return list(ordered(rows, lambda row: self._asteps(row, place), max(1, max_workers)))
        return [self._steps(row, place) for row in rows]

    def stream(
        self, records: Iterable[Record], *, mapping: FieldMapping | None = None, max_workers: int = 64
    ) -> Iterator[dict[str, Any]]:
        """The result lines of records as they are read from a file, in order and in constant memory.

        A record that could not be read is an unscored line with its file, line number and reason.
        """
        return self._lines(((record, mapping) for record in records), max_workers)

    def decide(
        self, records: Iterable[Any], decision: Decision, *, mapping: FieldMapping | None = None, max_workers: int = 64
    ) -> Iterator[dict[str, Any]]:
        """The lines of a decision over each row or record, in order: of a sample only what it needs is evaluated.

        Where models are asked, or rules that take long, the decision says what to ask next. Elsewhere everything that
        it may need is computed at once.
        """
        rows = ((record, mapping) for record in records)
        if self._asks or self.program.heavy:
            return ordered(rows, partial(self._adecided, decision), max(1, max_workers))
        return map(partial(self._decided, decision), rows)

    def _decided(self, decision: Decision, item: tuple[Any, Any]) -> dict[str, Any]:
        seen, sample_id = self._seen(item)
        if isinstance(seen, str):
            return decision.failed(sample_id, seen, self._reporter)
        frame = self.program.frame(seen)
        for index in range(frame.count):
            for place in decision.goals:
                self.program.walk(frame, place, index)
        return decision.line(frame, sample_id, self._reporter)

    async def _adecided(self, decision: Decision, item: tuple[Any, Any]) -> dict[str, Any]:
        from rmcompose.runtime.engine import Asking

        seen, sample_id = self._seen(item)
        if isinstance(seen, str):
            return decision.failed(sample_id, seen, self._reporter)
        self._checked  # noqa: B018  # a model that is not configured is told before anything is asked
        frame = self.program.frame(seen, defers=True)
        asking = Asking(self.program, frame, self.client if self._asks else None)
        while (want := decision.next(frame)) is not None:
            await asking.ask(want)
        return decision.line(frame, sample_id, self._reporter)

    def _lines(self, rows: Iterable[tuple[Any, Any]], max_workers: int) -> Iterator[dict[str, Any]]:
        if self._asks:
            return ordered(rows, self._aline, max(1, max_workers))
        return map(self._line, rows)

    def _line(self, item: tuple[Any, Any]) -> dict[str, Any]:
        seen, sample_id = self._seen(item)
        if isinstance(seen, str):
            return self._reporter.failed(sample_id, seen)
        return self._reporter.sample_result(self._evaluated(seen), sample_id)

    async def _aline(self, item: tuple[Any, Any]) -> dict[str, Any]:
        seen, sample_id = self._seen(item)
        if isinstance(seen, str):
            return self._reporter.failed(sample_id, seen)
        return self._reporter.sample_result(await self._solved(seen), sample_id)

    def _seen(self, item: tuple[Any, Any]) -> tuple[SampleView | str, str | None]:
        """The view of a row or record with its id, or why there is none."""
        row, mapping = item
        line = getattr(row, "line", None)
        if line is None:
            try:
                seen = view(row, mapping)
            except RowError as error:
                return str(error), row.get("id") if isinstance(row, dict) and isinstance(row.get("id"), str) else None
            return seen, seen.id
        where = f"{row.path}:{line}"
        if row.error is not None:
            return f"{where}: {row.error}", where
        try:
            seen = view(row.data, mapping)
        except RowError as error:
            return f"{where}: {error}", where
        return seen, seen.id or where

    # evaluation

    def _evaluated(self, seen: SampleView) -> Frame:
        if self._asks:
            return wait(self._solved(seen))
        frame = self.program.frame(seen)
        self._walk(frame)
        return frame

    async def _solved(self, seen: SampleView) -> Frame:
        from rmcompose.runtime.engine import finish

        frame = self.program.frame(seen, defers=True)
        self._checked  # noqa: B018  # a model that is not configured is told before anything is asked
        await finish(self.program, frame, self.client if self._asks else None)
        return frame

    def _walk(self, frame: Frame) -> None:
        if not self.plan.optimized:
            for place in range(len(self.program.steps)):
                for index in self.program.indexes(frame, place):
                    self.program.walk(frame, place, index)
        for index in range(frame.count):
            self.program.walk(frame, self.program.result, index)

    def _steps(self, row: Row, place: int) -> list[list[float | None]]:
        try:
            frame = self.program.frame(view(row), traced=False)
        except RowError:
            return [[]]
        for index in self.program.indexes(frame, place):
            self.program.walk(frame, place, index)
        return _step_values(frame, place)

    async def _asteps(self, row: Row, place: int) -> list[list[float | None]]:
        from rmcompose.runtime.engine import solve

        try:
            frame = self.program.frame(view(row), defers=True)
        except RowError:
            return [[]]
        await solve(self.program, frame, self.client, [(place, at) for at in self.program.indexes(frame, place)])
        return _step_values(frame, place)

    def _row_scores(self, row: Row) -> list[float | None]:
        try:
            seen = view(row)
        except RowError:
            return [None]
        return self._view_scores(seen)

    def _view_scores(self, seen: SampleView) -> list[float | None]:
        frame = self.program.frame(seen, traced=False)
        self._walk(frame)
        values = (result_value(self.program, frame, index) for index in range(frame.count))
        return [None if type(value) is Unknown else plain(value, as_float=True) for value in values]


def _step_values(frame: Frame, place: int) -> list[list[float | None]]:
    """The values of a step of the plan for the steps of each response."""
    slots = frame.slots[place]
    return [[_score(slots[at]) for at in span] for span in frame.spans]


def _score(value: Any) -> float | None:
    return None if value is EMPTY or type(value) is Unknown else plain(value, as_float=True)
