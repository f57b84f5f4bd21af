"""The user's configuration: where the models that judges name live, and how they may be used.

`rmcompose.toml`, found upward from the working directory, maps names to endpoints:

    [models.judge]
    model = "gpt-4.1-mini"             # the id sent to the server; left out, the name itself
    base_url = "http://127.0.0.1:8000/v1"
    api_key_env = "JUDGE_KEY"          # the environment variable that holds the key
    rpm = 600                          # requests a minute
    tpm = 200_000                      # tokens a minute
    concurrency = 32                   # requests at a time
    price_in = 0.4                     # money per million tokens read
    price_out = 1.6                    # money per million tokens written

Models that measure (rewards, classes, embeddings) have these too; `measures.py` says what is sent to which:

    api = "vllm-classify"              # or vllm-pooling, tei, openrlhf, transformers; left out, the protocol of OpenAI
    template = "plain"                 # how a conversation or a pair becomes one text: chat, plain, chatml, pair, or
                                       # a text of your own with {prompt} and {response}
    labels = ["no", "yes"]             # names of the classes, in the model's order
    activation = "softmax"             # of logits, or sigmoid
    batch = 32                         # questions that one request may hold
    truncate = false                   # whether what is too long may be cut off
    device = "cpu"                     # of models in this process

A name that it lacks is a model id at the default endpoint: `OPENAI_BASE_URL` (or `BASE_URL`) with `OPENAI_API_KEY`.
Keys come from the environment only, and are sent only to the address that was named beside them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rmcompose.configuration import ConfigError, read
from rmcompose.runtime.client.question import Task

NO_KEY = "none"
"""Sent as the key to servers that were configured without one; the protocol wants some key."""

_SETTINGS: dict[str, type] = {
    "model": str,
    "base_url": str,
    "api_key_env": str,
    "rpm": float,
    "tpm": float,
    "concurrency": int,
    "price_in": float,
    "price_out": float,
    "api": str,
    "template": str,
    "labels": list,
    "activation": str,
    "batch": int,
    "truncate": bool,
    "device": str,
}

APIS: dict[str, tuple[Task, ...]] = {
    "openai": ("chat", "embed"),
    "vllm-classify": ("reward", "classify", "pair"),
    "vllm-pooling": ("reward",),
    "tei": ("reward", "classify", "pair", "embed"),
    "openrlhf": ("reward",),
    "transformers": ("reward", "classify", "pair"),
}
"""What each kind of server can be asked."""

_DOES = {
    "chat": "judge",
    "reward": "give rewards",
    "classify": "classify texts",
    "pair": "classify pairs of texts",
    "embed": "embed texts",
}
_CHOICES = {"api": tuple(APIS), "activation": ("softmax", "sigmoid")}
_SHAPES = ("api", "template", "labels", "activation", "truncate")
"""Settings that change what a model that measures is sent, or how its answer is read."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one model lives, with the key resolved. `base_url` None is the public endpoint of OpenAI.

    `rpm` and `tpm` are the most requests and tokens a minute, `concurrency` the most requests at a time; prices are
    money per million tokens.
    """

    name: str
    model: str
    key: str = field(repr=False)
    base_url: str | None = None
    rpm: float | None = None
    tpm: float | None = None
    concurrency: int | None = None
    price_in: float | None = None
    price_out: float | None = None
    api: str = "openai"
    template: str | None = None
    labels: tuple[str, ...] = ()
    activation: str | None = None
    batch: int = 32
    truncate: bool = False
    device: str | None = None

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """What a call cost, in the money of the prices; 0 where there are none."""
        return ((self.price_in or 0.0) * tokens_in + (self.price_out or 0.0) * tokens_out) / 1e6

    def without_key(self, text: str) -> str:
        """The text with the key blotted out, for messages that quote a server or a library."""
        return text if self.key == NO_KEY else text.replace(self.key, "***")


@dataclass(frozen=True)
class Config:
    """The models of a configuration file by name, each a checked table; `environ` is where keys are looked up."""

    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @classmethod
    def load(cls, start: str | os.PathLike[str] | None = None, environ: Mapping[str, str] | None = None) -> Config:
        """Read the nearest `rmcompose.toml` at or above `start` (the working directory); none is an empty one.

        Raises `ConfigError` where it cannot be read, is no TOML, or has a key or a value that it may not have.
        """
        configuration = read(start)
        environ = os.environ if environ is None else environ
        if configuration.path is None:
            return cls({}, environ)
        return cls(_models(configuration.tables.get("models", {}), configuration.path), environ)

    def model_id(self, name: str) -> str:
        """The id that is sent to the server for a model's name in a spec."""
        return str(self.models.get(name, {}).get("model", name))

    def identity(self, name: str) -> str:
        """What replies are kept under: the model's id, and what of its settings may change a reply."""
        table = self.models.get(name, {})
        shape = {key: table[key] for key in _SHAPES if key in table}
        if table.get("api", "openai") == "openai" and shape.keys() <= {"api"}:
            return self.model_id(name)
        return json.dumps([self.model_id(name), shape], ensure_ascii=False, sort_keys=True)

    def check(self, name: str, task: Task) -> None:
        """Raise `ConfigError`, with one line that says what to do, where a model cannot do what it is asked for."""
        table = self.models.get(name)
        api = "openai" if table is None else table.get("api", "openai")
        if task in APIS[api]:
            return
        able = " or ".join(f'"{other}"' for other, tasks in APIS.items() if task in tasks)
        if table is None:
            raise ConfigError(
                f"the model `{name}` is not in `rmcompose.toml`: add [models.{name}] with `model`, `base_url` and "
                f"`api` = {able}"
            )
        raise ConfigError(f'the model `{name}` with `api` = "{api}" cannot {_DOES[task]}: that takes {able}')

    def has_prices(self, name: str) -> bool:
        """Whether it is said what a model costs."""
        return {"price_in", "price_out"} <= self.models.get(name, {}).keys()

    def endpoint(self, name: str) -> Endpoint:
        """Where the model of that name lives. Raises `ConfigError` where its key is not set."""
        table = dict(self.models.get(name, {}))
        variable = table.pop("api_key_env", None)
        api = table.get("api", "openai")
        if api == "transformers":
            if "base_url" in table or variable:
                raise ConfigError(f"the model `{name}` runs in this process: it has no `base_url` and no key")
            table["base_url"], needed = None, False
        elif api != "openai" and "base_url" not in table:
            raise ConfigError(f'the model `{name}` with `api` = "{api}" needs a `base_url`')
        elif "base_url" not in table:
            table["base_url"] = self._set("OPENAI_BASE_URL") or self._set("BASE_URL")
            variable = variable or "OPENAI_API_KEY"
            needed = table["base_url"] is None or variable != "OPENAI_API_KEY"
        else:
            needed = variable is not None
        key = self._set(variable) if variable else None
        if key is None and needed:
            raise ConfigError(f"the environment variable `{variable}` with the key for model `{name}` is not set")
        if key is not None and not (key.isascii() and key.isprintable()):
            raise ConfigError(f"the key in the environment variable `{variable}` has characters that cannot be sent")
        if table["base_url"] is not None and not table["base_url"].startswith(("http://", "https://")):
            raise ConfigError(f"the address of model `{name}` does not begin with `http://` or `https://`")
        if table["base_url"] is not None and "@" in table["base_url"].split("/")[2]:
            raise ConfigError(f"the address of model `{name}` has a password in it; keys come from the environment")
        table["labels"] = tuple(table.get("labels", ()))
        return Endpoint(name=name, key=key or NO_KEY, **{"model": name, **table})

    def _set(self, variable: str) -> str | None:
        return self.environ.get(variable, "").strip() or None


def _models(models: object, path: Path) -> dict[str, dict[str, Any]]:
    if not isinstance(models, dict):
        raise ConfigError(f"`models` in `{path}` is not a table")
    return {name: _model(name, table, path) for name, table in models.items()}


def _model(name: str, table: object, path: Path) -> dict[str, Any]:
    place = f"[models.{name}] in `{path}`"
    if not isinstance(table, dict):
        raise ConfigError(f"{place} is not a table")
    for key, value in table.items():
        if key not in _SETTINGS:
            raise ConfigError(f"{place} has an unknown key `{key}`")
        wanted = _SETTINGS[key]
        if wanted is str:
            if not isinstance(value, str) or not value:
                raise ConfigError(f"`{key}` of {place} is not a text")
            if value not in _CHOICES.get(key, (value,)):
                raise ConfigError(f"`{key}` of {place} is none of {', '.join(_CHOICES[key])}")
        elif wanted is bool:
            if not isinstance(value, bool):
                raise ConfigError(f"`{key}` of {place} is not true or false")
        elif wanted is list:
            if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
                raise ConfigError(f"`{key}` of {place} is not a list of texts")
            if len({one.casefold() for one in value}) != len(value):
                raise ConfigError(f"`{key}` of {place} has a name twice")
        elif isinstance(value, bool) or not isinstance(value, int if wanted is int else (int, float)):
            raise ConfigError(f"`{key}` of {place} is not a {'whole ' if wanted is int else ''}number")
        elif not (0 <= value < float("inf")) or (value == 0 and not key.startswith("price_")):
            raise ConfigError(f"`{key}` of {place} is out of range")
    return dict(table)
