"""docs/migration.md: its configs become its specs, and its tables are those of the code."""

from __future__ import annotations

import re

import pytest

from rmcompose.migration import from_openjudge, from_simple_composition
from rmcompose.migration.openjudge_names import CHOOSING, LIBRARY, RULES
from rmcompose.migration.rm_gallery_names import RULES as REWARDS
from rmcompose.syntax.plain import plain_data
from tests.docs.blocks import ROOT, blocks, run_python

PAGE = ROOT / "docs" / "migration.md"
TEXT = PAGE.read_text(encoding="utf-8")
BEFORE = [block for block in blocks(PAGE, "yaml") if block.info == "migration"]
AFTER = [block for block in blocks(PAGE, "rm") if block.info == "migrated"]


@pytest.mark.parametrize(("before", "after"), list(zip(BEFORE, AFTER, strict=True)), ids=["rm-gallery", "openjudge"])
def test_what_is_shown_before_becomes_what_is_shown_after(before, after):
    config = plain_data("config.yaml", before.text)
    convert = from_simple_composition if "rewards" in config else from_openjudge
    assert convert(config).text() == after.text


def test_the_code_runs():
    assert [one for block in blocks(PAGE, "python") for one in run_python(block.text, {})] == []


def test_every_grader_is_in_the_table_with_what_it_is_here():
    rows = dict(re.findall(r"^\| `(\w+Grader)` \| (.*) \|$", TEXT, flags=re.MULTILINE))
    for name, grader in RULES.items():
        assert f"`{grader.rule}`" in rows[name], name
    for name, spec in LIBRARY.items():
        assert f"`{spec.spec}`" in rows[name], name
    assert set(CHOOSING) <= set(rows)


def test_every_rule_of_rm_gallery_is_named():
    assert [name for name in REWARDS if f"`{name}`" not in TEXT] == []
