"""The parse tables of the grammar, worked out ahead of time.

Working them out takes longer than everything else `rmcompose validate` does. `tables.json` holds them together with the
digest of the grammar and the version of Lark they were made with; where either is another, they are worked out anew, so
they can be stale but never wrong. `pytest --update-golden` writes the file.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

FILE = Path(__file__).with_name("tables.json")
_BY_NUMBER = "by number"


def load(grammar: Path, transformer: object) -> Lark | None:
    """The parser of a grammar's folder from its tables, or None where there are none for it."""
    from lark import Lark, __version__

    try:
        held = json.loads(FILE.read_bytes())
    except (OSError, ValueError):
        return None
    if held["lark"] != __version__ or held["grammar"] != digest(grammar):
        return None
    tables = _plain(held["tables"])
    # what Lark's own stand-alone parsers are made with
    parser: Lark = Lark._load_from_dict(tables["data"], tables["memo"], transformer=transformer)  # type: ignore[no-untyped-call]  # as it is in Lark
    return parser


def dump(grammar: Path, parser: Lark) -> str:
    """The text of the file for a parser that was built from a grammar's folder."""
    from lark import __version__
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, memo = parser.memo_serialize([TerminalDef, Rule])
    tables = _numbered({"data": data, "memo": memo})
    held = {"lark": __version__, "grammar": digest(grammar), "tables": tables}
    return json.dumps(held, separators=(",", ":"), ensure_ascii=True) + "\n"


def digest(grammar: Path) -> str:
    """The sha256 of the grammar's files, in hexadecimal."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(grammar.glob("*.lark")))).hexdigest()


def _numbered(value: Any) -> Any:
    """JSON for tables: objects whose keys are numbers become lists of pairs."""
    if isinstance(value, dict):
        if value and all(isinstance(key, int) for key in value):
            return {_BY_NUMBER: [[key, _numbered(one)] for key, one in value.items()]}
        return {str(key): _numbered(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_numbered(one) for one in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if _BY_NUMBER in value:
            return {key: _plain(one) for key, one in value[_BY_NUMBER]}
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        # lists of plain values are most of it: they need no copy
        return [_plain(one) for one in value] if any(isinstance(one, dict | list) for one in value) else value
    return value
