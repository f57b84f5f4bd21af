"""A chat server on loopback that judges everything alike, for benchmarks: it costs as little of the machine as it can.

    python benchmarks/judge_server.py [--latency 0.05]

Prints its address when it is ready, and serves until it is stopped. Every request is answered with the same verdict
after `--latency` seconds, as a server would that a model keeps busy; a connection is asked one thing at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys

REPLY = {
    "id": "chatcmpl-benchmark",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "benchmark",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": '{"reason": "Clear and correct.", "score": 0.75}'},
        }
    ],
    "usage": {"prompt_tokens": 200, "completion_tokens": 20, "total_tokens": 220},
}
BODY = json.dumps(REPLY).encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """Reads a request, waits, answers, and reads the next."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.read = b""
        self.transport: asyncio.Transport | None = None
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client is there."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """A part of a request has come."""
        self.read += data
        end = self.read.find(b"\r\n\r\n")
        if end < 0:
            return
        found = LENGTH.search(self.read, 0, end + 2)
        if len(self.read) >= end + 4 + (int(found[1]) if found else 0):
            self.read = b""
            self.loop.call_later(self.latency, self.answer)

    def answer(self) -> None:
        """The time is over: the same verdict for all."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(ANSWER)


async def serve(latency: float) -> None:
    """Prints the address and serves."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(latency), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


def main() -> int:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.05, metavar="SECONDS")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.latency))
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
