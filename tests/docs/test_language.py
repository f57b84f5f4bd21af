"""docs/language.md is the whole language: all its words, functions, aggregates and settings, and examples that hold."""

from __future__ import annotations

import re
import shutil
import textwrap

import pytest

import rmcompose as rm
from rmcompose.analysis import load
from rmcompose.diagnostics import Source
from rmcompose.diagnostics.catalogue import CATALOGUE, UNSCORED_CODES
from rmcompose.ir import AGGREGATES, FUNCTIONS
from rmcompose.ir.judging import SETTINGS
from rmcompose.ir.reserved import RESERVED
from rmcompose.plan import build
from rmcompose.syntax import limits, read, shape
from rmcompose.syntax.types import KINDS
from rmcompose.syntax.words import FOREIGN
from tests.docs.blocks import PAGES, ROOT, Block, blocks, code_of

PAGE = ROOT / "docs" / "language.md"
TEXT = PAGE.read_text(encoding="utf-8")
CODE = code_of(PAGE)
WORDS = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", CODE))
SPECS = blocks(PAGE, "rm", "yaml")
WHOLE = [block for block in SPECS if block.info != "fragment"]
FRAGMENTS = [block for block in SPECS if block.info == "fragment"]
PAIRS = list(zip(FRAGMENTS[::2], FRAGMENTS[1::2], strict=True))


def _grammar() -> list[str]:
    """Everything that the grammar writes between quotes: its words and symbols."""
    found: set[str] = set()
    for path in sorted((ROOT / "grammar").glob("*.lark")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.lstrip().startswith("//") or re.match(r"^[A-Z_.0-9]+\s*:\s*/", line):
                continue
            found.update(re.findall(r'"([^"\s]+)"', line.partition(" //")[0]))
    return sorted(found)


def test_the_grammar_was_read():
    assert {"composition", "route", "??", "=>", "weight"} <= set(_grammar())


@pytest.mark.parametrize("word", _grammar())
def test_every_word_and_symbol_of_the_grammar_is_there(word: str):
    assert word in WORDS if word.isidentifier() else word in CODE


def test_the_reserved_words_are_listed():
    listed = TEXT.partition("Reserved, and so never names, are:")[2].partition("\n\nThe words")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == RESERVED


@pytest.mark.parametrize("operator", FOREIGN)
def test_every_foreign_operator_is_there(operator: str):
    assert f"`{operator}`" in TEXT


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_has_a_row(kind: str):
    assert re.search(rf"^\| .*`{kind}[`\[].*\|", TEXT, flags=re.MULTILINE)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_a_row(name: str):
    assert re.search(rf"^\| `{name}\(", TEXT, flags=re.MULTILINE)


def test_no_function_is_made_up():
    rows = TEXT.partition("## Functions")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)\(", rows, flags=re.MULTILINE)) == set(FUNCTIONS)


def test_every_aggregate_has_a_row_and_none_is_made_up():
    rows = TEXT.partition("## Aggregates")[2].partition("\n## ")[0]
    named = [name for row in re.findall(r"^\| (`.*?) \|", rows, flags=re.MULTILINE) for name in row.split(", ")]
    assert {name.strip("`").partition("(")[0] for name in named} == set(AGGREGATES)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_a_row(name: str):
    assert f"\n| `{name}` | " in TEXT


@pytest.mark.parametrize("reason", UNSCORED_CODES)
def test_every_reason_is_there(reason: str):
    assert f"`{reason}`" in TEXT


def test_every_key_of_yaml_is_there():
    tables = [shape.SINGLE, shape.SEVERAL, shape.INPUT, shape.PARAM, shape.JUDGE, shape.CRITERION, shape.MEMBER]
    tables += [shape.GATE, shape.TEST, shape.ROUTE, shape.ARM_OF_SUBJECT, shape.ARM_OF_CONDITION, shape.IF]
    tables += shape.NODES.values()
    assert {key for table in tables for key in table} - WORDS == set()


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_diagnostic_is_in_the_documentation(code: str):
    assert any(re.search(rf"\b{code}\b", page.read_text(encoding="utf-8")) for page in PAGES if page.parent != ROOT)


def test_the_limits_are_the_real_ones():
    stated = {
        "bytes of a file": load.MAX_BYTES,
        "characters of a file": limits.MAX_CHARACTERS,
        "levels of nesting in an expression": limits.MAX_DEPTH,
        "levels of nesting in YAML": limits.MAX_YAML_DEPTH,
        "YAML nodes, aliases expanded": limits.MAX_YAML_NODES,
        "steps of a composition with all it composes": build.MOST_STEPS,
        "syntax errors that are told for one file": limits.MAX_FAULTS,
    }
    for name, limit in stated.items():
        assert f"| {name} | {limit:,} |" in TEXT
    assert f"| compositions within compositions | {build.DEEPEST} levels |" in TEXT


@pytest.mark.parametrize("block", WHOLE, ids=str)
def test_whole_specs_check(block: Block, tmp_path, capsys):
    shutil.copytree(ROOT / "examples" / "chat" / "lib", tmp_path / "lib")
    path = tmp_path / f"page.rm{'.yaml' if block.language == 'yaml' else ''}"
    path.write_text(block.text, encoding="utf-8")
    assert rm.check(path) == []


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: str(pair[0]))
def test_fragments_say_the_same_in_both_syntaxes(pair: tuple[Block, Block]):
    one, other = pair
    assert (one.language, other.language) == ("rm", "yaml"), "each fragment of `.rm` is followed by its twin"
    head, foot = "rmcompose 1\ncomposition page -> float {\n", "}\n"
    first = read(Source("page.rm", head + textwrap.indent(one.text, "  ") + foot))
    second = read(Source("page.rm.yaml", "rmcompose: 1\ncomposition: page\nreturns: float\n" + other.text))
    assert (first.diagnostics, second.diagnostics) == ([], [])
    assert first.document == second.document
