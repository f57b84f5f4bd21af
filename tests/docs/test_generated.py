"""What scripts/docs writes is what the code says now (`pytest --update-golden` writes it again)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from rmcompose.diagnostics.catalogue import CATALOGUE
from rmcompose.primitives.registry import signatures
from tests.docs.blocks import ROOT


def _writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_docs", ROOT / "scripts" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


WRITER = _writer()


@pytest.mark.parametrize("path", list(WRITER.pages()), ids=lambda path: path.name)
def test_the_page_is_fresh(path: Path, update_golden: bool):
    text = WRITER.pages()[path]
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "run scripts/docs"


def test_every_rule_of_ours_is_on_its_page():
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    ours = [rule.name for rule in signatures() if rule.function.__module__.startswith("rmcompose.primitives.")]
    assert ours
    assert [name for name in ours if f"\n### `{name}`\n" not in page] == []


def test_every_code_is_on_its_page():
    page = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    assert [code for code, entry in CATALOGUE.items() if f"\n### {code} {entry.name}\n" not in page] == []


def test_a_region_is_replaced_and_nothing_else():
    text = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n"
    assert WRITER.with_region(text, "x", "new \\1") == "a\n<!-- x:begin -->\nnew \\1\n<!-- x:end -->\nb\n"
    with pytest.raises(ValueError, match="0 times"):
        WRITER.with_region("nothing", "x", "new")
