"""Limits and shared calls, across tasks, threads and event loops."""

import asyncio
import threading
import time

import pytest

from rmcompose.runtime.client.flights import Flights
from rmcompose.runtime.client.limits import Limiter, Pacer


class Calls:
    """A call that waits until it is let go, and counts how it went."""

    def __init__(self):
        self.made = self.cancelled = 0
        self.begun = threading.Event()
        self.free = threading.Event()

    async def __call__(self):
        self.made += 1
        self.begun.set()
        try:
            while not self.free.is_set():  # noqa: ASYNC110  # let go from any thread
                await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.made


def test_who_asks_for_the_same_gets_the_same():
    async def main():
        flights, call = Flights(), Calls()
        waiters = [asyncio.create_task(flights.share("k", call)) for _ in range(3)]
        other = asyncio.create_task(flights.share("l", call))
        await asyncio.sleep(0.01)
        assert call.made == 2
        call.free.set()
        results = [await waiter for waiter in waiters]
        assert [mine for _, mine in results] == [True, False, False]
        assert len({result for result, _ in results}) == 1
        assert (await other)[1]
        assert (await flights.share("k", call))[1]
        assert call.made == 3

    asyncio.run(main())


def test_an_error_reaches_every_waiter():
    async def main():
        flights = Flights()

        async def fail():
            await asyncio.sleep(0)
            raise KeyError("k")

        results = await asyncio.gather(*(flights.share("k", fail) for _ in range(3)), return_exceptions=True)
        assert [type(result) for result in results] == [KeyError] * 3

    asyncio.run(main())


@pytest.mark.parametrize("quitter", [0, 1])
def test_a_waiter_that_is_cancelled_leaves_the_call_to_the_others(quitter):
    async def main():
        flights, call = Flights(), Calls()
        waiters = [asyncio.create_task(flights.share("k", call)) for _ in range(2)]
        await asyncio.sleep(0.005)
        waiters[quitter].cancel()
        await asyncio.sleep(0.005)
        call.free.set()
        assert (await waiters[1 - quitter])[0] == 1
        assert (call.made, call.cancelled) == (1, 0)

    asyncio.run(main())


def test_the_last_waiter_takes_the_call_along():
    async def main():
        flights, call = Flights(), Calls()
        waiters = [asyncio.create_task(flights.share("k", call)) for _ in range(2)]
        await asyncio.sleep(0.005)
        for waiter in waiters:
            waiter.cancel()
        await asyncio.gather(*waiters, return_exceptions=True)
        again = asyncio.create_task(flights.share("k", call))
        await asyncio.sleep(0.005)
        assert (call.made, call.cancelled) == (2, 1)
        call.free.set()
        assert await again == (2, True)

    asyncio.run(main())


@pytest.mark.parametrize("at_once", [True, False])
def test_a_loop_that_ends_leaves_the_call_to_another_loop(at_once):
    flights, call = Flights(), Calls()
    results = []

    async def owner():
        task = asyncio.ensure_future(flights.share("k", call))
        await asyncio.sleep(0)
        if not at_once:
            await asyncio.to_thread(call.begun.wait)
        threading.Thread(target=second.start).start()
        await asyncio.sleep(0.03)
        call.begun.clear()
        assert not task.done()
        # the loop ends here, with the call under way

    def join():
        async def inside():
            results.append(await flights.share("k", call))

        asyncio.run(inside())

    second = threading.Thread(target=join)
    asyncio.run(owner())
    call.free.set()
    second.join(5)
    assert results == [(2, True)]
    assert (call.made, call.cancelled) == (2, 1)


def test_one_call_over_several_loops():
    flights, call = Flights(), Calls()
    results = []

    def ask():
        results.append(asyncio.run(flights.share("k", call)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    while sum(flight.waiting for flight in flights._flights.values()) < 4:
        time.sleep(0.001)
    call.free.set()
    for thread in threads:
        thread.join(5)
    assert call.made == 1
    assert sorted(mine for _, mine in results) == [False, False, False, True]


def test_a_limiter_over_several_loops_holds_and_loses_no_place():
    limiter = Limiter(2)
    lock = threading.Lock()
    inside = peak = done = 0

    async def work():
        nonlocal inside, peak, done
        await limiter.enter()
        with lock:
            inside += 1
            peak = max(peak, inside)
        await asyncio.sleep(0.001)
        with lock:
            inside -= 1
            done += 1
        limiter.leave()

    async def crowd():
        await asyncio.gather(*(work() for _ in range(20)))

    threads = [threading.Thread(target=lambda: asyncio.run(crowd())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (done, peak, limiter.active) == (60, 2, 0)


def test_who_gives_up_waiting_takes_no_place():
    async def main():
        limiter = Limiter(1)
        await limiter.enter()
        waiting = [asyncio.create_task(limiter.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        limiter.leave()
        # granted, but cancelled before it could run
        waiting[1].cancel()
        await asyncio.wait_for(waiting[2], 1)
        assert limiter.active == 1
        limiter.leave()
        assert limiter.active == 0

    asyncio.run(main())


def test_places_of_a_loop_that_is_gone_go_to_others():
    limiter = Limiter(1)

    async def main():
        await limiter.enter()

    asyncio.run(main())
    dead = asyncio.new_event_loop()
    forgotten = dead.create_task(limiter.enter())
    dead.run_until_complete(asyncio.sleep(0))
    forgotten._log_destroy_pending = False
    dead.close()
    limiter.leave()
    asyncio.run(asyncio.wait_for(limiter.enter(), 1))
    assert limiter.active == 1


def test_a_pause_holds_everybody_back():
    async def main():
        limiter = Limiter(4)
        limiter.pause(0.05)
        begun = time.monotonic()
        await asyncio.gather(limiter.enter(), limiter.enter())
        assert time.monotonic() - begun >= 0.05

    asyncio.run(main())


def test_a_pacer_spreads_units_over_the_minute():
    pacer = Pacer(60.0)
    waits = [pacer.reserve(1) for _ in range(5)]
    # what is due in one second may come at once
    assert waits == pytest.approx([0, 0, 1, 2, 3], abs=0.05)
    pacer.correct(-2)
    assert pacer.reserve(1) == pytest.approx(2, abs=0.05)
