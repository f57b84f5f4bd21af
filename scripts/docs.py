"""The parts of the documentation that the code knows better than any writer.

Whole pages (`docs/rules.md`, `docs/diagnostics.md`) and regions between markers in pages that people write
(`<!-- settings:begin -->` … `<!-- settings:end -->`). A test holds all of them to the code.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from rmcompose.diagnostics.catalogue import CATALOGUE, FAMILIES, PARTS, Entry, explanation
from rmcompose.ir.judging import SETTINGS, SettingShape
from rmcompose.library import aliases, cards
from rmcompose.library.card import Card
from rmcompose.plan.show import COSTS
from rmcompose.primitives import registry
from rmcompose.primitives.catalogue import SUBJECTS
from rmcompose.primitives.describe import about, format_range, format_signature, headline, subject_of
from rmcompose.primitives.packages import PACKAGES
from rmcompose.primitives.pictures import example
from rmcompose.primitives.registry import ROLE_FIELDS, ArgumentSpec, RuleSignature

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
LANGUAGE = ROOT / "docs" / "language.md"
GALLERY = ROOT / "docs" / "gallery.md"
LIBRARY = ROOT / "docs" / "library.md"
MEASURED = ROOT / "docs" / "measured.md"
CHOOSING = ROOT / "docs" / "choosing.md"
FIT = ROOT / "docs" / "fit.md"
SPECS = ROOT / "specs" / "README.md"
BENCHMARKS = (
    "scores",
    "primitives",
    "startup",
    "compile",
    "stream",
    "judging",
    "calls",
    "llmbar",
    "labels",
    "best_of_n",
    "fit",
)
_RULES = """\
# Rules

<!-- Written by scripts/docs from the registry of rules: change that, not this page. -->

A rule is a deterministic function of a response and of what it is compared with. `rmcompose rules NAME` prints the same
text with a picture of what the rule gives, and `rmcompose rules --format json` prints it for programs. All rules and
specs on one page, to scan, are in the [gallery](gallery.md).

An argument of a role (`text`, `reference`, `messages` …) that is left out binds to the composition's input that has the
name of the role's field, or else to the sample's field itself; `rmcompose plan` shows which. A rule that cannot judge
its input gives no score: its value is unscored with the reason `rule_error` or `timeout`.

Rules that say *RM-Gallery* keep the names and formulas of that project, quirks included, so that a reward that moves
here keeps its values. The quirks are listed, and for most of these rules one without them stands beside it."""
_DIAGNOSTICS = """\
# Diagnostics

<!-- Written by scripts/docs from rmcompose/diagnostics/explanations/: change that, not this page. -->

`rmcompose explain RM302` prints one of these. A spec with an error cannot be run; a warning changes nothing.

`--format full|concise|json|github|sarif` says how `validate` and `test` print what they find. As JSON it is a list of
`{code, name, severity, message, path, start: {line, column}, end: {line, column}, labels, notes, help}`, lines and
columns counted from 1 in characters."""


_GALLERY = """\
# Gallery

<!-- Written by scripts/docs from the registry of rules and the cards of specs: change those, not this page. -->

What a reward can be made of, to scan: {rules}, and {specs}.

{plain} of the rules need nothing but `rmcompose` itself, {extras} want an extra, and {models} can ask a model at an
endpoint of yours; {free} of the specs ask no model at all.

A value is a range, `bool` or a text. The cost of a rule says when it is evaluated: what is `trivial` first, then what
reads the `text`, then what is `heavy` (a parser, a worker process, a sandbox), and a model last; an extra is installed
with `pip install 'rmcompose[NAME]'`. Names in other projects stand below the name here. `?` is an input that may be
missing."""
_NEXT = """\
## Where to go from here

- A rule: its name leads to its arguments, formula and quirks in [rules.md](rules.md); `rmcompose rules NAME` shows it
  with a picture of what it gives for its example and for changes of it.
- A spec: its name leads to its text; `rmcompose specs NAME` prints its card, `rmcompose run NAME data.jsonl -o
  out.jsonl` runs it, and [library.md](library.md) tells what specs have in common and where their rubrics come from.
- One of your own: [language.md](language.md) for specs, [python.md](python.md) for rules in Python,
  [models.md](models.md) for rules that ask a model, [sandbox.md](sandbox.md) for those that run programs.
- By words: `rmcompose rules WORD` and `rmcompose specs WORD`."""
_SHOWN = 44
"""The most characters of an argument in the gallery."""


def pages() -> dict[Path, str]:
    """Every page with generated parts, as it should be."""
    return {
        ROOT / "docs" / "rules.md": rules_page(),
        ROOT / "docs" / "diagnostics.md": diagnostics_page(),
        LANGUAGE: with_region(LANGUAGE.read_text(encoding="utf-8"), "settings", settings_table()),
        README: with_region(README.read_text(encoding="utf-8"), "rules", rules_by_subject()),
        GALLERY: gallery_page(),
        LIBRARY: library_page(),
        SPECS: with_region(SPECS.read_text(encoding="utf-8"), "specs", specs_table(cards())),
    }


# ---- the library -----------------------------------------------------------------------------------------------------


def library_page() -> str:
    """docs/library.md with its tables of specs, of names of RM-Gallery, and of sources."""
    text = LIBRARY.read_text(encoding="utf-8")
    listed = cards()
    text = with_region(text, "specs", specs_by_folder(listed))
    text = with_region(text, "rm-gallery", names_of_rm_gallery())
    return with_region(text, "sources", sources(listed))


def specs_table(listed: Sequence[Card]) -> str:
    """A row a spec."""
    rows = [f"| `{card.name}` | {card.range} | {card.cost} | {card.scenario} |" for card in listed]
    return "\n".join(["| spec | value | model calls | for |", "|---|---|---|---|", *rows])


def specs_by_folder(listed: Sequence[Card]) -> str:
    """A heading and a table for each folder; a spec that compares is named beside the one that scores."""
    parts: list[str] = []
    for folder, inside in groupby(listed, key=lambda card: card.name.partition("/")[0]):
        parts += [f"### {folder}", ""]
        parts += ["| spec | value | model calls | question |", "|---|---|---|---|"]
        parts += [f"| `{card.name}` | {card.range} | {card.cost} | {card.title} |" for card in inside]
        parts.append("")
    return "\n".join(parts).rstrip("\n")


def names_of_rm_gallery() -> str:
    """Each registered name with the spec that stands for it."""
    rows = [f"| `{alias}` | `{name}` |" for alias, name in sorted(aliases().items())]
    return "\n".join(["| RM-Gallery | spec |", "|---|---|", *rows])


def sources(listed: Sequence[Card]) -> str:
    """What each rubric or formula follows; a listwise spec is told with its pointwise one where both say the same."""
    told: dict[tuple[str, ...], list[str]] = {}
    for card in listed:
        told.setdefault(card.sources, []).append(card.name)
    lines: list[str] = []
    for said, names in told.items():
        text = f"{', '.join(f'`{name}`' for name in names)}: {'; '.join(said)}"
        lines += textwrap.wrap(
            text, 118, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
    return "\n".join(lines)


# ---- the gallery -----------------------------------------------------------------------------------------------------


def gallery_page() -> str:
    """Every rule and every spec in a row: what one scans to find the page that has the details."""
    subjects = list(_by_subject())
    folders = [(name, list(inside)) for name, inside in groupby(cards(), key=lambda card: card.name.partition("/")[0])]
    rules = [rule for _, inside in subjects for rule in inside]
    specs = [card for _, inside in folders for card in inside]
    extras = [rule for rule in rules if _extras(rule)]
    asking = [rule for rule in rules if rule.task is not None]
    lead = _GALLERY.format(
        rules=f"{len(rules)} rules in {len(subjects)} subjects",
        specs=f"{len(specs)} ready specs in {len(folders)} folders",
        plain=sum(not _extras(rule) and rule.task is None for rule in rules),
        extras=len(extras),
        models=len(asking),
        free=sum(not card.judges for card in specs),
    )
    contents = [
        "- [Rules](#rules): " + ", ".join(f"[{name}](#{name}-rules) ({len(inside)})" for name, inside in subjects),
        "- [Specs](#specs): " + ", ".join(f"[{name}](#{name}-specs) ({len(inside)})" for name, inside in folders),
        "- [Where to go from here](#where-to-go-from-here)",
    ]
    parts = [lead, "\n".join(contents), "## Rules"]
    for name, inside in subjects:
        rows = [_rule_row(rule) for rule in inside]
        head = ["| rule | value | cost | what it says |", "|---|---|---|---|"]
        parts += [f"### {name.capitalize()} rules", about(name), "\n".join([*head, *rows])]
    parts.append("## Specs")
    for name, inside in folders:
        lines = [_spec_row(card) for card in inside]
        head = ["| spec | value | model calls | what it answers |", "|---|---|---|---|"]
        parts += [f"### {name.capitalize()} specs", "\n".join([*head, *lines])]
    return "\n\n".join([*parts, _NEXT]) + "\n"


def _extras(rule: RuleSignature) -> list[str]:
    """The extras that bring what a rule needs, or what a setting of it names when it is left out."""
    wanted = [*rule.needs, *(one.default for one in rule.arguments if isinstance(one.default, str))]
    return sorted({PACKAGES[name].extra for name in wanted if name in PACKAGES and PACKAGES[name].extra})


def _rule_row(rule: RuleSignature) -> str:
    origin = re.findall(r" \(((?:RM-Gallery|OpenJudge)[^()]*)\)", " ".join(rule.doc.split()))
    elsewhere = [*(f"`{name}`" for name in rule.aliases), *origin]
    name = "<br>".join([f"[`{rule.name}`](rules.md#{rule.name})", *elsewhere])
    cost = [COSTS[rule.cost]]
    if _extras(rule):
        cost.append(f"extra {', '.join(f'`{extra}`' for extra in _extras(rule))}")
    if rule.task is not None:
        cost.append("a model call" if rule.argument("model") and _required(rule, "model") else "or a model call")
    said = re.sub(r" \((?:RM-Gallery|OpenJudge)[^()]*\)", "", headline(rule))
    return f"| {name} | {_range(format_range(rule))} | {'<br>'.join(cost)} | {_cell(said)}<br>{_mini(rule)} |"


def _required(rule: RuleSignature, name: str) -> bool:
    argument = rule.argument(name)
    return argument is not None and argument.required


def _range(text: str) -> str:
    """A range that is not broken over lines: a browser breaks after a hyphen, not after a minus."""
    return text.replace(" ", "&nbsp;").replace("-", "\u2212")


def _mini(rule: RuleSignature) -> str:
    """The example in small: long arguments are cut, numbers have four digits."""
    arguments = example.read(rule) or {}
    shown = [f"{name} = {_short(value)}" for name, value in arguments.items()]
    value = rule.example.rpartition(" -> ")[2]
    if rule.returns in ("float", "int") and rule.level != "group":
        value = f"{float(value):.4g}"
    answered = " (of what a model answers)" if rule.answers else ""
    return f"{_span(', '.join(shown))} → {_span(value)}{answered}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _spec_row(card: Card) -> str:
    path = card.path.relative_to(ROOT)
    name = "<br>".join([f"[`{card.name}`](../{path})", *(f"RM-Gallery `{one}`" for one in card.rm_gallery)])
    reads = ", ".join(f"`{one.name}`" + ("" if one.required else "?") for one in card.inputs)
    said = "<br>".join([card.title, f"*for* {card.scenario}", f"*reads* {reads}", f"*after* {'; '.join(card.sources)}"])
    return f"| {name} | {_range(card.range)} | {card.cost} | {_cell(said)} |"


# ---- rules -----------------------------------------------------------------------------------------------------------


def _built_in() -> list[RuleSignature]:
    # a rule that a test registered is not documented
    return [rule for rule in registry.signatures() if subject_of(rule)]


def _by_subject() -> Iterator[tuple[str, list[RuleSignature]]]:
    """Each folder of rules with its rules by name, in the order of the catalogue."""
    for subject in SUBJECTS:
        yield subject, [rule for rule in _built_in() if subject_of(rule) == subject]


def rules_by_subject() -> str:
    """How many rules there are of each subject, for the README."""
    counts = [(subject, len(rules)) for subject, rules in _by_subject()]
    listed = ", ".join(f"{subject} {count}" for subject, count in counts)
    return textwrap.fill(f"{sum(count for _, count in counts)} rules: {listed}.", 120)


def rules_page() -> str:
    """All rules, subject by subject."""
    parts = [_RULES]
    for subject, rules in _by_subject():
        parts.append(f"## {subject.capitalize()}")
        parts.append(about(subject))
        parts += [_rule(rule) for rule in rules]
    return "\n\n".join(parts) + "\n"


def _rule(rule: RuleSignature) -> str:
    parts = [f"### `{rule.name}`", f"```text\n{format_signature(rule)}\n```", _prose(rule.doc)]
    if rule.arguments:
        rows = [_argument(argument) for argument in rule.arguments]
        parts.append("\n".join(["| argument | type | default | |", "|---|---|---|---|", *rows]))
    if rule.example:
        answered = f" {rule.answered}" if rule.answered else ""
        call, arrow, value = rule.example.rpartition(" -> ")
        parts.append(f"Example: `{call}` gives `{value}`{answered}." if arrow else f"Example: `{rule.example}`.")
    if rule.quirks:
        parts.append(f"Quirks: {_prose(rule.quirks)}")
    facts = []
    if rule.level == "group":
        facts.append("Called once for all responses of a sample.")
    if rule.needs:
        facts.append(f"Needs {', '.join(_package(name) for name in rule.needs)}.")
    if rule.aliases:
        facts.append(f"Also known as {', '.join(f'`{name}`' for name in rule.aliases)}.")
    if facts:
        parts.append(" ".join(facts))
    return "\n\n".join(parts)


def _package(name: str) -> str:
    extra = PACKAGES[name].extra
    return f"`{name}` (`pip install 'rmcompose[{extra}]'`)" if extra else f"`{name}`"


def _argument(argument: ArgumentSpec) -> str:
    if argument.role is not None:
        field = ROLE_FIELDS.get(argument.role)
        default = f"the sample's `{field}`" if field is not None else "required"
    elif argument.required:
        default = "required"
    else:
        default = _code(_literal(argument.default))
    remarks = [argument.doc] if argument.doc else []
    if argument.choices:
        remarks.append("one of " + ", ".join(_code(_literal(choice)) for choice in argument.choices))
    if argument.low is not None:
        remarks.append(f"at least {argument.low:g}")
    if argument.high is not None:
        remarks.append(f"at most {argument.high:g}")
    if argument.constant:
        remarks.append("a constant")
    if argument.optional:
        remarks.append("may be missing")
    return f"| `{argument.name}` | {argument.kind} | {default} | {_cell('; '.join(remarks))} |"


# ---- diagnostics -----------------------------------------------------------------------------------------------------


def diagnostics_page() -> str:
    """Every code with its explanation."""
    parts = [_DIAGNOSTICS]
    rows = [
        f"| [{entry.code}](#{entry.code.lower()}-{entry.name}) | `{entry.name}` | {entry.severity} |"
        for entry in CATALOGUE.values()
    ]
    parts.append("\n".join(["| code | name | |", "|---|---|---|", *rows]))
    for family, entries in groupby(CATALOGUE.values(), key=lambda entry: entry.family):
        parts.append(f"## {family}: {FAMILIES[family]}")
        parts += [_diagnostic(entry) for entry in entries]
    return "\n\n".join(parts) + "\n"


def _diagnostic(entry: Entry) -> str:
    found = explanation(entry.code)
    assert found is not None
    first, *others = PARTS
    sections = [f"**{part}**\n\n{found.parts[part]}" for part in others]
    return "\n\n".join([f"### {entry.code} {entry.name}", found.parts[first], *sections])


# ---- judge settings --------------------------------------------------------------------------------------------------


def settings_table() -> str:
    """One row a setting of a judge."""
    rows = [
        f"| `{name}` | {_shape(setting)} | {_default(setting)} | {_cell(setting.doc)} |"
        for name, setting in SETTINGS.items()
    ]
    return "\n".join(["| setting | value | left out | |", "|---|---|---|---|", *rows])


def _shape(setting: SettingShape) -> str:
    match setting.shape:
        case "word":
            return ", ".join(f"`{choice}`" for choice in setting.choices)
        case "names":
            return "a list of names"
        case "models":
            return "text, or a list of texts"
        case "name":
            return "the name of an input"
        case "constant":
            return "a constant of the judge's scale"
        case shape:
            bounds = [("at least", setting.low), ("at most", setting.high)]
            return ", ".join([shape, *(f"{word} {bound:,.10g}" for word, bound in bounds if bound is not None)])


def _default(setting: SettingShape) -> str:
    if setting.default is None:
        return ""
    return f"`{setting.default}`" if setting.shape == "word" else _code(_literal(setting.default))


# ---- Markdown --------------------------------------------------------------------------------------------------------


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _span(text: str) -> str:
    """Code in a cell of a table, whatever backticks are in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") or (longest and text) else ""
    return f"{fence}{space}{_cell(text)}{space}{fence}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _prose(text: str) -> str:
    return text.strip("\n")


def with_region(text: str, name: str, content: str) -> str:
    """The text with what stands between the markers of a region replaced. Raises ValueError where they are missing."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    found, count = re.subn(
        rf"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n{content}\n{end}", text, flags=re.DOTALL
    )
    if count != 1:
        raise ValueError(f"the markers of `{name}` are there {count} times")
    return found


def renew(names: Sequence[str]) -> None:
    """Runs benchmarks and puts what each prints where its region is, with the machine in a region of its own."""
    for name in names:
        command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py")]
        print(f"benchmarks/{name}.py", file=sys.stderr)
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own scripts
        if done.returncode:
            raise SystemExit(f"benchmarks/{name}.py ended with {done.returncode}: its figures are as they were")
        machine = next((line for line in done.stdout.splitlines() if line.startswith("_")), "")
        printed = (done.stdout.replace(f"{machine}\n\n", "") if machine else done.stdout).strip()
        for page in (README, MEASURED, CHOOSING, FIT):
            text = page.read_text(encoding="utf-8")
            if f"<!-- {name}:begin -->" in text:
                text = with_region(text, name, printed)
                # figures that do not depend on the machine name none
                page.write_text(with_region(text, "machine", machine) if machine else text, encoding="utf-8")


def main() -> int:
    """Writes, or with `--check` names, what has changed."""
    parser = argparse.ArgumentParser(prog="scripts/docs", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where something would change")
    parser.add_argument(
        "--benchmarks", nargs="*", choices=BENCHMARKS, metavar="NAME", help="run the benchmarks and renew their figures"
    )
    options = parser.parse_args()

    if options.benchmarks is not None:
        renew(options.benchmarks or BENCHMARKS)
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(path.relative_to(ROOT))
        if not options.check:
            path.write_text(pages()[path], encoding="utf-8")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
