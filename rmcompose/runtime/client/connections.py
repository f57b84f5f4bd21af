"""The clients of openai, one for each event loop and address. Connections belong to a loop, and end with it."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import threading
import weakref
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rmcompose.runtime.client.config import Endpoint
from rmcompose.runtime.client.wire import Wire

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

PUBLIC = "https://api.openai.com/v1"
"""Where models live whose address nobody has said."""
FAREWELL = 1.0
"""Seconds that the end of the process waits for connections to close."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A client and the wire beneath it."""

    client: AsyncOpenAI
    wire: Wire


_Lines = dict[asyncio.AbstractEventLoop, dict[tuple[str, str], _Line]]


class Connections:
    """Safe to use from several threads and event loops at once. Whoever lets go of it lets go of its connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: _Lines = {}
        weakref.finalize(self, _let_go, self._lines).atexit = False
        _all.add(self)

    def to(self, endpoint: Endpoint) -> AsyncOpenAI:
        """The client of the running loop for an endpoint."""
        loop = asyncio.get_running_loop()
        address = (endpoint.base_url or PUBLIC, endpoint.key)
        with self._lock:
            if loop not in self._lines:
                self._drop_ended()
                self._lines[loop] = {}
            lines = self._lines[loop]
            if address not in lines:
                lines[address] = _line(*address)
            return lines[address].client

    def close(self) -> list[Future[None]]:
        """Close the connections of all loops, in the loops that still run; the futures are done when those are."""
        with self._lock:
            return _let_go(self._lines)

    async def disconnect(self) -> None:
        """Close the connections of the running loop, which must not be in use; later questions make new ones."""
        with self._lock:
            lines = self._lines.pop(asyncio.get_running_loop(), {})
        await _close(list(lines.values()))

    def _drop_ended(self) -> None:
        for loop in [loop for loop in self._lines if loop.is_closed()]:
            for line in self._lines.pop(loop).values():
                line.wire.drop()


def _let_go(lines: _Lines) -> list[Future[None]]:
    """Empty the table; the futures are done when the connections of loops that run are closed."""
    closing = []
    while lines:
        loop, those = lines.popitem()
        if loop.is_closed():
            for line in those.values():
                line.wire.drop()
        elif loop.is_running():
            closing.append(asyncio.run_coroutine_threadsafe(_close(list(those.values())), loop))
    return closing


def _line(url: str, key: str) -> _Line:
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx2
    from openai import AsyncOpenAI

    wire = Wire(url)
    http = httpx2.AsyncClient(
        transport=cast("httpx2.AsyncBaseTransport", wire),
        timeout=None,
        follow_redirects=True,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # calls must not depend on those before them
    )
    return _Line(AsyncOpenAI(api_key=key, base_url=url, max_retries=0, http_client=http), wire)


async def _close(lines: list[_Line]) -> None:
    for line in lines:
        await line.client.close()


_all: weakref.WeakSet[Connections] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Close what nobody closed, so that a process ends without complaints about its connections."""
    for closing in [future for connections in list(_all) for future in connections.close()]:
        with contextlib.suppress(Exception):
            closing.result(FAREWELL)
