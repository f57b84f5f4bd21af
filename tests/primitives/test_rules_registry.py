"""The registry: look-up, registration, what it refuses, and that it stays cheap to import."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rmcompose.primitives import registry
from rmcompose.primitives.catalogue import BUILT_IN, SUBJECTS
from rmcompose.primitives.describe import describe, format_signature
from rmcompose.primitives.failure import RuleError
from rmcompose.primitives.packages import PACKAGES
from rmcompose.primitives.registry import RuleSignature, data, register, setting

GALLERY = {
    "accuracy",
    "f1_score",
    "rouge",
    "number_accuracy",
    "math_verify_reward",
    "code_syntax_check",
    "code_style",
    "code_patch_similarity",
    "reasoning_format",
    "reasoning_tool_call_format",
    "length_penalty",
    "ngram_repetition_penalty",
    "privacy_leakage",
}


@pytest.fixture(autouse=True)
def _untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.signatures()
    monkeypatch.setattr(registry, "_rules", dict(registry._rules))
    monkeypatch.setattr(registry, "_aliases", dict(registry._aliases))


def found(name: str) -> RuleSignature:
    rule = registry.signature(name)
    assert rule is not None
    return rule


def test_the_rules_of_rm_gallery_are_there_by_name() -> None:
    assert set(registry.names()) >= GALLERY
    assert registry.signature("acuracy") is None


def test_signatures_come_sorted_by_name() -> None:
    assert [rule.name for rule in registry.signatures()] == sorted(registry.names())


def test_kinds_defaults_and_requirements_come_from_the_function() -> None:
    @register(
        "shout",
        returns="float",
        low=0,
        high=2,
        arguments={
            "text": data("text", "it"),
            "mark": setting("what to count"),
            "prior": data("label", "x", optional=True),
        },
        aliases=("yell",),
    )
    def shout(
        text: str, mark: str, prior: str | None = None, weight: float = 0.5, flags: list[str] | None = None
    ) -> float:
        """How loud."""
        return 1.0

    rule = found("yell")
    assert rule is found("shout")
    assert rule.doc == "How loud."
    assert rule.range == (0.0, 2.0)
    assert [(a.name, a.kind, a.role, a.required, a.default) for a in rule.arguments] == [
        ("text", "text", "text", False, None),
        ("mark", "text", None, True, None),
        ("prior", "text", "label", False, None),
        ("weight", "float", None, False, 0.5),
        ("flags", "list", None, False, None),
    ]
    prior = rule.argument("prior")
    assert prior is not None
    assert prior.optional


def test_an_undeclared_parameter_named_like_a_role_is_data() -> None:
    @register("plain", returns="bool")
    def plain(text: str, reference: str, threshold: int = 3) -> bool:
        return True

    assert [a.role for a in found("plain").arguments] == ["text", "reference", None]
    assert found("plain").range == (0.0, 1.0)


def test_a_name_is_taken_once() -> None:
    register("mine", returns="bool")(lambda text: True)
    with pytest.raises(ValueError, match="`mine` is already registered"):
        register("mine", returns="bool")(lambda text: False)
    with pytest.raises(ValueError, match="`accuracy` is already registered"):
        register("accuracy", returns="bool")(lambda text: False)
    registry.add(found("mine"))
    register("mine", returns="bool", replace=True)(lambda text: False)
    assert found("mine").bind()(text="") is False


def test_an_alias_hides_no_rule_and_no_alias() -> None:
    register("first", returns="bool", aliases=("one",))(lambda text: True)
    with pytest.raises(ValueError, match="alias `one`"):
        register("second", returns="bool", aliases=("one",))(lambda text: True)
    with pytest.raises(ValueError, match="alias `accuracy`"):
        register("second", returns="bool", aliases=("accuracy",))(lambda text: True)
    with pytest.raises(ValueError, match="`one` is already registered"):
        register("one", returns="bool")(lambda text: True)


def test_a_declaration_that_does_not_fit_its_function_is_refused() -> None:
    with pytest.raises(ValueError, match="no parameter `txt`"):
        register("odd", returns="bool", arguments={"txt": data("text", "")})(lambda text: True)
    with pytest.raises(ValueError, match="must be an ordinary parameter"):
        register("odd", returns="bool")(lambda *texts: True)
    with pytest.raises(ValueError, match="empty range"):
        register("odd", returns="float", low=1, high=0)(lambda text: 0.0)
    assert registry.signature("odd") is None


def test_bind_sets_constants_once() -> None:
    prepared: list[dict[str, Any]] = []

    def prepare(size: int) -> Any:
        prepared.append({"size": size})
        return lambda text: len(text) * size

    register("sized", returns="int", low=0, high=math.inf, prepare=prepare)(lambda text, size: 0)
    call = found("sized").bind(size=2)
    assert [call(text="ab"), call(text="abc")] == [4, 6]
    assert prepared == [{"size": 2}]
    assert found("length_penalty").bind(min_length=4)(text="ab") == pytest.approx(-0.02)
    assert found("word_count").bind() is found("word_count").function


def test_a_user_rule_before_any_look_up_meets_the_built_in_ones() -> None:
    program = """
from rmcompose.primitives.registry import register
try:
    register("accuracy", returns="bool")(lambda text: True)
except ValueError as fault:
    print(fault)
"""
    assert "already registered" in _run(program)


def test_looking_up_a_rule_imports_no_heavy_library() -> None:
    program = """
import sys, json
from rmcompose.primitives import registry
registry.signatures()
heavy = {"re2", "jsonschema", "referencing", "sympy", "math_verify", "tiktoken", "jieba", "pydantic"}
print(json.dumps(sorted(heavy & set(sys.modules))))
"""
    assert json.loads(_run(program)) == []


def _run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_a_signature_reads_as_one_line() -> None:
    assert format_signature(found("length_penalty")) == (
        "length_penalty(text: text = response, min_length: int = 10, max_length: int = 1000,"
        " penalty_rate: float = 0.01) -> float[-inf, 0]"
    )
    assert format_signature(found("contains")) == (
        "contains(text: text = response, value: text, ignore_case: bool = false) -> bool"
    )
    assert format_signature(found("word_count")) == "word_count(text: text = response) -> int[0, inf]"


def test_a_description_is_json_without_infinities() -> None:
    for rule in registry.signatures():
        described = json.loads(json.dumps(describe(rule), allow_nan=False))
        assert described["name"] == rule.name
        assert len(described["arguments"]) == len(rule.arguments)
    length = describe(found("length_penalty"))
    assert (length["low"], length["high"]) == (None, 0.0)
    assert length["arguments"][0]["binds_to"] == "response"


def test_a_rule_error_carries_its_kind() -> None:
    assert RuleError("x").kind == "rule_error"
    assert RuleError("x", "timeout").kind == "timeout"


def test_the_index_of_built_in_rules_is_complete() -> None:
    registry.signatures()
    held = {
        name: rule.function.__module__.removeprefix("rmcompose.primitives.")
        for rule in registry.signatures()
        if rule.function.__module__.startswith("rmcompose.primitives.")
        for name in (rule.name, *rule.aliases)
    }
    assert held == BUILT_IN
    said = [entry for modules in SUBJECTS.values() for entries in modules.values() for entry in entries]
    for entry in said:
        alias, is_alias, name = entry.partition(" = ")
        assert not is_alias or found(alias) is found(name)
    assert len(said) == len(BUILT_IN)
    assert all(list(entries) == sorted(entries) for modules in SUBJECTS.values() for entries in modules.values())


def test_packages_and_extras_are_those_of_the_project() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    always = {_distribution(line) for line in project["dependencies"]}
    extras = {name: {_distribution(line) for line in lines} for name, lines in project["optional-dependencies"].items()}
    for package, known in PACKAGES.items():
        assert package in (extras[known.extra] if known.extra else always), package
    named = {package for rule in registry.signatures() for package in rule.needs}
    assert named | {"tiktoken", "jieba"} == set(PACKAGES)
    assert set(extras) - {"all", "dev", "detoxify", "transformers"} == {  # torch is for those who ask for it
        line.strip() for line in project["optional-dependencies"]["all"][0].split("[")[1].rstrip("]").split(",")
    }


def _distribution(line: str) -> str:
    return re.split(r"[^\w.-]", line, maxsplit=1)[0]


def test_a_text_or_several_and_what_a_group_is_given() -> None:
    @register("near", returns="bool")
    def near(text: str, reference: str | list[str], either: list[str] | str = "") -> bool:
        return True

    @register("among", returns="float", level="group", arguments={"names": setting("", constant=True)})
    def among(
        text: list[str], ok: list[bool], size: list[float] | None = None, names: list[str] | None = None
    ) -> list[float]:
        return []

    assert [a.kind for a in found("near").arguments] == ["text", "texts", "texts"]
    assert [a.kind for a in found("among").arguments] == ["text", "bool", "float", "list"]
    assert found("among").level == "group"
