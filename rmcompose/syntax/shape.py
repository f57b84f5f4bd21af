"""The shape of `.rm.yaml`: the keys of each mapping, in the order they are written.

One table that the reader, the writer, the JSON Schema and did-you-mean use. `holds` names what a key's value is; the
reader has a method for each and the schema a definition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rmcompose.ir.judging import SETTINGS

Holds = Literal[
    "version",  # the number 1
    "prose",  # text without its surrounding blank lines
    "text",  # text as it is
    "name",
    "path",  # a dotted name
    "type",  # `text`, `score[0, 1]` or a name with `range` or `choices` beside it
    "declared_type",  # the same, or a mapping of type, range and choices
    "range",  # [low, high]
    "choices",  # texts
    "formula",  # an expression
    "value",  # a literal, or `${expression}`
    "names",  # names
    "imports",
    "compositions",
    "inputs",
    "params",
    "nodes",
    "gates",
    "tests",
    "arguments",
    "judge",
    "criteria",
    "verdicts",
    "examples",
    "members",
    "arms",
    "stubs",
    "expects",
]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a mapping."""

    holds: Holds
    doc: str
    required: bool = False


Shape = Mapping[str, Key]

_DOC = {"doc": Key("prose", "what it is, for people")}
_TYPE = {
    "type": Key("type", "bool, int, float, text, list, enum or score", required=True),
    "range": Key("range", "the least and the greatest value of an int, float or score"),
    "choices": Key("choices", "the texts an enum can be"),
}
_ON_UNSCORED = {"on_unscored": Key("formula", "what stands in where the value is unscored")}

FILE: Shape = {
    "rmcompose": Key("version", "the version of the language", required=True),
    "imports": Key("imports", "other specs by the name they get here: {name: path}"),
}
BODY: Shape = {
    **_DOC,
    "returns": Key("declared_type", "the type of the result", required=True),
    "inputs": Key("inputs", "what is read from the sample"),
    "params": Key("params", "what its user may set"),
    "nodes": Key("nodes", "the rules, judges, compositions, aggregates and formulas, by name"),
    "require": Key("gates", "gates on the whole: the first that fails fixes the result"),
    "return": Key("formula", "the reward"),
    "tests": Key("tests", "spec tests, run without any model"),
}
SINGLE: Shape = {**FILE, "composition": Key("name", "the name of the one composition in this file"), **BODY}
"""A file of one composition, its body beside it."""
SEVERAL: Shape = {**FILE, "compositions": Key("compositions", "the compositions of this file, by name", required=True)}
"""A file of several compositions."""

RETURNS: Shape = _TYPE
INPUT: Shape = {
    **_TYPE,
    "from": Key("path", "where in the sample it is, where not under its own name"),
    "default": Key("value", "its value where the sample has none"),
    **_DOC,
}
PARAM: Shape = {**_TYPE, "default": Key("value", "its value where its user sets none", required=True), **_DOC}

_ARGS = {"args": Key("arguments", "arguments by name: literals, or `${expression}`")}
_OPTIONAL_TYPE = {name: Key(key.holds, key.doc) for name, key in _TYPE.items()}
NODES: Mapping[str, Shape] = {
    "rule": {
        **_DOC,
        **_OPTIONAL_TYPE,
        "rule": Key("path", "a registered rule", required=True),
        **_ARGS,
        **_ON_UNSCORED,
    },
    "judge": {
        **_DOC,
        **_TYPE,
        "judge": Key("judge", "a rubric put to a model", required=True),
        **_ON_UNSCORED,
    },
    "compose": {
        **_DOC,
        "compose": Key("path", "another composition: alias.name", required=True),
        **_ARGS,
        **_ON_UNSCORED,
    },
    "aggregate": {
        **_DOC,
        "aggregate": Key("formula", "weighted_mean, mean, min, all, at_least(2) …", required=True),
        "k": Key("formula", "the parameter of at_least"),
        "members": Key("members", "{name: weight}, or a list of names or of {of, weight}", required=True),
        **_ON_UNSCORED,
    },
    "let": {**_DOC, "let": Key("formula", "a formula", required=True)},
}
"""The keys of a node, by the one that says its kind."""

JUDGE: Shape = {
    **{
        name: Key({"names": "names", "name": "name"}.get(one.shape, "value"), one.doc)  # type: ignore[arg-type]
        for name, one in SETTINGS.items()
    },
    "rubric": Key("prose", "what the judge is to go by"),
    "criteria": Key("criteria", "criteria by id: a text, or {weight, text}"),
    "verdicts": Key("verdicts", "what each label that `extract` finds is worth; `abstain` where it is no verdict"),
    "examples": Key("examples", "examples of judging: what was given, and the answer"),
}
CRITERION: Shape = {
    "weight": Key("formula", "its weight; 1 where left out"),
    "text": Key("prose", "what is to be judged", required=True),
}
MEMBER: Shape = {
    "of": Key("formula", "the member", required=True),
    "weight": Key("formula", "its weight; 1 where left out"),
}
GATE: Shape = {
    "that": Key("formula", "the condition to pass", required=True),
    "else": Key("formula", "the result where it does not", required=True),
    "because": Key("prose", "the reason told then"),
    **_DOC,
}
TEST: Shape = {
    "name": Key("text", "what is tested", required=True),
    "given": Key("arguments", "fields of the sample"),
    "stub": Key("stubs", "what nodes answer, instead of being run"),
    "expect": Key("expects", "one condition, or a list of them; `return` is the result"),
}
ROUTE: Shape = {
    "route": Key("formula", "what the arms are compared with; left empty, they are conditions"),
    "when": Key("arms", "the arms: {is, then}, or {if, then} without a subject", required=True),
    "otherwise": Key("formula", "the value where no arm matches"),
}
ARM_OF_SUBJECT: Shape = {
    "is": Key("value", "the literal the subject is to equal", required=True),
    "then": Key("formula", "the value then", required=True),
}
ARM_OF_CONDITION: Shape = {
    "if": Key("formula", "the condition", required=True),
    "then": Key("formula", "the value then", required=True),
}
IF: Shape = {
    "if": Key("formula", "the condition", required=True),
    "then": Key("formula", "the value where it holds", required=True),
    "else": Key("formula", "the value where it does not", required=True),
}
