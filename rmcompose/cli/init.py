"""`rmcompose init`: a small project whose specs check, test and run as they are."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from rmcompose.cli.console import say
from rmcompose.cli.faults import FINE, FileFault

STARTER = Path(__file__).parent / "starter"
FILES: dict[str, str] = {
    "rmcompose.toml": "rmcompose.toml",
    "rewards/answer.rm": "rewards/answer.rm",
    "rewards/brevity.rm.yaml": "rewards/brevity.rm.yaml",
    "data.jsonl": "data.jsonl",
    "cassette.jsonl": "cassette.jsonl",
    "README.md": "README.md",
    ".gitignore": "gitignore",
    ".github/workflows/rewards.yml": "github/rewards.yml",
}
"""The files of a project and where their texts are, below `starter/`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folder", nargs="?", default=".", metavar="DIR", help="where to (default: here)")


def run(args: argparse.Namespace) -> int:
    """Writes the files, or none of them where one is there already."""
    folder = Path(args.folder)
    there = [name for name in FILES if (folder / name).exists()]
    if there:
        raise FileFault(f"nothing was written: {', '.join(f'`{folder / name}`' for name in there)} already there")
    for name, source in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((STARTER / source).read_bytes())
        say(f"wrote {path}")
    go = "" if args.folder == "." else f"cd {shlex.quote(args.folder)} && "
    say("next:")
    say(f"  {go}rmcompose validate . && rmcompose test rewards")
    say("  rmcompose run rewards/answer.rm data.jsonl -o answer.jsonl --replay cassette.jsonl")
    say("  rmcompose explain answer.jsonl")
    return FINE
