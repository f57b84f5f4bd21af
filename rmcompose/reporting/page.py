"""The page: sections with figures, and the samples that its script filters and searches. It asks for nothing else."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from rmcompose.pages.document import document, json_text
from rmcompose.pages.markup import esc, tag, visible
from rmcompose.reporting import sections
from rmcompose.reporting.keeping import Kept
from rmcompose.reporting.report import Report

LARGEST = 8_000_000
"""Characters of the samples in a page; what does not fit is left out, and the page says so."""


def page(made: Report) -> str:
    """The whole page as text. What comes from data is escaped, or is data that only the script reads."""
    samples, shown = _samples(made)
    told = [
        tag("div", "".join(sections.heads(made)), class_="heads"),
        sections.scores(made),
        sections.decides(made),
        sections.stopped(made),
        sections.nodes(made),
        sections.correlations(made),
        sections.costs(made),
        sections.graph(made),
        _listing(made, shown),
    ]
    parts = [
        tag("h1", esc(made.title)) + _theme(),
        _facts(made),
        *(tag("p", esc(note[:1].upper() + note[1:] + "."), class_="note") for note in made.notes),
        _navigation(told),
        *told,
        _foot(made),
    ]
    here = files("rmcompose.reporting")
    return document(
        made.title,
        tag("main", "".join(parts)),
        style=here.joinpath("report.css").read_text(encoding="utf-8"),
        script=here.joinpath("page.js").read_text(encoding="utf-8"),
        data={"figures": _plain(made.figures), "samples": samples},
    )


_NAV = (
    ("scores", "Scores"),
    ("decides", "What decides"),
    ("stopped", "Gates, unscored"),
    ("nodes", "Nodes"),
    ("correlations", "Correlations"),
    ("costs", "Cost"),
    ("graph", "Graph"),
    ("samples", "Samples"),
)


def _navigation(told: list[str]) -> str:
    """Links to the sections that there are."""
    there = [(anchor, name) for anchor, name in _NAV if any(one.startswith(f'<section id="{anchor}"') for one in told)]
    links = "".join(tag("a", esc(name), href=f"#{anchor}") for anchor, name in there)
    return tag("nav", links, aria_label="Sections")


def _theme() -> str:
    label = tag("label", "Theme ", for_="theme")
    options = "".join(tag("option", name, value=name) for name in ("auto", "light", "dark"))
    return tag("div", label + tag("select", options, id="theme"), class_="theme js")


def _facts(made: Report) -> str:
    told = made.figures
    digests = [f"{name[:23]}…" for name, _ in told["specs"][:3]]
    facts = [
        ("results", made.results),
        ("composition", ", ".join(name for name, _ in told["compositions"][:5])),
        ("spec", made.plan.path if made.plan is not None else "not given"),
        ("spec digest", ", ".join(digests)),
        ("data", made.data or "not given"),
    ]
    return tag("dl", "".join(tag("dt", esc(name)) + tag("dd", esc(text)) for name, text in facts), class_="facts")


def _samples(made: Report) -> tuple[list[dict[str, Any]], int]:
    """The samples as the script reads them, as many as fit, and their number: by turns lowest, highest, unscored and
    drawn, so that what is left out is of every sort.
    """
    turns: dict[str, list[Kept]] = {}
    for one in made.kept:
        turns.setdefault(one.why, []).append(one)
    found: list[dict[str, Any]] = []
    room = LARGEST
    for turn in range(max(map(len, turns.values()), default=0)):
        for some in turns.values():
            if turn < len(some):
                sample = _sample(some[turn])
                room -= len(json_text(sample))
                if room < 0:
                    return found, len(found)
                found.append(sample)
    return found, len(found)


def _sample(kept: Kept) -> dict[str, Any]:
    told = {
        "row": kept.number,
        "index": kept.index,
        "of": kept.count,
        "id": kept.id,
        "best": kept.best and kept.count > 1,
        "why": kept.why,
        "prompt": kept.prompt,
        "text": kept.text,
        "reference": kept.reference,
        **kept.response,
    }
    return {name: value for name, value in told.items() if value is not None or name == "score"}


def _listing(made: Report, shown: int) -> str:
    told = made.figures["samples"]
    line = f"All {told['of']:,} responses are here."
    if shown < told["of"]:
        sorts = [
            f"{told[why]:,} {text}"
            for why, text in (
                ("lowest", "with the lowest scores"),
                ("highest", "with the highest"),
                ("unscored", "unscored"),
                ("drawn", "drawn at random"),
            )
            if told[why]
        ]
        line = f"{shown:,} of {told['of']:,} responses are here: {', '.join(sorts)}. Filters and search see these only."
        if shown < told["shown"]:
            line += f" {told['shown'] - shown:,} more were left out, because the page would be too large."
    if made.data is None:
        line += " Give --data to see prompts and responses beside the traces."
    no_script = tag("noscript", tag("p", "The samples need a browser with scripts switched on.", class_="note"))
    form = tag("form", "".join(_fields(made)), id="filter", class_="js", role="search", aria_label="Filter the samples")
    status = tag("p", "", id="count", class_="soft", role="status", aria_live="polite")
    more = tag("button", "Show more", id="more", type="button", hidden="hidden")
    return sections.section(
        "samples", "Samples", no_script, form, status, tag("div", "", id="list"), more, line=esc(line)
    )


def _fields(made: Report) -> list[str]:
    kinds = list(dict.fromkeys(one["kind"] for one in made.figures["reasons"]))
    nodes = list(made.figures["nodes"])
    sorts = [
        ("low", "lowest score first"),
        ("high", "highest score first"),
        ("unscored", "unscored first"),
        ("row", "order of the results"),
    ]
    states = [("", "any"), ("scored", "scored"), ("unscored", "unscored"), ("best", "best of its sample")]
    return [
        _field("Search", tag("input", type="search", id="q", name="q", placeholder='words, or "a phrase"'), "search"),
        _field("Order", _select("sort", sorts)),
        _field("Status", _select("status", states)),
        _field("Reason", _select("kind", [("", "any"), *((one, one) for one in kinds)])),
        _span("Score", "min", "max"),
        _field("Node", _select("node", [("", "any"), *((one, one) for one in nodes)])),
        _span("Value of the node", "nmin", "nmax"),
        tag("button", "Clear", type="reset", id="clear"),
    ]


def _field(label: str, control: str, class_: str = "") -> str:
    return tag("label", tag("span", esc(label)) + control, class_=f"field {class_}".strip())


def _select(name: str, options: list[tuple[str, str]]) -> str:
    return tag("select", "".join(tag("option", esc(text), value=value) for value, text in options), id=name, name=name)


def _span(label: str, low: str, high: str) -> str:
    ends = ((low, "from"), (high, "to"))
    inputs = "".join(
        tag("input", type="number", step="any", id=name, name=name, placeholder=text, aria_label=f"{label} {text}")
        for name, text in ends
    )
    return tag("div", tag("span", esc(label)) + tag("div", inputs, class_="span"), class_="field")


def _plain(value: Any) -> Any:
    """Figures with nothing in their texts that would hide others."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _foot(made: Report) -> str:
    text = (
        "Scores and values are those of the results; a bool is 1 or 0. std is the population's. The interval of the "
        "mean is that of a ratio over samples, since the responses of a sample hang together (Cochran 1977, §6.3), "
        "with Student's t. Quartiles are values that occur (Hyndman and Fan 1996, definition 1)"
    )
    widths = [one["within"] for one in (made.figures["score"], *made.figures["nodes"].values()) if one["within"]]
    text += f", where there are more than 1,000 different ones to within at most {max(widths):.2g}." if widths else "."
    return tag("footer", tag("p", esc(text)))
