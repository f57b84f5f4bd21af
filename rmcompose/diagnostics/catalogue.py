"""Every code a diagnostic can carry, with its name, default severity and explanation.

The table is small and loads at once; the explanations are one Markdown file per code in `explanations/`, read only when
someone asks. Each file has the same four parts: what it means, why it matters, a wrong spec and the right one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rmcompose.diagnostics.diagnostic import Severity

FOLDER = Path(__file__).parent / "explanations"
PARTS = ("What it means", "Why it matters", "Wrong", "Right")

FAMILIES: dict[str, str] = {
    "RM0": "files and imports",
    "RM1": "syntax of `.rm`",
    "RM15": "shape of `.rm.yaml`",
    "RM2": "names and calls",
    "RM3": "types and ranges",
    "RM4": "the graph",
    "RM5": "judges and aggregates",
    "RM6": "spec tests",
    "RM9": "while running",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: `name` is its slug, `severity` what it is unless the reporter says otherwise."""

    code: str
    name: str
    severity: Severity = "error"

    @property
    def family(self) -> str:
        """The key of its family in `FAMILIES`."""
        return "RM15" if self.code.startswith("RM15") else self.code[:3]


_ENTRIES = (
    Entry("RM001", "file-not-found"),
    Entry("RM002", "unsupported-version"),
    Entry("RM003", "import-cycle"),
    Entry("RM004", "unknown-export"),
    Entry("RM005", "import-outside-root"),
    Entry("RM101", "unexpected-token"),
    Entry("RM102", "unclosed-block"),
    Entry("RM103", "unclosed-text"),
    Entry("RM104", "bad-number"),
    Entry("RM105", "foreign-operator"),
    Entry("RM150", "invalid-yaml"),
    Entry("RM151", "unknown-key"),
    Entry("RM152", "missing-key"),
    Entry("RM153", "duplicate-key"),
    Entry("RM154", "partial-interpolation"),
    Entry("RM155", "too-large"),
    Entry("RM201", "unknown-name"),
    Entry("RM202", "duplicate-name"),
    Entry("RM203", "unknown-rule"),
    Entry("RM204", "unknown-argument"),
    Entry("RM205", "missing-argument"),
    Entry("RM206", "unused-node", "warning"),
    Entry("RM207", "undeclared-input"),
    Entry("RM208", "reserved-name"),
    Entry("RM301", "type-mismatch"),
    Entry("RM302", "range-exceeded"),
    Entry("RM303", "mixed-ranges"),
    Entry("RM304", "default-out-of-range"),
    Entry("RM305", "divisor-may-be-zero"),
    Entry("RM306", "level-mismatch"),
    Entry("RM401", "dependency-cycle"),
    Entry("RM402", "unreachable-arm"),
    Entry("RM403", "non-exhaustive-route"),
    Entry("RM404", "gate-always-fails", "warning"),
    Entry("RM405", "gate-never-fails", "warning"),
    Entry("RM406", "no-return"),
    Entry("RM501", "empty-rubric"),
    Entry("RM502", "nothing-given"),
    Entry("RM503", "zero-total-weight"),
    Entry("RM504", "bad-weight"),
    Entry("RM505", "no-members"),
    Entry("RM506", "bad-verdict"),
    Entry("RM601", "test-failed"),
    Entry("RM602", "stub-unknown"),
    Entry("RM901", "rule-failed"),
    Entry("RM902", "judge-unavailable"),
    Entry("RM903", "reply-unreadable"),
    Entry("RM904", "value-out-of-range"),
    Entry("RM905", "sample-field-missing"),
)

CATALOGUE: dict[str, Entry] = {entry.code: entry for entry in _ENTRIES}
"""All codes in order."""

_SLUGS: dict[str, str] = {entry.name: entry.code for entry in _ENTRIES}

UNSCORED_CODES: dict[str, str] = {
    "missing_input": "RM905",
    "abstained": "RM903",
    "refused": "RM902",
    "malformed_reply": "RM903",
    "off_scale": "RM904",
    "provider_error": "RM902",
    "timeout": "RM902",
    "rule_error": "RM901",
    "non_finite": "RM904",
    "budget_exceeded": "RM902",
}
"""The code that explains each reason a value can be unscored for."""


def by_code(code: str) -> Entry | None:
    """The entry of a code (`RM201`, `rm201`, `201`) or of its name (`unknown-name`, `unknown_name`), else None."""
    key = code.strip().upper()
    if key.isdigit():
        key = f"RM{key}"
    return CATALOGUE.get(_SLUGS.get(key.lower().replace("_", "-"), key))


@dataclass(frozen=True, slots=True)
class Example:
    """One file of an example: its path, and its text. The first file of an example is the one to validate."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The four parts of an explanation, as they are written, and the example files in `wrong` and `right`."""

    entry: Entry
    parts: dict[str, str]

    @property
    def wrong(self) -> tuple[Example, ...]:
        """The files that show the fault."""
        return _examples(self.parts["Wrong"])

    @property
    def right(self) -> tuple[Example, ...]:
        """The same files without it."""
        return _examples(self.parts["Right"])


def explanation(code: str) -> Explanation | None:
    """The explanation of a code or its name, read from its file; None for what is not a code."""
    entry = by_code(code)
    if entry is None:
        return None
    text = (FOLDER / f"{entry.code}.md").read_text(encoding="utf-8")
    return Explanation(entry, _parts(text))


def explain(code: str) -> str:
    """What `rmcompose explain CODE` prints: plain text for a terminal. Raises KeyError for what is not a code."""
    found = explanation(code)
    if found is None:
        raise KeyError(code)
    entry = found.entry
    blocks = [f"{entry.severity}[{entry.code}] {entry.name} ({FAMILIES[entry.family]})"]
    blocks += [f"{part}\n\n{_plain(found.parts[part])}" for part in PARTS]
    return "\n\n".join(blocks)


def _parts(markdown: str) -> dict[str, str]:
    """The text under each `## heading`; headings inside fences are text."""
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        if line.startswith("## ") and not fenced:
            current = parts.setdefault(line[3:].strip(), [])
        else:
            current.append(line)
    return {name: "\n".join(lines).strip("\n") for name, lines in parts.items()}


def _plain(markdown: str) -> str:
    """The text with fences taken off and their content indented, each under its file name where it has one."""
    lines: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            path = line.removeprefix("```").partition(" ")[2]
            if not fenced and path:
                lines += [f"  {path}:"]
            fenced = not fenced
        else:
            lines.append((f"    {line}" if fenced else f"  {line}").rstrip())
    return "\n".join(lines)


def _examples(markdown: str) -> tuple[Example, ...]:
    """The fenced files: ```` ```rm path ````; one without a path is `main.rm`, or `main.rm.yaml` for YAML."""
    examples: list[Example] = []
    path: str | None = None
    body: list[str] = []
    for line in markdown.splitlines():
        if not line.startswith("```"):
            body.append(line)
        elif path is None:
            language, _, name = line.removeprefix("```").partition(" ")
            path, body = name or ("main.rm.yaml" if language == "yaml" else "main.rm"), []
        else:
            examples.append(Example(path, "\n".join(body) + "\n"))
            path = None
    return tuple(examples)
