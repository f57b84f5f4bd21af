"""Pictures of rules: every number in them is the rule's own, and a rule that fails gets a line and no traceback."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import pytest

import rmcompose as rm
from rmcompose.primitives import registry
from rmcompose.primitives.packages import MissingPackage, require
from rmcompose.primitives.pictures import example, marks, picture
from rmcompose.primitives.pictures.declared import Curve, Unpictured, curve, variants
from rmcompose.primitives.pictures.picture import Picture, evaluate, picture_of
from rmcompose.primitives.pictures.variants import EXAMPLE, OTHER, changes
from rmcompose.primitives.registry import RuleSignature, register, signature, signatures

NAMES = [rule.name for rule in signatures()]


def rule_of(name: str) -> RuleSignature:
    rule = signature(name)
    assert rule is not None
    return rule


@pytest.fixture(autouse=True)
def _no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "SECONDS", math.inf)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it."""
    monkeypatch.setattr(registry, "_rules", dict(registry._rules))
    monkeypatch.setattr(registry, "_aliases", dict(registry._aliases))


def rows(drawn: Picture) -> dict[str, Any]:
    return {row.label: row.outcome.value for row in drawn.rows}


# ---- every rule ------------------------------------------------------------------------------------------------------


def _call(rule: RuleSignature, drawn: dict[str, Any], changed: dict[str, Any]) -> Any:
    """What the rule's own function gives, or the text of its refusal."""
    answers = {"answers": rule.answers} if drawn["why"] and rule.answers else {}
    try:
        return rule.function(**{**drawn["arguments"], **changed}, **answers)
    except rm.RuleError as error:
        return " ".join(str(error).split())


@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_what_the_rule_gives(name: str) -> None:
    rule = rule_of(name)
    drawn = picture_of(rule).to_dict()
    json.dumps(drawn, allow_nan=False)
    assert drawn["rows"] or drawn["curves"] or drawn["why"]
    if rule.level == "group":
        values = _call(rule, drawn, {})
        assert [row["value"] for row in drawn["rows"]] == values
        return
    for row in drawn["rows"]:
        assert (row["unscored"] if row["value"] is None else row["value"]) == _call(rule, drawn, row["changed"])
    for line in drawn["curves"]:
        declared = rule.picture
        assert isinstance(declared, Curve)
        points = line["points"] + ([line["example"]] if line["example"] else [])
        for place, value in points:
            made = declared.make(place) if declared.make else place
            assert value == _call(rule, drawn, {**line["changed"], line["argument"]: made})


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_in_the_picture_with_its_value(name: str) -> None:
    rule = rule_of(name)
    expected = rule.example.rpartition(" -> ")[2]
    drawn = picture_of(rule)
    found = [line.example[1].value for line in drawn.lines[:1] if line.example is not None]
    found += [row.outcome.value for row in drawn.rows if row.label == EXAMPLE]
    if rule.level == "group":
        found = [[row.outcome.value for row in drawn.rows]]
    if not found:
        assert drawn.why
        return
    (value,) = found
    wanted = {"true": True, "false": False}.get(expected)
    assert value == pytest.approx(json.loads(expected) if wanted is None else wanted, abs=1e-12)


def test_only_what_cannot_be_run_here_has_no_picture() -> None:
    without = {name for name in NAMES if not (drawn := picture_of(rule_of(name))).rows and not drawn.lines}
    needy = set()
    for name in NAMES:
        try:
            require(name, rule_of(name).needs)
        except MissingPackage:
            needy.add(name)
    assert without - needy == {"code_execution", "code_tests"}
    for name in without:
        assert picture_of(rule_of(name)).why


@pytest.mark.parametrize("name", [one.name for one in signatures() if isinstance(one.picture, Curve)])
def test_a_curve_rises_or_falls_somewhere(name: str) -> None:
    for line in picture_of(rule_of(name)).lines:
        assert len({outcome.value for _, outcome in line.points}) > 1
        assert 2 <= len(line.points) <= picture.POINTS
        places = [place for place, _ in line.points]
        assert places == sorted(set(places))


def test_two_changes_of_an_example_are_never_the_same() -> None:
    for rule in signatures():
        given = example.read(rule)
        assert given is not None
        tried = [{**given, **changed} for _, changed in changes(rule, given)]
        assert all(one != other for one, other in itertools.combinations(tried, 2)), rule.name
        labels = [label for label, _ in changes(rule, given)]
        assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_shows_a_difference(name: str) -> None:
    """What the empty text does is not enough: some other change must make the value another."""
    drawn = picture_of(rule_of(name))
    if not drawn.rows or drawn.why:
        return
    assert len({repr(row.outcome.value) for row in drawn.rows if row.label != "empty"}) > 1


# ---- against a run ---------------------------------------------------------------------------------------------------

COMPILED = {
    "rouge_l": "rouge_l()",
    "token_f1": "token_f1()",
    "edit_similarity": "edit_similarity()",
    "json_valid": "json_valid()",
    "contains_all": 'contains_all(values = ["red", "green", "blue", "grey"])',
    "regex_match": 'regex_match(pattern = "^Answer: \\\\d+$")',
    "number_nearness": "number_nearness(zero_at = 0.5)",
    "citation_coverage": "citation_coverage()",
}


@pytest.mark.parametrize("name", list(COMPILED))
def test_a_compiled_spec_gives_the_same(name: str, tmp_path) -> None:
    rule = rule_of(name)
    kind = rule.returns if rule.returns == "bool" else "float"
    path = tmp_path / "one.rm"
    path.write_text(f"rmcompose 1\ncomposition one -> {kind} {{\n  rule r = {COMPILED[name]}\n  return r\n}}\n")
    reward = rm.load(path)
    drawn = picture_of(rule).to_dict()
    samples = [(row["changed"].get("text", drawn["arguments"]["text"]), row["value"]) for row in drawn["rows"]]
    declared = rule.picture
    if isinstance(declared, Curve):
        assert declared.make is not None
        samples += [(declared.make(place), value) for place, value in drawn["curves"][0]["points"]]
    assert len(samples) > 4
    for text, value in samples:
        row = {"prompt": "q", "response": text, "reference": drawn["arguments"].get("reference", "")}
        assert reward.scores([row]) == [[value]]


# ---- what is tried and marked ----------------------------------------------------------------------------------------


def test_changes_of_a_text_with_a_reference() -> None:
    assert changes(rule_of("token_f1"), {"text": "a b", "reference": "a c"}) == [
        (EXAMPLE, {}),
        ("the reference", {"text": "a c"}),
        ("last word missing", {"text": "a"}),
        ("words reversed", {"text": "b a"}),
        ("upper case", {"text": "A B"}),
        ("said twice", {"text": "a b a b"}),
        ("other words", {"text": OTHER}),
        ("empty", {"text": ""}),
    ]


def test_changes_of_calls_and_of_a_conversation() -> None:
    one, two = {"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": "{}"}
    assert changes(rule_of("tool_call_f1"), {"tool_calls": [one, two], "reference": []}) == [
        (EXAMPLE, {}),
        ("last call missing", {"tool_calls": [one]}),
        ("reversed", {"tool_calls": [two, one]}),
        ("made twice", {"tool_calls": [one, two, one, two]}),
        ("another argument", {"tool_calls": [{"name": "f", "arguments": {"a": 1, "q": 9}}, two]}),
        ("another tool", {"tool_calls": [{"name": "other_tool", "arguments": {"a": 1}}, two]}),
        ("no calls", {"tool_calls": []}),
    ]
    calls = {"role": "assistant", "tool_calls": [{"id": "1"}, {"id": "2"}]}
    replies = [{"role": "tool", "tool_call_id": "1"}, {"role": "tool", "tool_call_id": "2"}]
    tried = dict(changes(rule_of("step_count"), {"trace": [calls, *replies]}))
    assert tried["one call only"] == {"trace": [{"role": "assistant", "tool_calls": [{"id": "1"}]}, replies[0]]}
    assert tried["first message only"] == {"trace": [calls]}


def _row(marked: marks.Marked | None) -> list[tuple[str, str]]:
    assert marked is not None
    return [(piece.text, piece.mark) for piece in marked.pieces]


def test_words_in_common_in_order_and_elsewhere() -> None:
    found = marks.shared("the cat is on it", "The cat, on the mat", "words")
    assert found is not None
    assert [(one.text, one.reference, one.mark, one.reference_mark) for one in found.pieces] == [
        ("the ", "The ", "^", "^"),
        ("cat ", "cat", "^", "^"),
        ("is ", ", ", "", ""),
        ("on ", "on ", "^", "^"),
        ("it", "the ", "", ""),
        ("", "mat", "", ""),
    ]
    swapped = marks.shared("b a", "a b", "words")
    assert swapped is not None
    assert sorted(one.mark for one in swapped.pieces) == ["", "^", "~"]
    assert [said for _, said in swapped.legend] == [
        "words that both have, in this order",
        "words that the other has elsewhere",
    ]
    assert marks.shared("", "a", "words") is None


def test_a_word_is_marked_when_the_value_is_another_without_it() -> None:
    def without(text: str) -> int | None:
        return None if "c" not in text else text.count("a") - text.count("b")

    assert _row(marks.influence("a b, c x", without("a b, c x"), without)) == [
        ("a", "^"),
        (" ", ""),
        ("b", "v"),
        (",", ""),
        (" ", ""),
        ("c", "!"),
        (" ", ""),
        ("x", ""),
    ]
    assert marks.influence("x y", 0, lambda _: 0) is None
    assert marks.influence("x " * 61, 0, lambda _: 1) is None
    assert marks.influence("", 0, lambda _: 1) is None


# ---- rules of the user -----------------------------------------------------------------------------------------------


def test_a_rule_that_says_nothing_of_pictures_is_varied(own: None) -> None:
    @register("please", returns="bool", example='please(text = "please do") -> true')
    def please(text: str) -> bool:
        """Whether it says please."""
        return "please" in text

    drawn = picture_of(rule_of("please"))
    assert rows(drawn) == {
        EXAMPLE: True,
        "last word missing": True,
        "first half": False,
        "words reversed": True,
        "upper case": False,
        "said twice": True,
        "talk around it": True,
        "empty": False,
    }
    assert drawn.marked is not None
    assert [(one.text, one.mark) for one in drawn.marked.pieces if one.mark] == [("please", "^")]


def test_a_rule_without_example_is_tried_with_a_text_of_ours(own: None) -> None:
    @register("same_start", returns="float", low=0, high=1)
    def same_start(text: str, reference: str, weight: float = 0.5) -> float:
        """Half for the same first word."""
        return weight * (text.split()[:1] == reference.split()[:1])

    drawn = picture_of(rule_of("same_start"))
    assert drawn.stock
    assert rows(drawn)["a text of ours"] == 0.5
    assert rows(drawn)["words reversed"] == 0.0
    assert EXAMPLE not in rows(drawn)


def test_a_rule_that_needs_more_than_texts_or_is_heavy_is_not_guessed_at(own: None) -> None:
    called: list[str] = []

    @register("heavy", returns="float", cost=2)
    def heavy(text: str) -> float:
        called.append(text)
        return 1.0

    @register("rowed", returns="float")
    def rowed(metadata: dict[str, Any]) -> float:
        return 1.0

    for name in ("heavy", "rowed"):
        drawn = picture_of(rule_of(name))
        assert (drawn.rows, drawn.lines, drawn.why) == ((), (), "it has no example")
    assert called == []


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (KeyError("boom\nx"), "the rule raises KeyError: 'boom\\nx'"),
        (rm.RuleError("no\nwords"), "no words"),
        (RecursionError(), "the rule raises RecursionError:"),
        (1.5, "1.5 is outside [0, 1]"),
        (math.nan, "the value is not a finite number"),
        (None, "the value is NoneType, not a number"),
        ("x", "the value is str, not a number"),
    ],
)
def test_a_rule_that_fails_gets_a_line(own: None, value: Any, fault: str) -> None:
    @register("odd", returns="float", low=0, high=1, example='odd(text = "x y") -> 1')
    def odd(text: str) -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    drawn = picture_of(rule_of("odd"))
    assert drawn.rows
    assert {(row.outcome.value, row.outcome.fault) for row in drawn.rows} == {(None, fault)}
    assert drawn.marked is None


@pytest.mark.parametrize("written", ["odd(x y", "odd('x')", "odd(text = open('x'))", "odd", "-> 1", "odd(**{'a': 1})"])
def test_an_example_that_cannot_be_read_is_said_to_be(own: None, written: str) -> None:
    register("odd", returns="bool", example=written)(lambda text: True)
    drawn = picture_of(rule_of("odd"))
    assert (drawn.rows, drawn.why.startswith("its example is not")) == ((), True)


def test_a_group_has_a_row_a_response(own: None) -> None:
    @register(
        "shortest", returns="float", low=0, high=1, level="group", example='shortest(text = ["a", "bb"]) -> [1, 0]'
    )
    def shortest(text: list[str]) -> list[float]:
        return [float(len(one) == min(map(len, text))) for one in text]

    @register("too_few", returns="float", level="group", example='too_few(text = ["a", "bb"]) -> [1, 0]')
    def too_few(text: list[str]) -> list[float]:
        return [1.0]

    assert rows(picture_of(rule_of("shortest"))) == {"response 0": 1.0, "response 1": 0.0}
    (row,) = picture_of(rule_of("too_few")).rows
    assert row.outcome.fault == "the rule does not give as many values as there are responses"


def test_a_picture_of_a_slow_rule_is_cut_short_and_says_so(own: None) -> None:
    drawn = picture_of(rule_of("token_f1"), seconds=-1)
    assert rows(drawn) == {EXAMPLE: pytest.approx(2 / 3)}
    assert drawn.why == "the rule is slow, and not all that was to be tried has been"
    curved = picture_of(rule_of("length_band"), seconds=-1)
    assert [len(line.points) for line in curved.lines] == [1]
    assert curved.why == drawn.why
    assert not picture_of(rule_of("token_f1")).why


def test_a_package_that_is_not_installed_is_named(own: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rmcompose.primitives.packages.is_installed", lambda package: package != "rapidfuzz")
    drawn = picture_of(rule_of("edit_distance"))
    assert (drawn.rows, drawn.why) == ((), "it needs the package `rapidfuzz`: pip install 'rmcompose[text]'")


def test_a_model_is_not_asked() -> None:
    drawn = picture_of(rule_of("entailment"))
    assert [(row.outcome.value, row.outcome.said) for row in drawn.rows] == [(0.75, rule_of("entailment").answered)]
    assert drawn.why == "it asks a model at an endpoint of yours (docs/models.md): nothing is asked here"


def test_what_a_rule_declares(own: None) -> None:
    with pytest.raises(ValueError, match="two ends"):
        curve("x", 1, 1, over="x")
    shown = variants("none", also=(("loud", {"text": "A B!"}),))
    register("marks", returns="int", picture=shown, example='marks(text = "a!") -> 1')(lambda text: text.count("!"))
    drawn = picture_of(rule_of("marks"))
    assert drawn.marked is None
    assert list(rows(drawn).items())[:2] == [(EXAMPLE, 1), ("loud", 1)]
    register("none", returns="int", picture=Unpictured("it phones home"), example='none(text = "a!") -> 1')(
        lambda text: 1
    )
    assert picture_of(rule_of("none")) == Picture(0.0, 1.0, why="it phones home")


def test_settings_are_bound_and_data_passed() -> None:
    schema = '{"type": "object"}'
    assert evaluate(rule_of("json_schema"), {"text": "{}", "schema": schema}).value is True
    assert evaluate(rule_of("json_schema"), {"text": "[]", "schema": schema}).value is False
