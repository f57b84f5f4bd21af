"""Questions that arrive together go out in one request.

Nobody waits for company: whoever comes first asks for a place with the server, and takes along whatever has arrived by
the time it has one. So batches are as large as the server is slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field

from rmcompose.runtime.client.question import Question, Reply

Take = Callable[[], list[Question]]
Deliver = Callable[[Take], Awaitable[list[Reply]]]


@dataclass(eq=False, slots=True)
class _Item:
    """A question that waits for its reply; `batch` is set once it is on its way."""

    asked: Question
    reply: asyncio.Future[Reply]
    batch: _Batch | None = None


@dataclass(eq=False, slots=True)
class _Batch:
    items: list[_Item] = field(default_factory=list)
    task: asyncio.Task[None] | None = None


class Batches:
    """The questions to one model. Those of one task and patience that wait in one event loop share requests."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[_Item]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, asked: Question, most: int, deliver: Deliver) -> Reply:
        """The reply to a question. `deliver` sends what it takes, once it may, and gives the replies in that order.

        A question that is cancelled leaves its batch to the others; with the last of them the request is cancelled.
        """
        loop = asyncio.get_running_loop()
        place = (loop, asked.task, asked.timeout)
        item = _Item(asked, loop.create_future())
        queue = self._waiting.setdefault(place, [])
        queue.append(item)
        batch = _Batch()

        def take() -> list[Question]:
            taken, queue[:] = queue[:most], queue[most:]
            if not queue and self._waiting.get(place) is queue:
                del self._waiting[place]
            batch.items = taken
            for one in taken:
                one.batch = batch
            return [one.asked for one in taken]

        # as many deliveries as questions: what one leaves behind the next takes, and those that come late find nothing
        task = batch.task = loop.create_task(self._deliver(batch, deliver, take))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await item.reply
        finally:
            if item.batch is None and item in queue:  # nobody waits for it any more
                queue.remove(item)
            taken = item.batch
            if taken is not None and taken.task is not None and all(one.reply.done() for one in taken.items):
                taken.task.cancel()  # without effect where it has ended

    @staticmethod
    async def _deliver(batch: _Batch, deliver: Deliver, take: Take) -> None:
        try:
            replies = await deliver(take)
        except asyncio.CancelledError:
            for item in batch.items:
                item.reply.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # whoever asked raises it
            for item in batch.items:
                if not item.reply.done():
                    item.reply.set_exception(error)
            return
        for item, reply in zip(batch.items, replies, strict=True):
            if not item.reply.done():
                item.reply.set_result(reply)
