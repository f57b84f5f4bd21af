"""What goes wrong on the way to a model, over real HTTP."""

import asyncio
import time

import pytest

from rmcompose.runtime.client import Backoff, Config, ConfigError
from rmcompose.runtime.client.trouble import retry_after
from rmcompose.runtime.judging import ask

GOOD = {"reply": {"reason": "r", "score": 0.5}}
KEY = "sk-test-1234567890"


@pytest.fixture
def asked(serve, client_of, run, judge):
    def go(*rules, config=None, spec=None, **options):
        server = serve(*rules)
        client = client_of(server, config, **options)
        answer = run(client, lambda: ask(spec or judge(), ["a"], None, client))
        return answer, server, client

    return go


@pytest.mark.parametrize(
    "rules",
    [
        [{"times": 2, "status": 429, "retry_after": 0.01}, {"times": 1, "status": 503}],
        [{"times": 3, "status": 500}],
        [{"times": 1, "status": 408}, {"times": 1, "status": 409}],
        [{"times": 2, "cut": True}],
        [{"times": 1, "raw": {"error": {"code": 502, "message": "behind the gateway"}}}],
    ],
)
def test_what_passes_is_waited_out(asked, rules):
    answer, server, client = asked(*rules, GOOD)
    failures = sum(rule["times"] for rule in rules)
    assert (answer.value, answer.calls) == (0.5, 1)
    assert (client.usage.calls, client.usage.retries) == (1, failures)
    assert len(server.requests) == failures + 1


def test_retry_after_is_honoured(asked):
    begun = time.monotonic()
    answer, _, _ = asked({"times": 1, "status": 429, "retry_after": 0.2}, GOOD)
    assert answer.value == 0.5
    assert time.monotonic() - begun >= 0.2


def test_waiting_is_bounded(asked):
    answer, server, _ = asked({"status": 429, "retry_after": 3600})
    assert (answer.kind, len(server.requests)) == ("provider_error", 1)
    answer, server, _ = asked({"status": 503}, backoff=Backoff(base=0.001, tries=5))
    assert (answer.kind, len(server.requests)) == ("provider_error", 5)
    assert answer.message == "the server answered 503: scripted 503 (asked 5 times)"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_other_refusals_are_final(asked, status):
    answer, server, _ = asked({"status": status})
    assert (answer.kind, answer.calls, len(server.requests)) == ("provider_error", 0, 1)
    assert answer.message == f"the server answered {status}: scripted {status}"


def test_a_quota_that_is_used_up_is_final(asked):
    answer, server, _ = asked({"status": 429, "error": {"code": "insufficient_quota"}})
    assert (answer.kind, len(server.requests)) == ("provider_error", 1)


def test_a_call_that_hangs_times_out_and_is_cancelled(asked, judge):
    answer, server, _ = asked({"hang": True}, spec=judge(timeout=0.1))
    assert (answer.value, answer.kind, answer.calls) == (None, "timeout", 0)
    assert answer.message == "no answer in 0.1 seconds"
    assert len(server.requests) == 1


def test_no_server_at_all(client_of, run, judge):
    client = client_of(None, Config({}, {"BASE_URL": "http://127.0.0.1:9/v1"}))
    answer = run(client, lambda: ask(judge(), ["a"], None, client))
    assert answer.kind == "provider_error"
    assert answer.message.startswith("the server cannot be reached")
    assert answer.message.endswith("(asked 4 times)")


@pytest.mark.parametrize(
    "raw", [b"<html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [3]}', b'{"error": "no"}', b"[" * 90_000]
)
def test_an_answer_in_no_known_shape(asked, raw):
    answer, server, _ = asked({"raw": raw})
    assert (answer.kind, len(server.requests)) == ("provider_error", 1)
    assert "\n" not in answer.message


@pytest.mark.parametrize("message", [None, {}, {"content": 3}, {"content": [{"text": "x"}, 3]}])
def test_a_choice_without_a_text_is_malformed(asked, message, judge):
    answer, _, _ = asked({"raw": {"choices": [{"message": message}], "usage": "many"}}, spec=judge(retries=0))
    assert (answer.kind, answer.tokens) == ("malformed_reply", 0)


def test_content_in_parts_is_joined(asked):
    parts = [{"type": "text", "text": '{"reason": "r", '}, {"type": "text", "text": '"score": 0.5}'}]
    answer, _, _ = asked({"raw": {"choices": [{"message": {"content": parts}}]}})
    assert answer.value == 0.5


def test_a_server_without_json_schema_is_asked_plainly_from_then_on(serve, client_of, run, judge):
    server = serve({"no_schema": True}, {"reply": 'Sure. {"score": 0.1} Final: {"reason": "r", "score": 0.75}'})
    client = client_of(server)

    async def both():
        return [await ask(judge(), [text], None, client) for text in ("a", "b")]

    first, second = run(client, both)
    assert (first.value, second.value) == (0.75, 0.75)
    assert ["response_format" in body for body in server.requests] == [True, False, False]


def test_many_at_once_without_json_schema(serve, client_of, run, judge):
    server = serve({"no_schema": True}, GOOD)
    client = client_of(server)
    answers = run(client, lambda: asyncio.gather(*(ask(judge(), [str(n)], None, client) for n in range(20))))
    assert {answer.value for answer in answers} == {0.5}


def test_a_server_that_has_another_word_for_max_tokens(asked, judge):
    error = {"message": "Unsupported parameter: use 'max_completion_tokens' instead", "param": "max_tokens"}
    answer, server, _ = asked({"times": 1, "status": 400, "error": error}, GOOD, spec=judge(max_tokens=64))
    assert answer.value == 0.5
    assert [body.get("max_tokens") for body in server.requests] == [64, None]
    assert server.requests[1]["max_completion_tokens"] == 64


def test_no_more_than_the_concurrency_at_a_time(serve, client_of, run, judge):
    server = serve(GOOD | {"delay": 0.01})
    client = client_of(server, concurrency=3)
    run(client, lambda: asyncio.gather(*(ask(judge(), [str(n)], None, client) for n in range(12))))
    assert server.peak == 3


def test_the_models_own_concurrency_and_pace(serve, client_of, run, judge):
    server = serve(GOOD | {"delay": 0.005})
    models = {"m": {"model": "real", "base_url": server.url, "concurrency": 2, "rpm": 6000, "tpm": 6e6}}
    client = client_of(server, Config(models, {}))
    answers = run(client, lambda: asyncio.gather(*(ask(judge(), [str(n)], None, client) for n in range(6))))
    assert {answer.value for answer in answers} == {0.5}
    assert server.peak == 2
    assert {body["model"] for body in server.requests} == {"real"}
    assert {body["authorization"] for body in server.requests} == {"Bearer none"}


def test_a_crowd_that_is_refused_gets_through(serve, client_of, run, judge):
    server = serve({"times": 10, "status": 429}, GOOD)
    client = client_of(server, concurrency=8)
    answers = run(client, lambda: asyncio.gather(*(ask(judge(), [str(n)], None, client) for n in range(24))))
    assert {answer.value for answer in answers} == {0.5}
    assert len(server.requests) == 34
    assert client.usage.retries == 10


def test_a_key_is_sent_but_never_shown(serve, client_of, run, judge, tmp_path):
    server = serve({"status": 401, "error": {"message": f"bad key {KEY}\nfor you"}})
    client = client_of(server, record=tmp_path / "tape.jsonl")
    answer = run(client, lambda: ask(judge(), ["a"], None, client))
    assert server.requests[0]["authorization"] == f"Bearer {KEY}"
    assert answer.message == "the server answered 401: bad key *** for you"
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY not in written + repr(answer) + repr(client._transport.endpoint("m")) + repr(client._config)


def test_a_model_without_a_key_is_an_error_of_the_configuration(client_of, run, judge):
    client = client_of(None, Config({}, {}))
    with pytest.raises(ConfigError, match="`OPENAI_API_KEY` with the key for model `m` is not set"):
        run(client, lambda: ask(judge(votes=3), ["a"], None, client))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_when_to_come_back(headers, seconds):
    assert retry_after(headers) == seconds


def test_waits_grow_and_never_undercut_the_server():
    backoff = Backoff(base=1.0, cap=5.0)
    for failures, longest in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 5.0), (9, 5.0)):
        assert longest / 2 <= backoff.delay(failures, None) <= longest
    assert 7.0 <= backoff.delay(1, 7.0) <= 7.7
