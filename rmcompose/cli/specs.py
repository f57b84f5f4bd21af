"""`rmcompose specs`: the library, one line a composition."""

from __future__ import annotations

import argparse

from rmcompose.cli.console import out, say
from rmcompose.cli.faults import FINE


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    """Prints the names that `run` takes, with the first line of what each is documented as."""
    from rmcompose.compiler import Compilation
    from rmcompose.library import names

    listed: list[dict[str, str]] = []
    for name, path in names().items():
        document = Compilation(path).document
        shown = [one for one in document.compositions if not one.name.startswith("_")]
        for one in shown:
            spec = name if len(shown) == 1 else f"{name}::{one.name}"
            listed.append({"name": spec, "doc": one.doc.partition("\n")[0], "path": str(path)})
    if args.format == "json":
        import json

        out(json.dumps(listed, indent=2))
        return FINE
    width = max((len(line["name"]) for line in listed), default=0)
    for line in listed:
        out(f"{line['name']:<{width}}  {line['doc']}".rstrip())
    say(f"{len(listed)} specs; run one with `rmcompose run NAME data.jsonl`, read one with `rmcompose plan NAME`")
    return FINE
