"""The sections of a report's page, each made from the figures; every drawing has a table with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rmcompose.pages.markup import clipped, esc, table, tag
from rmcompose.reporting.drawings import histogram, number, percent, share, shares
from rmcompose.reporting.report import Report

MOST_DRAWN = 24
"""Columns of the matrix of correlations; the pairs of others are listed."""
MOST_PAIRS = 30
LONGEST = 300
_TINT = 0.42
"""How opaque the colour of a correlation of 1 is: the number on it keeps its contrast."""


def section(name: str, title: str, *parts: str, line: str = "") -> str:
    """A section with the anchor `name`, its title and a line that says how to read it."""
    heading = tag("h2", esc(title))
    intro = tag("p", line, class_="soft") if line else ""
    return tag("section", heading + intro + "".join(parts), id=name, aria_label=title)


def figure(title: str, line: str, *parts: str, class_: str | None = None) -> str:
    """A card with a title, a line beneath and what it shows. `line` is markup."""
    caption = tag("figcaption", tag("h3", esc(title)) + (tag("p", line) if line else "")) if title else ""
    return tag("figure", caption + "".join(parts), class_=class_)


def heads(made: Report) -> Iterator[str]:
    """The figures at the top."""
    told = made.figures
    score, responses = told["score"], told["responses"]
    interval = score["interval"]
    under = f"95 %: {number(interval[0], 3)} to {number(interval[1], 3)}" if interval else score["no_interval"] or ""
    yield _head("mean score", number(score["mean"]), under)
    median = f"median {number(score['median'])}, from {number(score['min'])} to {number(score['max'])}"
    yield _head("spread (std)", number(score["std"]), median if score["n"] else "")
    yield _head("responses", f"{responses:,}", f"in {told['rows']:,} rows")
    yield _head("scored", share(told["scored"], responses), f"{told['scored']:,} responses")
    yield _head("unscored", f"{told['unscored']:,}", f"in {told['unscored_rows']:,} rows")
    yield _head("model calls", f"{told['calls']:,}", f"{told['tokens']:,} tokens")
    if told["cost"]:
        each = told["cost"] / told["scored"] if told["scored"] else None
        yield _head("cost", number(told["cost"]), f"{number(each, 3)} a scored response" if each else "")
    if told["asked"]:
        yield _head("from the cache", share(told["cached"], told["asked"]), f"of {told['asked']:,} values of models")


def _head(name: str, value: str, under: str) -> str:
    parts = [("name", name), ("value", value), ("interval", under)]
    return tag("div", "".join(tag("div", esc(text), class_=class_) for class_, text in parts), class_="head")


def scores(made: Report) -> str:
    """The distribution of the scores."""
    told = made.figures
    values = told["score"]
    if not values["n"]:
        return section("scores", "Scores", tag("p", "No response is scored.", class_="note"))
    cards = [_spread("Of responses" if told.get("step_score") else "", "scores", values)]
    if told.get("step_score"):
        cards.append(_spread("Of steps", "scores of steps", told["step_score"]))
    return section("scores", "Scores", *cards)


def _spread(title: str, what: str, values: dict[str, Any]) -> str:
    """A distribution beside its moments and quartiles."""
    words = f"Distribution of {values['n']} {what} with a mean of {number(values['mean'])}"
    names = ("n", "mean", "std", "min", "q25", "median", "q75", "max")
    titles = ("n", "mean", "std", "min", "lower quartile", "median", "upper quartile", "max")
    rows = [[name, number(values[key])] for name, key in zip(titles, names, strict=True)]
    both = histogram(values, words=words, high=190.0) + table(["", "value"], rows, numbers=frozenset({1}))
    return figure(title, "", tag("div", both, class_="beside"), class_="wide")


def decides(made: Report) -> str:
    """What decides the score: parts of its variance with a spec, correlations without."""
    told = made.figures["decides"]
    title = "What decides the score"
    if told is None:
        return section("decides", title, _with_score(made), line=_WITHOUT_SPEC)
    parts = told["parts"]
    cards = []
    formula = tag("code", esc(clipped(told["formula"], LONGEST)))
    if parts:
        rows = [(part["name"], part["share"], _colour(part["kind"])) for part in parts]
        words = "Shares of the variance of the score: " + "; ".join(f"{name} {percent(one)}" for name, one, _ in rows)
        listed = [
            [
                esc(clipped(part["name"], LONGEST)),
                esc(_KINDS[part["kind"]]),
                number(part["factor"]) if part["factor"] is not None else "–",
                percent(part["share"]),
                f"{part['responses']:,}",
            ]
            for part in parts
        ]
        below = table(["part", "what it is", "weight", "share", "n"], listed, numbers=frozenset({2, 3, 4}))
        cards.append(figure("Shares of the variance", f"Of the scores of {formula}.", shares(rows, words=words), below))
    else:
        cards.append(figure("Shares of the variance", f"Of {formula}: the scores do not vary: nothing to share out."))
    scored = made.figures["scored"]
    ways = [
        [
            esc(clipped(way["name"], LONGEST)),
            f"{way['responses']:,}",
            share(way["responses"], scored),
            number(way["mean"]),
            esc(_sum_text(way)),
        ]
        for way in told["ways"]
    ]
    heads_ = ["way", "responses", "share", "mean score", "adds up"]
    cards.append(
        figure(
            "Ways to the result",
            "Which gate stopped a response, or which arm gave its score.",
            table(heads_, ways, numbers=frozenset({1, 2, 3})),
        )
    )
    return section("decides", title, tag("div", "".join(cards), class_="pair"), _with_score(made), line=_PARTS)


_KINDS = {"branch": "which way was taken", "node": "a summand", "rest": "other parts of the formula"}
_PARTS = (
    "Shares of the variance of the score over all scored responses; they sum to 100 %. <em>Which way was taken</em> "
    "is the variance of the mean scores of the ways below (law of total variance). Within a way whose result is a sum, "
    "the share of a summand is weight × Cov(summand, score) / Var(score). A negative share works against the others; a "
    "share tells what made scores differ here, not what would change them."
)
_WITHOUT_SPEC = (
    "Without the spec only correlations can be told. Give <code>--spec</code> to see what gates, arms and weights give "
    "of the variance."
)


def _colour(kind: str) -> str:
    return {"branch": "bar other", "node": "bar"}.get(kind, "bar grey")


def _sum_text(way: dict[str, Any]) -> str:
    if not way["known"]:
        return "–"
    terms = [name if factor == 1 else f"{number(factor)} × {name}" for name, factor in way["sum"].items()]
    terms += way["rest"]
    return clipped(" + ".join(terms).replace("+ −", "− "), LONGEST) or "a constant"


def _with_score(made: Report) -> str:
    pairs = [one for one in made.figures["correlations"]["pairs"] if one["a"] == "score" and one["r"] is not None]
    if not pairs:
        return ""
    ordered = sorted(pairs, key=lambda one: -abs(one["r"]))[:MOST_PAIRS]
    rows = [[esc(one["b"]), number(one["r"]), percent(one["r"] ** 2), f"{one['n']:,}"] for one in ordered]
    line = "Pearson's r over the responses in which both have a value; r² is the share that a straight line explains."
    below = table(["node", "r with the score", "r²", "n"], rows, numbers=frozenset({1, 2, 3}))
    return figure("Nodes and the score", line, below, class_="narrow")


def stopped(made: Report) -> str:
    """What gates stopped, and why responses are unscored."""
    return section("stopped", "Gates and unscored responses", tag("div", _gates(made) + _reasons(made), class_="pair"))


def _gates(made: Report) -> str:
    gates, title = made.figures["gates"], "What gates stopped"
    responses = made.figures["responses"]
    if not gates:
        none = "The spec has no gate." if made.plan is not None else "No skipped node tells of a gate."
        return figure(title, none)
    if made.plan is None:
        rows = [[esc(one["because"]), f"{one['stopped']:,}", share(one["stopped"], responses)] for one in gates]
        line = (
            "Told by nodes that were skipped because a gate failed; a gate that spares no node is not seen without the "
            "spec."
        )
        return figure(title, line, table(["because", "responses", "share"], rows, numbers=frozenset({1, 2})))
    rows = []
    for one in gates:
        what = tag("code", esc(clipped(one["require"], LONGEST))) + (f" in {esc(one['of'])}" if one["of"] else "")
        cells = [what, esc(one["because"]), f"{one['reached']:,}", f"{one['stopped']:,}"]
        rows.append([*cells, share(one["stopped"], one["reached"]), f"{one['unknown']:,}"])
    line = (
        "Responses that reached each gate, in the order of the spec, and those that it stopped. <em>Not known</em> are "
        "those whose results lack a value that the condition reads."
    )
    titles = ["require", "because", "reached", "stopped", "share", "not known"]
    return figure(title, line, table(titles, rows, numbers=frozenset({2, 3, 4, 5})))


def _reasons(made: Report) -> str:
    reasons, title = made.figures["reasons"], "Unscored by reason"
    if not reasons:
        return figure(title, "Every response is scored." if made.figures["responses"] else "There is no response.")
    responses = made.figures["responses"]
    rows, lines = [], []
    for one in reasons:
        node = esc(one["node"] or "–")
        rows.append([esc(one["kind"]), node, f"{one['responses']:,}", share(one["responses"], responses)])
        lines.append(esc("first: " + clipped(one["message"], LONGEST)) if one["message"] else "")
    return figure(
        title,
        "An unscored response has no score; it is left out of every mean here.",
        table(["reason", "node", "responses", "share"], rows, numbers=frozenset({2, 3}), lines=lines),
    )


def nodes(made: Report) -> str:
    """Every node in small: its distribution over its range, and what became of it."""
    cards = [_node(name, one) for name, one in made.figures["nodes"].items()]
    if not cards:
        return ""
    line = "Bars are counts over the declared range, or over what was seen where the range is open or not known."
    return section("nodes", "Nodes", tag("div", "".join(cards), class_="small"), line=line)


def _node(name: str, one: dict[str, Any]) -> str:
    unscored = sum(one["unscored"].values())
    counts = [f"{one['scored']:,} scored"]
    counts += [f"{unscored:,} unscored"] if unscored else []
    counts += [f"{one['skipped']:,} skipped"] if one["skipped"] else []
    what = ", ".join(counts) + (" (each step counts)" if one["stepwise"] else "")
    kind = f"{one['kind']} · {clipped(one['does'], 90)}" if one.get("kind") else ""
    parts = [tag("p", esc(kind), class_="does")] if kind else []
    if one["n"]:
        words = f"Distribution of {one['n']} values of {name} with a mean of {number(one['mean'])}"
        parts.append(histogram(one, words=words, high=64.0, width=220.0))
        told = ("mean", "std", "min", "median", "max")
        parts.append(table(told, [[number(one[key], 3) for key in told]], numbers=frozenset(range(5))))
    if one.get("texts"):
        rows = [[esc(clipped(text, 60)), f"{count:,}"] for text, count in one["texts"]]
        rows += [["others", f"{one['texts_left']:,}"]] if one["texts_left"] else []
        parts.append(table(["value", "times"], rows, numbers=frozenset({1})))
    if one["unscored"]:
        listed = ", ".join(f"{kind} {count:,}" for kind, count in one["unscored"].items())
        parts.append(tag("p", esc(f"unscored: {clipped(listed, LONGEST)}"), class_="does"))
    return figure(name, esc(what), *parts)


def correlations(made: Report) -> str:
    """Pearson's correlations of every two nodes and the score."""
    told = made.figures["correlations"]
    known = {(one["a"], one["b"]): one for one in told["pairs"]}
    columns = [
        name for name in told["columns"] if any(one["r"] is not None for pair, one in known.items() if name in pair)
    ]
    if len(columns) < 2:
        return ""
    drawn = columns[:MOST_DRAWN]
    rows = []
    for place, one in enumerate(drawn[1:], start=1):
        pairs_of = {other: known.get((one, other)) or known.get((other, one)) for other in drawn[:place]}
        cells = [_cell(one, other, pair) for other, pair in pairs_of.items()]
        rows.append([esc(one), *cells, *([""] * (len(drawn) - 1 - place))])
    matrix = table(["", *drawn[:-1]], rows, numbers=frozenset(range(1, len(drawn))))
    pairs = sorted((one for one in told["pairs"] if one["r"] is not None), key=lambda one: -abs(one["r"]))
    listed = [[esc(f"{one['a']} and {one['b']}"), number(one["r"], 3), f"{one['n']:,}"] for one in pairs[:MOST_PAIRS]]
    strongest = table(["pair", "r", "n"], listed, numbers=frozenset({1, 2}))
    title = (
        f"The {len(listed)} strongest of {len(pairs)} pairs" if len(pairs) > len(listed) else "All pairs by strength"
    )
    parts = [tag("div", matrix, class_="matrix"), tag("details", tag("summary", esc(title)) + strongest)]
    line = (
        "Pearson's r of the values of a response, over those in which both nodes have one (n, beside the pair); nodes "
        "that never vary, texts and nodes with a value per step have none."
    )
    if told["left_out"]:
        line += f" The first {len(told['columns'])} nodes are looked at, {told['left_out']} or more are left out."
    if len(columns) > len(drawn):
        line += f" The matrix has the first {len(drawn)} of {len(columns)}."
    return section("correlations", "Correlations", figure("", "", *parts, class_="wide"), line=line)


def _cell(one: str, other: str, pair: dict[str, Any] | None) -> str:
    if pair is None or pair["r"] is None:
        return tag("span", "–", class_="soft", title=f"{one} and {other}: no correlation")
    colour = "--heat" if pair["r"] >= 0 else "--warm"
    style = f"background:rgba(var({colour}),{_TINT * abs(pair['r']):.2f})"
    words = f"{one} and {other}: r = {number(pair['r'], 4)}, n = {pair['n']}"
    return tag("span", f"{pair['r']:.2f}".replace("-", "−"), class_="r", style=style, title=words)


def costs(made: Report) -> str:
    """Calls, tokens, cost and time of each node."""
    told = made.figures["nodes"]
    priced = any(one["cost"] for one in told.values())
    asked = any(one["asked"] for one in told.values())
    rows = []
    for name, one in sorted(
        told.items(), key=lambda item: (-(item[1]["cost"] or 0), -item[1]["tokens"], -(item[1]["ms"] or 0))
    ):
        cells = [esc(name), f"{one['calls']:,}", f"{one['tokens']:,}"]
        cells += [number(one["cost"])] if priced else []
        cells += [share(one["cached"], one["asked"])] if asked else []
        evaluated = one["scored"] + sum(one["unscored"].values())
        rows.append(
            [*cells, f"{(one['ms'] or 0) / 1000:,.2f}", number((one["ms"] or 0) / evaluated, 3) if evaluated else "–"]
        )
    if not rows:
        return ""
    titles = ["node", "calls", "tokens", *(["cost"] if priced else []), *(["from the cache"] if asked else [])]
    titles += ["seconds", "ms each"]
    line = (
        "Answered requests to models, their tokens in and out, and wall time, over all responses. A call that several "
        "nodes share is counted once."
    )
    below = table(titles, rows, numbers=frozenset(range(1, len(titles))))
    return section("costs", "Calls, tokens and cost", figure("", "", below, class_="wide"), line=line)


def graph(made: Report) -> str:
    """The drawing of the graph with its numbers; without a spec there are no lines to draw."""
    if not made.drawing:
        line = "Give <code>--spec</code> to see the graph with the numbers of these results."
        return section("graph", "Graph", line=line)
    edges: Sequence[dict[str, Any]] = made.figures["edges"]
    rows = [[esc(one["from"]), esc(one["to"]), f"{one['values']:,}"] for one in edges]
    listed = tag(
        "details", tag("summary", "Lines as a table") + table(["from", "to", "values"], rows, numbers=frozenset({2}))
    )
    line = (
        "Boxes are shaded, and their bar is filled, by where the mean lies in the declared range. The number on a line "
        "is how many responses have a value at both of its ends."
    )
    drawing = tag(
        "div", made.drawing, class_="scroll", tabindex="0", role="group", aria_label="Graph, scrolls sideways"
    )
    return section("graph", "Graph", figure("", "", drawing, listed if rows else "", class_="wide"), line=line)
