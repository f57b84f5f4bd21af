"""Whether tests may run programs here: they need bubblewrap, and where it is promised they fail without it."""

from __future__ import annotations

import os

import pytest

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.programs import available
from rmcompose.primitives.programs.settings import SandboxSettings

NEED_SANDBOX = frozenset({"code_execution", "code_tests"})
"""Rules whose examples run a program."""


def needs_sandbox() -> None:
    """Skips a test, with the reason, where bubblewrap does not work; fails it with `RMCOMPOSE_SANDBOX=required`."""
    try:
        found = available.kind(SandboxSettings())
    except RuleError as fault:
        if os.environ.get("RMCOMPOSE_SANDBOX") == "required":
            pytest.fail(str(fault))
        pytest.skip(str(fault))
    assert found in ("switch", "map")
