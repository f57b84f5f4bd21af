"""A judge on loopback whose answers hang on what it is asked alone, and that counts them; and a run that asks it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import subprocess
import sys
import threading

SPEC = """\
rmcompose 1

composition main -> score[0, 1] {
  judge good: score[0, 10] {
    model = "m"
    given = [prompt, response]
    rubric \"\"\"How good is it?\"\"\"
  }
  judge short: score[0, 10] {
    model = "m"
    given = [prompt, response]
    rubric \"\"\"How short is it?\"\"\"
  }

  return (good + short) / 20
}
"""
CALLS = 4
"""Calls a sample: two judges, two responses."""
WINDOW = 64 * CALLS
"""Calls of the samples that are under way at a time."""
VOLATILE = ("ms", "calls", "tokens", "cached", "cost")


class Judge:
    """Answers after a while, `answered` times so far; `answer` makes the body of a response from that of a request."""

    def __init__(self, delay=0.02, answer=None, status=200):
        self.delay = delay
        self.answer = answer or _answer
        self.status = status
        self.answered = 0
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._tasks = set()

    def __enter__(self):
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self):
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def _stop(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                body = json.loads(await reader.readexactly(int(length[1])))
                await asyncio.sleep(self.delay)
                writer.write(_http(self.answer(body), self.status))
                self.answered += 1
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _answer(body):
    # the marks around the data hang on the data alone
    score = number_of(body) % 101 / 10
    return completion(json.dumps({"reason": f"it is {score}", "score": score}))


def number_of(body):
    """A number that hangs on what is asked alone."""
    return int.from_bytes(hashlib.sha256(json.dumps(body["messages"]).encode()).digest()[:4], "big")


def completion(content):
    """The body of a reply with this text."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return json.dumps({"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


def _http(data, status):
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


def start(*words):
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "rmcompose", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(process):
    """Its exit code and what it said."""
    said = process.stderr.read().decode()
    process.stderr.close()
    return process.wait(), said


def settled(path):
    """The lines of a result file without what differs from run to run: time, and what came from the cache."""
    return [json.dumps(_settled(json.loads(line))) for line in path.read_bytes().splitlines()]


def _settled(row):
    for response in row["responses"]:
        for node in response["nodes"].values():
            for name in VOLATILE:
                node.pop(name, None)
    return row
