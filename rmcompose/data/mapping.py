"""`--map reference=label.gold`: which field of a sample is read from which place of a row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rmcompose.data.errors import MappingError

_TARGET = re.compile(r"[A-Za-z_]\w*\Z")


@dataclass(frozen=True, slots=True)
class Mapping:
    """The place of each mapped field: a standard field or the name of an input, to a path of keys and list positions.

    A mapped field is read from its path alone: where the path leads nowhere the field is missing, whatever column the
    row has under the field's own name.
    """

    paths: dict[str, tuple[str, ...]]

    def __bool__(self) -> bool:
        return bool(self.paths)


def parse_mapping(options: Iterable[str]) -> Mapping:
    """The mapping of options `field=path`, where a path is words with dots between them.

    Raises:
        MappingError: an option is not of that form, or a field is mapped twice, or cannot be mapped.
    """
    paths: dict[str, tuple[str, ...]] = {}
    for option in options:
        target, equals, source = (part.strip() for part in option.partition("="))
        if not equals or not target or not source:
            raise MappingError(f"`{option}` is not a mapping: expected `field=path`, as in `reference=label.gold`")
        if not _TARGET.match(target):
            raise MappingError(f"`{target}` cannot be mapped: it is not the name of a field")
        if target == "index":
            raise MappingError("`index` cannot be mapped: it is the position of the response")
        if target in paths:
            raise MappingError(f"`{target}` is mapped twice")
        path = tuple(source.split("."))
        if not all(path):
            raise MappingError(f"`{source}` is not a path: a word is missing beside a dot")
        paths[target] = path
    return Mapping(paths)
