"""The connections beneath: what a server may do to them, proxies, redirects, loops that end, and what is never told."""

import asyncio
import gzip
import json
import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import rmcompose
from rmcompose.compiler import loads
from rmcompose.runtime.client import Backoff, Config, ConfigError
from rmcompose.runtime.client.wire import proxy_for
from rmcompose.runtime.judging import ask

GOOD = {"reply": {"reason": "r", "score": 0.5}}
KEY = "sk-test-1234567890"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def asked(serve, client_of, run, judge):
    def go(*rules, spec=None, **options):
        server = serve(*rules)
        client = client_of(server, **options)
        answer = run(client, lambda: ask(spec or judge(), ["a"], None, client))
        return answer, server, client

    return go


def body(payload):
    return json.dumps({"choices": [{"message": {"content": json.dumps(payload)}}]}).encode()


def response(content, *headers):
    return "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", *headers)).encode() + b"\r\n" + content


def wait_until(condition):
    done = threading.Event()
    for _ in range(500):
        if condition():
            return True
        done.wait(0.01)
    return False


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "it closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "it closed the connection"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"choi', "its answer was cut off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", "its answer was cut off"),
        (b"220 mail.example ESMTP\r\n\r\n", "its answer is no HTTP"),
        (response(b"no gzip", "Content-Encoding: gzip", "Content-Length: 7"), None),
    ],
)
def test_a_server_that_goes_away_is_asked_again_and_is_not_taken_for_a_slow_one(asked, sent, said):
    answer, server, _ = asked({"bytes": sent}, backoff=Backoff(base=0.001, connects=3))
    assert (answer.kind, len(server.requests)) == ("provider_error", 3)
    if said is not None:
        assert answer.message == f"the server cannot be reached: {said} (asked 3 times)"
    answer, server, client = asked({"bytes": sent, "times": 1}, GOOD)
    assert (answer.value, len(server.requests), client.usage.retries) == (0.5, 2, 1)


def test_answers_in_pieces_and_compressed(asked):
    plain = body({"reason": "r", "score": 0.25})
    packed = gzip.compress(plain)
    chunks = b"".join(b"1\r\n%b\r\n" % plain[i : i + 1] for i in range(len(plain))) + b"0\r\n\r\n"
    for sent in (
        response(chunks, "Transfer-Encoding: chunked"),
        response(packed, "Content-Encoding: gzip", f"Content-Length: {len(packed)}"),
        response(plain, "Connection: close"),
        response(plain, "Content-Type: text/html", f"Content-Length: {len(plain)}"),
    ):
        answer, _, client = asked({"bytes": sent})
        assert (answer.value, client.usage.retries) == (0.25, 0)


def test_nobody_at_home_is_told_without_the_address(client_of, run, judge):
    client = client_of(None, Config({}, {"BASE_URL": "http://127.0.0.1:9/v1"}))
    answer = run(client, lambda: ask(judge(), ["a"], None, client))
    assert answer.message == "the server cannot be reached: connection refused (asked 4 times)"
    client = client_of(None, Config({}, {"BASE_URL": "http://judge.invalid/v1"}))
    answer = run(client, lambda: ask(judge(), ["a"], None, client))
    assert answer.kind == "provider_error"
    assert "invalid" not in answer.message


def test_connections_are_used_again(serve, client_of, run, judge):
    server = serve(GOOD)
    client = client_of(server)
    most = 0

    async def one_by_one():
        nonlocal most
        for n in range(20):
            await ask(judge(), [str(n)], None, client)
            most = max(most, server.connections)

    run(client, one_by_one)
    assert most == 1
    assert wait_until(lambda: server.connections == 0)


def test_cookies_are_not_kept(serve, client_of, run, judge):
    content = body({"reason": "r", "score": 0.5})
    sent = response(content, "Set-Cookie: a=b; Path=/", f"Content-Length: {len(content)}")
    server = serve({"bytes": sent, "times": 1}, GOOD)
    client = client_of(server, Config({}, {"OPENAI_BASE_URL": server.url.replace("127.0.0.1", "localhost")}))

    async def both():
        return [await ask(judge(), [text], None, client) for text in "ab"]

    assert [answer.value for answer in run(client, both)] == [0.5, 0.5]
    assert "cookie" not in server.heads[1].lower()


def test_a_proxy_of_the_environment_is_used(serve, client_of, run, judge, monkeypatch):
    proxy = serve(GOOD)
    monkeypatch.setenv("http_proxy", proxy.url.replace("http://", "http://me:secret@").removesuffix("/v1"))
    client = client_of(None, Config({}, {"OPENAI_BASE_URL": "http://judge.invalid/v1", "OPENAI_API_KEY": KEY}))
    assert run(client, lambda: ask(judge(), ["a"], None, client)).value == 0.5
    assert proxy.heads[0].startswith("POST http://judge.invalid/v1/chat/completions ")
    assert "proxy-authorization: basic" in proxy.heads[0].lower()
    # its own address goes by without
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    direct = serve(GOOD)
    client = client_of(direct)
    assert run(client, lambda: ask(judge(), ["b"], None, client)).value == 0.5
    assert (len(direct.heads), len(proxy.heads)) == (1, 1)


def test_which_proxy(monkeypatch):
    assert proxy_for("http://a.example/v1") is None
    monkeypatch.setenv("https_proxy", "http://p:1")
    monkeypatch.setenv("all_proxy", "http://q:2")
    monkeypatch.setenv("no_proxy", "b.example")
    assert proxy_for("https://a.example/v1") == "http://p:1"
    assert proxy_for("http://a.example/v1") == "http://q:2"
    assert proxy_for("https://b.example/v1") is None
    assert proxy_for("https://x.b.example/v1") is None


def test_a_redirect_takes_the_key_nowhere_else(serve, client_of, run, judge):
    elsewhere = serve(GOOD)

    def moved(to):
        return {"bytes": f"HTTP/1.1 307 X\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode(), "times": 1}

    server = serve(moved(f"{elsewhere.url}/chat/completions"), moved("/v1/chat/completions"), GOOD)
    client = client_of(server)
    assert run(client, lambda: ask(judge(), ["a"], None, client)).value == 0.5
    assert [request["authorization"] for request in elsewhere.requests] == [None]
    client = client_of(server)
    assert run(client, lambda: ask(judge(), ["b"], None, client)).value == 0.5
    assert server.requests[-1]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("status", [301, 302, 308])
def test_a_redirect_that_leads_nowhere_is_an_error(asked, status):
    sent = f"HTTP/1.1 {status} X\r\nLocation: /v1/chat/completions\r\nContent-Length: 0\r\n\r\n".encode()
    answer, _, _ = asked({"bytes": sent}, backoff=Backoff(base=0.001, tries=2, faults=2, connects=2))
    assert answer.kind == "provider_error"


def test_an_address_with_a_password_is_refused():
    config = Config({"m": {"base_url": "http://me:secret@127.0.0.1/v1"}}, {})
    with pytest.raises(ConfigError) as raised:
        config.endpoint("m")
    assert "secret" not in str(raised.value)


# ---- loops, and calls that nobody waits for --------------------------------------------------------------------------

LEFT_OPEN = """\
import asyncio, gc, sys
from rmcompose.compiler import loads
from rmcompose.runtime.client import Client, Config

SPEC = '''rmcompose 1
composition main -> score[0, 1] {
  judge good: score[0, 1] { model = "m"  given = [response]  rubric "Good?" }
  return good
}'''

def made():
    return loads(SPEC, client=Client(Config({}, {"OPENAI_BASE_URL": sys.argv[1]}), cache=False))

reward = made()
print(reward.score(response="a"))
other = made()
for text in "bc":  # a loop each, and none of them waits for the client
    print(asyncio.run(other.atrace({"response": text}))["responses"][0]["score"])
third = made()
print(third.score(response="d"))
del other, third
gc.collect()
"""


def test_a_process_that_leaves_all_open_ends_quietly(serve, tmp_path):
    server = serve(GOOD)
    environ = {"PYTHONPATH": str(Path(rmcompose.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN, server.url],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert (done.stdout.split(), done.stderr) == (["0.5"] * 4, "")
    assert wait_until(lambda: server.connections == 0)


def test_the_connections_of_a_loop_that_ended_are_let_go(serve, client_of, judge):
    server = serve(GOOD)
    client = client_of(server)
    for text in "abc":
        loop = asyncio.new_event_loop()
        assert loop.run_until_complete(ask(judge(), [text], None, client)).value == 0.5
        # what a careful owner of a loop does for the connections of others: nothing
        for transport in list(getattr(loop, "_transports", {}).values()):
            transport.abort()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
    assert len(client._transport._connections._lines) == 1
    client.close()
    assert client._transport._connections._lines == {}


TWO = """\
rmcompose 1
composition main -> score[0, 1] {
  judge a: score[0, 1] { model = "m"  given = [response]  rubric "First?" }
  judge b: score[0, 1] { model = "m"  given = [response]  rubric "Second?"  votes = 5 }
  return mean([a, b])
}
"""


def test_a_sibling_that_fails_leaves_no_call_running(serve, client_of):
    server = serve({"when": "First", "delay": 0.2, "refusal": "no"}, {"hang": True})
    with loads(TWO, client=client_of(server)) as reward:
        line = reward.trace({"response": "x"})
        assert line["responses"][0]["reason"]["kind"] == "refused"
        assert wait_until(lambda: server.active == 0)
        # those that hung are closed, and the one that was answered is kept for later
        assert wait_until(lambda: server.connections == 1)
    assert wait_until(lambda: server.connections == 0)


def test_a_run_that_is_cancelled_leaves_no_call_running(serve, client_of):
    server = serve({"hang": True})
    reward = loads(TWO, client=client_of(server))

    async def impatient():
        task = asyncio.create_task(reward.atrace({"response": "x"}))
        assert await asyncio.to_thread(wait_until, lambda: server.active == 6)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await asyncio.to_thread(wait_until, lambda: server.connections == 0)
        await reward.client.aclose()

    asyncio.run(impatient())


# ---- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    [
        {"reply": {"reason": f"you sent Bearer {KEY}", "score": 0.5}},
        {"reply": f"Authorization: Bearer {KEY}"},
        {"refusal": f"not with {KEY}"},
        {"status": 401, "error": {"message": f"bad key {KEY}", "code": KEY}},
        {"status": 400, "error": {"message": f"response_format {KEY}", "param": KEY}},
        {"status": 500, "error": {"message": f"Bearer {KEY}"}},
        {"raw": {"error": {"code": 500, "message": f"Bearer {KEY}"}}},
        {"raw": f"<html>{KEY}</html>".encode()},
        {"bytes": f"HTTP/1.1 {KEY}\r\n\r\n".encode()},
        {"bytes": f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n".encode()},
        {"bytes": f"HTTP/1.1 302 X\r\nLocation: ftp://{KEY}/\r\nContent-Length: 0\r\n\r\n".encode()},
        {"cut": True},
    ],
)
def test_a_key_is_nowhere(serve, client_of, tmp_path, caplog, rule):
    server = serve(rule)
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "aiohttp", "httpx2", "asyncio", "rmcompose"):
        caplog.set_level(logging.DEBUG, logger=name)
    client = client_of(
        server, record=tmp_path / "tape.jsonl", backoff=Backoff(base=0.001, tries=2, faults=2, connects=2)
    )
    with loads(TWO, client=client) as reward:
        line = reward.trace({"response": "x"})
        try:
            reward.score(response="x")
        except rmcompose.Unscored as error:
            line["error"] = [str(error), repr(error), repr(error.__context__), repr(error.__cause__)]
    assert server.requests[0]["authorization"] == f"Bearer {KEY}"
    files = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    logged = "".join(f"{record.getMessage()}{record.args}{record.exc_info}" for record in caplog.records)
    assert files
    assert KEY not in json.dumps(line) + files + logged + caplog.text + repr(vars(client))
