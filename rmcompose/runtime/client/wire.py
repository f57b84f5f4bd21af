"""The wire to a server: a pool of connections of aiohttp, as a transport of the HTTP client that openai speaks through.

The transport that the HTTP client brings itself searches all connections for each request, which costs more than a
call's whole share of the machine where many are under way. openai has one on aiohttp too; this one differs in what
matters here: nothing but the limiter bounds the connections, a server that goes away is not taken for one that is slow,
no message holds an address, cookies are not kept, and it can be dropped together with its loop.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    import aiohttp
    import httpx2

IDLE = 4.0
"""Seconds that an unused connection is kept: less than the 5 after which common servers close it."""


class Wire:
    """Sends requests of one event loop, which is the one of the first of them.

    It has the methods of `httpx2.AsyncBaseTransport`, which is not loaded before it is needed. `proxy` is the address
    of the proxy to go through, if any.
    """

    def __init__(self, url: str) -> None:
        self.proxy = proxy_for(url)
        self._tls = url.startswith("https:")
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The response with its whole body. Raises `httpx2.TransportError` where there is none."""
        import aiohttp
        import httpx2

        if self._session is None:
            self._session = self._open()
        try:
            async with self._session.request(
                request.method,
                str(request.url),
                headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw],
                data=await request.aread(),
                allow_redirects=False,  # what follows redirects takes the key off where they leave the server
                proxy=self.proxy,
            ) as response:
                body = await response.read()
                return httpx2.Response(response.status, headers=response.raw_headers, content=body, request=request)
        except aiohttp.ClientError as error:
            raise httpx2.NetworkError(why(error), request=request) from error

    async def aclose(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def drop(self) -> None:
        """Let go of connections whose loop has been closed: nothing can be sent on them, not even a farewell."""
        closing = self.aclose()
        with contextlib.suppress(StopIteration):
            while True:  # on a closed loop there is nothing to wait for, so it runs through without one
                closing.send(None)

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE, ssl=_tls() if self._tls else True)
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None),  # who asks says how long to wait
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address, by the variables that all tools read."""
    parts = urlsplit(url)
    if not parts.hostname or proxy_bypass(parts.hostname):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def why(error: Exception) -> str:
    """A failure of aiohttp in words, without the address."""
    import aiohttp

    cause = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return f"no secure connection: {cause.reason}"
    if isinstance(cause, socket.gaierror):
        return "its name is not known"
    if isinstance(cause, OSError):
        return os.strerror(cause.errno).lower() if cause.errno else "no connection"
    if isinstance(cause, aiohttp.ClientHttpProxyError):
        return f"the proxy answered {cause.status}"
    if isinstance(cause, aiohttp.ClientResponseError):
        return "its answer is no HTTP"
    if isinstance(cause, aiohttp.ClientPayloadError):
        return "its answer was cut off"
    return "it closed the connection"


@functools.cache
def _tls() -> ssl.SSLContext:
    """Whom to trust: the certificates that the HTTP client of openai brings, or those that `SSL_CERT_FILE` names."""
    import httpx2

    return httpx2.create_ssl_context()
