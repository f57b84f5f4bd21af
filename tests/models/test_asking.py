"""What rules that ask a model share with judges: demand, cache, cassettes, budgets, batches, one account of it all."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

import rmcompose as rm
from rmcompose.plan.calls import call_bounds
from rmcompose.plan.show import plan_text
from rmcompose.runtime.client import Backoff, Budget, CassetteMiss, Client, Config, ConfigError
from tests.models.conftest import FAST, count, number

REWARD = 'reward_model(model = "m")'
ROW = {"prompt": "Why?", "responses": [f"answer {i}" for i in range(6)]}


def text(i: int) -> str:
    return f"User: Why?\n\nAssistant: answer {i}"


EXPECTED = [number(text(i)) for i in range(6)]


def tei(server: Any, **more: Any) -> dict[str, dict[str, Any]]:
    return {"m": {"api": "tei", "base_url": server.url, **more}}


def scores(line: dict[str, Any]) -> list[float | None]:
    return [response["score"] for response in line["responses"]]


def test_the_responses_of_a_sample_go_out_in_one_request(serve, load):
    server = serve("tei")
    reward = load(REWARD, tei(server))
    assert scores(reward.trace(ROW)) == EXPECTED
    assert [count(body) for body in server.bodies] == [6]
    assert reward.usage.calls == 6


@pytest.mark.parametrize("batch", [1, 2, 4, 5, 32])
def test_the_size_of_batches_changes_no_number(serve, load, batch):
    server = serve("tei")
    assert scores(load(REWARD, tei(server, batch=batch)).trace(ROW)) == EXPECTED
    sizes = [count(body) for body in server.bodies]
    assert sum(sizes) == 6
    assert max(sizes) == min(batch, 6)


def test_messages_go_one_conversation_a_request(serve, load):
    server = serve("vllm-classify")
    models = {"m": {"model": "rm", "api": "vllm-classify", "base_url": server.url}}
    line = load(REWARD, models).trace(ROW)
    assert scores(line) == [number(f"user|Why?\nassistant|answer {i}") for i in range(6)]
    assert len(server.requests) == 6


@pytest.mark.parametrize("status", [400, 413, 422])
def test_one_text_that_is_refused_does_not_spoil_the_others(serve, load, status):
    server = serve("tei", [{"when": "answer 3", "status": status, "error": {"error": "too long"}}])
    line = load(REWARD, tei(server)).trace(ROW)
    assert scores(line) == [None if i == 3 else EXPECTED[i] for i in range(6)]
    reason = line["responses"][3]["reason"]
    assert (reason["kind"], reason["message"]) == ("provider_error", f"the server answered {status}: too long")
    assert [count(body) for body in server.bodies] == [6, 1, 1, 1, 1, 1, 1]


def test_a_server_that_takes_smaller_batches_is_asked_one_by_one(serve, load):
    server = serve("tei", [{"more_than": 4, "status": 422, "error": {"error": "batch size > 4"}}])
    assert scores(load(REWARD, tei(server)).trace(ROW)) == EXPECTED


def test_a_batch_of_the_wrong_length_is_asked_one_by_one(serve, load):
    server = serve("tei", [{"more_than": 1, "raw": b'[[{"label": "LABEL_0", "score": 1.0}]]'}])
    assert scores(load(REWARD, tei(server)).trace(ROW)) == EXPECTED


def test_a_batch_waits_out_what_passes_together(serve, load):
    server = serve("tei", [{"status": 503, "times": 2, "retry_after": 0.02}])
    reward = load(REWARD, tei(server))
    assert scores(reward.trace(ROW)) == EXPECTED
    assert [count(body) for body in server.bodies] == [6, 6, 6]
    assert reward.usage.calls == 6


def test_concurrency_bounds_requests_and_batches_fill_up_meanwhile(serve, load):
    server = serve("tei")
    server.delay = 0.02
    reward = load(REWARD, tei(server, concurrency=1, batch=8))
    rows = [{"prompt": "Why?", "responses": [f"{n} {i}" for i in range(3)]} for n in range(20)]
    got = reward.scores(rows)
    assert got == [[number(f"User: Why?\n\nAssistant: {n} {i}") for i in range(3)] for n in range(20)]
    assert server.peak == 1
    assert len(server.requests) < 20


def test_identical_questions_are_asked_once(serve, load):
    server = serve("tei")
    reward = load(REWARD, tei(server))
    line = reward.trace({"prompt": "Why?", "responses": ["same"] * 4})
    assert len(set(scores(line))) == 1
    assert sum(count(body) for body in server.bodies) == 1
    nodes = [response["nodes"]["r"] for response in line["responses"]]
    assert sum(node["calls"] for node in nodes) == 1
    assert [node["cached"] for node in nodes].count(True) == 3


def test_a_reference_is_embedded_once_for_all_responses(serve, load):
    server = serve("tei")
    reward = load('embedding_similarity(text = response, reference = prompt, model = "m")', tei(server))
    reward.trace(ROW)
    assert sum(count(body) for body in server.bodies) == 7
    assert call_bounds(reward.plan, 6) == (7, 7)
    assert reward.usage.calls == 7


def test_a_rule_is_asked_only_where_it_can_matter(serve, load):
    server = serve("tei")
    reward = load(
        REWARD,
        tei(server),
        more="  rule short = word_count(text = response)\n  let s = sigmoid(r)\n",
        returns="if short > 1 then -1 else s",
    )
    line = reward.trace({"prompt": "Why?", "responses": ["one two", "one"]})
    assert [count(body) for body in server.bodies] == [1]
    assert line["responses"][0]["nodes"]["r"]["status"] == "skipped"
    node = line["responses"][1]["nodes"]["r"]
    assert (node["status"], node["calls"], node["tokens"], node["cached"]) == ("scored", 1, 0, False)
    assert node["reason"] == f"reward {node['value']:.6g}"
    assert call_bounds(reward.plan) == (0, 1)
    shown = plan_text(reward.plan)
    assert "model calls per response: at least 0, at most 1" in shown
    assert "model call" in next(row for row in shown.splitlines() if "reward_model" in row)


def test_optimised_and_plain_plans_give_the_same_bits(serve, load):
    server = serve("tei", [{"when": "answer 2", "status": 400}])
    more = '  rule t = toxicity(model = "m")\n'
    returns = "min(10 * t, sigmoid(r), 0.5)"
    lines = [
        load(REWARD, tei(server), more=more, returns=returns, optimize=on).trace(ROW)["responses"]
        for on in (True, False)
    ]
    told = [[(r["score"], r["status"], r["reason"]) for r in line] for line in lines]
    assert told[0] == told[1]
    assert None in [score for score, _, _ in told[0]]


def test_sync_async_and_streams_agree(serve, load):
    server = serve("tei")
    reward = load(REWARD, tei(server))
    rows = [{"prompt": f"q {n}", "responses": [f"{n} {i}" for i in range(n % 4 + 1)]} for n in range(12)]
    single = [scores(reward.trace(row)) for row in rows]

    async def together() -> list[Any]:
        fresh = rm.RMComposition(reward.plan, Client(Config(tei(server), {}), cache=False))
        lines = await asyncio.gather(*(fresh.atrace(row) for row in rows))
        await fresh.client.aclose()
        return [scores(line) for line in lines]

    assert asyncio.run(together()) == single
    assert reward.scores(rows) == single
    assert [scores(line) for line in map(reward.trace, rows)] == single
    evaluated = reward.evaluate_batch(rows, max_workers=3)
    assert [[output.answer.reward.score for output in sample.output] for sample in evaluated] == single


def test_replies_are_kept_across_runs_under_what_may_change_them(serve, load, tmp_path):
    server = serve("tei")
    for _ in range(2):
        reward = load(REWARD, tei(server), cache=tmp_path)
        line = reward.trace(ROW)
        assert scores(line) == EXPECTED
        reward.close()
    assert len(server.requests) == 1
    assert all(response["nodes"]["r"]["cached"] for response in line["responses"])
    assert reward.usage.calls == 0
    # another template is another question
    load(REWARD, tei(server, template="{prompt} Assistant: {response}"), cache=tmp_path).trace(ROW)
    assert len(server.requests) == 2
    # a number of requests at a time is not
    load(REWARD, tei(server, concurrency=3), cache=tmp_path).trace(ROW)
    assert len(server.requests) == 2


def test_failures_are_not_kept(serve, load, tmp_path):
    server = serve("tei", [{"status": 400, "times": 1}])
    one = {"prompt": "Why?", "response": "answer 0"}
    for expected in ([None], EXPECTED[:1]):
        reward = load(REWARD, tei(server), cache=tmp_path)
        assert scores(reward.trace(one)) == expected
        reward.close()


def test_a_cassette_replays_without_configuration_or_server(serve, load, tmp_path):
    tape = tmp_path / "tape.jsonl"
    server = serve("tei", [{"when": "answer 3", "status": 400, "error": {"error": "no"}}])
    reward = load(REWARD, tei(server), record=tape)
    recorded = reward.trace(ROW)
    reward.close()
    lines = [json.loads(line) for line in tape.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 6
    assert server.url not in tape.read_text(encoding="utf-8")
    asked = len(server.requests)
    replayed = load(REWARD, {}, replay=tape).trace(ROW)
    assert [(r["score"], r["reason"]) for r in replayed["responses"]] == [
        (r["score"], r["reason"]) for r in recorded["responses"]
    ]
    assert len(server.requests) == asked
    with pytest.raises(CassetteMiss):
        load(REWARD, {}, replay=tape).trace({"prompt": "Why?", "response": "new"})


@pytest.mark.parametrize("reply", ["", "x", "[]", "{}", "[true]", '["1"]', "3", "null", "[" * 9000])
def test_a_cassette_that_was_edited_leaves_responses_unscored(serve, load, tmp_path, reply):
    tape = tmp_path / "tape.jsonl"
    reward = load(REWARD, tei(serve("tei")), record=tape)
    row = {"prompt": "Why?", "response": "answer 0"}
    reward.score(**row)
    reward.close()
    line = json.loads(tape.read_text(encoding="utf-8"))
    tape.write_text(json.dumps(line | {"reply": reply}) + "\n", encoding="utf-8")
    with pytest.raises(rm.Unscored) as caught:
        load(REWARD, {}, replay=tape).score(**row)
    assert caught.value.kind in ("malformed_reply", "rule_error")


def test_a_budget_of_calls_counts_questions(serve, load):
    server = serve("tei")
    reward = load(REWARD, tei(server), budget=Budget(calls=4))
    line = reward.trace(ROW)
    kinds = [None if r["reason"] is None else r["reason"]["kind"] for r in line["responses"]]
    assert kinds.count(None) == 4
    assert kinds.count("budget_exceeded") == 2
    assert sum(count(body) for body in server.bodies) == 4


def test_money_is_counted_by_the_tokens_that_the_server_tells(serve, load):
    server = serve("vllm-classify")
    table = {"model": "rm", "api": "vllm-classify", "base_url": server.url, "template": "plain"}
    prices = {"price_in": 1_000_000, "price_out": 0}
    reward = load(REWARD, {"m": table | prices}, budget=Budget(money=1e9))
    line = reward.trace(ROW)
    nodes = [response["nodes"]["r"] for response in line["responses"]]
    assert sum(node["tokens"] for node in nodes) == 60
    assert sum(node["cost"] for node in nodes) == 60
    assert reward.usage.tokens == 60
    bare = load(REWARD, {"m": table}, budget=Budget(money=1))
    with pytest.raises(ConfigError, match="price_in"):
        bare.trace(ROW)


def test_what_stands_in_for_a_rule_tells_why(serve, load):
    server = serve("tei", [{"status": 400, "error": {"error": "no"}}])
    reward = load('reward_model(model = "m", on_unscored = -5.0)', tei(server))
    (response,) = reward.trace({"prompt": "Why?", "response": "x"})["responses"]
    assert response["score"] == -5.0
    node = response["nodes"]["r"]
    assert (node["value"], node["reason"]["kind"]) == (-5.0, "provider_error")


def test_a_param_may_name_the_model(serve):
    server = serve("tei")
    spec = (
        'rmcompose 1\ncomposition c -> score[0, 1] {\n  param rm: text = "none"\n  rule r = reward_model(model = rm)\n'
        "  return sigmoid(r)\n}\n"
    )
    client = Client(Config(tei(server), {}), cache=False, backoff=FAST)
    with rm.loads(spec, params={"rm": "m"}, client=client) as reward:
        assert 0 < reward.score(prompt="a", response="b") < 1


def test_a_model_that_is_known_too_late_is_an_error_of_the_spec():
    spec = (
        "rmcompose 1\ncomposition c -> score[0, 1] {\n  rule r = reward_model(model = prompt)\n  return sigmoid(r)\n}\n"
    )
    with pytest.raises(rm.SpecError, match="`model` of `reward_model`"):
        rm.loads(spec.replace("{\n  rule", "{\n  input prompt: text\n  rule"))
    with pytest.raises(rm.SpecError, match="the name of the model is empty"):
        rm.loads(spec.replace("model = prompt", 'model = " "'))


def test_cancelling_a_sample_leaves_the_others_their_batch(serve):
    server = serve("tei")
    server.delay = 0.2
    client = Client(Config(tei(server), {}), cache=False, backoff=Backoff(base=0.001))
    spec = 'rmcompose 1\ncomposition c -> score[0, 1] {\n  rule r = reward_model(model = "m")\n  return sigmoid(r)\n}\n'

    async def run() -> tuple[list[Any], int]:
        reward = rm.loads(spec, client=client)
        tasks = [asyncio.create_task(reward.atrace({"prompt": "Why?", "response": f"answer {i}"})) for i in range(6)]
        await asyncio.sleep(0.1)
        tasks[0].cancel()
        tasks[4].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        begun = len(server.requests)
        lonely = asyncio.create_task(reward.atrace({"prompt": "Why?", "response": "lonely"}))
        await asyncio.sleep(0.1)
        lonely.cancel()
        await asyncio.gather(lonely, return_exceptions=True)
        await client.aclose()
        return done, begun

    done, begun = asyncio.run(run())
    assert begun == 1
    assert [isinstance(one, BaseException) for one in done] == [True, False, False, False, True, False]
    assert done[1]["responses"][0]["nodes"]["r"]["value"] == EXPECTED[1]


def test_any_mixture_of_faults_costs_only_the_texts_it_hits(serve, load):
    """Random servers: whatever the order of faults, a score is the right one or there is none, with a reason."""
    chance = random.Random(7)
    for _ in range(12):
        script: list[dict[str, Any]] = [
            {"when": f"answer {chance.randrange(6)}", "status": chance.choice([400, 413, 429, 500, 503]), "times": 3},
            {"raw": chance.choice([b"{", b"[]", b"null", b'[[{"score": 1}]]']), "times": chance.randrange(3)},
            {"status": 429, "retry_after": 0.001, "times": chance.randrange(3)},
        ]
        chance.shuffle(script)
        server = serve("tei", script)
        line = load(REWARD, tei(server, batch=chance.choice([1, 3, 32]))).trace(ROW)
        for response, expected in zip(line["responses"], EXPECTED, strict=True):
            assert response["score"] in (expected, None)
            assert (response["score"] is None) == (response["reason"] is not None)
