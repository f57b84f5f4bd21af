"""What is asked once: in memory, on disk, across processes. What is recorded, and what it cost."""

import asyncio
import json
import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import rmcompose
from rmcompose.runtime.client import CassetteError, CassetteMiss, Client, Config, Usage
from rmcompose.runtime.client.cache import DiskCache, default_folder
from rmcompose.runtime.client.question import Question, Reply
from rmcompose.runtime.judging import ask, compare

GOOD = {"reply": {"reason": "good", "score": 0.5}}
KEY = "sk-test-1234567890"


def test_the_same_question_is_asked_once_at_the_same_time_and_later(serve, client_of, run, judge):
    server = serve(GOOD | {"delay": 0.01})
    client = client_of(server, cache=False)

    async def crowd():
        together = await asyncio.gather(*(ask(judge(name=name), ["same"], None, client) for name in "abc"))
        return [*together, await ask(judge(), ["same"], None, client)]

    answers = run(client, crowd)
    assert {answer.value for answer in answers} == {0.5}
    assert [answer.calls for answer in answers] == [1, 0, 0, 0]
    assert [answer.cached for answer in answers] == [False, True, True, True]
    assert len(server.requests) == 1
    assert client.usage == Usage(calls=1, tokens_in=100, tokens_out=20, cached=3)


@pytest.mark.parametrize(
    "difference",
    [
        {"model": "n"},
        {"rubric": "Good!"},
        {"system": "Be kind."},
        {"temperature": 0.0},
        {"top_p": 0.5},
        {"max_tokens": 9},
        {"seed": 1},
        {"high": 2.0},
        {"given": ("answer",)},
        {"extract": r'"score": (\S+?)}'},
    ],
)
def test_whatever_changes_the_question_asks_anew(serve, client_of, run, judge, difference):
    server = serve(GOOD)
    client = client_of(server)

    async def both():
        await ask(judge(), ["a"], None, client)
        await ask(judge(**difference), ["a"], None, client)

    run(client, both)
    assert len(server.requests) == 2


def test_how_patiently_is_no_part_of_the_question(serve, client_of, run, judge):
    server = serve(GOOD)
    client = client_of(server)

    async def both():
        await ask(judge(), ["a"], None, client)
        return await ask(judge(name="k", retries=0, timeout=9.0, votes=1, low=0.0), ["a"], None, client)

    assert run(client, both).cached


def test_two_patterns_read_the_same_words_differently(serve, client_of, run, judge):
    server = serve({"times": 1, "reply": "1 0"}, {"reply": "0 1"})
    client = client_of(server)

    async def both():
        return [await ask(judge(extract=pattern), ["a"], None, client) for pattern in (r"^\d", r"\d$")]

    assert [answer.value for answer in run(client, both)] == [1.0, 1.0]


def test_replies_are_kept_on_disk_for_other_clients(serve, client_of, run, judge, tmp_path):
    server = serve(GOOD)
    first, second, other = client_of(server), client_of(None), client_of(server, cache=tmp_path / "elsewhere")
    answers = [
        run(client, lambda client=client: ask(judge(), ["a"], None, client)) for client in (first, second, other)
    ]
    assert [(answer.value, answer.calls, answer.cached) for answer in answers] == [
        (0.5, 1, False),
        (0.5, 0, True),
        (0.5, 1, False),
    ]
    assert second.usage == Usage(cached=1)


def test_a_name_that_now_means_another_model_is_asked_anew(serve, client_of, run, judge):
    server = serve(GOOD)
    for model in ("small", "small", "large"):
        client = client_of(server, Config({"m": {"model": model, "base_url": server.url}}, {}))
        run(client, lambda client=client: ask(judge(), ["a"], None, client))
    assert [body["model"] for body in server.requests] == ["small", "large"]


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ({"reply": "no"}, "malformed_reply"),
        ({"refusal": "no"}, "refused"),
        ({"reply": {"reason": "r", "score": 7}}, "off_scale"),
        ({"status": 404}, "provider_error"),
    ],
)
def test_a_failure_is_not_kept_for_later_runs(serve, client_of, run, judge, bad, kind):
    server = serve(bad | {"times": 1}, GOOD)
    client = client_of(server)
    assert run(client, lambda: ask(judge(retries=0), ["a"], None, client)).kind == kind
    later = client_of(server)
    assert run(later, lambda: ask(judge(retries=0), ["a"], None, later)).value == 0.5


def test_within_a_run_the_same_question_fails_in_the_same_way(serve, client_of, run, judge):
    """Whether two askers came at the same time or one after the other must not show in the scores."""
    server = serve({"reply": "no", "times": 2}, GOOD)
    client = client_of(server)

    async def both():
        return [await ask(judge(retries=retries), ["a"], None, client) for retries in (1, 1, 2, 1)]

    assert [answer.value for answer in run(client, both)] == [None, None, 0.5, None]
    assert len(server.requests) == 3


def test_a_kept_reply_that_can_no_longer_be_read_is_asked_again(serve, client_of, run, judge, tmp_path):
    server = serve(GOOD)
    client = client_of(server)
    run(client, lambda: ask(judge(), ["a"], None, client))
    (path,) = (tmp_path / "cache").rglob("*.json")
    cache = DiskCache(tmp_path / "cache")
    cache.put(path.stem, "m", Reply("no", tokens_in=1, tokens_out=1))
    cache.close()
    readable = path.read_text()
    for broken in (readable, readable[:-1], readable.replace('"no"', '"on"'), "{", json.dumps({"text": 3}), "[]", ""):
        path.write_text(broken)
        later = client_of(server)
        answer = run(later, lambda later=later: ask(judge(), ["a"], None, later))
        assert (answer.value, answer.calls) == (0.5, 1)
    assert len(server.requests) == 8


def test_a_folder_that_cannot_be_written_is_a_warning(serve, client_of, run, judge, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    server = serve(GOOD)
    client = client_of(server, cache=tmp_path / "file")

    async def both():
        return [await ask(judge(), [text], None, client) for text in "ab"]

    with caplog.at_level(logging.WARNING):
        assert [answer.value for answer in run(client, both)] == [0.5, 0.5]
    assert len(caplog.records) == 1


def test_many_writers_leave_whole_replies(tmp_path):
    replies = [Reply(str(number) * 5000, tokens_in=1, tokens_out=number) for number in range(8)]

    def write(reply):
        cache = DiskCache(tmp_path)
        for _ in range(20):
            cache.put("ab" * 32, "m", reply)
            found = cache.get("ab" * 32)
            assert found is not None
            assert found.text == str(found.tokens_out) * 5000
        cache.close()

    threads = [threading.Thread(target=write, args=[reply]) for reply in replies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{'ab' * 32}.json"]


def test_replies_are_shared_by_processes(serve, tmp_path):
    server = serve(GOOD)
    code = (
        "import asyncio\n"
        "from rmcompose.runtime.client import Client\n"
        "from rmcompose.runtime.judging import JudgeSpec, ask\n"
        "spec = JudgeSpec('j', 0.0, 1.0, 'm', ('response',), 'Good?')\n"
        "async def main():\n"
        "    async with Client() as client:\n"
        "        for text in ('a', 'b'):\n"
        "            answer = await ask(spec, [text], None, client)\n"
        "            print(answer.value, answer.cached)\n"
        "asyncio.run(main())\n"
    )
    environ = {
        "PYTHONPATH": str(Path(rmcompose.__file__).parent.parent),
        "RMCOMPOSE_CACHE_DIR": str(tmp_path),
        "OPENAI_BASE_URL": server.url,
    }
    shown = []
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
        )
        shown.append(done.stdout.split())
    assert shown == [["0.5", "False"] * 2, ["0.5", "True"] * 2]
    assert len(server.requests) == 2


def test_where_replies_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("RMCOMPOSE_CACHE_DIR", str(tmp_path / "chosen"))
    assert default_folder() == tmp_path / "chosen"
    monkeypatch.delenv("RMCOMPOSE_CACHE_DIR")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "rmcompose"


def test_one_client_in_several_threads(serve, client_of, judge):
    server = serve(GOOD | {"delay": 0.02})
    client = client_of(server, concurrency=4)
    found = []

    async def some():
        found.extend(await asyncio.gather(*(ask(judge(), [str(n)], None, client) for n in range(8))))
        await client.disconnect()

    threads = [threading.Thread(target=lambda: asyncio.run(some())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    client.close()
    assert [answer.value for answer in found] == [0.5] * 24
    assert len(server.requests) == 8
    assert sum(answer.calls for answer in found) == client.usage.calls == 8
    assert server.peak <= 4


def test_a_client_closed_from_outside_its_loop(serve, client_of, judge):
    server = serve(GOOD)
    client = client_of(server)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    answer = asyncio.run_coroutine_threadsafe(ask(judge(), ["a"], None, client), loop).result(5)
    assert answer.value == 0.5
    client.close()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0.05), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def test_cancelling_who_asks_cancels_the_request(serve, client_of, run, judge):
    server = serve({"hang": True})
    client = client_of(server)

    async def impatient():
        asked = asyncio.create_task(ask(judge(), ["a"], None, client))
        assert await asyncio.to_thread(server.arrived.wait, 5)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        return await asyncio.to_thread(server.left.wait, 5)

    assert run(client, impatient)


def test_what_it_cost(serve, client_of, run, judge):
    server = serve(GOOD)
    models = {"m": {"base_url": server.url, "price_in": 2.0, "price_out": 10.0}}
    client = client_of(server, Config(models, {}))
    run(client, lambda: ask(judge(), ["a"], None, client))
    assert client.usage.cost == pytest.approx((100 * 2.0 + 20 * 10.0) / 1e6)
    assert client.usage.tokens == 120


RULES = [
    {"when": "case-bad", "times": 1, "reply": "no"},
    {"when": "case-refused", "refusal": "no"},
    {"when": "case-lost", "status": 404},
    GOOD,
]
CASES = ["case-fine", "case-bad", "case-refused", "case-lost", "ünïcode \u2028 line"]


async def all_cases(client, judge):
    spec = judge(votes=2, retries=1)
    return [await ask(spec, [case], None, client) for case in CASES]


def without_cost(answers):
    return [(answer.value, answer.kind, answer.message, answer.detail) for answer in answers]


def test_a_cassette_replays_what_was_recorded_failures_included(serve, client_of, run, judge, tmp_path):
    path = tmp_path / "tape.jsonl"
    server = serve(*RULES)
    models = {"m": {"model": "real", "base_url": server.url, "api_key_env": "SECRET"}}
    recording = client_of(server, Config(models, {"SECRET": KEY}), record=path)
    first = run(recording, lambda: all_cases(recording, judge))
    assert [answer.kind for answer in first] == [None, None, "refused", "provider_error", None]
    text = path.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.split("\n") if line]
    assert [(line["key"], line["attempt"]) for line in lines] == sorted(
        (line["key"], line["attempt"]) for line in lines
    )
    assert KEY not in text
    assert server.url not in text
    assert {line["model"] for line in lines} == {"m"}

    replaying = Client(Config({}, {}), replay=path)
    second = run(replaying, lambda: all_cases(replaying, judge))
    assert without_cost(second) == without_cost(first)
    assert all(answer.cached and not answer.calls for answer in second)
    assert replaying.usage.calls == 0


def test_a_reply_that_was_cut_replays_as_one(serve, client_of, run, judge, tmp_path):
    path = tmp_path / "tape.jsonl"
    recording = client_of(serve({"reply": '{"reason": "too long', "finish": "length"}), record=path)
    first = run(recording, lambda: ask(judge(retries=0), ["a"], None, recording))
    assert first.message.endswith("cut off at its token limit")
    replaying = Client(Config({}, {}), replay=path)
    second = run(replaying, lambda: ask(judge(retries=0), ["a"], None, replaying))
    assert without_cost([second]) == without_cost([first])


def test_a_cassette_is_the_same_whatever_was_cached_and_in_whatever_order(serve, client_of, run, judge, tmp_path):
    server = serve(GOOD)
    tapes = []
    for number, texts in enumerate(("abc", "cab", "bca")):
        client = client_of(server, record=tmp_path / f"{number}.jsonl")
        run(
            client, lambda client=client, texts=texts: asyncio.gather(*(ask(judge(), [t], None, client) for t in texts))
        )
        tapes.append((tmp_path / f"{number}.jsonl").read_bytes())
    assert tapes[0] == tapes[1] == tapes[2]
    assert len(server.requests) == 3


def test_a_call_that_the_cassette_lacks_stops_the_run(client_of, run, judge, tmp_path):
    path = tmp_path / "tape.jsonl"
    path.write_text("")
    client = client_of(None, replay=path)
    with pytest.raises(CassetteMiss, match="lacks a call of model `m`"):
        run(client, lambda: ask(judge(votes=3), ["a"], None, client))
    pairs = judge(mode="pairwise")
    with pytest.raises(CassetteMiss):
        run(client, lambda: compare(pairs, {}, [{"response": text} for text in "abc"], None, client))


def test_a_recording_that_was_killed_is_kept_and_continued(serve, client_of, run, judge, tmp_path):
    path = tmp_path / "tape.jsonl"
    server = serve(GOOD)
    killed = client_of(server, record=path)

    async def two():
        for text in "ab":
            await ask(judge(), [text], None, killed)
        await killed.disconnect()

    asyncio.run(two())
    killed._recorder._file.close()  # as the end of the process would
    written = path.read_text()
    assert written.count("\n") == 2
    path.write_text(written[:-20])
    continued = client_of(server, record=path)
    run(continued, lambda: ask(judge(), ["c"], None, continued))
    replaying = client_of(None, replay=path)
    answers = run(replaying, lambda: asyncio.gather(*(ask(judge(), [text], None, replaying) for text in "ac")))
    assert [answer.value for answer in answers] == [0.5, 0.5]


@pytest.mark.parametrize("line", ["no json", "[]", '{"key": 1}', '{"key": "k", "attempt": 0, "reply": null}'])
def test_a_file_that_is_no_cassette(tmp_path, line):
    path = tmp_path / "tape.jsonl"
    path.write_text(f"{line}\n{line}\n")
    for option in ("replay", "record"):
        with pytest.raises(CassetteError, match=r"line 1 of `.*tape.jsonl` is not a recorded call"):
            Client(Config({}, {}), **{option: path})
    with pytest.raises(FileNotFoundError):
        Client(Config({}, {}), replay=tmp_path / "missing.jsonl")


def test_options_that_contradict_each_other(tmp_path):
    with pytest.raises(ValueError, match="records or replays"):
        Client(record=tmp_path / "a", replay=tmp_path / "b")
    with pytest.raises(ValueError, match="at least 1"):
        Client(concurrency=0)


def test_a_key_is_stable():
    """The key of a stored reply: where this changes, every cache and cassette of every user is void."""
    asked = Question(
        "m",
        ({"role": "user", "content": "é {x}"},),
        schema={"type": "object"},
        settings={"temperature": 0.0, "seed": 1},
        vote=2,
    )
    assert asked.key == "8e85b2fed7cbf47bde52b75b66e23bfe13157795f658784b0f3cc3bff6f13e6d"
    assert asked.key_for("m") == asked.key != asked.key_for("n")
