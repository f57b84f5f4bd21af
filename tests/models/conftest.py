"""Scripted servers of models that measure, on loopback: each speaks one protocol and checks what it is sent."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

import rmcompose as rm
from rmcompose.runtime.client import Backoff, Client, Config

Answer = Callable[[str, dict[str, Any]], Any]
"""(path, body) -> what a 200 says."""


@dataclass
class Server:
    """Answers with `answer`; rules of the `script` come first, each for so many `times`: `status`, `retry_after`,
    `error`, `hang`, `raw` (bytes of a 200), `when` (found in the body), `more_than` (texts in the request)."""

    answer: Answer
    script: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    url: str = ""
    active: int = 0
    peak: int = 0
    delay: float = 0.0

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [body for _, body in self.requests]

    def pick(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(body, ensure_ascii=False)
        for rule in self.script:
            if rule.get("times") == 0 or not re.search(rule.get("when", ""), text):
                continue
            if "more_than" in rule and count(body) <= rule["more_than"]:
                continue
            if "times" in rule:
                rule["times"] -= 1
            return rule
        return {"says": self.answer(path, body)}

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                length = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
                body = json.loads(await reader.readexactly(int(length[1]) if length else 0))
                path = head.split(" ")[1]
                self.requests.append((path, body))
                rule = self.pick(path, body)
                self.active += 1
                self.peak = max(self.peak, self.active)
                if self.delay:
                    await asyncio.sleep(self.delay)
                if rule.get("hang"):
                    await reader.read(1)
                self.active -= 1
                if rule.get("hang"):
                    return
                extra = f"Retry-After: {rule['retry_after']}\r\n" if "retry_after" in rule else ""
                told = rule.get("error", {"error": "scripted"}) if "status" in rule else rule.get("says")
                data = rule["raw"] if "raw" in rule else json.dumps(told).encode()
                said = f"HTTP/1.1 {rule.get('status', 200)} X\r\nContent-Length: {len(data)}\r\n{extra}\r\n"
                writer.write(said.encode() + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def count(body: dict[str, Any]) -> int:
    """How many texts a request holds."""
    for name in ("input", "inputs", "query"):
        if isinstance(body.get(name), list):
            return len(body[name])
    return 1


def number(text: str) -> float:
    """A number that depends on nothing but the text, between -8 and 8."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**28 - 8


def shown(body: dict[str, Any]) -> list[str]:
    """The texts of a request to vLLM: messages count as one."""
    if "messages" in body:
        return ["\n".join(f"{m['role']}|{m['content']}" for m in body["messages"])]
    return list(body["input"])


def vllm(path: str, body: dict[str, Any]) -> Any:
    texts = shown(body)
    usage = {"prompt_tokens": 10 * len(texts), "total_tokens": 10 * len(texts)}
    raw = body.get("use_activation") is False
    if path == "/classify":
        assert raw == ("rm" in body["model"]), body
        rows = [row(text, body["model"]) for text in texts]
        rows = [{"index": i, **one} for i, one in enumerate(rows)]
        return {"object": "list", "model": body["model"], "data": rows[::-1], "usage": usage}
    assert path == "/pooling", path
    data = [[[0.0], [number(text)]] if "tokens" in body["model"] else [number(text)] for text in texts]
    return {"data": [{"index": i, "object": "pooling", "data": one} for i, one in enumerate(data)], "usage": usage}


def row(text: str, model: str) -> dict[str, Any]:
    if "heads" in model:
        return {"label": None, "probs": [0.5, number(text)], "num_classes": 2}
    if "rm" in model:
        return {"label": "LABEL_0", "probs": [number(text)], "num_classes": 1}
    probs = [0.7, 0.2, 0.1] if "dry" in text else [0.1, 0.2, 0.7]
    return {"label": ["contradiction", "neutral", "entailment"][probs.index(0.7)], "probs": probs, "num_classes": 3}


def tei(path: str, body: dict[str, Any]) -> Any:
    if path == "/embed":
        assert isinstance(body["inputs"], list)
        return [embedding(text) for text in body["inputs"]]
    assert path == "/predict", path
    assert body["raw_scores"] is True
    assert all(isinstance(one, list) for one in body["inputs"])
    return [predicted(one) for one in body["inputs"]]


def predicted(texts: list[str]) -> list[dict[str, Any]]:
    if len(texts) == 2:
        classes = {"ENTAILMENT": 2.0, "NEUTRAL": 0.0, "CONTRADICTION": -1.0}
    elif "Assistant:" in texts[0]:
        return [{"label": "LABEL_0", "score": number(texts[0])}]
    else:
        classes = {"toxic": 3.0 if "fool" in texts[0] else -3.0, "neutral": 0.0}
    ranked = sorted(classes.items(), key=lambda one: -one[1])
    return [{"label": name, "score": score} for name, score in ranked]


def openrlhf(path: str, body: dict[str, Any]) -> Any:
    assert path == "/get_reward", path
    assert len(body["query"]) == len(body["prompts"])
    assert all(prompt in query for prompt, query in zip(body["prompts"], body["query"], strict=True))
    return {"rewards": [[number(query)] for query in body["query"]]}


def openai(path: str, body: dict[str, Any]) -> Any:
    assert path == "/v1/embeddings", path
    rows = [{"index": i, "embedding": embedding(text)} for i, text in enumerate(body["input"])]
    return {"data": rows[::-1], "model": body["model"], "usage": {"prompt_tokens": 3 * len(rows)}}


def embedding(text: str) -> list[float]:
    return [number(text + str(i)) for i in range(8)]


ANSWERS: dict[str, Answer] = {
    "vllm-classify": vllm,
    "vllm-pooling": vllm,
    "tei": tei,
    "openrlhf": openrlhf,
    "openai": openai,
}


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever)
    thread.start()
    yield running

    async def end() -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(end(), running).result(5)
    running.call_soon_threadsafe(running.stop)
    thread.join()
    running.close()


@pytest.fixture
def serve(loop: asyncio.AbstractEventLoop) -> Iterator[Callable[..., Server]]:
    """Starts a server of a protocol; its address has no path."""
    started: list[asyncio.Server] = []

    def begin(api: str, script: list[dict[str, Any]] | None = None, answer: Answer | None = None) -> Server:
        server = Server(answer or ANSWERS[api], script or [])

        async def listen() -> asyncio.Server:
            return await asyncio.start_server(server.connection, "127.0.0.1", 0, limit=2**24)

        listening = asyncio.run_coroutine_threadsafe(listen(), loop).result(5)
        started.append(listening)
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        return server

    yield begin

    async def stop(listening: asyncio.Server) -> None:
        listening.close()

    for listening in started:
        asyncio.run_coroutine_threadsafe(stop(listening), loop).result(5)


FAST = Backoff(base=0.001, cap=0.002)


@pytest.fixture
def load() -> Iterator[Callable[..., rm.RMComposition]]:
    """Loads a composition around one rule, with models as configured, and closes its client at the end."""
    made: list[rm.RMComposition] = []

    def begin(
        rule: str,
        models: dict[str, dict[str, Any]],
        *,
        returns: str = "clamp(r, -100, 100)",
        more: str = "",
        optimize: bool = True,
        **options: Any,
    ) -> rm.RMComposition:
        text = (
            "rmcompose 1\ncomposition c -> score[-100, 100] {\n  input prompt: text\n  input response: text\n"
            f"  rule r = {rule}\n{more}  return {returns}\n}}\n"
        )
        environ: dict[str, str] = options.pop("environ", {})
        client = Client(Config(models, environ), backoff=FAST, **{"cache": False, **options})
        reward = rm.loads(text, client=client, optimize=optimize)
        made.append(reward)
        return reward

    yield begin
    for reward in made:
        reward.close()
