"""The two concrete syntaxes: `.rm` and `.rm.yaml`, read into one IR and written from it.

In comes the text of a spec as a `Source`, out goes a `Parsed` (the IR of every healthy statement, diagnostics,
comments); from IR go texts in either syntax. Look first at `parser.py`, then `builder.py`, with the grammar beside them
in `grammar/`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rmcompose.syntax.conversion import Converted, convert
    from rmcompose.syntax.formatter import FormatError, Formatted, format_text
    from rmcompose.syntax.parsed import Comment, Parsed
    from rmcompose.syntax.parser import parse_expression, parse_rm
    from rmcompose.syntax.printer import print_document, print_expression, print_statement, print_type
    from rmcompose.syntax.reading import is_yaml, read
    from rmcompose.syntax.schema import json_schema
    from rmcompose.syntax.yaml_reader import read_yaml
    from rmcompose.syntax.yaml_writer import write_yaml

_HOMES = {
    "Comment": "parsed",
    "Converted": "conversion",
    "FormatError": "formatter",
    "Formatted": "formatter",
    "Parsed": "parsed",
    "convert": "conversion",
    "format_text": "formatter",
    "is_yaml": "reading",
    "json_schema": "schema",
    "parse_expression": "parser",
    "parse_rm": "parser",
    "print_document": "printer",
    "print_expression": "printer",
    "print_statement": "printer",
    "print_type": "printer",
    "read": "reading",
    "read_yaml": "yaml_reader",
    "write_yaml": "yaml_writer",
}

__all__ = [
    "Comment",
    "Converted",
    "FormatError",
    "Formatted",
    "Parsed",
    "convert",
    "format_text",
    "is_yaml",
    "json_schema",
    "parse_expression",
    "parse_rm",
    "print_document",
    "print_expression",
    "print_statement",
    "print_type",
    "read",
    "read_yaml",
    "write_yaml",
]


def __getattr__(name: str) -> Any:
    """What is asked for, imported then: reading `.rm` needs neither YAML nor the printer."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
