"""`detoxify_reward` in this process: the package with a checkpoint of random weights, which the test makes."""

from __future__ import annotations

import pytest

import rmcompose as rm
from rmcompose.primitives import packages
from rmcompose.primitives.models import detox
from rmcompose.primitives.packages import MissingPackage

SPEC = "rmcompose 1\ncomposition c -> score[0, 1] {\n  rule r = detoxify_reward()\n  return r\n}\n"


def test_without_the_package_there_is_no_run(monkeypatch):
    monkeypatch.setattr(packages, "is_installed", lambda package: package != "detoxify")
    with pytest.raises(MissingPackage, match=r"pip install 'rmcompose\[detoxify\]'"):
        rm.loads(SPEC)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A folder that torch takes for its own, and no model in memory."""
    torch = pytest.importorskip("torch", reason="needs the extra `detoxify`")
    pytest.importorskip("detoxify", reason="needs the extra `detoxify`")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    detox._model.cache_clear()
    yield tmp_path
    detox._model.cache_clear()


def test_a_checkpoint_that_is_not_there_is_not_downloaded(hub, monkeypatch):
    import torch

    def refused(*_, **__):
        raise AssertionError("a download was tried")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refused)
    with pytest.raises(rm.Unscored) as caught, rm.loads(SPEC) as reward:
        reward.score(response="yes")
    assert caught.value.kind == "rule_error"
    assert "toxic_debiased-c7548aa0.ckpt` of detoxify is not on this machine" in caught.value.message


@pytest.mark.filterwarnings("ignore")
def test_it_is_one_minus_what_the_package_says(hub):
    import torch
    import transformers
    from detoxify import Detoxify

    from tests.models.test_transformers import make

    folder = make(hub / "model", ["toxicity", "insult"], multi=True)
    model = transformers.BertForSequenceClassification.from_pretrained(folder)
    architecture = {
        "model_type": str(folder),
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "PreTrainedTokenizerFast",
        "num_classes": 2,
    }
    config = {"dataset": {"args": {"classes": ["toxicity", "insult"]}}, "arch": {"args": architecture}}
    checkpoint = hub / "hub" / "checkpoints" / "toxic_debiased-c7548aa0.ckpt"
    checkpoint.parent.mkdir(parents=True)
    torch.save({"config": config, "state_dict": model.state_dict()}, checkpoint)
    own = Detoxify(checkpoint=str(checkpoint))
    with rm.loads(SPEC) as reward:
        for text in ("yes", "no fool", "because it rains"):
            assert reward.score(response=text) == pytest.approx(1 - own.predict(text)["toxicity"], abs=1e-6)
