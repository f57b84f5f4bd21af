"""Names of a config as names of the language, each once."""

from __future__ import annotations

import re

from rmcompose.ir.reserved import RESERVED

STANDARD = frozenset(
    "id prompt messages response reference label metadata task_category source index step step_index steps tools "
    "previous_steps drop abstain".split()
)
"""Words that no node is called: fields of a sample, and words of settings."""


def clean(name: str, otherwise: str) -> str:
    """A name of the language that reads like `name`: `my reward!` is `my_reward`."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:60].strip("_")
    if not plain:
        plain = otherwise
    if plain[0].isdigit():
        plain = f"{otherwise}_{plain}"
    return f"{plain}_" if plain in RESERVED else plain


class Names:
    """The names of one composition, or of one file."""

    def __init__(self, *taken: str, standard: bool = True) -> None:
        self._taken = {*taken, *(STANDARD if standard else ())}

    def take(self, name: str, otherwise: str) -> str:
        """The cleaned name, with a number behind it where that is taken."""
        first = clean(name, otherwise)
        free, count = first, 2
        while free in self._taken:
            free, count = f"{first}_{count}", count + 1
        self._taken.add(free)
        return free

    def claim(self, name: str) -> bool:
        """Takes a name as it is, where it is free and a name of the language."""
        if name in self._taken or clean(name, "field") != name:
            return False
        self._taken.add(name)
        return True
