"""The report as one self-contained page: no script, no resource from elsewhere, a table beneath every plot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rmcompose.calibration import plots
from rmcompose.calibration.bootstrap import Figure
from rmcompose.calibration.labels import Value
from rmcompose.calibration.meanings import FAMILIES, Scale, interval, meaning_of, number
from rmcompose.calibration.report import Report, Section
from rmcompose.pages.document import document
from rmcompose.pages.markup import esc, table, tag

MOST_CATEGORIES = 12
"""Categories that fit into a matrix; more are drawn as a strip."""
MOST_LISTED = 20
"""Pairs of categories that are listed where they are too many for a matrix."""

_HEADS = (
    ("values", "accuracy"),
    ("values", "kappa_quadratic"),
    ("values", "spearman"),
    ("pairs", "accuracy"),
    ("pairs", "accuracy_decided"),
    ("pairs", "longer_accuracy"),
    ("order", "consistent"),
    ("order", "first_shown_won"),
    ("votes", "unanimous"),
    ("unscored", "unscored"),
)
"""The figures at the head of a section, those that it has."""

_SIDES: dict[int, str] = {1: "first", 0: "tie", -1: "second"}


def page(report: Report) -> str:
    """The whole page as text. What comes from data is escaped."""
    title = f"Judge report: {report.composition}"
    body = tag("main", tag("h1", esc(title)) + _facts(report) + "".join(map(_section, report.sections)) + _foot(report))
    return document(title, body)


def _facts(report: Report) -> str:
    labels = report.labels
    counts = [
        (labels.values, "rows with values"),
        (labels.best, "rows with the best response or a tie"),
        (labels.without, "rows without a label"),
        (labels.unreadable, "rows that cannot be read"),
    ]
    facts = [
        ("data", f"{report.data}, {len(labels.cases):,} rows"),
        ("results", report.results or "made for this report"),
        ("labels", report.label or "chosen over rejected"),
        ("", "; ".join(f"{count:,} {name}" for count, name in counts if count)),
        *(("", text) for text in labels.told()),
        ("spec", report.spec[:23] + "…"),
    ]
    return tag("dl", "".join(tag("dt", esc(name)) + tag("dd", esc(text)) for name, text in facts), class_="facts")


def _section(section: Section) -> str:
    target, states = section.target, section.states
    title = "The composition's result" if target.name is None else f"Node {target.name}"
    unscored = sum(section.unscored.values())
    told = [f"{states.total():,} responses, {states['scored']:,} scored, {unscored:,} unscored"]
    if states["skipped"]:
        told.append(f"{states['skipped']:,} not asked, since something else settled the result")
    if target.judges:
        told.append(
            f"{section.calls:,} model calls, {section.tokens:,} tokens, {section.cached:,} answers from the cache"
        )
    parts = [
        tag("h2", esc(title) + (tag("span", esc(f" · {target.mode} judge"), class_="soft") if target.mode else "")),
        tag("p", esc(". ".join(told) + "."), class_="soft"),
        *(tag("p", esc(note[:1].upper() + note[1:] + "."), class_="note") for note in section.notes),
        tag("div", "".join(_heads(section)), class_="heads"),
        tag("div", "".join(_plots(section)), class_="plots"),
    ]
    return tag("section", "".join(parts), aria_label=title)


def _heads(section: Section) -> Iterator[str]:
    for family, name in _HEADS:
        figure = section.figures.get(family, {}).get(name)
        if figure is None or figure.value is None:
            continue
        meaning = meaning_of(family, name)
        pessimistic = section.figures[family].get("accuracy_pessimistic") if name == "accuracy" else None
        under = interval(figure, meaning.scale)
        if pessimistic is not None and pessimistic.value is not None and section.unscored:
            under += f" · {number(pessimistic.value, 'share')} with unscored as wrong"
        family_name = "" if name == "unscored" else f"{FAMILIES[family].lower()}: "
        yield tag(
            "div",
            tag("div", esc(family_name + meaning.name), class_="name")
            + tag("div", esc(number(figure.value, meaning.scale)), class_="value")
            + tag("div", esc(under or f"of {figure.n:,}"), class_="interval"),
            class_="head",
        )


def _plots(section: Section) -> Iterator[str]:
    values, pairs = section.figures.get("values", {}), section.figures.get("pairs", {})
    if values:
        yield _whiskers(
            "values", "Agreement with labels", values, "Values against labels, with 95 % intervals; 0 is chance."
        )
        yield _shares("values", "Accuracy", values, "The share of values that are right.")
    confusion = section.confusion()
    if confusion:
        yield _matrix(confusion, section)
    if section.judged:
        yield from _distributions(section)
    if pairs:
        yield _shares(
            "pairs",
            "Preferences",
            pairs,
            "The share of pairs that are right, beside what preferring the longer response would get.",
        )
        yield _preferences(section)
        yield _whiskers("pairs", "Preferences beyond chance", pairs, "Agreement on first, second or tie; 0 is chance.")
    if "choice" in section.figures:
        yield _shares("choice", FAMILIES["choice"], section.figures["choice"], "Picking the best of all responses.")
    if "order" in section.figures:
        yield _shares(
            "order",
            FAMILIES["order"],
            section.figures["order"],
            "Whether the order in which responses are shown matters; at the dashed line the first shown wins as often.",
            neutral=0.5,
        )
    length = section.figures.get("length", {})
    if any(name.startswith("longer") for name in length):
        yield _shares(
            "length",
            "Length bias",
            length,
            "How often the longer response wins where the judge decides; at the dashed line length does not matter.",
            neutral=0.5,
        )
    if any(name.endswith("_length") for name in length):
        yield _whiskers("length", "Value and length", length, "Rank correlation with the number of characters.")
    votes = section.figures.get("votes", {})
    if votes:
        yield _whiskers("votes", "Agreement among votes", votes, "The same question asked again; 0 is chance.")
        yield _shares("votes", "Votes", votes, "How stable the votes on one question are.")
        yield _variances(section)
    yield _unscored(section)


def _figure(title: str, line: str, picture: str, below: str) -> str:
    caption = tag("figcaption", tag("h3", esc(title)) + tag("p", esc(line)))
    return tag("figure", caption + picture + below)


def _figures_table(family: str, figures: Mapping[str, Figure]) -> str:
    rows, lines = [], []
    for name, figure in figures.items():
        meaning = meaning_of(family, name)
        why = meaning.line if figure.reason is None else f"{meaning.line}; {figure.reason}"
        rows.append(
            [
                esc(meaning.name),
                esc(number(figure.value, meaning.scale) or "–"),
                esc(interval(figure, meaning.scale) or "–"),
                f"{figure.n:,}",
            ]
        )
        lines.append(esc(why))
    return table(["figure", "value", "95 % interval", "n"], rows, numbers=frozenset({1, 2, 3}), lines=lines)


def _said(title: str, family: str, figures: Mapping[str, Figure]) -> str:
    told = [
        f"{meaning_of(family, name).name} {number(figure.value, meaning_of(family, name).scale) or 'undefined'}"
        for name, figure in figures.items()
    ]
    return f"{title}: " + "; ".join(told)


def _of_scale(family: str, figures: Mapping[str, Figure], *scales: Scale) -> dict[str, Figure]:
    return {name: figure for name, figure in figures.items() if meaning_of(family, name).scale in scales}


def _whiskers(family: str, title: str, figures: Mapping[str, Figure], line: str) -> str:
    """Coefficients from -1 to 1; the table holds what is told in other units as well."""
    shown = _of_scale(family, figures, "coefficient")
    ends = [end for one in shown.values() for end in (one.low, one.value) if end is not None]
    low = -1.0 if min(ends, default=0.0) < -0.25 else -0.25 if min(ends, default=0.0) < 0 else 0.0
    ticks = [-1.0, -0.5, 0.0, 0.5, 1.0] if low == -1.0 else [0.0, 0.25, 0.5, 0.75, 1.0]
    picture = plots.whiskers(
        [plots.Row(meaning_of(family, name).name, figure) for name, figure in shown.items()],
        low=low,
        high=1.0,
        ticks=ticks,
        write=lambda tick: f"{tick:g}",
        words=_said(title, family, shown),
        neutral=0.0,
    )
    return _figure(title, line, picture, _figures_table(family, shown | _of_scale(family, figures, "number")))


def _shares(family: str, title: str, figures: Mapping[str, Figure], line: str, *, neutral: float | None = None) -> str:
    shown = _of_scale(family, figures, "share")
    picture = plots.whiskers(
        [
            plots.Row(meaning_of(family, name).name, figure, other=name in ("longer_accuracy", "label_ties"))
            for name, figure in shown.items()
        ],
        low=0.0,
        high=1.0,
        ticks=[0.0, 0.25, 0.5, 0.75, 1.0],
        write=lambda tick: f"{100 * tick:g} %",
        words=_said(title, family, shown),
        neutral=neutral,
    )
    return _figure(title, line, picture, _figures_table(family, shown | _of_scale(family, figures, "difference")))


def _matrix(confusion: Counter[tuple[Value, Value]], section: Section) -> str:
    title, line = "Judge and label", "Counts, shaded by their share of the label; framed where both agree."
    names = _categories(confusion, section)
    if len(names) > MOST_CATEGORIES:
        most = [
            [esc(plots.written(judge)), esc(plots.written(label)), f"{count:,}"]
            for (judge, label), count in sorted(confusion.items(), key=lambda one: (-one[1], str(one[0])))[:MOST_LISTED]
        ]
        line = f"{len(names)} categories are too many to draw; the most frequent pairs of judge and label are these."
        return _figure(title, line, "", table(["judge", "label", "count"], most, numbers=frozenset({2})))
    rows = [
        [esc(plots.written(name)), *(f"{confusion.get((name, column), 0):,}" for column in names)] for name in names
    ]
    heads = ["judge \\ label", *map(plots.written, names)]
    right = sum(count for (judge, label), count in confusion.items() if judge == label)
    words = f"{title}: {right} of {confusion.total()} on the diagonal of {len(names)} categories"
    return _figure(
        title,
        line,
        plots.heat(confusion, list(reversed(names)), names, words=words),
        table(heads, rows, numbers=frozenset(range(1, len(heads)))),
    )


def _categories(confusion: Counter[tuple[Value, Value]], section: Section) -> list[Value]:
    """The categories that occur, in order, with those between them where these are few."""
    texts = sorted({name for cell in confusion for name in cell if isinstance(name, str)})
    numbers = sorted({name for cell in confusion for name in cell if isinstance(name, float)})
    step = section.grid.step if section.grid is not None else None
    if step is not None and numbers and (numbers[-1] - numbers[0]) / step < MOST_CATEGORIES:
        count = round((numbers[-1] - numbers[0]) / step)
        numbers = sorted({*numbers, *(round(numbers[0] + step * place, 12) for place in range(count + 1))})
    return [*numbers, *texts]


def _preferences(section: Section) -> str:
    counts: dict[tuple[Value, Value], int] = {
        (_SIDES[judge], _SIDES[label]): count for (judge, label), count in section.preferences().items()
    }
    names: list[Value] = list(_SIDES.values())
    rows = [[esc(name), *(f"{counts.get((name, column), 0):,}" for column in names)] for name in names]
    below = table(["judge \\ label", *_SIDES.values()], rows, numbers=frozenset({1, 2, 3}))
    right = sum(count for (judge, label), count in counts.items() if judge == label)
    words = f"Preferred response: judge and label agree on {right} of {sum(counts.values())} pairs"
    picture = plots.heat(counts, names, names, words=words)
    return _figure(
        "Which response is better",
        "Pairs by the judge's and the label's preference, in the order of the data; shaded by share of the label.",
        picture,
        below,
    )


def _distributions(section: Section) -> Iterator[str]:
    """Values for each label: as histograms where labels are categories, as points where they are numbers."""
    points = [
        (one.label, one.value, count)
        for one, count in section.judged.items()
        if isinstance(one.label, float) and isinstance(one.value, float)
    ]
    if not points:
        return
    groups: dict[float, Counter[float]] = {}
    for label, value, count in sorted(points):
        groups.setdefault(label, Counter())[value] += count
    if section.grid is None or len(groups) > MOST_CATEGORIES:
        dots = [(label, value) for label, value, count in sorted(points) for _ in range(count)]
        shown = min(len(dots), plots.MOST_POINTS)
        words = f"Values against labels: {len(dots)} points, {shown} of them drawn"
        yield _figure(
            "Values against labels",
            f"{shown:,} of {len(dots):,} points.",
            plots.strip(dots, words=words),
            _quartiles(_quarters(sorted(points))),
        )
        return
    words = "Values by label: " + "; ".join(
        f"label {label:g} has a mean of {_mean(counts):.3g}" for label, counts in groups.items()
    )
    picture = plots.ridges(
        list(reversed(groups.items())), low=section.target.low, high=section.target.high, words=words
    )
    yield _figure(
        "Values by label",
        "The distribution of values for each label; those of a judge worth trusting move right as the label rises.",
        picture,
        _quartiles([(f"{label:g}", counts) for label, counts in groups.items()]),
    )


def _quarters(points: Sequence[tuple[float, float, int]]) -> list[tuple[str, Counter[float]]]:
    """Points with many labels, sorted by label, in up to four groups of about the same size."""
    groups: list[tuple[str, Counter[float]]] = []
    for part in range(4):
        some = points[part * len(points) // 4 : (part + 1) * len(points) // 4]
        if some:
            counts: Counter[float] = Counter()
            for _, value, count in some:
                counts[value] += count
            groups.append((f"{some[0][0]:.3g} to {some[-1][0]:.3g}", counts))
    return groups


def _quartiles(groups: Sequence[tuple[str, Counter[float]]]) -> str:
    rows = []
    for name, counts in groups:
        ordered = sorted(counts.elements())
        low, middle, high = (ordered[int(part * (len(ordered) - 1) + 0.5)] for part in (0.25, 0.5, 0.75))
        cells = (_mean(counts), low, middle, high)
        rows.append([esc(name), f"{len(ordered):,}", *(f"{cell:.3g}" for cell in cells)])
    heads = ["label", "n", "mean value", "lower quartile", "median", "upper quartile"]
    return table(heads, rows, numbers=frozenset(range(1, 6)))


def _mean(counts: Counter[float]) -> float:
    return sum(value * count for value, count in counts.items()) / counts.total()


def _variances(section: Section) -> str:
    title = "Variance of votes within items"
    if not section.variances:
        return _figure(title, "No item has two votes that are numbers.", "", "")
    bars = _bars(section.variances)
    words = f"{title}: " + "; ".join(f"{name}: {count} items" for name, count in bars)
    rows = [[esc(name), f"{count:,}", f"{100 * count / section.variances.total():.1f} %"] for name, count in bars]
    return _figure(
        title,
        "Items by the variance of their votes; at 0 all votes are the same.",
        plots.columns(bars, words=words, below="variance"),
        table(["variance", "items", "share"], rows, numbers=frozenset({1, 2})),
    )


def _bars(counts: Counter[float]) -> list[tuple[str, int]]:
    """A bar a value where these are few, else 0 on its own and six of equal width."""
    if len(counts) <= 7:
        return [(f"{value:.3g}", count) for value, count in sorted(counts.items())]
    edges = [max(counts) * part / 6 for part in range(7)]
    rest = Counter({value: count for value, count in counts.items() if value})
    binned = plots.binned_counts(rest, edges)
    return [("0", counts[0.0])] + [(f"≤ {edges[place + 1]:.2g}", count) for place, count in enumerate(binned)]


def _unscored(section: Section) -> str:
    figures = section.figures.get("unscored", {})
    rows = [plots.Row(meaning_of("unscored", name).name, figure) for name, figure in figures.items()]
    ends = [end for one in figures.values() for end in (one.high, one.value) if end is not None]
    high = next((top for top in (0.05, 0.1, 0.25, 0.5) if max(ends, default=0.0) <= top), 1.0)
    picture = plots.whiskers(
        rows,
        low=0.0,
        high=high,
        ticks=[high * part / 4 for part in range(5)] if high != 0.05 else [0.0, 0.01, 0.02, 0.03, 0.04, 0.05],
        write=lambda tick: f"{100 * tick:g} %",
        words=_said("Unscored by reason", "unscored", figures),
    )
    line = "Responses without a value, by reason. They are left out of every agreement above."
    return _figure("Unscored by reason", line, picture, _figures_table("unscored", figures))


def _foot(report: Report) -> str:
    drawn = sorted(
        {
            figure.resamples
            for section in report.sections
            for family in section.figures.values()
            for figure in family.values()
            if figure.low is not None
        }
    )
    text = "No intervals: too few rows, or none asked for."
    if drawn:
        often = f"{drawn[-1]:,} resamples" if len(drawn) == 1 else f"{drawn[0]:,} to {drawn[-1]:,} resamples"
        text = (
            f"Intervals are 95 % percentile bootstrap intervals over whole rows, {often}, seed "
            f"{report.resampling.seed}. A figure that is undefined has none and says why."
        )
    return tag("footer", tag("p", esc(text)))
