"""`rmcompose schema`: the JSON Schema of `.rm.yaml`."""

from __future__ import annotations

import argparse
import json

from rmcompose.cli.console import out
from rmcompose.cli.faults import FINE


def arguments(parser: argparse.ArgumentParser) -> None:
    """It takes nothing."""


def run(_: argparse.Namespace) -> int:
    """Prints the schema; `rmcompose schema > rmcompose.schema.json` and point the editor at it."""
    from rmcompose.syntax import json_schema

    out(json.dumps(json_schema(), indent=2))
    return FINE
