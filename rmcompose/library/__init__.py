"""The library of ready specs: names of specs come in, files and cards go out.

A card says what a spec is for, what it reads, what its values are, what it asks of models and where its rubric comes
from. Look first at `places` for how a name finds a file, and at `card` for what is read from where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmcompose.library.places import SUFFIXES, aliases, folder, names, resolve

if TYPE_CHECKING:
    from rmcompose.library.card import Card

__all__ = ["SUFFIXES", "aliases", "card_of", "cards", "folder", "names", "resolve"]


def cards() -> list[Card]:
    """The cards of all specs of the library, by name. Raises SpecError where one of them has errors."""
    from rmcompose.library.card import read_card

    return [read_card(name, path) for name, path in names().items()]


def card_of(name: str) -> Card | None:
    """The card of a spec by its name or by a name of RM-Gallery; None where the library has none."""
    from rmcompose.library.card import read_card

    known = names()
    name = aliases().get(name, name)
    return read_card(name, known[name]) if name in known else None
