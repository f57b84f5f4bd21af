"""How many requests at a time: against servers whose latency is a formula, and one on loopback whose latency rises."""

import asyncio
import heapq
from collections.abc import Callable

import pytest

from rmcompose.runtime.client import Config, climbing
from rmcompose.runtime.client.climbing import START, Climber
from rmcompose.runtime.client.limits import Limiter, Pacer
from rmcompose.runtime.judging import ask

GOOD = {"reply": {"reason": "r", "score": 0.5}}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Crowd:
    """More requests than places, of a server that takes `latency(under way)` seconds for each; no real time passes.

    `refuses` says whether a request that arrives as the n-th under way is refused.
    """

    def __init__(self, cap: int, latency: Callable[[int], float], refuses: Callable[[int], bool] = lambda n: False):
        self.climber = Climber(cap)
        self.latency, self.refuses = latency, refuses
        self.now, self.answered, self.refusals = 0.0, 0, 0
        self.under_way: list[tuple[float, int, int, float, bool]] = []
        self.sent = 0

    def run(self, requests: int) -> int:
        """The limit after so many requests have ended."""
        for _ in range(requests):
            while len(self.under_way) < self.climber.limit:
                refused = self.refuses(len(self.under_way) + 1)
                seconds = 0.001 if refused else self.latency(len(self.under_way) + 1)
                self.sent += 1
                entry = (self.now + seconds, self.sent, self.climber.round, self.now, refused)
                heapq.heappush(self.under_way, entry)
            self.now, _, round_, sent, refused = heapq.heappop(self.under_way)
            if refused:
                self.refusals += 1
                if round_ == self.climber.round:
                    self.climber.refused()
            else:
                self.answered += 1
                self.climber.ended(round_, self.now - sent, answered=True)
        return self.climber.limit


def saturating(knee: int, seconds: float = 0.1) -> Callable[[int], float]:
    """A server that works on `knee` requests at a time and lets the others wait."""
    return lambda under_way: seconds * max(1.0, under_way / knee)


def test_it_begins_moderately_and_doubles_to_the_cap_while_latency_stays():
    crowd = Crowd(256, lambda n: 0.1)
    assert crowd.climber.limit == START == 32
    seen = [crowd.run(1) for _ in range(1500)]
    assert sorted(set(seen)) == [32, 64, 128, 256]
    assert seen == sorted(seen)
    assert crowd.run(20_000) == 256


@pytest.mark.parametrize(("cap", "start"), [(1, 1), (8, 8), (32, 32), (1000, 32)])
def test_it_never_begins_above_the_cap(cap, start):
    assert Climber(cap).limit == start


@pytest.mark.parametrize("knee", [8, 20, 50, 100, 200])
def test_it_settles_near_what_the_server_can_work_on(knee):
    crowd = Crowd(1024, saturating(knee))
    crowd.run(20_000)
    limits = [crowd.run(50) for _ in range(200)]
    # above the knee only now and then, to see whether there is more room
    assert sum(limits) / len(limits) <= 1.7 * knee
    crowd.answered, began = 0, crowd.now
    crowd.run(20_000)
    rate = crowd.answered / (crowd.now - began)
    assert rate >= 0.85 * knee / 0.1


def test_it_follows_a_server_that_slows_down_and_recovers():
    crowd = Crowd(256, saturating(200))
    assert crowd.run(10_000) > 100
    crowd.latency = saturating(10)
    slow = [crowd.run(100) for _ in range(300)][-1]
    assert slow <= 20
    crowd.latency = saturating(200)
    assert crowd.run(30_000) > 100


def test_refusals_halve_the_limit_and_it_grows_by_one_a_round():
    climber = Climber(256)
    climber.refused()
    assert climber.limit == 16
    limits = []
    for _ in range(5 * 21):
        climber.ended(climber.round, 0.1, answered=True)
        limits.append(climber.limit)
    assert sorted(set(limits)) == [16, 17, 18, 19, 20, 21]
    for _ in range(9):
        climber.refused()
    assert climber.limit == 1


def test_it_lives_with_a_server_that_refuses_more_than_so_many():
    crowd = Crowd(256, lambda n: 0.1, refuses=lambda n: n > 48)
    crowd.run(3_000)
    limits = [crowd.run(20) for _ in range(500)]
    assert min(limits) >= 24
    assert max(limits) <= 64
    assert crowd.refusals <= 0.05 * crowd.sent


def test_a_server_that_answers_nobody_in_time_is_asked_less_and_less():
    climber = Climber(256)
    for _ in range(200):
        climber.ended(climber.round, 30.0, answered=False)
    assert climber.limit == 1
    for _ in range(200):
        climber.ended(climber.round, 0.1, answered=True)
    assert climber.limit > 1


def test_what_was_sent_before_the_limit_changed_says_nothing_of_it():
    climber = Climber(64)
    for _ in range(32):
        climber.ended(0, 0.1, answered=True)
    assert climber.limit == 64
    for _ in range(500):
        climber.ended(0, 9.0, answered=True)
    assert (climber.limit, climber.round) == (64, 1)


def test_a_crowd_that_is_refused_shrinks_the_limit_once():
    async def main():
        limiter = Limiter(8, Clock())
        tickets = [await limiter.enter() for _ in range(8)]
        for ticket in tickets:
            limiter.shrink(ticket)
        assert limiter.limit == 4
        for _ in range(5):
            limiter.leave()
        limiter.shrink(await limiter.enter())
        assert limiter.limit == 2

    asyncio.run(main())


def test_an_idle_limit_does_not_grow():
    async def main():
        clock = Clock()
        limiter = Limiter(64, clock)
        for _ in range(500):
            ticket = await limiter.enter()
            clock.now += 0.1
            limiter.ended(ticket)
            limiter.leave()
        assert limiter.limit == 32

    asyncio.run(main())


def test_a_limit_that_is_reached_grows_and_lets_in_who_waits():
    async def main():
        clock = Clock()
        limiter = Limiter(64, clock)
        # the first of a crowd come in while there is still room; from then on each comes in as another leaves
        tickets = [await limiter.enter() for _ in range(32)]
        waiting = [asyncio.create_task(limiter.enter()) for _ in range(200)]
        await asyncio.sleep(0)
        for _ in range(80):
            clock.now += 0.01
            limiter.ended(tickets.pop(0))
            limiter.leave()
            await asyncio.sleep(0)
            tickets += [task.result() for task in waiting if task.done()]
            waiting = [task for task in waiting if not task.done()]
        assert limiter.limit == 64
        assert limiter.active == 64
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(main())


def test_a_pacer_by_its_clock():
    clock = Clock()
    pacer = Pacer(600.0, clock)
    clock.now = 50.0
    # ten a second, and what is due in one second may come at once
    waits = [pacer.reserve(1) for _ in range(15)]
    assert waits[:11] == pytest.approx([0.0] * 11)
    assert waits[11:] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    clock.now += 3600.0
    assert [pacer.reserve(1) for _ in range(11)] == pytest.approx([0.0] * 11)
    assert pacer.reserve(1) == pytest.approx(0.1)
    pacer.correct(-1)
    assert pacer.reserve(1) == pytest.approx(0.1)


def test_no_window_of_a_minute_has_more_than_the_pace_and_one_burst():
    clock = Clock()
    pacer = Pacer(60.0, clock)
    times = []
    for _ in range(500):
        times.append(clock.now + pacer.reserve(1))
        clock.now += 0.05
    assert times == sorted(times)  # whoever comes first has its turn first
    for start in times:
        assert sum(start <= one < start + 60.0 for one in times) <= 61


def test_a_question_larger_than_a_minute_holds_up_the_next_and_is_not_starved():
    pacer = Pacer(1000.0, Clock())
    assert pacer.reserve(3000) == 0.0
    assert pacer.reserve(10) == pytest.approx(179.0)


def test_a_server_whose_latency_rises_is_not_crowded(serve, client_of, run, judge):
    server = serve(GOOD | {"work": (4, 0.02)})
    client = client_of(server, cache=False)
    run(client, lambda: asyncio.gather(*(ask(judge(), [str(n)], None, client) for n in range(400))))
    limiter = client._transport._lanes["m"].limiter
    assert limiter.cap == 256
    # a machine that was held up for a moment may have looked like one that has room now, but not three times over
    assert server.peak <= 128


def test_no_pool_of_connections_is_a_limit_behind_the_limit(serve, client_of, run, judge, monkeypatch):
    monkeypatch.setattr(climbing, "START", 150)
    server = serve(GOOD | {"together": 150})
    client = client_of(server, cache=False)
    answers = run(client, lambda: asyncio.gather(*(ask(judge(), [str(n)], None, client) for n in range(150))))
    assert {answer.value for answer in answers} == {0.5}
    assert server.peak == 150


def test_who_gives_up_waiting_for_the_pace_uses_none_of_it(serve, client_of, run, judge):
    server = serve(GOOD)
    client = client_of(server, Config({"m": {"base_url": server.url, "rpm": 30, "tpm": 60_000}}, {}))
    lane = client._transport._lane("m")

    async def impatient():
        await ask(judge(), ["first"], None, client)
        before = lane.requests._free_at, lane.tokens._free_at
        waiting = [asyncio.create_task(ask(judge(), [str(n)], None, client)) for n in range(5)]
        while lane.requests._free_at < before[0] + 10 - 1e-6:  # noqa: ASYNC110  # all five wait for their turn
            await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0)
        return [now - then for now, then in zip((lane.requests._free_at, lane.tokens._free_at), before, strict=True)]

    assert run(client, impatient) == pytest.approx([0.0, 0.0], abs=1e-3)
    assert len(server.requests) == 1
