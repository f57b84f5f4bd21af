"""What the laws of rules are tried with, one module a subject.

`SETTINGS` maps a rule to values for its settings; what is not there keeps its default. `DATA` maps a rule to
strategies for data arguments which the general texts do not serve (lists, schemas, whole conversations). `PIECES` are
fragments that the general texts are made of as well.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from hypothesis import strategies as st


def _of_all(name: str) -> list[Any]:
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return [getattr(module, name) for module in modules if hasattr(module, name)]


def settings() -> dict[str, dict[str, list[Any]]]:
    """Values to try for the settings of each rule."""
    return {rule: values for one in _of_all("SETTINGS") for rule, values in one.items()}


def data() -> dict[str, dict[str, st.SearchStrategy[Any]]]:
    """Strategies for data arguments of rules that need more than texts."""
    return {rule: strategies for one in _of_all("DATA") for rule, strategies in one.items()}


def pieces() -> list[str]:
    """Fragments that texts are made of."""
    return [piece for one in _of_all("PIECES") for piece in one]
