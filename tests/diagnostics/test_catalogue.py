"""The catalogue is complete, and every explanation has its parts."""

import re

import pytest

from rmcompose.diagnostics.catalogue import (
    CATALOGUE,
    FAMILIES,
    FOLDER,
    PARTS,
    UNSCORED_CODES,
    by_code,
    explain,
    explanation,
)


def test_every_code_has_one_explanation_and_none_is_left_over():
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(CATALOGUE)
    assert len(CATALOGUE) == 49


def test_names_are_slugs_and_unique():
    names = [entry.name for entry in CATALOGUE.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)
    assert all(entry.family in FAMILIES for entry in CATALOGUE.values())


def test_warnings():
    assert [e.code for e in CATALOGUE.values() if e.severity == "warning"] == ["RM206", "RM404", "RM405"]


@pytest.mark.parametrize("key", ["RM201", "rm201", "201", "unknown-name", "Unknown_Name", " RM201 "])
def test_a_code_is_found_by_its_name_too(key):
    entry = by_code(key)
    assert entry is not None
    assert (entry.code, entry.name) == ("RM201", "unknown-name")


def test_what_is_no_code():
    assert by_code("RM999") is None
    assert by_code("") is None
    assert explanation("nothing") is None
    with pytest.raises(KeyError):
        explain("nothing")


@pytest.mark.parametrize("code", CATALOGUE)
def test_explanation_parts(code):
    found = explanation(code)
    assert found is not None
    assert tuple(found.parts) == PARTS
    assert all(found.parts[part].strip() for part in PARTS)
    assert found.wrong
    assert found.right
    assert found.wrong != found.right
    text = explain(code)
    assert text.startswith(f"{CATALOGUE[code].severity}[{code}] {CATALOGUE[code].name}")
    assert "```" not in text
    assert max(map(len, text.splitlines())) <= 130
    assert found.right[0].text.splitlines()[0] in text


def test_every_reason_to_be_unscored_is_explained():
    assert set(UNSCORED_CODES.values()) <= set(CATALOGUE)
    assert all(code.startswith("RM9") for code in UNSCORED_CODES.values())
