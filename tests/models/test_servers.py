"""Each kind of server: what it is sent, what is made of its answer, and what becomes of answers that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

import rmcompose as rm
from rmcompose.runtime.client import ConfigError
from tests.models.conftest import embedding, number

ROW = {"prompt": "Why?", "response": "Because."}
PLAIN = "User: Why?\n\nAssistant: Because."
CHATML = "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\nBecause.<|im_end|>\n"
REWARD = 'reward_model(model = "m")'


def only(reward: rm.RMComposition, row: dict[str, Any]) -> dict[str, Any]:
    """The node `r` of the only response of a row."""
    (response,) = reward.trace(row)["responses"]
    return response["nodes"]["r"]


def reason(reward: rm.RMComposition, row: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(rm.Unscored) as caught:
        reward.score(**row)
    return caught.value.kind, caught.value.message


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_vllm_classify_gets_messages_and_gives_the_raw_logit(serve, load, suffix):
    server = serve("vllm-classify")
    reward = load(REWARD, {"m": {"model": "rm", "api": "vllm-classify", "base_url": server.url + suffix}})
    assert reward.score(**ROW) == number("user|Why?\nassistant|Because.")
    (path, body) = server.requests[0]
    assert path == "/classify"
    assert body == {
        "model": "rm",
        "messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}],
        "add_generation_prompt": False,
        "use_activation": False,
        "activation": False,
    }


@pytest.mark.parametrize(
    ("template", "text"),
    [("plain", PLAIN), ("chatml", CHATML), ("Q {prompt} {x} A {response}", "Q Why? {x} A Because.")],
)
def test_a_template_of_the_configuration_makes_the_text(serve, load, template, text):
    server = serve("vllm-classify")
    models = {"m": {"model": "rm", "api": "vllm-classify", "base_url": server.url, "template": template}}
    assert load(REWARD, models).score(**ROW) == number(text)
    assert server.bodies[0]["input"] == [text]


def test_what_is_filled_into_a_template_is_not_filled_again(serve, load):
    server = serve("openrlhf")
    models = {"m": {"api": "openrlhf", "base_url": server.url, "template": "{prompt} -> {response}"}}
    load(REWARD, models).score(prompt="{response}", response="{prompt}")
    assert server.bodies[0]["query"] == ["{response} -> {prompt}"]


def test_vllm_pooling_is_read_at_the_last_token(serve, load):
    server = serve("vllm-pooling")
    for model in ("rm", "rm-tokens"):
        models = {"m": {"model": model, "api": "vllm-pooling", "base_url": server.url}}
        assert load(REWARD, models).score(**ROW) == number("user|Why?\nassistant|Because.")
    assert [path for path, _ in server.requests] == ["/pooling", "/pooling"]


def test_tei_gets_a_batch_of_texts_and_raw_scores(serve, load):
    server = serve("tei")
    reward = load(REWARD, {"m": {"api": "tei", "base_url": server.url}})
    assert reward.score(**ROW) == number(PLAIN)
    assert server.requests == [("/predict", {"inputs": [[PLAIN]], "raw_scores": True, "truncate": False})]


def test_openrlhf_gets_query_and_prompts(serve, load):
    server = serve("openrlhf")
    for url in (server.url, server.url + "/get_reward"):
        assert load(REWARD, {"m": {"api": "openrlhf", "base_url": url}}).score(**ROW) == number(PLAIN)
    assert server.requests[0] == server.requests[1]
    assert server.bodies[0] == {"query": [PLAIN], "prompts": ["User: Why?"]}


@pytest.mark.parametrize("said", [{"rewards": 1.5}, {"scores": [1.5]}, {"rewards": [[1.5]]}, {"rewards": [1.5]}])
def test_openrlhf_servers_say_it_in_several_ways(serve, load, said):
    server = serve("openrlhf", answer=lambda path, body: said)
    assert load(REWARD, {"m": {"api": "openrlhf", "base_url": server.url}}).score(**ROW) == 1.5


def test_a_conversation_of_several_messages_is_sent_whole(serve, load):
    server = serve("openrlhf")
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "Why?"},
    ]
    models = {"m": {"api": "openrlhf", "base_url": server.url}}
    load(REWARD, models).trace({"messages": messages, "response": "Because."})
    said = "System: Be brief.\n\nUser: Hi\n\nAssistant: Hello\n\nUser: Why?"
    assert server.bodies[0] == {"query": [said + "\n\nAssistant: Because."], "prompts": [said]}


def test_a_model_with_several_heads_needs_to_be_told_which(serve, load):
    server = serve("vllm-classify")
    models = {"m": {"model": "rm-heads", "api": "vllm-classify", "base_url": server.url}}
    kind, message = reason(load(REWARD, models), ROW)
    assert (kind, message) == (
        "rule_error",
        "the model gives 2 numbers: say with `head` which of them is the reward",
    )
    assert load('reward_model(model = "m", head = 0)', models).score(**ROW) == 0.5
    assert "none with the place 2" in reason(load('reward_model(model = "m", head = 2)', models), ROW)[1]


def test_toxicity_is_the_class_of_that_name(serve, load):
    server = serve("tei")
    models = {"m": {"api": "tei", "base_url": server.url}}
    # softmax of the logits 3 and 0, and of -3 and 0
    rude = load('toxicity(model = "m")', models)
    assert rude.score(prompt="", response="you fool") == pytest.approx(0.9525741268224334, abs=1e-15)
    assert rude.score(prompt="", response="hello") == pytest.approx(0.04742587317756678, abs=1e-15)
    sigmoid = load('toxicity(model = "m")', {"m": {**models["m"], "activation": "sigmoid"}})
    assert sigmoid.score(prompt="", response="you fool") == pytest.approx(0.9525741268224334, abs=1e-15)
    other = load('toxicity(model = "m", label = "Neutral")', models)
    assert other.score(prompt="", response="hello") == pytest.approx(0.9525741268224334, abs=1e-15)
    assert reason(load('toxicity(model = "m", label = "hate")', models), {"prompt": "", "response": "x"}) == (
        "rule_error",
        "the model has no class `hate`, it has `neutral`, `toxic`",
    )


def test_detoxify_is_one_minus_toxicity(serve, load):
    server = serve("tei")
    models = {"m": {"api": "tei", "base_url": server.url}}
    for rule in ("detoxify_reward", "detoxify"):
        value = load(f'{rule}(model = "m")', models).score(prompt="", response="you fool")
        assert value == pytest.approx(1 - 0.9525741268224334, abs=1e-15)


def test_entailment_is_found_by_name_at_tei(serve, load):
    server = serve("tei")
    reward = load(
        'entailment(premise = prompt, hypothesis = response, model = "m")',
        {"m": {"api": "tei", "base_url": server.url}},
    )
    assert reward.score(prompt="It rains.", response="It is wet.") == pytest.approx(0.8437947344813395, abs=1e-15)
    assert server.bodies[0]["inputs"] == [["It rains.", "It is wet."]]


NLI = 'entailment(premise = prompt, hypothesis = response, model = "m")'


def test_entailment_at_vllm_needs_names_and_a_template(serve, load):
    server = serve("vllm-classify")
    table = {"model": "nli", "api": "vllm-classify", "base_url": server.url}
    with pytest.raises(ConfigError, match=r"takes one text, not a pair: set `template`, a text with `\{premise\}`"):
        load(NLI, {"m": table}).score(prompt="It rains.", response="wet")
    table["template"] = "{premise}</s>{hypothesis}"
    assert server.requests == []
    kind, message = reason(load(NLI, {"m": table}), {"prompt": "It rains.", "response": "wet"})
    assert kind == "provider_error"
    assert "3 classes without names: set `labels`" in message
    named = {**table, "labels": ["contradiction", "neutral", "entailment"]}
    reward = load(NLI, {"m": named})
    assert reward.score(prompt="It rains.", response="wet") == 0.7
    assert reward.score(prompt="It rains.", response="dry") == 0.1
    assert server.bodies[-1] == {"model": "nli", "input": ["It rains.</s>dry"]}
    wrong = {**table, "labels": ["entailment", "neutral", "contradiction"]}
    kind, message = reason(load(NLI, {"m": wrong}), {"prompt": "It rains.", "response": "wet"})
    assert kind == "provider_error"
    assert "names the class `entailment` where `labels` has `contradiction`" in message


def test_classes_without_an_entailment_are_an_error(serve, load):
    classes = [[{"label": f"LABEL_{i}", "score": float(i)} for i in range(3)]]
    server = serve("tei", answer=lambda path, body: classes)
    table = {"api": "tei", "base_url": server.url}
    kind, message = reason(load(NLI, {"m": table}), {"prompt": "a", "response": "b"})
    assert (kind, message) == (
        "rule_error",
        "the model has no class `entailment`, it has `LABEL_0`, `LABEL_1`, `LABEL_2`",
    )
    named = {**table, "labels": ["contradiction", "neutral", "entailment"]}
    value = load(NLI, {"m": named}).score(prompt="a", response="b")
    assert value == pytest.approx(0.6652409557748219, abs=1e-15)


@pytest.mark.parametrize("api", ["openai", "tei"])
def test_embeddings_are_compared_by_their_angle(serve, load, api):
    server = serve(api)
    base = server.url + ("/v1" if api == "openai" else "")
    models = {"m": {"api": api, "base_url": base}}
    reward = load('embedding_similarity(text = response, reference = prompt, model = "m")', models)
    a, b = embedding("one"), embedding("two")
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    norms = (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
    assert reward.score(response="one", prompt="two") == pytest.approx(dot / norms, abs=1e-12)
    assert reward.score(response="one", prompt="one") == 1.0
    assert reason(reward, {"response": " ", "prompt": "two"})[0] == "rule_error"


BAD = [
    (b"", "is no JSON"),
    (b"\xff\xfe", "is no JSON"),
    (b"[" * 100_000, "is no JSON"),
    (b"{}", "has no `data`"),
    (b"[]", "has no `data`"),
    (b'{"data": 3}', "has no `data`"),
    (b'{"data": []}', "has 0 items for 1 texts"),
    (b'{"data": [{"probs": [1]}, {"probs": [2]}]}', "has 2 items for 1 texts"),
    (b'{"data": [{"probs": []}]}', "has no numbers in `probs`"),
    (b'{"data": [{"probs": "1"}]}', "has no numbers in `probs`"),
    (b'{"data": [{"probs": ["1"]}]}', "something else than numbers in `probs`"),
    (b'{"data": [{"probs": [true]}]}', "something else than numbers in `probs`"),
    (b'{"data": [{"index": 5, "probs": [1]}]}', "whose `index` is not that of a text"),
    (b'{"data": [{"probs": [1' + b"0" * 400 + b"]}]}", "too large"),
]


@pytest.mark.parametrize(("raw", "said"), BAD, ids=range(len(BAD)))
def test_an_answer_that_is_none_is_an_error_of_the_provider(serve, load, raw, said):
    server = serve("vllm-classify", [{"raw": raw}])
    reward = load(REWARD, {"m": {"model": "rm", "api": "vllm-classify", "base_url": server.url}})
    kind, message = reason(reward, ROW)
    assert kind == "provider_error"
    assert said in message
    assert "\n" not in message
    assert len(server.requests) == 1


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "null", "1e999"])
def test_a_number_that_is_none_leaves_the_response_unscored(serve, load, value):
    server = serve("openrlhf", [{"raw": f'{{"rewards": [{value}]}}'.encode()}])
    node = only(load(REWARD, {"m": {"api": "openrlhf", "base_url": server.url}}), ROW)
    assert node["value"] is None
    assert node["reason"] == {"kind": "non_finite", "node": "r", "message": "the model gave no finite number"}
    assert node["calls"] == 1


@pytest.mark.parametrize(("status", "tries"), [(429, 3), (503, 3), (500, 3)])
def test_a_server_that_is_busy_is_asked_again(serve, load, status, tries):
    server = serve("tei", [{"status": status, "times": tries - 1, "retry_after": 0.05}])
    reward = load(REWARD, {"m": {"api": "tei", "base_url": server.url}})
    assert reward.score(**ROW) == number(PLAIN)
    assert len(server.requests) == tries
    assert reward.usage.retries == tries - 1
    assert reward.usage.calls == 1


def test_a_refusal_is_told_in_the_words_of_the_server(serve, load):
    error = {"error": "inputs must have less than 512 tokens", "error_type": "Validation"}
    server = serve("tei", [{"status": 413, "error": error}])
    reward = load(REWARD, {"m": {"api": "tei", "base_url": server.url}})
    assert reason(reward, ROW) == (
        "provider_error",
        "the server answered 413: inputs must have less than 512 tokens",
    )
    assert len(server.requests) == 1


def test_a_server_that_does_not_answer_is_a_timeout(serve, load):
    server = serve("tei", [{"hang": True}])
    models = {"m": {"api": "tei", "base_url": server.url}}
    assert reason(load('reward_model(model = "m", timeout = 0.1)', models), ROW) == (
        "timeout",
        "no answer in 0.1 seconds",
    )


def test_nobody_there_is_an_error_of_the_provider(load):
    reward = load(REWARD, {"m": {"api": "tei", "base_url": "http://127.0.0.1:1"}})
    kind, message = reason(reward, ROW)
    assert kind == "provider_error"
    assert "cannot be reached" in message
    assert "127.0.0.1" not in message


def test_the_key_is_sent_and_never_told(serve, load):
    server = serve("tei", [{"status": 401, "error": {"error": "bad key s3cret-key"}}])
    models = {"m": {"api": "tei", "base_url": server.url, "api_key_env": "KEY"}}
    reward = load(REWARD, models, environ={"KEY": "s3cret-key"})
    kind, message = reason(reward, ROW)
    assert (kind, message) == ("provider_error", "the server answered 401: bad key ***")
    assert "bearer s3cret-key" in server.heads[0].lower()


def test_half_a_surrogate_pair_is_told_without_a_call(serve, load):
    server = serve("tei")
    reward = load(REWARD, {"m": {"api": "tei", "base_url": server.url}})
    kind, message = reason(reward, {"prompt": "a", "response": "\ud800"})
    assert kind == "rule_error"
    assert "half of a surrogate pair" in message
    assert server.requests == []


@pytest.mark.parametrize("text", ["\x00", "猫 🐈", "x" * 1_000_000, '"\\\u2028'], ids=["nul", "cjk", "large", "quotes"])
def test_any_text_arrives_as_it_is(serve, load, text):
    server = serve("openrlhf")
    reward = load(REWARD, {"m": {"api": "openrlhf", "base_url": server.url, "template": "{prompt}{response}"}})
    assert reward.score(prompt="a", response=text) == number("a" + text)


CONFIG: list[tuple[str, dict[str, Any], str]] = [
    (REWARD, {}, r"`m` is not in `rmcompose.toml`: add \[models.m\] with .* `api` = \"vllm-classify\" or"),
    (REWARD, {"base_url": "http://h"}, 'with `api` = "openai" cannot give rewards: that takes "vllm-classify" or'),
    (REWARD, {"api": "tei"}, "needs a `base_url`"),
    (REWARD, {"api": "tei", "base_url": "h"}, "does not begin with"),
    (REWARD, {"api": "tei", "base_url": "http://h", "template": "chat"}, 'cannot use the `template` "chat"'),
    (REWARD, {"api": "openrlhf", "base_url": "http://h", "template": "pair"}, 'cannot use the `template` "pair"'),
    (REWARD, {"api": "tei", "base_url": "http://h", "template": "{prompt}"}, "none of .*has no `{response}`"),
    (REWARD, {"api": "tei", "base_url": "http://h", "api_key_env": "GONE"}, "variable `GONE` with the key"),
    (REWARD, {"api": "transformers", "base_url": "http://h"}, "it has no `base_url`"),
    (
        'embedding_similarity(text = response, reference = prompt, model = "m")',
        {"api": "openrlhf", "base_url": "http://h"},
        "cannot embed",
    ),
    ('toxicity(model = "m")', {"api": "vllm-pooling", "base_url": "http://h"}, "cannot classify texts"),
]


@pytest.mark.parametrize(("rule", "table", "said"), CONFIG, ids=range(len(CONFIG)))
def test_a_model_that_cannot_be_asked_is_told_before_the_run(load, rule, table, said):
    # the rule's value is never needed: the fault is told all the same, before anything is scored
    reward = load(rule, {"m": table} if table else {}, returns='if response == "x" then 1 else clamp(r, -100, 100)')
    with pytest.raises(ConfigError, match=said) as caught:
        reward.score(prompt="a", response="x")
    assert "\n" not in str(caught.value)


def test_a_judge_cannot_be_a_reward_model(serve, load):
    from rmcompose.runtime.client import Client, Config

    text = (
        "rmcompose 1\ncomposition c -> score[0, 1] {\n"
        '  judge j: score[0, 1] { model = "m"  given = [response]  rubric "Good?" }\n  return j\n}\n'
    )
    client = Client(Config({"m": {"api": "tei", "base_url": "http://127.0.0.1:1"}}, {}), cache=False)
    with rm.loads(text, client=client) as reward, pytest.raises(ConfigError, match='"tei" cannot judge'):
        reward.score(response="x")


def test_replies_hold_numbers_only_and_the_same_for_every_server(serve, load, tmp_path):
    said = set()
    for api in ("tei", "openrlhf"):
        server = serve(api)
        tape = tmp_path / f"{api}.jsonl"
        reward = load(REWARD, {"m": {"api": api, "base_url": server.url}}, record=tape)
        reward.score(**ROW)
        reward.close()
        (line,) = map(json.loads, tape.read_text(encoding="utf-8").splitlines())
        said.add((line["key"], line["reply"]))
    assert len(said) == 1
