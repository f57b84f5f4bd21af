"""One mistake is one diagnostic, at its place, and costs one statement. `⟨` marks where."""

from __future__ import annotations

import pytest

from rmcompose.syntax.limits import MAX_FAULTS
from tests.syntax.support import body, marked, rm, told

MISTAKES = [
    # what is written, its codes, the nodes that are healthy, the names that are poisoned
    ("let y = 1\n⟨retrun y", ["RM101"], "y", ""),
    ("let x = 3\nlet ⟨if = 2\nreturn x", ["RM208"], "x", "if"),
    ("let ⟨rule = 3\nreturn 1", ["RM208"], "", "rule"),
    ("let x = f(⟨input = 3)\nreturn 1", ["RM208"], "", "x"),
    ("rule x ⟨accuracy()\nlet y = 0.5 ⟨*\nlet z = x ⟨&& y\nreturn y", ["RM101", "RM101", "RM105"], "z", "x y"),
    ("judge j: score[0, 1] ⟨{\n  votes = 3\nreturn j", ["RM102"], "", "j"),
    ("judge j: score[0, 1] { ⟨modle = 3 }\nreturn j", ["RM204"], "j", ""),
    ('judge j: score[0, 1] { ⟨rubric = "x" }\nreturn j', ["RM204"], "j", ""),
    ('judge j: score[0, 1] { rubric "a" ⟨rubric "b" }\nreturn j', ["RM202"], "j", ""),
    ("aggregate m = mean { ⟨on_unscord = drop  member a }\nreturn m", ["RM204"], "m", ""),
    ("aggregate m = mean { member a⟨, member b }\nreturn m", ["RM101"], "", "m"),
    ("rule r = f(on_unscored = 1, ⟨on_unscored = 2)\nreturn r", ["RM202"], "r", ""),
    ("let x = 1 ⟨}\nlet y = 2\nreturn x", ["RM101"], "x y", ""),
    ("input a: ⟨string\nreturn 1", ["RM201"], "", "a"),
    ("input a: ⟨score\nreturn 1", ["RM101"], "", "a"),
    ("input a: ⟨text[0, 1]\nreturn 1", ["RM101"], "", "a"),
    ("input a: ⟨float[1]\nreturn 1", ["RM101"], "", "a"),
    ("input a: ⟨enum[1, 2]\nreturn 1", ["RM101"], "", "a"),
    ("rule r = ⟨accuracy\nreturn r", ["RM101"], "", "r"),
    ("rule r = accuracy(response⟨, 3)\nreturn r", ["RM101"], "", "r"),
    ("let x = a ⟨? b : c\nreturn x", ["RM105"], "x", ""),
    ("let x = if a then 1 ⟨elif b then 2 else 3\nreturn x", ["RM105"], "x", ""),
    ("let x = ⟨!a\nreturn x", ["RM105"], "x", ""),
    ("let x = a ⟨=== b\nreturn x", ["RM105"], "x", ""),
    ("let x = a ⟨= b\nreturn x", ["RM105"], "x", ""),
    ("let x = a ⟨|| b ⟨|| c\nreturn x", ["RM105", "RM105"], "x", ""),
    ("let x = ⟨'hi'\nlet y = 1⟨;\nreturn 1", ["RM101", "RM101"], "y", "x"),
    ('let x = ⟨"hi)\nlet y = 1\nreturn y', ["RM103"], "y", "x"),
    ('let x = f(⟨r"hi)\nlet y = 1\nreturn y', ["RM103"], "y", "x"),
    ("let x = min(1, ⟨2\nlet y = 1\nreturn y", ["RM101"], "y", "x"),
    ("let x = 1 < 2 ⟨< 3\nreturn 1", ["RM101"], "x", ""),
    ("param x: ⟨float\nreturn x", ["RM101"], "", "x"),
    ("return 1\n⟨return 2", ["RM202"], "", ""),
    ("let ⟨= 3\nlet y = 1\nreturn y", ["RM101"], "y", ""),
    ('⟨import "a.rm" as a\nlet y = 1\nreturn y', ["RM101"], "y", ""),
    ('require x ⟨because "no"\nlet y = 1\nreturn y', ["RM101"], "y", ""),
    ('test "t" { given x = ⟨y }\nlet y = 1\nreturn y', ["RM101"], "y", ""),
    ("let y = 1\n⟨lett x = 2\nreturn y", ["RM101"], "y", "x"),
]


@pytest.mark.parametrize(("text", "codes", "nodes", "poisoned"), MISTAKES, ids=lambda one: str(one)[:40])
def test_one_mistake_is_one_diagnostic(text, codes, nodes, poisoned):
    clean, places = marked(body(text))
    found = rm(clean)
    assert told(found) == [(code, *place) for code, place in zip(codes, places, strict=True)]
    assert found.document is not None
    (composition,) = found.document.compositions
    assert [node.name for node in composition.nodes] == nodes.split()
    assert found.poisoned.get("main", frozenset()) == set(poisoned.split())


FILES = [
    ("⟨", ["RM002"], "", ""),
    ("⟨hello world", ["RM002"], "", ""),
    ("⟨composition m -> float { return 1 }", ["RM002"], "m", ""),
    ("rmcompose ⟨2\ncomposition m -> float { return 1 }", ["RM002"], "", ""),
    ("rmcompose ⟨1.5.1\ncomposition m -> float { return 1 }", ["RM104"], "m", ""),
    ("⟨rmcompose\ncomposition m -> float { return 1 }", ["RM101"], "m", ""),
    ("rmcompose 1 ⟨}\n", ["RM101"], "", ""),
    ("rmcompose 1\n⟨let x = 1\nlet y = 2\n", ["RM101"], "", ""),
    ("rmcompose 1\ncomposition m -> float ⟨{ let x = 1\ncomposition n -> float { return 1 }", ["RM102"], "m n", ""),
    ("rmcompose 1\ncomposition m -> float ⟨{ let x = 1", ["RM102"], "m", ""),
    ("rmcompose 1\ncomposition ⟨-> float { return 1 }", ["RM101"], "", ""),
    ("rmcompose 1\ncomposition m ⟨{ return 1 }\ncomposition n -> bool { return m }", ["RM101"], "n", "m"),
    ("rmcompose 1\ncomposition m -> ⟨flot { return 1 }", ["RM201"], "m", ""),
    ("rmcompose 1\ncomposition m -> ⟨float\n let x = 1 return x }", ["RM101"], "", "m"),
    ("rmcompose 1\nimport ⟨foo as x\ncomposition m -> float { return x.y }", ["RM101"], "m", "x"),
    ('rmcompose 1\nimport ⟨"foo as x\ncomposition m -> float { return x.y }', ["RM103"], "m", ""),
    ('rmcompose 1\ncomposition m -> float { let x = 1 return ⟨"""abc }', ["RM103"], "m", ""),
    ('rmcompose 1\ncomposition m -> float { return ⟨"abc }', ["RM103"], "m", ""),
    ("rmcompose 1\ncomposition m -> float { return 1 } ⟨foo bar", ["RM101"], "m", ""),
]


@pytest.mark.parametrize(("text", "codes", "compositions", "poisoned"), FILES, ids=lambda one: str(one)[:40])
def test_mistakes_of_whole_files(text, codes, compositions, poisoned):
    clean, places = marked(text)
    found = rm(clean)
    assert told(found) == [(code, *place) for code, place in zip(codes, places, strict=True)]
    assert [one.name for one in (found.document.compositions if found.document else ())] == compositions.split()
    assert found.poisoned.get("", frozenset()) == set(poisoned.split())


def test_a_broken_return_is_known():
    found = rm(body("return 1 +"))
    assert [code for code, *_ in told(found)] == ["RM101"]
    assert found.broken_results == {"main"}


def test_messages_use_the_words_of_people():
    (fault,) = rm(body("let x = 0.5 *\nreturn 1")).diagnostics
    assert fault.message == "expected a value after `*`"
    (fault,) = rm(body("require x els 1\nreturn 1")).diagnostics
    assert (fault.message, fault.help) == ("expected `else`, found `els`", ("did you mean `else`?",))
    (fault,) = rm(body("input x y\nreturn 1")).diagnostics
    assert fault.message == "expected `:`, found `y`"
    (fault,) = rm(body("judge j: score[0, 1] { criterion a weight }\nreturn 1")).diagnostics
    assert fault.message == "expected a value, found `}`"
    (fault,) = rm(body('test "t" { given = 3 }\nreturn 1')).diagnostics
    assert fault.message == "expected a name, found `=`"


def test_no_message_names_a_terminal():
    for text, *_ in MISTAKES + FILES:
        for fault in rm(marked(text)[0]).diagnostics + rm(marked(body(text))[0]).diagnostics:
            words = fault.message.replace("RM", "").replace("U+", "")
            assert words == words.lower(), fault.message
            assert not fault.message.endswith("."), fault.message


def test_a_hopeless_file_is_told_briefly():
    found = rm(body("let\n" * 3_000))
    assert len(found.diagnostics) == MAX_FAULTS
