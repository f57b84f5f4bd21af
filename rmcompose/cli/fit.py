"""`rmcompose fit`: weights, thresholds and scales learned from preferences and labels."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rmcompose.cli.asking import add_models, client_of
from rmcompose.cli.collector import collect_as_usual
from rmcompose.cli.console import out, say
from rmcompose.cli.faults import FINE, UNSCORED, FileFault, UsageFault
from rmcompose.cli.judge_report import add_labels, label_rule
from rmcompose.cli.options import Target, add_data, add_intervals, add_spec, positive, target_of
from rmcompose.cli.streams import tell_warnings

if TYPE_CHECKING:
    from rmcompose.learning.fitting import Options
    from rmcompose.learning.learner import Method
    from rmcompose.learning.report import FitReport


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    add_spec(parser)
    add_data(parser)
    parser.add_argument(
        "-o", "--output", metavar="NEW", help="the new spec, or `-` for stdout; left out, none is written"
    )
    what = parser.add_argument_group("what is fitted")
    which = what.add_mutually_exclusive_group()
    which.add_argument(
        "--params", metavar="A,B", help="these params (default: those that weights of members are made of)"
    )
    which.add_argument(
        "--calibrate", metavar="HOW=A,B", help="threshold=PARAM, platt=A,B or isotonic=Y0,Y1,…: a threshold, or a scale"
    )
    what.add_argument(
        "--loss",
        choices=("auto", "preference", "binary", "squared"),
        default="auto",
        help="Bradley-Terry on pairs, log loss of true and false, or squared error (default: by the labels)",
    )
    what.add_argument("--simplex", action="store_true", help="weights of 0 or more that sum to 1")
    what.add_argument(
        "--strength",
        default="auto",
        metavar="X",
        help="of the L2 penalty; 0 for none (default: chosen on folds within)",
    )
    add_labels(parser)
    judging = parser.add_argument_group("how it is judged")
    judging.add_argument("--folds", type=positive, default=5, metavar="K", help="parts of the prompts (default: 5)")
    judging.add_argument(
        "--group", metavar="PATH", help="what is never on both sides of a fold (default: rows of one prompt)"
    )
    add_intervals(parser)
    add_models(parser)
    parser.add_argument("--html", metavar="FILE", help="also write the report as a page, in one file")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="of the report (default: text)")


def run(args: argparse.Namespace) -> int:
    """Writes the new spec, and prints the report; 3 where some pair or labelled response has no score."""
    from rmcompose.data import parse_mapping, read
    from rmcompose.learning.fitting import Job

    rule = label_rule(args)
    mapping = parse_mapping(args.map)
    options = _options(args)
    target = target_of(args)
    _check_output(args, target)
    tell_warnings(target)
    job = Job(target.compilation, target.name, target.params, options)
    with ExitStack() as stack:
        client = client_of(args, job.plan, stack)
        records = list(read(args.data, format=args.input_format, limit=args.limit))
        show = stack.enter_context(_progress())
        collect_as_usual()
        report = job.run(records, rule, mapping, client, data=args.data, told=show.told, scored=show.scored)
    _tell(args, report, bom=_starts_with_mark(target))
    return UNSCORED if report.counts.unscored else FINE


def _options(args: argparse.Namespace) -> Options:
    from rmcompose.learning.fitting import Options, parse_calibration

    method: Method = "weights"
    names = None if args.params is None else tuple(name.strip() for name in args.params.split(",") if name.strip())
    if args.params is not None and not names:
        raise UsageFault("`--params` names no param")
    if args.calibrate is not None:
        method, names = parse_calibration(args.calibrate)
    group = None if args.group is None else tuple(args.group.split("."))
    if group is not None and not all(group):
        raise UsageFault(f"`--group {args.group}` is not a path: a word is missing beside a dot")
    return Options(
        fitted=names,
        method=method,
        loss=args.loss,
        simplex=args.simplex,
        strength=_strength(args.strength),
        folds=args.folds,
        seed=args.seed,
        resamples=args.resamples,
        group=group,
    )


def _strength(text: str) -> float | None:
    if text == "auto":
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageFault(f"`--strength {text}` is no number: give 0 or more, or `auto`") from None


def _check_output(args: argparse.Namespace, target: Target) -> None:
    """Raises UsageFault where the new spec could not be read, would lose an import, or overwrite what is read."""
    for written in (args.output, args.html):
        if written in (None, "-") or not Path(written).exists():
            continue
        for other in (args.data, args.spec.partition("::")[0], args.replay, args.record):
            if other is not None and Path(other).exists() and Path(other).samefile(written):
                raise UsageFault(f"`{written}` would overwrite what is read: give another name")
    if args.output in (None, "-"):
        if args.output == "-" and args.format == "json":
            raise UsageFault("the new spec and `--format json` cannot both go to stdout: give `-o NEW`")
        return
    old, new = target.compilation.path, Path(args.output)
    yaml = (".yaml", ".yml")
    if (old.suffix in yaml) != (new.suffix in yaml):
        raise UsageFault(f"`{new}` says another syntax than `{old}`: the new spec is in the syntax of the old one")
    if not new.parent.is_dir():
        raise FileFault(f"`{new.parent}`: no such folder")
    for one in target.compilation.document.imports:
        if (new.parent / one.path).resolve() != (old.parent / one.path).resolve():
            raise UsageFault(f"`{new}` would not find its import `{one.path}`: imports are relative to the file")


def _starts_with_mark(target: Target) -> bool:
    """Whether the file begins with a byte order mark, which the new one keeps."""
    with target.compilation.path.open("rb") as stream:
        return stream.read(3) == b"\xef\xbb\xbf"


class _Show(NamedTuple):
    told: Callable[[str], None]
    scored: Callable[[int, int], None]


@contextmanager
def _progress() -> Iterator[_Show]:
    """What is going on, on a terminal."""
    if not sys.stderr.isatty():
        yield _Show(lambda _: None, lambda _done, _all: None)
        return
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield _Show(
            lambda what: status.update(f"fitting: {what}"),
            lambda done, every: status.update(f"scoring row {done:,} of {every:,}"),
        )


def _tell(args: argparse.Namespace, report: FitReport, *, bom: bool) -> None:
    if args.output == "-":
        # stdout is for the spec; people read the report on stderr
        sys.stdout.write(report.spec_text)
        say(str(report))
    else:
        out(
            json.dumps(report.as_dict(), indent=2, ensure_ascii=False, allow_nan=False)
            if args.format == "json"
            else str(report)
        )
    if args.output not in (None, "-"):
        text = report.spec_text.encode("utf-8-sig" if bom else "utf-8")
        Path(args.output).write_bytes(text)
        say(f"new spec: {args.output}")
    if args.html is not None:
        from rmcompose.learning.page import page

        Path(args.html).write_text(page(report), encoding="utf-8")
        say(f"page: {args.html}")
