"""Which of the two syntaxes a file is written in, by its name."""

from __future__ import annotations

from rmcompose.diagnostics import Source
from rmcompose.syntax.parsed import Parsed

YAML_SUFFIXES = (".yaml", ".yml")


def is_yaml(path: str) -> bool:
    """Whether a file of this name is read as YAML; anything else is `.rm`."""
    return path.lower().endswith(YAML_SUFFIXES)


def read(source: Source) -> Parsed:
    """Reads a text in the syntax that its path tells. Never raises: whatever is wrong is in the diagnostics."""
    if is_yaml(source.path):
        from rmcompose.syntax.yaml_reader import read_yaml

        return read_yaml(source)
    from rmcompose.syntax.parser import parse_rm

    return parse_rm(source)
