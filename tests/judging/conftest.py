"""A scripted chat server on loopback, and clients that ask it without the user's files or patience."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from rmcompose.runtime.client import Backoff, Client, Config
from rmcompose.runtime.judging import JudgeSpec

KEY = "sk-test-1234567890"


@dataclass
class Server:
    """Answers each request with the first rule whose `when` is found in the messages and that has `times` left.

    Other keys of a rule: `model` (only requests to it), `logprobs` (of the reply's tokens),
    `reply` (text, or an object sent as its text), `status` with `retry_after` and `error`,
    `hang`, `cut` (closes half-way), `refusal`, `finish`, `no_schema` (only for requests with a JSON schema: a 400),
    `raw` (the whole body of a 200), `delay`, `work` (how many at a time are worked on, and seconds for each),
    `together` (answers once so many are under way), `bytes` (all that is sent before the connection is closed), `by`
    (a function of the text that gives the rule).
    """

    rules: list[dict[str, Any]]
    requests: list[dict[str, Any]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    connections: int = 0
    active: int = 0
    peak: int = 0
    arrived: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def texts(self) -> list[str]:
        return ["\n".join(message["content"] for message in body["messages"]) for body in self.requests]

    def pick(self, body: dict[str, Any]) -> dict[str, Any]:
        text = "\n".join(message["content"] for message in body["messages"])
        for rule in self.rules:
            if rule.get("times") == 0 or not re.search(rule.get("when", ""), text, re.DOTALL):
                continue
            if rule.get("model", body["model"]) != body["model"]:
                continue
            if rule.get("no_schema") and "response_format" not in body:
                continue
            if "times" in rule:
                rule["times"] -= 1
            return rule["by"](text) if "by" in rule else rule
        return {"status": 404}

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head.decode())
                length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                body = json.loads(await reader.readexactly(int(length[1]) if length else 0))
                authorization = re.search(rb"authorization: *(\S+ \S+)", head, re.IGNORECASE)
                self.requests.append(body | {"authorization": authorization[1].decode() if authorization else None})
                self.arrived.set()
                rule = self.pick(body)
                self.active += 1
                self.peak = max(self.peak, self.active)
                try:
                    if not await self.pause(reader, rule):
                        self.left.set()
                        return
                finally:
                    self.active -= 1
                if rule.get("cut"):
                    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id":')
                    return
                if "bytes" in rule:
                    writer.write(rule["bytes"])
                    return
                writer.write(answer(rule))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.connections -= 1
            writer.close()

    async def pause(self, reader: asyncio.StreamReader, rule: dict[str, Any]) -> bool:
        """Wait as the rule says; False where the client went away meanwhile."""
        if rule.get("hang"):
            await reader.read(1)
            return False
        if "delay" in rule:
            await asyncio.sleep(rule["delay"])
        if "together" in rule:
            while self.peak < rule["together"]:  # noqa: ASYNC110  # who comes last has nobody to tell
                await asyncio.sleep(0.01)
        if "work" in rule:
            room, seconds = rule["work"]
            await asyncio.sleep(seconds * max(1.0, self.active / room))
        return True


def answer(rule: dict[str, Any]) -> bytes:
    extra = f"Retry-After: {rule['retry_after']}\r\n" if "retry_after" in rule else ""
    if rule.get("no_schema"):
        error = {"message": "response_format json_schema is not supported", "param": "response_format"}
        return http(400, {"error": error})
    if "status" in rule:
        return http(rule["status"], {"error": {"message": f"scripted {rule['status']}"} | rule.get("error", {})}, extra)
    if "raw" in rule:
        return http(200, rule["raw"])
    reply = rule.get("reply", "")
    message = {"role": "assistant", "content": reply if isinstance(reply, str | None) else json.dumps(reply)}
    if "refusal" in rule:
        message = {"role": "assistant", "content": None, "refusal": rule["refusal"]}
    choice = {"index": 0, "finish_reason": rule.get("finish", "stop"), "message": message}
    if "logprobs" in rule:
        choice["logprobs"] = rule["logprobs"]
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return http(200, {"id": "x", "object": "chat.completion", "choices": [choice], "usage": usage})


def http(status: int, payload: object, extra: str = "") -> bytes:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n{extra}\r\n"
    return head.encode() + data


@pytest.fixture
def serve():
    """`serve(rule, …)` starts a server with these rules."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    tasks: set[asyncio.Task[None]] = set()
    listening: list[asyncio.Server] = []

    def start(*rules: dict[str, Any]) -> Server:
        server = Server([dict(rule) for rule in rules])

        async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            await server.connection(reader, writer)

        async def listen() -> None:
            listener = await asyncio.start_server(connection, "127.0.0.1", 0)
            listening.append(listener)
            server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"

        asyncio.run_coroutine_threadsafe(listen(), loop).result()
        return server

    yield start

    async def stop() -> None:
        for listener in listening:
            listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def client_of(tmp_path):
    """`client_of(server, …)` is a client with that server as its default endpoint and a cache of its own."""

    def make(server: Server | None, config: Config | None = None, **options: Any) -> Client:
        environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.url if server else "http://127.0.0.1:9/v1"}
        options.setdefault("cache", tmp_path / "cache")
        options.setdefault("backoff", Backoff(base=0.002))
        return Client(config or Config({}, environ), **options)

    return make


@pytest.fixture
def run():
    """`run(client, f)` awaits `f()` in a new event loop and closes the client's connections in it."""

    def go(client: Client, main: Callable[[], Awaitable[Any]]) -> Any:
        async def inside() -> Any:
            async with client:
                return await main()

        return asyncio.run(inside())

    return go


@pytest.fixture
def judge():
    """`judge(…)` is a judge of the response on [0, 1], with the given differences."""

    def make(**differences: Any) -> JudgeSpec:
        settings = {"name": "j", "low": 0.0, "high": 1.0, "model": "m", "given": ("response",), "rubric": "Good?"}
        if "criteria" in differences or differences.get("criteria_from"):
            settings["rubric"] = None
        return JudgeSpec(**settings | differences)

    return make
