"""The laws of reading and writing, over IR of every kind."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from rmcompose.diagnostics import Source
from rmcompose.syntax import parse_expression, parse_rm, print_document, print_expression, read_yaml, write_yaml
from rmcompose.syntax.layout import layout
from rmcompose.syntax.place import in_file
from tests import strategies

LAW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def parsed(text):
    found = parse_rm(Source("spec.rm", text))
    assert found.diagnostics == [], text
    return found.document


def read(text):
    found = read_yaml(Source("spec.rm.yaml", text))
    assert found.diagnostics == [], text
    return found.document


@LAW
@given(strategies.expressions(result=True))
def test_a_printed_formula_parses_to_itself(expression):
    text = print_expression(expression)
    found, faults = parse_expression(text, in_file(Source("spec.rm", text)))
    assert faults == []
    assert found == expression
    assert print_expression(found) == text


@LAW
@given(strategies.documents())
def test_a_printed_document_parses_to_itself(document):
    text = print_document(document)
    assert parsed(text) == document


@LAW
@given(strategies.documents())
def test_a_written_document_reads_as_itself(document):
    assert read(write_yaml(document)) == document


@LAW
@given(strategies.documents())
def test_through_yaml_and_back_canonical_text_is_the_same(document):
    text = print_document(document)
    assert print_document(read(write_yaml(parsed(text)))) == text


@LAW
@given(strategies.documents())
def test_printed_text_is_formatted_text(document):
    text = print_document(document)
    assert layout(text) == text
