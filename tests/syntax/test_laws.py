"""The laws of reading and writing, over IR of every kind."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from rmcompose.diagnostics import Source
from rmcompose.syntax import parse_expression, parse_rm, print_document, print_expression, read_yaml, write_yaml
from rmcompose.syntax.place import in_file
from tests import strategies
