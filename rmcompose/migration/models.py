"""Models of a config: the name becomes a param, what shapes replies a setting, and where it lives only a note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rmcompose import ir
from rmcompose.ir.judging import SETTINGS
from rmcompose.migration.findings import SECRETS, Findings, kind_of, mapping, number, shown
from rmcompose.migration.spec import literal

DEFAULT = "gpt-4.1-mini"
"""The default of the library, where a config names no model."""
_KEPT = ("temperature", "top_p", "max_tokens", "seed")
_CLASS_KEYS = ("class_name", "cls", "class", "module_path", "module")


@dataclass(frozen=True, slots=True)
class Model:
    """A model's name and the settings of a judge that go with it."""

    name: str
    settings: tuple[tuple[str, Any], ...] = ()


@dataclass(slots=True)
class Models:
    """The models of one composition, each as a param."""

    found: Findings
    params: dict[str, str] = field(default_factory=dict)

    def read(self, value: Any, what: str) -> Model:
        """The model that a config means: a name, the arguments of a client, or a client with a `model`."""
        if isinstance(value, str):
            return self._named(value, what, ())
        if not isinstance(value, Mapping):
            if isinstance(name := getattr(value, "model", None), str):
                return self._named(name, what, ())
            self.found.error(f"{what} is {kind_of(value)}, not a model's name or its arguments")
            return Model(DEFAULT)
        given = mapping(value, what, self.found)
        for key in ("kwargs", "params", "config"):
            if isinstance(inner := given.get(key), Mapping):
                given = {name: one for name, one in given.items() if name != key} | mapping(inner, what, self.found)
        name = given.get("model", given.get("model_name"))
        if not isinstance(name, str) or not name:
            self.found.error(f"{what} names no model: `model` is {kind_of(name)}")
            return Model(DEFAULT)
        settings = []
        for key, one in given.items():
            if key in ("model", "model_name", *_CLASS_KEYS) or one is None:
                continue
            if key in SECRETS:
                self.found.note(
                    f"{what}: where the model lives and its key are not written to a spec: put `base_url` and "
                    f"`api_key_env` under `[models.{_table(name)}]` of rmcompose.toml"
                )
            elif key in _KEPT:
                settings += self._setting(key, one, f"{what}.{key}")
            else:
                self.found.note(f"{what}: {shown(key)} is left out, judges have no such setting")
        return self._named(name, what, tuple(settings))

    def _setting(self, key: str, value: Any, what: str) -> list[tuple[str, Any]]:
        plain = number(value, what, self.found)
        if plain is None:
            return []
        if key in ("max_tokens", "seed"):
            if plain != int(plain):
                self.found.error(f"{what} is not a whole number")
                return []
            return [(key, int(value))]
        return [(key, plain)]

    def _named(self, name: str, what: str, settings: tuple[tuple[str, Any], ...]) -> Model:
        if not name.strip():
            self.found.error(f"{what} is an empty text, not a model's name")
        return Model(name, settings)

    def param(self, model: Model) -> str:
        """The param that holds the model's name."""
        for param, name in self.params.items():
            if name == model.name:
                return param
        param = "judge_model" if not self.params else f"judge_model_{len(self.params) + 1}"
        self.params[param] = model.name
        return param

    def declared(self) -> tuple[ir.Param, ...]:
        """The params, for the composition."""
        doc = "The name of the judge's model; where it lives is the user's configuration."
        return tuple(
            ir.Param(name=param, doc=doc, type=ir.Type(kind="text"), default=literal(name))
            for param, name in self.params.items()
        )


def settings_of(values: Mapping[str, Any]) -> tuple[ir.Setting, ...]:
    """Settings of a judge in the order of the language's table."""
    order = list(SETTINGS)
    return tuple(
        ir.Setting(name=name, value=one if isinstance(one, ir.Node) else literal(one))
        for name, one in sorted(values.items(), key=lambda pair: order.index(pair[0]))
    )


def _table(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else f'"{name}"'
