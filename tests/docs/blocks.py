"""Fenced blocks of Markdown pages, and what it takes to run them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@dataclass(frozen=True)
class Block:
    """A fenced block: ```` ```language info ````, at its 1-based line."""

    page: Path
    line: int
    language: str
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path, *languages: str) -> list[Block]:
    """The blocks of a page, of these languages only where any are named."""
    found: list[Block] = []
    lines = page.read_text(encoding="utf-8").splitlines()
    start: int | None = None
    for number, line in enumerate(lines, start=1):
        if not line.startswith("```"):
            continue
        if start is None:
            start = number
            continue
        language, _, info = lines[start - 1].removeprefix("```").partition(" ")
        if not languages or language in languages:
            found.append(Block(page, start, language, info, "\n".join(lines[start : number - 1]) + "\n"))
        start = None
    assert start is None, f"{page.name}:{start} is not closed"
    return found


def code_of(page: Path) -> str:
    """All that a page sets as code: fenced, indented and between backticks."""
    text = page.read_text(encoding="utf-8")
    fenced = "\n".join(block.text for block in blocks(page))
    plain = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    # a span may be wrapped, but never goes past its paragraph
    spans = [found.group(2) for part in plain.split("\n\n") for found in re.finditer(r"(`+)(.+?)\1", part, re.DOTALL)]
    indented = re.findall(r"^    .*$", plain, flags=re.MULTILINE)
    return "\n".join([fenced, *spans, *indented]).replace("\\|", "|")


def run_python(text: str, names: dict[str, Any]) -> list[str]:
    """Runs a block statement by statement in `names`; gives what differs from its `# -> value` remarks."""
    lines = text.splitlines()
    wrong: list[str] = []
    for statement in ast.parse(text).body:
        last = lines[(statement.end_lineno or 1) - 1]
        remark = re.search(r"# -> (.*)$", last)
        if isinstance(statement, ast.Expr) and remark is not None:
            value = repr(eval(compile(ast.Expression(statement.value), "<page>", "eval"), names))
            if value != remark.group(1).strip():
                wrong.append(f"{last.strip()} gives {value}")
        else:
            exec(compile(ast.Module([statement], []), "<page>", "exec"), names)
    return wrong


def differences(shown: str, printed: str) -> list[str]:
    """The lines of a page that were not printed, in the order shown; `…` at the end of a line stands for its rest."""
    left = [line.rstrip() for line in printed.splitlines()]
    missing: list[str] = []
    for line in filter(None, (line.rstrip() for line in shown.splitlines())):
        head = line.removesuffix("…")
        place = next((i for i, one in enumerate(left) if (one.startswith(head) if head != line else one == line)), None)
        if place is None:
            missing.append(line)
        else:
            left = left[place + 1 :]
    return missing
