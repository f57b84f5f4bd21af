"""How judges are asked: what is spared, what is cancelled, which loops it works on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest

from rmcompose.compiler import loads
from rmcompose.data import Record
from rmcompose.runtime import engine
from rmcompose.runtime.client import CassetteMiss
from rmcompose.runtime.composition import RMComposition
from rmcompose.runtime.judging import Answer


class Judges:
    """Stands in for judges: what each says, by name; `hang` never answers, an exception is raised."""

    def __init__(self, **says: Any) -> None:
        self.says = says
        self.started: list[str] = []
        self.cancelled: list[str] = []

    async def ask(self, spec: Any, shown: Any, criteria: Any, client: Any) -> Answer:
        self.started.append(spec.name)
        says = self.says[spec.name]
        try:
            await asyncio.sleep(3600 if says == "hang" else 0)
        except asyncio.CancelledError:
            self.cancelled.append(spec.name)
            raise
        if isinstance(says, Exception):
            raise says
        if isinstance(says, str):
            return Answer(None, kind=says, message="scripted", calls=1)
        return Answer(says, calls=1)


@pytest.fixture
def judged() -> Iterator[Callable[[Judges, str], RMComposition]]:
    patches: list[Any] = []

    def make(judges: Judges, body: str) -> RMComposition:
        patches.append(patch.object(engine, "ask", judges.ask))
        patches[-1].start()
        declared = "\n".join(
            f'judge {name}: score[0, 1] {{ model = "m"  given = [response]  rubric "{name}?" }}' for name in judges.says
        )
        text = f"rmcompose 1\ncomposition main -> float {{\n{declared}\n{body}\n}}\n"
        client: Any = object()
        return loads(text, client=client)

    yield make
    for one in patches:
        one.stop()


ROW = {"prompt": "q", "response": "r"}


def test_judges_that_are_surely_needed_are_asked_together(judged: Any) -> None:
    judges = Judges(a=0.5, b=0.25)
    reward = judged(judges, "return a + b")
    assert reward.score(**ROW) == 0.75
    assert judges.started == ["a", "b"]


def test_a_judge_that_failed_spares_those_after_it(judged: Any) -> None:
    judges = Judges(a="refused", b="hang")
    line = judged(judges, "aggregate m = mean { member a member b }  return m").trace(ROW)
    assert line["responses"][0]["reason"] == {"kind": "refused", "node": "a", "message": "scripted"}
    assert judges.cancelled == ["b"]
    assert line["responses"][0]["nodes"]["b"]["status"] == "skipped"


def test_the_first_cause_in_declared_order_is_the_reason_whichever_comes_first(judged: Any) -> None:
    judges = Judges(a="refused", b="timeout")
    line = judged(judges, "return b + a").trace(ROW)
    assert line["responses"][0]["reason"]["kind"] == "refused"


def test_a_failed_rule_spares_the_judge(judged: Any) -> None:
    judges = Judges(a=0.5)
    line = judged(judges, "rule same = accuracy()  aggregate m = mean { member a member same }  return m").trace(ROW)
    assert line["responses"][0]["reason"]["kind"] == "missing_input"
    assert judges.started == []


def test_what_may_settle_a_result_is_asked_one_at_a_time(judged: Any) -> None:
    judges = Judges(a=0.0, b=1.0)
    assert judged(judges, "return min(a, b)").score(**ROW) == 0.0
    assert judges.started == ["a"]


def test_a_gate_that_decides_either_way_is_not_asked(judged: Any) -> None:
    judges = Judges(a=0.9)
    body = 'rule hit: bool = contains(value = "zzz")  require a > 0.5 else 0.0  require hit else 0.0  return 1.0'
    assert judged(judges, body).score(**ROW) == 0.0
    assert judges.started == []


def test_it_works_while_a_loop_is_running(judged: Any) -> None:
    reward = judged(Judges(a=0.5), "return a")

    async def notebook() -> tuple[float, Any]:
        # what a cell of a notebook does: a synchronous call within a running loop
        return reward.score(**ROW), await reward.aevaluate(ROW)

    score, sample = asyncio.run(notebook())
    assert score == sample.output[0].answer.reward.score == 0.5


def test_cancelling_cancels_the_calls(judged: Any) -> None:
    judges = Judges(a="hang", b="hang")
    reward = judged(judges, "return a + b")

    async def impatient() -> None:
        task = asyncio.create_task(reward.atrace(ROW))
        while len(judges.started) < 2:  # noqa: ASYNC110  # the judges stand in for servers: they set no event
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(impatient())
    assert sorted(judges.cancelled) == ["a", "b"]


def test_a_fault_of_the_run_reaches_the_caller_and_stops_the_rest(judged: Any) -> None:
    judges = Judges(a=CassetteMiss("no such call"), b="hang")
    with pytest.raises(CassetteMiss):
        judged(judges, "return a + b").score(**ROW)
    assert judges.cancelled == ["b"]


def test_a_stream_keeps_its_order_and_its_window(judged: Any) -> None:
    read: list[int] = []

    def records() -> Iterator[Record]:
        for line in range(1, 21):
            read.append(line)
            yield Record({"id": str(line), **ROW}, "data.jsonl", line)

    lines = judged(Judges(a=0.5), "return a").stream(records(), max_workers=4)
    first = next(lines)
    assert first["id"] == "1"
    assert len(read) == 4
    assert [line["id"] for line in lines] == [str(line) for line in range(2, 21)]


def test_a_stream_that_is_closed_cancels_what_is_under_way(judged: Any) -> None:
    judges = Judges(a="hang")
    seen = judged(judges, "return a").stream(
        iter([Record(ROW, "data.jsonl", 1), Record(None, "data.jsonl", 2, "not JSON")]), max_workers=2
    )

    with patch("rmcompose.runtime.loop.Future.result", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        next(iter(seen))
    for _ in range(1000):
        if judges.cancelled or not judges.started:
            break
        time.sleep(0.001)
    assert judges.cancelled == judges.started


def test_a_row_that_cannot_be_read_is_an_unscored_line(judged: Any) -> None:
    rows = [Record(None, "data.jsonl", 7, "not JSON"), Record({"prompt": "q"}, "data.jsonl", 8)]
    lines = list(judged(Judges(a=0.5), "return a").stream(iter(rows)))
    for line, number in zip(lines, (7, 8), strict=True):
        response = line["responses"][0]
        assert response["status"] == "unscored"
        assert f"data.jsonl:{number}" in response["reason"]["message"]


def test_a_rule_that_takes_long_does_not_hold_up_the_loop(judged: Any) -> None:
    judges = Judges(a=0.5)
    body = "rule solved = math_verify()  return 0.5 * solved + 0.5 * a"
    assert judged(judges, body).score(response=r"\boxed{x^2+2x+1}", reference="(x+1)^2") == 0.75
