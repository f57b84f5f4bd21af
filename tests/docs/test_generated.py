"""What scripts/docs writes is what the code says now (`pytest --update-golden` writes it again)."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from rmcompose.diagnostics.catalogue import CATALOGUE
from rmcompose.library import cards
from rmcompose.primitives.catalogue import SUBJECTS
from rmcompose.primitives.describe import format_range, subject_of
from rmcompose.primitives.packages import PACKAGES
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


# ---- the gallery -----------------------------------------------------------------------------------------------------

GALLERY = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")


def _rows(name: str) -> list[list[str]]:
    """The cells of the rows of the part under a heading `## name`."""
    part = GALLERY.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in part.splitlines() if line.startswith("| [")]
    return [[cell.strip() for cell in row] for row in rows]


def test_the_gallery_has_every_rule_with_what_a_reader_scans_for():
    rows = {row[0].partition("`]")[0].removeprefix("[`"): row for row in _rows("Rules")}
    ours = {rule.name: rule for rule in signatures() if subject_of(rule)}
    assert set(rows) == set(ours)
    for name, rule in ours.items():
        first, value, cost, said = rows[name]
        assert first.startswith(f"[`{name}`](rules.md#{name})")
        assert all(f"`{alias}`" in first for alias in rule.aliases)
        assert value.replace("&nbsp;", " ").replace("\u2212", "-") == format_range(rule)
        assert cost.split("<br>")[0] == ("trivial", "text", "heavy")[rule.cost]
        assert all(f"`{PACKAGES[need].extra}`" in cost for need in rule.needs if PACKAGES[need].extra)
        assert ("model call" in cost) == (rule.task is not None)
        assert " → " in said
    assert "OpenJudge `JsonMatchGrader`" in rows["json_match"][0]
    assert rows["f1_score"][2] == "text<br>extra `tokenizers`"
    assert rows["rouge_n"][3].endswith(
        '`text = "the cat is on the mat", reference = "the cat sat on the mat", n = 3` → `0.25`'
    )


def test_the_gallery_has_every_spec_with_its_file():
    rows = {row[0].partition("`]")[0].removeprefix("[`"): row for row in _rows("Specs")}
    listed = {card.name: card for card in cards()}
    assert set(rows) == set(listed)
    for name, card in listed.items():
        first, value, calls, said = rows[name]
        path = first.partition("](")[2].partition(")")[0]
        assert (ROOT / "docs" / path).resolve() == card.path.resolve()
        assert all(f"RM-Gallery `{one}`" in first for one in card.rm_gallery)
        assert (value.replace("&nbsp;", " ").replace("\u2212", "-"), calls) == (card.range, card.cost)
        assert card.title.replace("|", "\\|") in said
        assert all(f"`{one.name}`" in said for one in card.inputs)


def test_the_counts_of_the_gallery_are_counted():
    ours = [rule for rule in signatures() if subject_of(rule)]
    assert f"to scan: {len(ours)} rules in {len(SUBJECTS)} subjects, and {len(cards())} ready specs in " in GALLERY
    for subject in SUBJECTS:
        count = sum(subject_of(rule) == subject for rule in ours)
        assert f"[{subject}](#{subject}-rules) ({count})" in GALLERY
    assert f"{sum(not card.judges for card in cards())} of the specs ask no model at all" in " ".join(GALLERY.split())


def test_the_tables_of_the_gallery_are_tables():
    """Rendered as GitHub does, a row has as many cells as its head: no `|` or backtick of an example breaks it."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(GALLERY)
    tables = [place for place, token in enumerate(tokens) if token.type == "table_open"]
    assert len(tables) == len(SUBJECTS) + len({card.name.partition("/")[0] for card in cards()})
    cells = [tokens[place + 1] for place, token in enumerate(tokens) if token.type == "td_open"]
    assert len(cells) == 4 * (len(_rows("Rules")) + len(_rows("Specs")))
    for cell in cells:
        plain = [child for child in cell.children or [] if child.type == "text"]
        assert not any("`" in child.content for child in plain), cell.content


@pytest.mark.parametrize(
    ("text", "code"),
    [("a", "`a`"), ("a`b", "`` a`b ``"), ("```x```", "```` ```x``` ````"), ("a|b", "`a\\|b`")],
)
def test_code_with_backticks(text: str, code: str):
    assert WRITER._span(text) == code
