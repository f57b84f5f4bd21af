"""Running independent jobs: one after the other, in threads, or from an event loop. Results keep the jobs' order.

Jobs never wait for each other, so that no pool can be starved by them, whoever shares it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import copy_context
from typing import TypeVar

R = TypeVar("R")
Job = Callable[[], R]


def run(jobs: Sequence[Job[R]], workers: int, pool: ThreadPoolExecutor | None = None) -> list[R]:
    """The results of the jobs, at most `workers` at a time; with a pool of the caller's it says how many.

    Each job sees the context variables of the caller.
    """
    if pool is not None:
        return _in_pool(jobs, pool)
    if workers == 1 or len(jobs) < 2:
        return [job() for job in jobs]
    own = _threads(workers, len(jobs))
    try:
        return [future.result() for future in [own.submit(copy_context().run, job) for job in jobs]]
    finally:
        own.shutdown(cancel_futures=True)


async def arun(jobs: Sequence[Job[R]], workers: int, semaphore: asyncio.Semaphore | None = None) -> list[R]:
    """As `run`, without blocking the running event loop; a semaphore may allow fewer at a time."""
    loop = asyncio.get_running_loop()
    own = _threads(workers, len(jobs))

    async def one(job: Job[R]) -> R:
        async with semaphore or nullcontext():
            return await loop.run_in_executor(own, copy_context().run, job)

    try:
        return list(await asyncio.gather(*map(one, jobs)))
    finally:
        # all jobs are done here, except where the caller was cancelled: then those under way are left to end
        own.shutdown(wait=False, cancel_futures=True)


def _in_pool(jobs: Sequence[Job[R]], pool: ThreadPoolExecutor) -> list[R]:
    futures = [pool.submit(copy_context().run, job) for job in jobs]
    try:
        # what the pool has not begun is done here: the caller may itself be the last free thread of that pool
        return [job() if future.cancel() else future.result() for job, future in zip(jobs, futures, strict=True)]
    finally:
        for future in futures:
            future.cancel()


def _threads(workers: int, jobs: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, min(workers, jobs)), thread_name_prefix="rmcompose-reward")
