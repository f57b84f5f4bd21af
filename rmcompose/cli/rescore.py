"""`rmcompose rescore`: saved results scored anew with another spec, without a model call."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rmcompose.cli.asking import add_models, client_of, under_way
from rmcompose.cli.collector import collect_as_usual
from rmcompose.cli.console import out, say
from rmcompose.cli.faults import FINE, UNSCORED, UsageFault
from rmcompose.cli.options import Target, add_format, target_of
from rmcompose.cli.report import RunFacts, print_summary, progress
from rmcompose.cli.run import facts_of, options_of
from rmcompose.cli.streams import output_of, tell_warnings
from rmcompose.cli.summary import Summary

if TYPE_CHECKING:
    from rmcompose.data import Mapping, Writer
    from rmcompose.plan.plan import Plan
    from rmcompose.rescoring.rescoring import Rescoring
    from rmcompose.runtime.client import Client


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("results", metavar="RESULTS", help="what `run` wrote: `.jsonl` or `.parquet`, or `-` for stdin")
    parser.add_argument(
        "--spec", required=True, metavar="SPEC", help="the new spec: FILE, FILE::composition, or a name of the library"
    )
    parser.add_argument("--set", action="append", default=[], metavar="PARAM=VALUE", help="set a param of it")
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="results as `.jsonl` or `.parquet`, or `-` for stdout (default in a pipe)"
    )
    before = parser.add_argument_group("what the results were made of")
    before.add_argument(
        "--old", metavar="SPEC", help="the spec that wrote them, where `.RESULTS.run` beside them does not tell"
    )
    before.add_argument("--old-set", action="append", default=[], metavar="PARAM=VALUE", help="a param it was run with")
    before.add_argument("--data", metavar="DATA", help="the rows that were scored, for inputs and rules that are new")
    before.add_argument(
        "--map", action="append", default=[], metavar="FIELD=PATH", help="read a field from elsewhere in the row"
    )
    before.add_argument("--input-format", choices=("jsonl", "json", "csv", "parquet"), help="default: by the suffix")
    models = add_models(parser)
    models.add_argument(
        "--ask", action="store_true", help="ask judges that are new, or that the saved run skipped and now matter"
    )
    add_format(parser)
    parser.add_argument(
        "--summary", choices=("table", "json", "none"), default="table", help="on stderr, or as JSON on stdout"
    )


def run(args: argparse.Namespace) -> int:
    """Writes one line for each; 3 where some sample is unscored."""
    from rmcompose.data import Journal, Recorded, parse_mapping
    from rmcompose.rescoring.rescoring import Data, prepare

    started = time.monotonic()
    output = _output(args)
    mapping = parse_mapping(args.map)
    target = target_of(args)
    tell_warnings(target)
    summary = Summary()
    with ExitStack() as stack:
        recorded = stack.enter_context(Recorded(args.results))
        _check_mapping(args, mapping, recorded.options)
        options = recorded.options or options_of(mapping)
        kept = not output.endswith((".parquet", ".pq"))
        journal = stack.enter_context(Journal(output, options, facts=facts_of(target) if kept else None, kept=kept))
        client = _client(args, target, stack)
        data = None if args.data is None else Data(args.data, mapping, args.input_format)
        rescoring = prepare(
            args.results, target.compilation, target.name, target.params, old=_old(args), data=data, client=client
        )
        rescoring.max_workers = under_way(args)
        for note in rescoring.notes:
            say(f"rmcompose: {note}")
        collect_as_usual()
        with progress(None) as show, _whole(output) as writer:
            for line in rescoring:
                writer.write(line)
                summary.add(line)
                show(summary)
        journal.start()
        for known in islice(recorded.digests(), summary.samples):
            if known is None:
                break
            journal.note(known)
    facts = RunFacts(
        rescoring.plan.name,
        rescoring.plan.digest,
        None if client is None else client.usage,
        None if client is None else client.budget,
        time.monotonic() - started,
        None if output == "-" else output,
    )
    _tell(args, rescoring, summary, facts)
    return UNSCORED if summary.unscored_samples else FINE


def _output(args: argparse.Namespace) -> str:
    """Where lines go. Raises UsageFault where that is not said, or would overwrite what is read."""
    output = output_of(args)
    read = [Path(one) for one in (args.results, args.old) if one is not None and Path(one).exists()]
    if output != "-" and Path(output).exists() and any(one.samefile(output) for one in read):
        raise UsageFault(f"the results would overwrite `{output}`")
    return output


def _check_mapping(args: argparse.Namespace, mapping: Mapping, before: dict[str, str]) -> None:
    """Raises UsageFault where rows would be read otherwise than they were."""
    if args.data is None:
        for name in ("map", "input_format"):
            if getattr(args, name):
                raise UsageFault(f"`--{name.replace('_', '-')}` says how data are read: give `--data DATA`")
        return
    now = options_of(mapping)["map"]
    if before and before.get("map", "") != now:
        was = f"`{before['map']}`" if before.get("map") else "not given"
        raise UsageFault(f"`--map` was {was} when the rows were scored: give the same")


def _client(args: argparse.Namespace, target: Target, stack: ExitStack) -> Client | None:
    """The client where models may be asked: with leave to ask, or from a cassette."""
    if not args.ask and args.replay is None:
        for name in ("record", "concurrency", "budget", "no_cache"):
            if getattr(args, name):
                raise UsageFault(
                    f"`--{name.replace('_', '-')}` is about model calls, and none are made without `--ask`"
                )
        return None
    if args.data is None:
        raise UsageFault("to ask judges takes what they are shown: give the rows that were scored (`--data DATA`)")
    return client_of(args, target.compilation.plan(target.name, target.params), stack)


def _old(args: argparse.Namespace) -> Plan | None:
    if args.old is None:
        if args.old_set:
            raise UsageFault("`--old-set` sets a param of the old spec: give it with `--old SPEC`")
        return None
    old = target_of(argparse.Namespace(spec=args.old, set=args.old_set))
    return old.compilation.plan(old.name, old.params, optimize=False)


@contextmanager
def _whole(output: str) -> Iterator[Writer]:
    """A writer of a file that is put in place when it is complete: there is no half of a rescored file."""
    from rmcompose.data import open_writer

    there = Path(output)
    if output == "-" or output.endswith((".parquet", ".pq")) or (there.exists() and not there.is_file()):
        with open_writer(output) as writer:
            yield writer
        return
    open_writer(output, append=True).close()  # what cannot be written, or is of no known format, is told at once
    fresh = there.stat().st_size == 0
    partial = there.with_name(there.name + ".partial")
    try:
        with open_writer(partial, "jsonl") as writer:
            yield writer
        partial.replace(there)
    except BaseException:
        partial.unlink(missing_ok=True)
        if fresh:
            there.unlink(missing_ok=True)
        raise


def _tell(args: argparse.Namespace, rescoring: Rescoring, summary: Summary, facts: RunFacts) -> None:
    if args.summary == "json":
        more = {"undone": dict(sorted(rescoring.undone.items())), "notes": rescoring.notes}
        out(json.dumps({**facts.as_dict(), **summary.as_dict(), **more}, indent=2))
        return
    if args.summary == "table":
        print_summary(summary, facts)
    asks = {match.step.id for match in rescoring.matching.matches if match.asks}
    for name, count in rescoring.undone.most_common():
        plural = "response hangs" if count == 1 else "responses hang"
        if name in asks:
            cure = "`--data DATA --ask` asks it, and so does `rmcompose run SPEC DATA -o OUT --resume`"
        else:
            cure = "`--data DATA` runs it"
        say(f"rmcompose: {count:,} {plural} on `{name}`, which the saved run did not evaluate: {cure}")
