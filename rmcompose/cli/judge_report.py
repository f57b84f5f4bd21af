"""`rmcompose judge-report`: how far a composition and its judges agree with labels, and what biases they have."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rmcompose.cli.asking import add_models, client_of, under_way
from rmcompose.cli.collector import collect_as_usual
from rmcompose.cli.console import out, say
from rmcompose.cli.faults import FINE, UNSCORED, FileFault, UsageFault
from rmcompose.cli.options import add_data, add_intervals, add_spec, target_of
from rmcompose.cli.report import progress
from rmcompose.cli.streams import tell_warnings
from rmcompose.cli.summary import Summary

if TYPE_CHECKING:
    from rmcompose.calibration.cases import Labels
    from rmcompose.calibration.labels import LabelRule
    from rmcompose.calibration.observed import Target
    from rmcompose.calibration.report import Report
    from rmcompose.data import Mapping, Record
    from rmcompose.plan.plan import Plan
    from rmcompose.plan.steps import Step


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    add_spec(parser)
    rows = add_data(parser)
    add_labels(parser)
    rows.add_argument("--results", metavar="OUT", help="use the results that `run` wrote here, and ask nothing")
    rows.add_argument("--node", metavar="NAME", help="look at this node instead of the result and each judge")
    add_models(parser)
    add_intervals(parser)
    parser.add_argument("--html", metavar="FILE", help="also write a page with plots, in one file")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what is printed (default: text)")


def add_labels(parser: argparse.ArgumentParser) -> None:
    """`--label PATH`, and how what stands there is read."""
    labels = parser.add_argument_group("labels")
    labels.add_argument(
        "--label",
        metavar="PATH",
        help="where labels are, as `metadata.human`; rows of `chosen` and `rejected` need none",
    )
    labels.add_argument(
        "--label-is",
        choices=("auto", "values", "best"),
        default="auto",
        help="values of responses, or which response is best (default: by the form of the label)",
    )
    labels.add_argument(
        "--label-base", type=int, choices=(0, 1), default=0, help="the number of the first response; with 1, 0 is a tie"
    )
    labels.add_argument(
        "--label-tie",
        default="tie",
        metavar="VALUE",
        help="what stands for a tie: a text, a number, or null (default: tie)",
    )


def run(args: argparse.Namespace) -> int:
    """Prints the report; 3 where some sample is unscored in what the report is about first."""
    from rmcompose.calibration.bootstrap import Resampling
    from rmcompose.calibration.cases import read_labels
    from rmcompose.calibration.report import Report, section_of
    from rmcompose.data import parse_mapping, read

    _check(args)
    mapping = parse_mapping(args.map)
    rule = label_rule(args)
    spec = target_of(args)
    plan = spec.compilation.plan(spec.name, spec.params)
    targets = _targets(plan, args.node)
    tell_warnings(spec)
    records = list(read(args.data, format=args.input_format, limit=args.limit))
    labels = read_labels(records, rule, mapping)
    if args.results is None:
        _evaluate(args, plan, records, labels, targets, mapping)
    else:
        _pair(args.results, plan, labels, targets)
    resampling = Resampling(args.resamples, args.seed)
    with _resampling():
        sections = [section_of(target, labels, resampling) for target in targets]
    # a judge that no row reached has nothing to tell
    sections = sections[:1] + [one for one in sections[1:] if one.states.total() > one.states["skipped"]]
    report = Report(spec.name, plan.digest, args.data, args.results, args.label, labels, resampling, sections)
    _tell(args, report)
    return UNSCORED if sections[0].unscored_rows else FINE


def _check(args: argparse.Namespace) -> None:
    """Raises UsageFault for options that contradict each other, and where the page would overwrite what is read."""
    if args.results is not None:
        for name in ("record", "replay", "concurrency"):
            if getattr(args, name) is not None:
                raise UsageFault(f"`--results` asks no model: leave out `--{name}`")
    if args.html is not None and Path(args.html).exists():
        for other in (args.data, args.spec, args.results, args.replay, args.record):
            if other is not None and Path(other).exists() and Path(other).samefile(args.html):
                raise UsageFault(f"the page would overwrite `{other}`")


@contextmanager
def _resampling() -> Iterator[None]:
    """Says on a terminal that intervals are being worked out: with many rows that takes a while."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status("resampling for intervals"):
        yield


def label_rule(args: argparse.Namespace) -> LabelRule:
    """How labels are read. Raises UsageFault for what is not a path, and for options that need one."""
    from rmcompose.calibration.labels import LabelRule

    if args.label is None:
        if args.label_is != "auto":
            raise UsageFault("`--label-is` says how labels are read: say where they are with `--label PATH`")
        return LabelRule(None)
    path = tuple(args.label.split("."))
    if not all(path):
        raise UsageFault(f"`--label {args.label}` is not a path: a word is missing beside a dot")
    return LabelRule(path, args.label_base, args.label_is, _tie(args.label_tie))


def _tie(text: str) -> str | float | None:
    """The tie marker: a number or null where it reads as one, else the text."""
    if text == "null":
        return None
    try:
        return float(text)
    except ValueError:
        return text


def _targets(plan: Plan, node: str | None) -> list[Target]:
    """The node that is asked for, else the result and each judge. Raises UsageFault where there is no such node."""
    from rmcompose.calibration.observed import Target
    from rmcompose.plan.steps import STEP

    judges: dict[str, str] = {}
    for name, step_id in plan.nodes.items():
        if any(step.id == step_id and step.level != STEP for step in plan.judges):
            judges.setdefault(step_id, name)
    if node is not None:
        if node not in plan.nodes:
            from rmcompose.diagnostics.suggest import nearest

            meant = nearest(node, plan.nodes)
            advice = f"did you mean `{meant}`?" if meant else f"it has {', '.join(f'`{n}`' for n in plan.nodes)}"
            raise UsageFault(f"`{plan.name}` has no node `{node}`: {advice}")
        step = plan.steps[plan.nodes[node]]
        if step.level == STEP:
            raise UsageFault(f"`{node}` has one value per step of a response, and labels are compared per response")
        return [_node_target(node, step)]
    low, high = plan.returns.bounds
    result = Target(None, low, high, per_sample=_per_sample(plan.final), judges=tuple(judges.values()))
    return [result, *(_node_target(name, plan.steps[step_id]) for step_id, name in judges.items())]


def _node_target(name: str, step: Step) -> Target:
    from rmcompose.calibration.observed import Target
    from rmcompose.plan.steps import JudgeStep

    if not isinstance(step, JudgeStep):
        ends = step.range or (float("-inf"), float("inf"))
        return Target(name, float(ends[0]), float(ends[1]), per_sample=_per_sample(step))
    notes = []
    if step.on_unscored is not None:
        notes.append(
            f"where this judge gives no value, `on_unscored` puts {step.on_unscored} there, which counts as its value"
        )
    low, high = step.scale
    mode = step.setting("mode", "pointwise")
    per_sample = _per_sample(step) and not step.compares
    return Target(name, float(low), float(high), mode, per_sample=per_sample, judges=(name,), notes=tuple(notes))


def _per_sample(step: Step) -> bool:
    from rmcompose.plan.steps import SAMPLE

    return step.level <= SAMPLE


def _evaluate(
    args: argparse.Namespace,
    plan: Plan,
    records: list[Record],
    labels: Labels,
    targets: list[Target],
    mapping: Mapping,
) -> None:
    """Scores the rows as `run` does, and keeps of each what the report needs."""
    from rmcompose.calibration.observed import see
    from rmcompose.runtime.composition import RMComposition

    with ExitStack() as stack:
        client = client_of(args, plan, stack)
        show = stack.enter_context(progress(len(records)))
        collect_as_usual()
        summary = Summary()
        lines = RMComposition(plan, client).stream(records, mapping=mapping, max_workers=under_way(args))
        for case, line in zip(labels.cases, lines, strict=True):
            case.seen = {target.name: see(target, line) for target in targets}
            summary.add(line)
            show(summary)


def _pair(path: str, plan: Plan, labels: Labels, targets: list[Target]) -> None:
    """Takes the results from a file: by id where every row and result has one of its own, else in order."""
    from rmcompose.calibration.observed import see
    from rmcompose.cli.explain import result_rows

    by_id = all(labels.own) and len(set(labels.ids)) == len(labels.ids)
    places = {one: place for place, one in enumerate(labels.ids)}
    found = 0
    for number, line in result_rows(path):
        if line.get("spec") != plan.digest:
            raise UsageFault(f"row {number} of `{path}` was written by another spec, or with other params")
        place = places.get(str(line.get("id"))) if by_id else number - 1
        if place is None or place >= len(labels.cases):
            continue  # the data was limited, or is a part of what was scored
        case = labels.cases[place]
        if not by_id and labels.own[place] and line.get("id") != labels.ids[place]:
            raise FileFault(f"row {number} of `{path}` is of `{line.get('id')}`, the data's is `{labels.ids[place]}`")
        if case.seen:
            raise FileFault(f"`{path}` holds the sample `{line.get('id')}` twice")
        if case.lengths and len(case.lengths) != len(line["responses"]):
            raise FileFault(
                f"row {number} of `{path}` has {len(line['responses'])} responses, its sample has {len(case.lengths)}"
            )
        case.seen = {target.name: see(target, line) for target in targets}
        found += 1
    if not found:
        raise FileFault(f"`{path}` holds no result of the rows in the data")
    if found < len(labels.cases):
        say(f"rmcompose: {len(labels.cases) - found} of {len(labels.cases)} rows have no result in `{path}`")


def _tell(args: argparse.Namespace, report: Report) -> None:
    if args.format == "json":
        out(json.dumps(report.as_dict(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        from rmcompose.cli.judge_tables import print_report

        print_report(report)
    if args.html is not None:
        from rmcompose.calibration.page import page

        Path(args.html).write_text(page(report), encoding="utf-8")
        say(f"page: {args.html}")
