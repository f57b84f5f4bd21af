"""The JSON Schema of `.rm.yaml`: it accepts what is written, and not what is misspelt."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from rmcompose.ir.judging import SETTINGS
from rmcompose.syntax import json_schema, write_yaml
from rmcompose.syntax.schema import schema_text
from tests import strategies
from tests.syntax.support import TWINS, text_of

SHIPPED = Path(__file__).parent.parent.parent / "specs" / "rmcompose.schema.json"


@cache
def validator() -> Draft202012Validator:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def accepts(text: str) -> bool:
    return validator().is_valid(yaml.load(text, Loader=Plain))


class Plain(yaml.SafeLoader):
    """YAML as editors read it, by the core schema of 1.2: bare `no` is a text, `1e5` a number."""

    yaml_implicit_resolvers = {}  # noqa: RUF012


Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
Plain.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])
Plain.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
Plain.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$"),
    list("-0123456789"),
)


def test_the_shipped_schema_is_the_one_that_is_made(update_golden):
    if update_golden:
        SHIPPED.write_text(schema_text(), encoding="utf-8")
    assert SHIPPED.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.parent.name)
def test_the_worked_examples_are_valid(path):
    assert accepts(text_of(path.with_name("source.rm.yaml")))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(strategies.documents())
def test_what_is_written_is_valid(document):
    text = write_yaml(document)
    errors = list(validator().iter_errors(yaml.load(text, Loader=Plain)))
    # a setting may hold any literal; the schema holds those that make sense
    assert not [error for error in errors if "judge" not in error.absolute_path], text


HEAD = "rmcompose: 1\ncomposition: m\nreturns: {type: score, range: [0, 1]}\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        f"{HEAD}return: a + 1\n",
        f"{HEAD}return: 0.5\n",
        f"{HEAD}inputs: {{a: text, b: 'score[0, 1]', c: {{type: enum, choices: [x]}}}}\n",
        f"{HEAD}inputs:\nnodes:\n",
        f"{HEAD}nodes: {{m: {{aggregate: mean, members: {{a: 1, b: }}}}}}\n",
        f"{HEAD}nodes: {{m: {{aggregate: 'at_least(2)', members: [a, {{of: b, weight: w}}]}}}}\n",
        f"{HEAD}nodes: {{j: {{type: score, range: [0, 1], judge: {{votes: 3, model: '${{m}}'}}}}}}\n",
        f"{HEAD}return: {{when: [{{if: a, then: 1}}], otherwise: {{if: b, then: 1, else: 2}}}}\n",
        f"{HEAD}tests: [{{name: t, given: {{a: 1}}, stub: {{a.b: 1}}, expect: [a, b]}}]\n",
        "rmcompose: 1\ncompositions: {a: {returns: bool}}\n",
    ],
)
def test_valid(text):
    assert accepts(text), [error.message for error in validator().iter_errors(yaml.load(text, Loader=Plain))]


@pytest.mark.parametrize(
    "text",
    [
        "rmcompose: 2\ncomposition: m\nreturns: bool\n",
        "composition: m\nreturns: bool\n",
        "rmcompose: 1\ncomposition: m\n",
        "rmcompose: 1\nreturns: bool\n",
        f"{HEAD}retrun: 1\n",
        f"{HEAD}compositions: {{}}\n",
        f"{HEAD}inputs: {{a: string}}\n",
        f"{HEAD}inputs: {{1a: text}}\n",
        f"{HEAD}inputs: {{when: text}}\n",
        f"{HEAD}params: {{a: {{type: float}}}}\n",
        f"{HEAD}nodes: {{a: {{rul: f}}}}\n",
        f"{HEAD}nodes: {{a: {{rule: f, arg: {{}}}}}}\n",
        f"{HEAD}nodes: {{a: {{rule: f, let: 1}}}}\n",
        f"{HEAD}nodes: {{a: {{rule: f, args: {{x: {{y: 1}}}}}}}}\n",
        f"{HEAD}nodes: {{j: {{type: bool, judge: {{modle: m}}}}}}\n",
        f"{HEAD}nodes: {{j: {{type: bool, judge: {{style: checkbox}}}}}}\n",
        f"{HEAD}nodes: {{j: {{type: bool, judge: {{votes: 0}}}}}}\n",
        f"{HEAD}nodes: {{j: {{type: bool, judge: {{criteria: {{a: {{wieght: 1, text: x}}}}}}}}}}\n",
        f"{HEAD}require: [{{that: a}}]\n",
        f"{HEAD}tests: [{{expect: a}}]\n",
        f"{HEAD}returns: [1]\n",
    ],
)
def test_invalid(text):
    assert not accepts(text)


def test_every_setting_of_a_judge_is_described():
    properties = json_schema()["$defs"]["judge"]["properties"]
    assert {name: properties[name]["description"] for name in SETTINGS} == {n: one.doc for n, one in SETTINGS.items()}
