"""Models in this process: real models of transformers, tiny and with random weights, that the test makes itself.

They need torch, which is too large to install for tests; where it is not there they are skipped, and say so.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import rmcompose as rm

torch = pytest.importorskip("torch", reason="needs the extra `transformers`")
transformers = pytest.importorskip("transformers", reason="needs the extra `transformers`")
os.environ["HF_HUB_OFFLINE"] = "1"
pytestmark = pytest.mark.filterwarnings("ignore")

TEMPLATE = "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }} {% endfor %}"
WORDS = ["[PAD]", "[UNK]", "<", ">", "user", "assistant", "why", "because", "it", "rains", "wet", "fool", "yes", "no"]


def make(folder: Path, labels: list[str], *, template: str | None = TEMPLATE, multi: bool = False) -> Path:
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {word: place for place, word in enumerate(WORDS)}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="[PAD]", unk_token="[UNK]")
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=1.0,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={name: place for place, name in enumerate(labels)},
        problem_type="multi_label_classification" if multi else None,
    )
    transformers.BertForSequenceClassification(config).eval().save_pretrained(folder)
    return folder


def logits(folder: Path, *texts: str) -> list[float]:
    """What the model says without any of our code."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        said: list[float] = model(**tokenizer(*texts, return_tensors="pt")).logits[0].tolist()
    return said


def models(folder: Path, **more: Any) -> dict[str, dict[str, Any]]:
    return {"m": {"model": str(folder), "api": "transformers", "device": "cpu", **more}}


def test_a_reward_is_the_logit_of_the_chat_template(load, tmp_path):
    folder = make(tmp_path / "rm", ["LABEL_0"])
    reward = load('reward_model(model = "m")', models(folder))
    row = {"prompt": "why", "responses": ["because", "because it rains", "yes", "no fool"]}
    line = reward.trace(row)
    for response, text in zip(line["responses"], row["responses"], strict=True):
        (expected,) = logits(folder, f"<user> why <assistant> {text} ")
        assert response["score"] == pytest.approx(expected, abs=1e-5)
    assert len({response["score"] for response in line["responses"]}) == 4
    node = line["responses"][0]["nodes"]["r"]
    assert (node["calls"], node["tokens"]) == (1, 8)
    assert reward.usage.calls == 4


def test_the_responses_of_a_sample_are_one_batch(load, tmp_path, monkeypatch):
    from rmcompose.runtime.client import local

    sizes: list[int] = []
    measured = local.Classifier.measured

    def counted(self, conversations, *rest):
        sizes.append(len(conversations))
        return measured(self, conversations, *rest)

    monkeypatch.setattr(local.Classifier, "measured", counted)
    folder = make(tmp_path / "rm", ["LABEL_0"])
    row = {"prompt": "why", "responses": ["because", "because it rains", "yes", "no fool"]}
    together = load('reward_model(model = "m")', models(folder)).trace(row)
    assert sizes == [4]
    alone = load('reward_model(model = "m")', models(folder, batch=1)).trace(row)
    assert sizes == [4, 1, 1, 1, 1]
    for one, other in zip(together["responses"], alone["responses"], strict=True):
        assert one["score"] == pytest.approx(other["score"], abs=1e-5)


def test_a_model_is_loaded_once(load, tmp_path, monkeypatch):
    from rmcompose.runtime.client import local

    loaded: list[str] = []
    real = local._loaded
    monkeypatch.setattr(local, "_loaded", lambda endpoint: (loaded.append(endpoint.model), real(endpoint))[1])
    folder = make(tmp_path / "rm", ["LABEL_0"])
    for _ in range(2):
        reward = load('reward_model(model = "m")', models(folder))
        reward.scores([{"prompt": "why", "response": f"{word} it"} for word in WORDS[4:]])
    assert loaded == [str(folder)]


def test_pairs_and_classes_by_name(load, tmp_path):
    folder = make(tmp_path / "nli", ["CONTRADICTION", "NEUTRAL", "ENTAILMENT"])
    reward = load('entailment(premise = prompt, hypothesis = response, model = "m")', models(folder))
    said = torch.tensor(logits(folder, "it rains", "it wet")).softmax(0).tolist()
    assert reward.score(prompt="it rains", response="it wet") == pytest.approx(said[2], abs=1e-6)


def test_classes_that_do_not_exclude_each_other_are_sigmoids(load, tmp_path):
    folder = make(tmp_path / "tox", ["toxicity", "insult", "threat"], multi=True)
    said = torch.tensor(logits(folder, "no fool")).sigmoid().tolist()
    assert load('toxicity(model = "m")', models(folder)).score(prompt="", response="no fool") == pytest.approx(
        said[0], abs=1e-6
    )
    value = load('detoxify_reward(model = "m")', models(folder)).score(prompt="", response="no fool")
    assert value == pytest.approx(1 - said[0], abs=1e-6)


def fault(load: Any, folder: Path, row: dict[str, str], **more: Any) -> tuple[str, str]:
    with pytest.raises(rm.Unscored) as caught:
        load('reward_model(model = "m")', models(folder, **more)).score(**row)
    return caught.value.kind, caught.value.message


def test_what_is_too_long_is_refused_or_cut_as_configured(load, tmp_path):
    folder = make(tmp_path / "rm", ["LABEL_0"])
    row = {"prompt": "why", "response": "because " * 100}
    assert fault(load, folder, row) == (
        "provider_error",
        "the model cannot be used: a text has 107 tokens, and the model reads 64",
    )
    reward = load('reward_model(model = "m")', models(folder, truncate=True))
    assert isinstance(reward.score(**row), float)


def test_a_long_text_does_not_spoil_its_batch(load, tmp_path):
    folder = make(tmp_path / "rm", ["LABEL_0"])
    line = load('reward_model(model = "m")', models(folder)).trace(
        {"prompt": "why", "responses": ["yes", "because " * 100, "no"]}
    )
    assert [response["score"] is None for response in line["responses"]] == [False, True, False]


def test_what_cannot_be_loaded_says_so(load, tmp_path):
    row = {"prompt": "why", "response": "yes"}
    kind, message = fault(load, tmp_path / "nowhere", row)
    assert kind == "provider_error"
    assert "cannot be loaded from a folder or the cache of the hub" in message
    bare = make(tmp_path / "bare", ["LABEL_0"], template=None)
    assert "has no chat template: set `template`" in fault(load, bare, row)[1]
    plain = load('reward_model(model = "m")', models(bare, template="plain"))
    (expected,) = logits(bare, "User: why\n\nAssistant: yes")
    assert plain.score(**row) == pytest.approx(expected, abs=1e-6)
    pair = load('reward_model(model = "m")', models(bare, template="pair"))
    (expected,) = logits(bare, "why", "yes")
    assert pair.score(**row) == pytest.approx(expected, abs=1e-6)


def test_a_recording_replays_without_the_model(load, tmp_path):
    folder = make(tmp_path / "rm", ["LABEL_0"])
    row = {"prompt": "why", "response": "yes"}
    tape = tmp_path / "tape.jsonl"
    reward = load('reward_model(model = "m")', models(folder), record=tape)
    value = reward.score(**row)
    reward.close()
    assert load('reward_model(model = "m")', {}, replay=tape).score(**row) == value
