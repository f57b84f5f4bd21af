"""A configuration file as plain data: JSON or YAML, with every key once and bounded in size and depth.

Nothing but lists, dicts, texts, numbers, bools and None comes out. Scalars mean what the core schema of YAML 1.2 says:
`no` is a text and `1e-3` a number.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rmcompose.diagnostics import Source
from rmcompose.syntax.yaml_tree import Items, Scalar, Tree, Unreadable, compose

_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_SPECIAL = re.compile(r"[-+]?\.inf|\.nan", re.IGNORECASE)
_LONGEST = 400
"""Digits of a whole number; more are beyond any float, and slow to convert."""


class PlainError(ValueError):
    """The text is not JSON or YAML that can be read; the message is one line, with the place."""


def plain_data(path: str, text: str) -> Any:
    """The data of a text: JSON where the path ends in `.json` or the text begins like JSON, else YAML.

    Raises PlainError, also for a key that is given twice: the first value would be lost.
    """
    if path.endswith(".json") or text.lstrip("\ufeff \t\r\n")[:1] == "{":
        return _json(path, text)
    try:
        tree = compose(Source(path, text))
    except Unreadable as error:
        where = error.fault.span
        line = f":{where.position[0]}" if where is not None else ""
        raise PlainError(f"`{path}`{line}: {error}") from None
    return None if tree is None else _value(path, text, tree)


def _json(path: str, text: str) -> Any:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        once = dict(found)
        if len(once) < len(found):
            names = [name for name, _ in found]
            twice = next(name for name in names if names.count(name) > 1)
            raise PlainError(f"`{path}`: the key `{twice}` is given twice")
        return once

    def whole(digits: str) -> int:
        if len(digits) > _LONGEST:
            raise PlainError(f"`{path}`: a number of {len(digits)} digits")
        return int(digits)

    try:
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=pairs, parse_int=whole)
    except json.JSONDecodeError as error:
        raise PlainError(f"`{path}`:{error.lineno}: invalid JSON: {error.msg.lower()}") from None
    except RecursionError:
        raise PlainError(f"`{path}`: JSON nests too deep") from None


def _value(path: str, text: str, tree: Tree) -> Any:
    if isinstance(tree, Scalar):
        return _scalar(path, tree) if tree.is_plain else tree.text
    if isinstance(tree, Items):
        return [_value(path, text, item) for item in tree.items]
    found: dict[Any, Any] = {}
    for key, value in tree.pairs:
        line = text.count("\n", 0, key.start) + 1
        if not isinstance(key, Scalar):
            raise PlainError(f"`{path}`:{line}: a key is a list or a mapping")
        if key.text in found:
            raise PlainError(f"`{path}`:{line}: the key `{key.text}` is given twice")
        found[key.text] = _value(path, text, value)
    return found


def _scalar(path: str, scalar: Scalar) -> Any:
    text = scalar.text
    if text.lower() in _WORDS and text in (text.lower(), text.upper(), text.capitalize()):
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        if len(text) > _LONGEST:
            raise PlainError(f"`{path}`: a number of {len(text)} digits")
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _SPECIAL.fullmatch(text) else text
