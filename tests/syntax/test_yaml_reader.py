"""What `.rm.yaml` means, and what is said of one that is wrong. `⟨` marks where."""

from __future__ import annotations

import pytest

from rmcompose import ir
from rmcompose.syntax.limits import MAX_FAULTS
from tests.syntax.support import TWINS, document, marked, rm, text_of, told, yaml

HEAD = "rmcompose: 1\ncomposition: main\nreturns: {type: score, range: [0, 1]}\n"


def main(text):
    (found,) = document(yaml(HEAD + text)).compositions
    return found


def constant(value):
    return ir.Constant(value=value)


def name(text):
    return ir.Name(name=text)


def argument(written):
    (rule,) = main(f"nodes:\n  r: {{rule: f, args: {{x: {written}}}}}\n").nodes
    return rule.arguments[0].value


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.parent.name)
def test_twins_read_to_equal_ir(path):
    twin = path.with_name("source.rm.yaml")
    assert document(yaml(text_of(twin))) == document(rm(text_of(path)))


# ---- scalars ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("3", constant(3)),
        ("-1.5", constant(-1.5)),
        ("1e-3", constant(0.001)),
        ("true", constant(True)),
        ("no", constant("no")),
        ("yes", constant("yes")),
        ("on", constant("on")),
        ("True", constant("True")),
        ("null", constant("null")),
        ("~", constant("~")),
        ('"42"', constant("42")),
        ("'true'", constant("true")),
        ("1_000", constant("1_000")),
        ("0x10", constant("0x10")),
        ("2024-01-01", constant("2024-01-01")),
        ("12:30", constant("12:30")),
        ("some words", constant("some words")),
        ("[1, a, [true]]", ir.ListOf(items=(constant(1), constant("a"), ir.ListOf(items=(constant(True),))))),
        ("'${a + 1}'", ir.Binary(op="+", left=name("a"), right=constant(1))),
        ("""'${"${a}"}'""", constant("${a}")),
        ("$5", constant("$5")),
        ("'{a}'", constant("{a}")),
    ],
)
def test_values_are_typed_by_how_they_are_written(written, expected):
    assert argument(written) == expected


def test_texts_are_typed_by_their_key():
    found = main(
        "doc: 12\n"
        "params: {a: {type: text, default: 3}, b: {type: 'enum[\"no\"]', default: no}, c: {type: float, default: 3}}\n"
        "nodes:\n  j: {type: bool, judge: {model: 4, rubric: no, style: checklist, system: yes}}\n"
        "tests:\n  - {name: 1.0}\n"
    )
    assert found.doc == "12"
    assert [one.default for one in found.params] == [constant("3"), constant("no"), constant(3)]
    (judge,) = found.nodes
    assert isinstance(judge, ir.Judge)
    assert judge.rubric == "no"
    assert [one.value for one in judge.settings] == [constant("4"), constant("checklist"), constant("yes")]
    assert found.tests[0].name == "1.0"


def test_prose_is_literal():
    (judge,) = main("nodes:\n  j: {type: bool, judge: {rubric: 'Literal {braces} and ${dollars} stay.'}}\n").nodes
    assert isinstance(judge, ir.Judge)
    assert judge.rubric == "Literal {braces} and ${dollars} stay."


def test_nodes_of_every_kind():
    rule, judge, compose, every, weighted, listed, let = main(
        """
nodes:
  r:
    doc: |
      two
      lines
    type: float
    range: [0, 1]
    rule: f
    on_unscored: 0.5
  j:
    type: score[1, 5]
    on_unscored: 1
    judge:
      given: [prompt, a.b]
      criteria_from: rubrics
      criteria: {a: some text, b: {weight: -2, text: other}}
      verdicts: {"A>>B": 1.0, "no": 0}
  c: {compose: a.b, args: {x: 1}}
  e: {aggregate: at_least, k: 2, members: [r, "j > 3"]}
  w: {aggregate: weighted_mean, members: {r: 0.7, j: }, on_unscored: drop}
  l: {aggregate: at_least(2), members: [{of: r, weight: w + 1}, {of: j}]}
  x: {let: {route: r, when: [{is: no, then: 1}], otherwise: {if: a, then: 1, else: 2}}}
"""
    ).nodes
    assert rule == ir.Rule(
        name="r",
        doc="two\nlines",
        type=ir.Type(kind="float", low=0, high=1),
        rule=ir.Callee(name="f"),
        on_unscored=constant(0.5),
    )
    assert isinstance(judge, ir.Judge)
    assert judge.type == ir.Type(kind="score", low=1, high=5)
    assert [(one.name, one.value) for one in judge.settings] == [
        ("given", ir.ListOf(items=(name("prompt"), name("a.b")))),
        ("criteria_from", name("rubrics")),
        ("on_unscored", constant(1)),
    ]
    assert judge.criteria == (
        ir.Criterion(name="a", text="some text"),
        ir.Criterion(name="b", weight=constant(-2), text="other"),
    )
    assert [(one.label, one.value) for one in judge.verdicts] == [("A>>B", constant(1.0)), ("no", constant(0))]
    assert isinstance(compose, ir.Compose)
    assert compose.target.name == "a.b"
    assert isinstance(every, ir.Aggregate)
    assert (every.function, every.parameter) == ("at_least", constant(2))
    assert every.members[1].value == ir.Binary(op=">", left=name("j"), right=constant(3))
    assert isinstance(weighted, ir.Aggregate)
    assert weighted.members == (ir.Member(value=name("r"), weight=constant(0.7)), ir.Member(value=name("j")))
    assert weighted.on_unscored == name("drop")
    assert isinstance(listed, ir.Aggregate)
    assert listed.parameter == constant(2)
    assert listed.members[0].weight == ir.Binary(op="+", left=name("w"), right=constant(1))
    assert isinstance(let, ir.Let)
    assert let.value == ir.Route(
        subject=name("r"),
        arms=(ir.Arm(when=constant("no"), then=constant(1)),),
        otherwise=ir.If(condition=name("a"), then=constant(1), otherwise=constant(2)),
    )


def test_a_file_of_several_compositions():
    found = document(
        yaml(
            "rmcompose: 1\nimports: {a: lib/a.rm}\n"
            "compositions:\n  x: {returns: bool}\n  y: {returns: int, return: 1}\n"
        )
    )
    assert [one.name for one in found.imports] == ["a"]
    assert [(one.name, one.result) for one in found.compositions] == [("x", None), ("y", constant(1))]


def test_empty_sections_are_empty():
    found = main("inputs:\nparams:\nnodes:\nrequire:\ntests:\nreturn: 1\n")
    assert (found.inputs, found.params, found.nodes, found.gates, found.tests) == ((), (), (), (), ())


def test_anchors_stand_for_what_they_name():
    found = main("inputs: {a: &t {type: float, range: [0, 1]}, b: *t}\nreturn: a\n")
    assert found.inputs[0].type == found.inputs[1].type


# ---- faults ----------------------------------------------------------------------------------------------------------

FAULTS = [
    ("nodes:\n  x: {rule: f, ⟨wieght: 2}\n  y: {let: 0.5}\n  ⟨y: {let: 0.6}\nreturn: x\n", ["RM151", "RM153"]),
    ("⟨retrun: 1\n", ["RM151"]),
    ("nodes: {x: {⟨rul: f}}\n", ["RM151"]),
    ("nodes: {⟨x: {}}\n", ["RM152"]),
    ("nodes: {⟨x: {args: {}}}\n", ["RM152"]),
    ("nodes: {x: {rule: f, ⟨let: 1}}\n", ["RM151"]),
    ("nodes: {⟨x: {aggregate: mean}}\n", ["RM152"]),
    ("nodes: {x: ⟨3}\n", ["RM150"]),
    ("nodes: ⟨[x]\n", ["RM150"]),
    ("nodes: {⟨1x: {let: 1}}\n", ["RM101"]),
    ("nodes: {⟨when: {let: 1}}\n", ["RM208"]),
    ("nodes: {x: {rule: ⟨f-g}}\n", ["RM101"]),
    ("nodes: {x: {rule: f, args: {⟨on_unscored: 1}}}\n", ["RM151"]),
    ("nodes: {x: {rule: f, args: {a: ⟨{b: 1}}}}\n", ["RM150"]),
    ("nodes: {x: {rule: f, args: {a: 'say ⟨${b} now'}}}\n", ["RM154"]),
    ("nodes: {x: {rule: f, args: {a: '${a} + ⟨${b}'}}}\n", ["RM154"]),
    ("nodes: {x: {rule: f, args: {a: '${1 + ⟨* 2}'}}}\n", ["RM101"]),
    ("nodes: {x: {let: ⟨}}\n", ["RM152"]),
    ("nodes: {x: {type: score, range: [0, 1], judge: {⟨modle: m}}}\n", ["RM151"]),
    ("nodes: {x: {type: ⟨score, judge: {}}}\n", ["RM152"]),
    ("nodes: {x: {type: text, ⟨range: [0, 1], judge: {}}}\n", ["RM101"]),
    ("nodes: {x: {type: ⟨string, judge: {}}}\n", ["RM201"]),
    ("nodes: {x: {type: float, range: ⟨[1], judge: {}}}\n", ["RM150"]),
    ("nodes: {x: {type: float, range: [1, ⟨a], judge: {}}}\n", ["RM104"]),
    ("nodes: {x: {type: float, range: [1, ⟨1e999], judge: {}}}\n", ["RM104"]),
    ("params: {⟨x: {type: float}}\n", ["RM152"]),
    ("require:\n  - ⟨{that: a}\n", ["RM152"]),
    ("return: a ⟨&& b\n", ["RM105"]),
    ("return: ⟨5%\n", ["RM104"]),
    ("return: ⟨{route: a}\n", ["RM152"]),
    ("return: ⟨{a: b}\n", ["RM150"]),
    ("tests:\n  - {name: t, expect: return}\n", []),
    ("tests:\n  - ⟨{given: {a: 1}}\n", ["RM152"]),
]


@pytest.mark.parametrize(("text", "codes"), FAULTS, ids=lambda one: str(one)[:50])
def test_faults(text, codes):
    clean, places = marked(HEAD + text)
    assert told(yaml(clean)) == [(code, *place) for code, place in zip(codes, places, strict=True)]


FILES = [
    ("⟨", ["RM152"]),
    ("⟨hello", ["RM152"]),
    ("⟨[1]", ["RM152"]),
    ("⟨composition: m\nreturns: bool\n", ["RM152"]),
    ("rmcompose: ⟨2\ncomposition: m\n", ["RM002"]),
    ("⟨rmcompose: 1\n", ["RM152"]),
    ("⟨rmcompose: 1\ncomposition: m\n", ["RM152"]),
    ("rmcompose: 1\ncomposition: m\nreturns: bool\n⟨compositions: {}\n", ["RM151"]),
    ("rmcompose: 1\n⟨compositon: m\nreturns: bool\n", ["RM151"]),
    ("rmcompose: 1\ncompositions:\n  ⟨x: {}\n", ["RM152"]),
    ("a: [1\nb⟨: 2\n", ["RM150"]),
    ("a: 1\n⟨---\nb: 2\n", ["RM150"]),
    ("a: ⟨*none\n", ["RM150"]),
    ("a: &a [⟨*a]\n", ["RM150"]),
    ("a: ⟨!!python/name:os.system x\n", ["RM150"]),
    ("a: ⟨\x00\n", ["RM150"]),
    ("a: ⟨\ud800\n", ["RM150"]),
]


@pytest.mark.parametrize(("text", "codes"), FILES, ids=lambda one: repr(one)[:50])
def test_faults_of_whole_files(text, codes):
    clean, places = marked(text)
    assert told(yaml(clean)) == [(code, *place) for code, place in zip(codes, places, strict=True)]


def test_a_broken_node_is_poisoned_and_the_rest_is_read():
    found = yaml(f"{HEAD}nodes: {{x: {{let: 1 +}}, y: {{let: 2}}}}\nreturn: x +\n")
    assert [one.code for one in found.diagnostics] == ["RM101", "RM101"]
    assert found.poisoned == {"main": frozenset({"x"})}
    assert found.broken_results == {"main"}
    assert [node.name for node in found.document.compositions[0].nodes] == ["y"]


def test_did_you_mean_another_key():
    (fault,) = yaml(f"{HEAD}nodes: {{x: {{rule: f, arg: {{}}}}}}\n").diagnostics
    assert fault.help == ("did you mean `args`?",)
    (fault,) = yaml(f"{HEAD}nodes: {{x: {{type: bool, judge: {{temprature: 0}}}}}}\n").diagnostics
    assert fault.help == ("did you mean `temperature`?",)


def test_a_duplicate_key_points_at_the_first():
    (fault,) = yaml(f"{HEAD}nodes:\n  x: {{let: 1}}\n  x: {{let: 2}}\n").diagnostics
    assert fault.labels[0].span.position == (5, 3)


def test_a_hopeless_file_is_told_briefly():
    found = yaml("".join(f"k{i}: 1\n" for i in range(1_000)))
    assert len(found.diagnostics) == MAX_FAULTS


# ---- the place of a fault inside a formula ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "return: 0.5 * ⟨@",
        "return: '0.5 * ⟨@'",
        'return: "0.5 * ⟨@"',
        'return: "0.5 \\u002a ⟨@"',
        'return: "0.5\\\n  \\ * ⟨@"',
        "return: 'f(\"it''s\") + ⟨@'",
        "return: 0.5\n  * a\n\n  * ⟨@",
        "return: '0.5\n  * a\n  * ⟨@'",
        "return: |\n  0.5 * a\n    * ⟨@\n",
        "return: >\n  0.5 * a\n  * ⟨@\n",
        "return: >-  # why\n\n   0.5\n\n     * ⟨@\n",
        "return: &anchor 0.5 * ⟨@",
        "return: {if: a, then: 1, else: 0.5 * ⟨@}",
        'nodes: {r: {rule: f, args: {x: "${0.5 * ⟨@}"}}}',
        "return: '\"é𝒳\" ⟨@'",
    ],
)
def test_a_fault_in_a_formula_is_told_at_its_characters(written):
    clean, places = marked(HEAD + written)
    assert told(yaml(clean))[-1][1:] == places[-1]


def test_spans_of_yaml():
    text = (
        f"{HEAD}imports: {{a: 'x.rm'}}\n"
        "nodes:\n  m:\n    aggregate: mean\n    members: [{of: r, weight: 2}]\n\n# end\n"
    )
    found = document(yaml(text))
    (node,) = found.compositions[0].nodes

    def cut(span):
        return text[span.start : span.end]

    assert (cut(found.imports[0].span), cut(found.imports[0].name_span)) == ("'x.rm'", "a")
    assert cut(found.compositions[0].name_span) == "main"
    assert cut(node.span) == "m:\n    aggregate: mean\n    members: [{of: r, weight: 2}]"
    assert cut(node.name_span) == "m"
    assert isinstance(node, ir.Aggregate)
    assert cut(node.members[0].span) == "r, weight: 2}"


# ---- comments and bounds ---------------------------------------------------------------------------------------------


def test_comments():
    text = (
        "# head\nrmcompose: 1 # version\ncomposition: a#b\ndoc: 'no # comment'\nreturns: bool\n"
        "return: |  # block\n  # formula comment\n  true\n# end"
    )
    found = yaml(text)
    assert [(one.text, one.own_line) for one in found.comments] == [
        ("# head", True),
        ("# version", False),
        ("# block", False),
        ("# end", True),
    ]


def test_expansion_is_bounded():
    lines = ["a: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert [code for code, *_ in told(yaml("\n".join(lines)))] == ["RM155"]


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "{a: " * 50_000, "- " * 5_000, "a:\n" + "".join(" " * i + "a:\n" for i in range(1, 300))]
)
def test_depth_is_bounded(text):
    assert [code for code, *_ in told(yaml(text))] == ["RM155"]


def test_nested_formulas_are_bounded():
    nested = "{if: a, then: 1, else: " * 110 + "2" + "}" * 110
    assert [code for code, *_ in told(yaml(f"{HEAD}return: {nested}\n"))] == ["RM155"]
