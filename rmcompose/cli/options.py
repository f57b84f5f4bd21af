"""Options that several commands share, and what their values mean."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmcompose.cli.console import out
from rmcompose.cli.faults import FileFault, UsageFault

if TYPE_CHECKING:
    from rmcompose.compiler import Compilation
    from rmcompose.ir import Param


def add_spec(parser: argparse.ArgumentParser) -> None:
    """SPEC and `--set`."""
    parser.add_argument(
        "spec", metavar="SPEC", help="FILE, FILE::composition, or a name of the library (`rmcompose specs`)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="PARAM=VALUE", help="set a param; may be given several times"
    )


def add_intervals(parser: argparse.ArgumentParser) -> None:
    """`--resamples` and `--seed` of the bootstrap."""
    intervals = parser.add_argument_group("intervals")
    intervals.add_argument(
        "--resamples",
        type=natural,
        default=1000,
        metavar="N",
        help="draws of the bootstrap; 0 for none (default: 1000)",
    )
    intervals.add_argument("--seed", type=int, default=0, metavar="N", help="the seed of the draws (default: 0)")


def add_output(parser: argparse.ArgumentParser) -> None:
    """`-o OUT`, stdout by default."""
    parser.add_argument("-o", "--output", default="-", metavar="OUT", help="a file, or `-` for stdout (the default)")


def add_data(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """DATA and how its rows are read; returns the group, for what else a command says of rows."""
    parser.add_argument("data", metavar="DATA", help="JSONL, JSON, CSV or Parquet, or `-` for stdin")
    rows = parser.add_argument_group("rows")
    rows.add_argument(
        "--map", action="append", default=[], metavar="FIELD=PATH", help="read a field from elsewhere in the row"
    )
    rows.add_argument("--limit", type=natural, metavar="N", help="read the first N rows only")
    rows.add_argument("--input-format", choices=("jsonl", "json", "csv", "parquet"), help="default: by the suffix")
    return rows


def add_format(parser: argparse.ArgumentParser) -> None:
    """`--format`, how errors of the spec are printed."""
    from rmcompose.diagnostics.render import FORMATS

    parser.add_argument(
        "--format", choices=FORMATS, default="full", help="how errors of the spec are printed (default: full)"
    )


def write(text: str, output: str) -> None:
    """Writes text that ends with one line end to a file or to stdout."""
    text = text.rstrip("\n")
    if output == "-":
        out(text)
    else:
        Path(output).write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Target:
    """The composition that a command line means, with the params it sets."""

    compilation: Compilation
    name: str
    params: Mapping[str, Any]


def target_of(args: argparse.Namespace) -> Target:
    """SPEC and `--set`, read and checked; raises as `target_named` does."""
    return target_named(args.spec, args.set)


def target_named(spec: str, given: Sequence[str], option: str = "--set") -> Target:
    """The composition that a text names, with the params that texts such as `name=value` set.

    Raises SpecError with what is wrong with the spec, UsageFault for what is not a setting, FileFault where there is no
    such file, and what `Compilation.composition` raises for a composition that is not there.
    """
    from rmcompose.compiler import Compilation, split_target
    from rmcompose.library.places import resolve

    file, name = split_target(spec)
    path = resolve(file)
    if not path.exists():
        raise FileFault(_missing(file))
    compilation = Compilation(path)
    composition = compilation.composition(name).composition
    declared = {param.name: param for param in composition.params}
    params = {name: value_for(declared.get(name), text) for name, text in settings(given, option).items()}
    return Target(compilation, composition.name, params)


def _missing(file: str) -> str:
    from rmcompose.diagnostics.suggest import nearest
    from rmcompose.library.places import aliases, names

    meant = nearest(file, [*names(), *aliases()])
    return f"`{file}`: no such file, and no such spec in the library" + (f": did you mean `{meant}`?" if meant else "")


def settings(options: Sequence[str], option_name: str = "--set") -> dict[str, str]:
    """The texts of `--set name=value`. Raises UsageFault for what is not of that form, or said twice."""
    found: dict[str, str] = {}
    for option in options:
        name, equals, value = option.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageFault(f"`{option_name} {option}` is not of the form `param=value`")
        if name in found:
            raise UsageFault(f"the param `{name}` is set twice")
        found[name] = value
    return found


def value_for(param: Param | None, text: str) -> Any:
    """The value that a text stands for: JSON where the param's type is not text, else the text itself.

    What is not JSON stays text, and is then refused for its type by whoever checks params.
    """
    if param is None or param.type.kind in ("text", "enum"):
        return text
    try:
        # digits beyond any float would take long to convert, and are out of every range
        return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 300 else float(digits))
    except ValueError:
        return text


def natural(text: str) -> int:
    """An option's value that is a whole number from 0."""
    value = int(text)
    if value < 0:
        raise ValueError(text)
    return value


def positive(text: str) -> int:
    """An option's value that is a whole number from 1."""
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value
