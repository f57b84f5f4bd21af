"""The parse tables of the grammar, worked out ahead of time.

Working them out takes longer than everything else `rmcompose validate` does. `tables.json` holds them together with
the digest of the grammar and the version of Lark they were made with; where either is another, they are worked out
anew, so they can be stale but never wrong. `pytest --update-golden` writes the file.

A small spec visits few of the states. So each row is one text, as in a textbook: symbols, each with `s12` (shift, or
go, to state 12) or `r3` (reduce by rule 3); it is read when the parser first comes to its state.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule

FILE = Path(__file__).with_name("tables.json")


def load(grammar: Path, transformer: object) -> Lark | None:
    """The parser of a grammar's folder from its tables, or None where there are none for it."""
    from lark import Lark, __version__

    try:
        held = json.loads(FILE.read_bytes())
    except (OSError, ValueError):
        return None
    if held["lark"] != __version__ or held["grammar"] != digest(grammar):
        return None
    memo = dict(enumerate(held["memo"]))
    # what Lark's own stand-alone parsers are made with
    parser: Lark = Lark._load_from_dict(held["data"], memo, transformer=transformer)  # type: ignore[no-untyped-call]  # as it is in Lark
    _table(parser).states = _Rows(held["rows"], parser.rules)
    return parser


def dump(grammar: Path, parser: Lark) -> str:
    """The text of the file for a parser that was built from a grammar's folder."""
    from lark import __version__
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, memo = parser.memo_serialize([TerminalDef, Rule])
    data["parser"]["parser"].update(tokens={}, states={})
    states = _table(parser).states
    numbers = {rule: number for number, rule in enumerate(parser.rules)}
    held = {
        "lark": __version__,
        "grammar": digest(grammar),
        "data": data,
        "memo": [memo[number] for number in range(len(memo))],
        "rows": [_written(states[number], numbers) for number in range(len(states))],
    }
    return json.dumps(held, separators=(",", ":"), ensure_ascii=True) + "\n"


def digest(grammar: Path) -> str:
    """The sha256 of the grammar's files, in hexadecimal."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(grammar.glob("*.lark")))).hexdigest()


def _table(parser: Lark) -> Any:
    """Where Lark holds the states of a parser: numbers to rows, and rows from symbols to (action, state or rule)."""
    front: Any = parser.parser
    return front.parser._parse_table


def _written(row: dict[str, tuple[Any, Any]], numbers: dict[Rule, int]) -> str:
    return " ".join(
        f"{symbol} s{to}" if isinstance(to, int) else f"{symbol} r{numbers[to]}"
        for symbol, (_, to) in sorted(row.items())
    )


class _Rows(dict[int, dict[str, tuple[Any, Any]]]):
    """The rows of the states, each made of its text when it is first asked for."""

    def __init__(self, texts: Sequence[str], rules: Sequence[Rule]) -> None:
        from lark.parsers.lalr_analysis import Reduce, Shift

        super().__init__()
        self._texts = texts
        self._shift, self._reduce, self._rules = Shift, Reduce, rules

    def __missing__(self, state: int) -> dict[str, tuple[Any, Any]]:
        words = self._texts[state].split()
        row = self[state] = {
            symbol: (self._shift, int(to[1:])) if to[0] == "s" else (self._reduce, self._rules[int(to[1:])])
            for symbol, to in zip(words[::2], words[1::2], strict=True)
        }
        return row
