"""Whether the fields that were asked for are in a JSON, YAML, TOML or CSV text."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.packages import load
from rmcompose.primitives.registry import TEXT, register, setting

FORMATS = ("json", "yaml", "toml", "csv")

_MOST_CHARACTERS = 200_000
_MOST_PATHS = 10_000
_TOKEN = re.compile(
    r"`(?P<quoted>[^`]*)`|\[(?P<index>\d{1,9}|\*)\]|(?P<any>\*)(?=\.|\[|$)|(?P<plain>[^.\[`]+)|(?P<dot>\.)"
)
_FENCE = re.compile(r"```[^\n`]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)


@register(
    "key_paths",
    returns="float",
    low=0,
    high=1,
    arguments={
        "text": TEXT,
        "paths": setting("the fields: `user.name`, `steps[0].title`, `steps.*.title`, of CSV the names of columns"),
        "format": setting("what the text is", choices=FORMATS),
        "begin": setting(
            "the mark before the structure, as `<|BEGIN_CODE|>`; else the first code fence", constant=True
        ),
        "end": setting("the mark after it", constant=True),
    },
    needs=("PyYAML",),
    example='key_paths(text = "a:\\n  - b: 1", paths = ["a[0].b", "a[0].c"], format = "yaml") -> 0.5',
)
def key_paths(text: str, paths: list[Any], format: str = "json", begin: str = "", end: str = "") -> float:  # noqa: A002
    """The share of the paths that the structure in the text has (StructEval's key validation).

    The structure is between the marks, else in the first code fence, else all of the text; what stands before
    `</think>` does not count. A text that cannot be read as the format is 0; `*` is any item of a list, a name in
    back quotes may hold points, and `csv::name` is the column `name`. No path is an error.
    """
    given: Any = paths
    if not isinstance(given, list) or not given or not all(isinstance(path, str) for path in given):
        raise RuleError("`paths` is not a list of texts with at least one path")
    if len(paths) > _MOST_PATHS:
        raise RuleError(f"there are too many paths: {len(paths)}, at most {_MOST_PATHS}")
    body = _body(text.rpartition("</think>")[2], begin, end)
    if len(body) > _MOST_CHARACTERS:
        raise RuleError(f"the structure is too long to read: {len(body)} characters, at most {_MOST_CHARACTERS}")
    try:
        value = _READERS[format](body)
    except (ValueError, TypeError, OverflowError, RecursionError):  # the last three from values of YAML
        return 0.0
    return sum(_has(value, _tokens(path)) for path in paths) / len(paths)


def _body(text: str, begin: str, end: str) -> str:
    if begin and begin in text:
        text = text.partition(begin)[2]
        return text.partition(end)[0].strip() if end else text.strip()
    fenced = _FENCE.search(text)
    return fenced[1].strip() if fenced else text.strip()


def _yaml(text: str) -> Any:
    yaml = load("PyYAML")
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # a safe loader
    except yaml.YAMLError as fault:
        raise ValueError(str(fault)) from None


def _csv(text: str) -> dict[str, None]:
    """The names of the columns."""
    try:
        return dict.fromkeys(next(csv.reader(io.StringIO(text), strict=True), []))
    except csv.Error as fault:
        raise ValueError(str(fault)) from None


_READERS: dict[str, Callable[[str], Any]] = {"json": json.loads, "yaml": _yaml, "toml": tomllib.loads, "csv": _csv}


def _tokens(path: str) -> list[str | int | None]:
    """The steps of a path: a key, a position, or None for any item."""
    if path.startswith("csv::"):
        return [path.removeprefix("csv::")]
    steps: list[str | int | None] = []
    for match in _TOKEN.finditer(path):
        if match["index"] == "*" or match["any"]:
            steps.append(None)
        elif match["index"]:
            steps.append(int(match["index"]))
        elif not match["dot"]:
            steps.append(match["quoted"] if match["plain"] is None else match["plain"])
    return steps


def _has(value: Any, steps: list[str | int | None]) -> bool:
    level = [value]
    for step in steps:
        following: list[Any] = []
        for node in level:
            if isinstance(step, str):
                following += [node[step]] if isinstance(node, dict) and step in node else []
            elif isinstance(node, list):
                following += node if step is None else node[step : step + 1]
        # aliases of YAML can name one value a billion times
        level = list({id(node): node for node in following}.values())
    return bool(level)
