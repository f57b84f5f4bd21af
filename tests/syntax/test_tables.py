"""The parse tables that ship are those of the grammar that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rmcompose.diagnostics import Source
from rmcompose.syntax import grammar, parse_rm, tables

SPEC = """rmcompose 1
composition main -> score[0, 1] {
  rule same = accuracy()
  return 0.5 * same + 0.25
}
"""


def test_the_shipped_tables_are_those_of_the_grammar(update_golden: bool) -> None:
    # the order within the tables differs from run to run: what they were made from is compared, not their text
    if update_golden and tables.load(grammar.folder(), object()) is None:
        tables.FILE.write_text(tables.dump(grammar.folder(), grammar.build()), encoding="utf-8")
    assert tables.load(grammar.folder(), object()) is not None, (
        "run pytest --update-golden after a change of the grammar"
    )


def test_loaded_tables_parse_as_built_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = parse_rm(Source("main.rm", SPEC))
    monkeypatch.setattr(tables, "load", lambda folder, transformer: None)
    grammar._lark.cache_clear()
    try:
        built = parse_rm(Source("main.rm", SPEC))
    finally:
        grammar._lark.cache_clear()
    assert loaded.document is not None
    assert loaded.document == built.document


def test_every_row_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = grammar.build()
    written = tmp_path / "tables.json"
    written.write_text(tables.dump(grammar.folder(), built), encoding="utf-8")
    monkeypatch.setattr(tables, "FILE", written)
    loaded = tables.load(grammar.folder(), object())
    assert loaded is not None
    states = tables._table(built).states
    assert {number: tables._table(loaded).states[number] for number in states} == states
    assert tables._table(loaded).start_states == tables._table(built).start_states


@pytest.mark.parametrize("change", [{"lark": "0.0.0"}, {"grammar": "another"}])
def test_tables_of_another_grammar_or_lark_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    import json

    held = json.loads(tables.FILE.read_text(encoding="utf-8"))
    stale = tmp_path / "tables.json"
    stale.write_text(json.dumps({**held, **change}), encoding="utf-8")
    monkeypatch.setattr(tables, "FILE", stale)
    assert tables.load(grammar.folder(), object()) is None


def test_missing_tables_are_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "FILE", tmp_path / "none.json")
    assert tables.load(grammar.folder(), object()) is None
