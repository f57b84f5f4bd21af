"""`rmcompose specs`: the library, one line a spec, or the card of one."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rmcompose.cli.console import out, say
from rmcompose.cli.faults import FINE, UsageFault

if TYPE_CHECKING:
    from rmcompose.library.card import Card, CardInput


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "words", nargs="*", metavar="NAME|WORD", help="one spec, for its card; or words that all must be in a line"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def run(args: argparse.Namespace) -> int:
    """Prints one line a spec, or the card of one. Words that fit nothing are wrong usage."""
    from rmcompose.library import card_of

    card = card_of(args.words[0]) if len(args.words) == 1 else None
    if card is not None:
        out(json.dumps(card.to_dict(), indent=2, ensure_ascii=False) if args.format == "json" else in_full(card))
        return FINE
    found = _find(args.words)
    if args.format == "json":
        out(json.dumps([card.to_dict() for card in found], indent=2, ensure_ascii=False))
    else:
        _list(found)
    return FINE


def _find(words: Sequence[str]) -> list[Card]:
    from rmcompose.library import cards

    wanted = [word.casefold() for word in words]
    found = [card for card in cards() if all(word in _searched(card) for word in wanted)]
    if words and not found:
        from rmcompose.diagnostics.suggest import nearest
        from rmcompose.library import aliases, names

        meant = nearest(" ".join(words), [*names(), *aliases()])
        advice = f": did you mean `{meant}`?" if meant else " (`rmcompose specs` lists all)"
        raise UsageFault(f"no spec of the library fits `{' '.join(words)}`{advice}")
    return found


def _searched(card: Card) -> str:
    return " ".join((card.name, card.shape, card.title, card.scenario, *card.rm_gallery)).casefold()


def _list(cards: Sequence[Card]) -> None:
    rows = [(card.name, card.range, card.shape, card.scenario) for card in cards]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        out("  ".join((*map(str.ljust, row[:3], widths), row[3])).rstrip())
    specs = "1 spec" if len(cards) == 1 else f"{len(cards)} specs"
    say(f"{specs}; `rmcompose specs NAME` shows the card of one, `rmcompose run NAME data.jsonl` runs it")


def in_full(card: Card) -> str:
    """A card for people."""
    lines = [f"{card.name} -> {card.returns}", "", card.doc]
    facts = [
        ("scenario", card.scenario),
        ("stands for", ", ".join(f"{name} (RM-Gallery)" for name in card.rm_gallery)),
        ("cost", card.cost),
        ("rules", ", ".join(card.rules)),
        ("needs", ", ".join(card.needs)),
        ("notes", card.notes),
        ("files", str(card.path) + (f", {card.twin.name}" if card.twin is not None else "")),
        ("tests", str(len(card.tests))),
    ]
    lines += [""]
    for name, said in facts:
        lines += textwrap.wrap(said, 108, initial_indent=f"{name:<12}", subsequent_indent=" " * 12) if said else []
    lines += ["", "inputs", *_table([_input(one) for one in card.inputs])]
    if card.params:
        lines += ["", "params"]
        lines += _table([(one.name, f"{one.type} = {json.dumps(one.default)}", one.doc) for one in card.params])
    if card.judges:
        lines += ["", "judges"]
        lines += _table(
            [
                (
                    one.name,
                    f"{one.mode} {one.style}" if one.mode == "pointwise" else one.mode,
                    f"[{one.low:g}, {one.high:g}]",
                    "sees " + ", ".join(one.given) + _criteria(one.criteria),
                )
                for one in card.judges
            ]
        )
    if card.models:
        lines += ["", "models that measure"]
        lines += _table([(one.name, one.rule, f"asks `{one.model}` of rmcompose.toml") for one in card.models])
    if card.sources:
        lines += ["", "sources", *(f"  {source}" for source in card.sources)]
    return "\n".join(lines)


def _input(one: CardInput) -> tuple[str, ...]:
    default = "" if one.required else f", else {json.dumps(one.default)}"
    return one.name, one.type, f"from {one.source}{default}", one.doc


def _criteria(count: int | None) -> str:
    if count is None:
        return "; criteria of the sample"
    return f"; {count} criteria" if count else ""


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as aligned, indented lines; the last column may be as long as it is."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return ["  " + "  ".join((*map(str.ljust, row, widths), row[-1])).rstrip() for row in rows]
