"""What healthy `.rm` means: precedence, literals, statements, spans."""

from __future__ import annotations

import pytest

from rmcompose import ir
from rmcompose.diagnostics import Source
from rmcompose.syntax import parse_expression, print_expression
from rmcompose.syntax.limits import MAX_CHARACTERS, MAX_DEPTH
from rmcompose.syntax.place import in_file
from tests.syntax.support import TWINS, at, body, document, formula, main, rm, text_of, told


def constant(value):
    return ir.Constant(value=value)


def name(text):
    return ir.Name(name=text)


# ---- expressions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a or b and c", "a or (b and c)"),
        ("not a and b", "(not a) and b"),
        ("not a == b", "not (a == b)"),
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a / b * c", "(a / b) * c"),
        ("-a * b", "(-a) * b"),
        ("-a ?? b", "-(a ?? b)"),
        ("a ?? b * c", "(a ?? b) * c"),
        ("a ?? b ?? c", "(a ?? b) ?? c"),
        ("a + b < c + d", "(a + b) < (c + d)"),
        ("a in [b] or c", "(a in [b]) or c"),
        ("if a then b else c + d", "if a then b else (c + d)"),
        ("if a then b else if c then d else e", "if a then b else (if c then d else e)"),
        ("route x { when a => b or c }", "route x { when a => (b or c) }"),
    ],
)
def test_precedence(text, grouped):
    assert formula(text) == formula(grouped)
    assert print_expression(formula(grouped)) == text


@pytest.mark.parametrize(
    "text", ["a < b < c", "a == b == c", "a in b in c", "not", "a not b", "1 + if a then b else c"]
)
def test_what_is_no_formula(text):
    found, faults = parse_expression(text, in_file(Source("main.rm", text)))
    assert found is None
    assert [fault.code for fault in faults] == ["RM101"]


def test_a_minus_before_a_bare_number_is_its_sign():
    assert formula("-1") == constant(-1)
    assert formula("-(1)") == ir.Unary(op="-", operand=constant(1))
    assert formula("--1") == ir.Unary(op="-", operand=constant(-1))
    assert formula("a -1") == ir.Binary(op="-", left=name("a"), right=constant(1))
    assert formula("x ?? -1.0") == ir.Binary(op="??", left=name("x"), right=constant(-1.0))


def test_numbers_keep_their_type():
    assert formula("1") == constant(1)
    assert formula("1.0") == constant(1.0)
    assert formula("1") != formula("1.0")
    assert formula("2e-3") == constant(0.002)
    assert formula("123456789012345678901234567890") == constant(123456789012345678901234567890)
    assert formula("true") == constant(True)
    assert formula("true") != formula("1")


@pytest.mark.parametrize(
    "text", ["1.2.3", "1_000", "0x10", "5%", "1e999", ".5", "5.", "1e", "9" * 400, "9" * 5000, "1a", "12days"]
)
def test_bad_numbers(text):
    found = rm(body(f"let x = {text}\nreturn x"))
    assert told(found) == [("RM104", 3, 9)]
    assert found.poisoned == {"main": frozenset({"x"})}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\n\t\r\"\\b"', 'a\n\t\r"\\b'),
        (r'"\u00e9\ud835\udcb3"', "é𝒳"),
        (r'r"\\boxed\{.+\}"', r"\\boxed\{.+\}"),
        ('""', ""),
        ('"""a"""', "a"),
        ('"""\n  a\n    b\n\n  c\n  """', "a\n  b\n\nc"),
        ('"""\n  a\n\n  """', "a\n"),
        ('"""a\n  b\n  c"""', "a\nb\nc"),
        ('"""say "hi" \\n"""', 'say "hi" \\n'),
        ('"""\r\n  a\r\n  b\r\n  """', "a\nb"),
    ],
)
def test_texts(text, value):
    assert formula(text) == constant(value)


@pytest.mark.parametrize("escape", [r"\q", r"\x41", r"\u12", r"\ud835", r"\'"])
def test_unknown_escapes(escape):
    assert told(rm(body(f'let x = "ab{escape}"\nreturn 1'))) == [("RM101", 3, 12)]


def test_contextual_words_are_names_elsewhere():
    found = main(
        "input weight: text\ninput rubric: float\nrule given = f(from = as, because = verdict)\n"
        "aggregate m = mean { member weight weight weight  member rubric }\nreturn criterion"
    )
    (m,) = [node for node in found.nodes if isinstance(node, ir.Aggregate)]
    assert m.members == (ir.Member(value=name("weight"), weight=name("weight")), ir.Member(value=name("rubric")))


def test_after_a_dot_any_word_may_follow():
    found = main("input a: text from metadata.return.rule\ncompose b = x.composition()\nreturn b.return")
    assert found.inputs[0].path == "metadata.return.rule"
    assert found.result == name("b.return")


def test_return_is_a_value_only_in_expect():
    (test,) = main('return 1\ntest "t" { expect return == 0.5  expect 1 < return }').tests
    assert test.expects[0] == ir.Binary(op="==", left=name("return"), right=constant(0.5))
    assert [code for code, *_ in told(rm(body("let x = 1 + return\nreturn x")))] == ["RM101", "RM101"]


# ---- statements ------------------------------------------------------------------------------------------------------


def test_docs_belong_to_the_next_declaration():
    found = main("## one\n##   two\n##\n## three\ninput a: text\n# no doc\n### no doc either\ninput b: text\nreturn 1")
    assert [one.doc for one in found.inputs] == ["one\n  two\n\nthree", ""]


def test_a_doc_that_documents_nothing_is_a_comment():
    found = rm(body("## a\nreturn 1\n## b"))
    assert [one.text for one in found.comments] == ["## a", "## b"]
    assert found.diagnostics == []


def test_comments_with_their_places():
    found = rm("# head\nrmcompose 1 # version\ncomposition m -> bool { return true }\n# end")
    assert [(one.text, one.own_line, at(one.span)) for one in found.comments] == [
        ("# head", True, (1, 1)),
        ("# version", False, (2, 13)),
        ("# end", True, (4, 1)),
    ]


def test_settings_of_a_judge_have_their_shapes():
    (judge,) = main(
        "judge j: score[0, 1] {\n  style = checklist\n  criteria_from = rubrics\n  given = [prompt, response,]\n"
        '  model = "m"\n  votes = 3\n  system """\n    Be fair.\n\n    """\n}\nreturn j'.replace("system", "system =")
    ).nodes
    assert isinstance(judge, ir.Judge)
    assert {one.name: one.value for one in judge.settings} == {
        "style": constant("checklist"),
        "criteria_from": name("rubrics"),
        "given": ir.ListOf(items=(name("prompt"), name("response"))),
        "model": constant("m"),
        "votes": constant(3),
        "system": constant("Be fair."),
    }


def test_on_unscored_is_not_an_argument():
    rule, compose, aggregate = main(
        "rule a = f(x = 1, on_unscored = 0.2)\ncompose b = c.d(on_unscored = 0)\n"
        "aggregate e = mean { on_unscored = drop  member a }\nreturn e"
    ).nodes
    assert isinstance(rule, ir.Rule)
    assert (rule.on_unscored, [one.name for one in rule.arguments]) == (constant(0.2), ["x"])
    assert isinstance(compose, ir.Compose)
    assert compose.on_unscored == constant(0)
    assert isinstance(aggregate, ir.Aggregate)
    assert aggregate.on_unscored == name("drop")


def test_spans():
    text = (
        'rmcompose 1\nimport "lib/a.rm" as a\ncomposition main -> score[0, 1] {\n'
        "  rule r = f(text = b + 1)\n  aggregate m = mean { member r weight 2 }\n"
        "  require r > 0 else 1\n  return route x { when 1 => min(r, 2) }\n}\n"
    )
    found = document(rm(text))

    def cut(span):
        assert span is not None
        return text[span.start : span.end]

    assert (cut(found.imports[0].span), cut(found.imports[0].name_span)) == ('"lib/a.rm"', "a")
    (composition,) = found.compositions
    rule, aggregate = composition.nodes
    assert cut(composition.name_span) == "main"
    assert (cut(rule.span), cut(rule.name_span)) == ("rule r = f(text = b + 1)", "r")
    assert isinstance(rule, ir.Rule)
    assert cut(rule.rule.span) == "f"
    assert (cut(rule.arguments[0].name_span), cut(rule.arguments[0].value.span)) == ("text", "b + 1")
    assert isinstance(aggregate, ir.Aggregate)
    assert (cut(aggregate.name_span), cut(aggregate.members[0].span)) == ("m", "r weight 2")
    assert cut(composition.gates[0].condition.span) == "r > 0"
    assert cut(composition.result.span) == "route x { when 1 => min(r, 2) }"
    call = composition.result.arms[0].then
    assert (cut(call.span), cut(call.name_span)) == ("min(r, 2)", "min")


def test_a_group_is_part_of_what_holds_it():
    text = "(a + b) * c"
    product = formula(text)
    assert isinstance(product, ir.Binary)
    assert (product.span.start, product.span.end) == (0, len(text))
    assert product.left.span.text == "a + b"


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.parent.name)
def test_the_worked_examples_are_healthy(path):
    document(rm(text_of(path)))


# ---- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "-" * 20_000 + "x",
        "not " * 20_000 + "x",
        " + ".join(["x"] * 20_000),
        "[" * 20_000 + "]" * 20_000,
        "f(" * 20_000 + "1" + ")" * 20_000,
        "if a then " * 200 + "1" + " else 2" * 200,
        "route { otherwise => " * 200 + "1" + "}" * 200,
    ],
    ids=lambda text: text[:8],
)
def test_deep_expressions_are_too_large(text):
    found = rm(body(f"let x = {text}\nlet y = 1\nreturn x"))
    assert [code for code, *_ in told(found)] == ["RM155"]
    assert found.poisoned == {"main": frozenset({"x"})}
    assert [node.name for node in found.document.compositions[0].nodes] == ["y"]


def test_parentheses_are_not_levels():
    assert formula("(" * 5_000 + "x" + ")" * 5_000) == name("x")


def test_the_deepest_expression_that_is_allowed():
    text = " + ".join(["x"] * MAX_DEPTH)
    assert print_expression(formula(text)) == text
    assert told(rm(body(f"return {text} + x"))) == [("RM155", 3, 8)]


def test_a_file_that_is_too_large():
    found = rm("#" * (MAX_CHARACTERS + 1))
    assert told(found) == [("RM155", 1, 1)]
    assert found.document is None


def test_many_statements():
    count = 2_000
    found = main("\n".join(f"let n{i} = 0.5 * n{i - 1} + 1" for i in range(count)) + "\nreturn n0")
    assert len(found.nodes) == count
