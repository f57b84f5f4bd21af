"""Thousands of responses and a server with every fault there is: each is scored, or unscored with the right reason."""

from __future__ import annotations

import json
import logging
import re
import time
from collections import Counter
from typing import Any

import pytest

from rmcompose.cli.summary import Summary
from rmcompose.compiler import loads
from rmcompose.data import Record
from rmcompose.runtime.client import Backoff, Config

SPEC = """\
rmcompose 1
composition main -> score[0, 1] {
  judge good: score[0, 1] { model = "m"  given = [response]  rubric "Good?"  timeout = 1.0 }
  return good
}
"""
PATIENCE = Backoff(tries=5, faults=3, connects=3, base=0.001, cap=0.004)
ROWS, EACH = 2_500, 2

Fault = tuple[str, list[dict[str, Any]], str | None, int]
"""A name, what the server does to one request after the other (the last of it for ever), the reason, and requests."""


def verdict(number: int) -> dict[str, Any]:
    return {"reply": {"reason": f"case {number}", "score": number % 101 / 100}}


def faults(number: int) -> list[Fault]:
    good = verdict(number)
    text = json.dumps(good["reply"])
    message = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    return [
        ("busy, says when", [{"status": 429, "retry_after": 0.001}] * 2 + [good], None, 3),
        ("busy, says nothing", [{"status": 429}, good], None, 2),
        ("busy for ever", [{"status": 429}], "provider_error", 5),
        ("busy for longer than anyone waits", [{"status": 429, "retry_after": 5_000}], "provider_error", 1),
        ("quota used up", [{"status": 429, "error": {"code": "insufficient_quota"}}], "provider_error", 1),
        ("fails once", [{"status": 500}, good], None, 2),
        ("fails for ever", [{"status": 503}], "provider_error", 3),
        ("cut off once", [{"cut": True}, good], None, 2),
        ("gone before a word", [{"bytes": b""}, good], None, 2),
        ("cut off for ever", [{"cut": True}], "provider_error", 3),
        ("no HTTP", [{"bytes": b"\x00\x01\r\n\r\n"}], "provider_error", 3),
        ("refuses", [{"refusal": "I cannot judge that."}], "refused", 1),
        ("is filtered", [{"reply": "", "finish": "content_filter"}], "refused", 1),
        ("is malformed at first", [{"reply": "Well,"}, {"reply": '{"score": '}, good], None, 3),
        ("is malformed for ever", [{"reply": "8/10, as step 1 was 0.2"}], "malformed_reply", 3),
        ("runs into its limit", [{"reply": text[:-4], "finish": "length"}], "malformed_reply", 3),
        ("says nothing", [{"reply": None}], "malformed_reply", 3),
        ("is off the scale", [{"reply": {"reason": "r", "score": 8}}], "off_scale", 1),
        ("has no choices", [{"raw": {"choices": []}}], "provider_error", 1),
        ("is a page", [{"raw": b"<html><body>502 Bad Gateway</body></html>"}], "provider_error", 1),
        ("tells an error as a success", [{"raw": {"error": {"message": "no such model"}}}], "provider_error", 1),
        ("a gateway does, once", [{"raw": {"error": {"code": 502, "message": "upstream"}}}, good], None, 2),
        ("is huge", [{"reply": "So. " * 50_000 + text}], None, 1),
        ("calls JSON a text", [{"bytes": plain_text(message)}], None, 1),
        ("does not know the model", [{"status": 404}], "provider_error", 1),
    ]


def plain_text(message: dict[str, Any]) -> bytes:
    data = json.dumps(message).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    return head.encode() + data


def fault_of(number: int) -> Fault:
    """What is done to a response: every eighth has a fault, and now and then one hangs."""
    if number % 500 == 7:
        return "hangs", [{"hang": True}], "timeout", 1
    if number % 8:
        return "is fine", [verdict(number)], None, 1
    kinds = faults(number)
    return kinds[number // 8 % len(kinds)]


class Script:
    """What the server does, by what it is shown and how often it was shown that."""

    def __init__(self) -> None:
        self.asked: Counter[int] = Counter()

    def __call__(self, text: str) -> dict[str, Any]:
        found = re.search(r"response number (\d+),", text)
        assert found
        number = int(found[1])
        rules = fault_of(number)[1]
        rule = rules[min(self.asked[number], len(rules) - 1)]
        self.asked[number] += 1
        return rule


@pytest.mark.slow
def test_a_run_through_all_faults(serve, client_of, tmp_path, caplog):
    caplog.set_level(logging.ERROR)
    script = Script()
    server = serve({"by": script})
    prices = {"price_in": 1.0, "price_out": 2.0}
    client = client_of(
        server, Config({"m": {"base_url": server.url} | prices}, {}), backoff=PATIENCE, record=tmp_path / "tape.jsonl"
    )
    records = (
        Record(
            {"id": str(row), "prompt": "q", "responses": [f"response number {EACH * row + k}," for k in range(EACH)]},
            "data.jsonl",
            row + 1,
        )
        for row in range(ROWS)
    )
    summary = Summary()
    lines = []
    with loads(SPEC, client=client) as reward:
        for line in reward.stream(records, max_workers=256):
            lines.append(line)
            summary.add(line)

    # none lost, none twice, in order
    assert [line["id"] for line in lines] == [str(row) for row in range(ROWS)]
    responses = [response for line in lines for response in line["responses"]]
    assert [response["index"] for response in responses] == [0, 1] * ROWS
    wrong = []
    for number, response in enumerate(responses):
        name, _, reason, requests = fault_of(number)
        score = None if reason else number % 101 / 100
        if (*_result(response), script.asked[number]) != (score, reason, requests):
            wrong.append((number, name, response["score"], response["reason"], script.asked[number], requests))
    assert wrong == []
    assert {fault_of(number)[0] for number in range(ROWS * EACH)} > {name for name, *_ in faults(0)}
    # what was answered was paid, once, by the one who asked
    usage = client.usage
    node = summary.nodes["good"]
    assert (node.calls, node.tokens) == (usage.calls, usage.tokens)
    assert node.cost == pytest.approx(usage.cost)
    # and nothing is left behind
    for _ in range(200):
        if server.connections == 0:
            break
        time.sleep(0.01)
    assert (server.active, server.connections) == (0, 0)
    assert [record for record in caplog.records if record.name == "asyncio"] == []

    replaying = client_of(None, replay=tmp_path / "tape.jsonl")
    with loads(SPEC, client=replaying) as reward:
        again = reward.trace({"prompt": "q", "responses": [f"response number {n}," for n in range(400)]})
    assert [_result(response) for response in again["responses"]] == [_result(one) for one in responses[:400]]


def _result(response: dict[str, Any]) -> tuple[float | None, str | None]:
    return response["score"], response["reason"] and response["reason"]["kind"]
