import pytest

from rmcompose.runtime.client import Config, ConfigError

FULL = """
[models.judge]
model = "real"
base_url = "http://127.0.0.1:1/v1"
api_key_env = "JUDGE_KEY"
rpm = 600
tpm = 2e5
concurrency = 4
price_in = 0.4
price_out = 0
[models.alias]
model = "other"
"""


def load(folder, text, environ=None):
    (folder / "rmcompose.toml").write_text(text, encoding="utf-8")
    return Config.load(folder, environ or {})


def test_a_model_with_everything(tmp_path):
    endpoint = load(tmp_path, FULL, {"JUDGE_KEY": " k "}).endpoint("judge")
    assert (endpoint.name, endpoint.model, endpoint.key) == ("judge", "real", "k")
    assert (endpoint.base_url, endpoint.rpm, endpoint.tpm, endpoint.concurrency) == (
        "http://127.0.0.1:1/v1",
        600,
        2e5,
        4,
    )
    assert endpoint.cost(1_000_000, 5) == pytest.approx(0.4)


def test_the_nearest_file_upward_is_read(tmp_path, monkeypatch):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    load(tmp_path, FULL)
    monkeypatch.chdir(inner)
    assert Config.load().model_id("judge") == "real"
    (tmp_path / "a" / "rmcompose.toml").write_text("")
    assert Config.load().model_id("judge") == "judge"


@pytest.mark.parametrize(
    ("environ", "name", "expected"),
    [
        ({"OPENAI_API_KEY": "k"}, "gpt", ("gpt", None, "k")),
        ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://x/v1"}, "gpt", ("gpt", "http://x/v1", "k")),
        ({"OPENAI_API_KEY": "k", "BASE_URL": "http://y/v1"}, "gpt", ("gpt", "http://y/v1", "k")),
        ({"BASE_URL": "http://y/v1", "OPENAI_BASE_URL": "http://x/v1"}, "gpt", ("gpt", "http://x/v1", "none")),
        ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": " "}, "alias", ("other", None, "k")),
    ],
)
def test_the_default_endpoint(tmp_path, environ, name, expected):
    endpoint = load(tmp_path, FULL, environ).endpoint(name)
    assert (endpoint.model, endpoint.base_url, endpoint.key) == expected


def test_a_key_goes_only_to_the_address_it_was_named_beside(tmp_path):
    config = load(tmp_path, '[models.local]\nbase_url = "http://127.0.0.1:1/v1"', {"OPENAI_API_KEY": "k"})
    assert config.endpoint("local").key == "none"


@pytest.mark.parametrize(
    ("text", "environ", "name", "says"),
    [
        (FULL, {}, "judge", "environment variable `JUDGE_KEY` with the key for model `judge` is not set"),
        (FULL, {"JUDGE_KEY": " "}, "judge", "`JUDGE_KEY`"),
        ("", {}, "gpt", "`OPENAI_API_KEY` with the key for model `gpt`"),
        ("", {"OPENAI_API_KEY": "a\nb"}, "gpt", "`OPENAI_API_KEY` has characters that cannot be sent"),
        ("", {"OPENAI_BASE_URL": "localhost:8000"}, "gpt", "does not begin with `http://`"),
    ],
)
def test_a_model_that_cannot_be_asked(tmp_path, text, environ, name, says):
    with pytest.raises(ConfigError, match=says) as raised:
        load(tmp_path, text, environ).endpoint(name)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[models.j]\nmodle = 'x'", "unknown key `modle`"),
        ("[model.j]\nmodel = 'x'", "unknown key `model`"),
        ("models = 3", "`models` in .* is not a table"),
        ("[models]\nj = 3", r"\[models.j\] in .* is not a table"),
        ("[models.j]\nmodel = 3", "`model` of .* is not a text"),
        ("[models.j]\nbase_url = ''", "`base_url` of .* is not a text"),
        ("[models.j]\nrpm = 'fast'", "`rpm` of .* is not a number"),
        ("[models.j]\nrpm = true", "`rpm` of .* is not a number"),
        ("[models.j]\nrpm = 0", "`rpm` of .* is out of range"),
        ("[models.j]\ntpm = nan", "`tpm` of .* is out of range"),
        ("[models.j]\nconcurrency = 1.5", "`concurrency` of .* is not a whole number"),
        ("[models.j]\nconcurrency = 0", "`concurrency` of .* is out of range"),
        ("[models.j]\nprice_in = -1", "`price_in` of .* is out of range"),
        ("[models.j", "cannot be read"),
    ],
)
def test_a_file_with_a_mistake(tmp_path, text, says):
    with pytest.raises(ConfigError, match=says) as raised:
        load(tmp_path, text)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "rmcompose.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        Config.load(tmp_path)


def test_keys_are_in_no_repr(tmp_path):
    config = load(tmp_path, FULL, {"JUDGE_KEY": "secret-key"})
    assert "secret-key" not in repr(config) + repr(config.endpoint("judge"))
