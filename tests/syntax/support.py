"""What the tests of the syntax room share."""

from __future__ import annotations

from pathlib import Path

from rmcompose.diagnostics import Source, Span
from rmcompose.ir import Composition, Document, Expression
from rmcompose.syntax import Parsed, parse_expression, parse_rm, read_yaml
from rmcompose.syntax.place import in_file

VALID = Path(__file__).parent.parent / "fixtures" / "valid"
TWINS = sorted(VALID.rglob("source.rm"))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def body(text: str) -> str:
    """A `.rm` file around the statements of one composition; its first line is line 3."""
    return f"rmcompose 1\ncomposition main -> score[0, 1] {{\n{text}\n}}\n"


def rm(text: str) -> Parsed:
    return parse_rm(Source("main.rm", text))


def yaml(text: str) -> Parsed:
    return read_yaml(Source("main.rm.yaml", text))


def document(parsed: Parsed) -> Document:
    assert parsed.diagnostics == []
    assert parsed.document is not None
    return parsed.document


def main(text: str) -> Composition:
    """The one composition around healthy statements."""
    (found,) = document(rm(body(text))).compositions
    return found


def formula(text: str) -> Expression:
    found, faults = parse_expression(text, in_file(Source("main.rm", text)))
    assert faults == []
    assert found is not None
    return found


def told(parsed: Parsed) -> list[tuple[str, int, int]]:
    """Code, line and column of each diagnostic."""
    return [(one.code, *at(one.span)) for one in parsed.diagnostics]


def at(span: Span | None) -> tuple[int, int]:
    assert span is not None
    return span.position


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its `⟨`s, and the 1-based line and column of each."""
    places: list[tuple[int, int]] = []
    clean = ""
    for piece in text.split("⟨"):
        clean += piece
        places.append((clean.count("\n") + 1, len(clean) - (clean.rfind("\n") + 1) + 1))
    return clean, places[:-1]
