"""The user's configuration file, `rmcompose.toml`: where it is, and what it may hold.

It is found upward from the working directory, so it belongs to whoever runs a command and never to a spec. Each of its
parts is read by the room that it is for:

    python = "my_rules.py"             # rules of your own (rmcompose/primitives/plugins.py)

    [models.judge]                     # where models live (rmcompose/runtime/client/config.py)
    base_url = "http://127.0.0.1:8000/v1"

    [sandbox]                          # the limits of programs (rmcompose/primitives/programs/settings.py)
    seconds = 10
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

CONFIG_NAME = "rmcompose.toml"
PARTS = ("models", "python", "sandbox")
"""The keys that the file may have."""


class ConfigError(Exception):
    """The configuration cannot be used; the text is one line that says why and never holds a key."""


class Configuration(NamedTuple):
    """What the file holds, unchecked but for the names of its parts; empty and without a path where there is none."""

    tables: Mapping[str, Any]
    path: Path | None = None


def find(start: str | os.PathLike[str] | None = None) -> Path | None:
    """The nearest `rmcompose.toml` at or above `start` (the working directory), or None."""
    folder = Path.cwd() if start is None else Path(start).absolute()
    return next((path for here in (folder, *folder.parents) if (path := here / CONFIG_NAME).is_file()), None)


def read(start: str | os.PathLike[str] | None = None) -> Configuration:
    """The nearest configuration. Raises `ConfigError` where it cannot be read, is no TOML, or has an unknown part."""
    path = find(start)
    if path is None:
        return Configuration({})
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"`{path}` cannot be read: {error}") from None
    for key in tables:
        if key not in PARTS:
            raise ConfigError(f"`{path}` has an unknown key `{key}`")
    return Configuration(tables, path)
