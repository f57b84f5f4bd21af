"""Analysis of any IR whatever gives diagnostics, never a traceback; readers and by-hand IR may hold anything."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from rmcompose import ir
from rmcompose.analysis import check_project
from rmcompose.diagnostics import Diagnostic
from rmcompose.diagnostics.catalogue import CATALOGUE
from rmcompose.ir.judging import SETTINGS
from tests import strategies

names = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "x.a",
        "a.b",
        "response",
        "prompt",
        "return",
        "drop",
        "self",
        "lib.self",
        "zzz",
        "accuracy",
        "if",
        "",
    ]
)
texts = st.sampled_from(["", "a", "(", " ", "math", "ü", "\x00"])
numbers = st.integers(-3, 3) | st.sampled_from([10**400, 0.5, 1e308, float("inf"), float("nan"), -0.0, 10**20])
constants = st.builds(lambda v: ir.Constant(value=v), st.booleans() | numbers | texts)


def _deeper(inner):
    several = st.lists(inner, max_size=4).map(tuple)
    functions = st.sampled_from([*ir.FUNCTIONS, "maximum", "accuracy", "mean"])
    arms = st.lists(st.builds(lambda w, t: ir.Arm(when=w, then=t), inner, inner), max_size=3).map(tuple)
    return st.one_of(
        st.builds(lambda i: ir.ListOf(items=i), several),
        st.builds(lambda o, a: ir.Unary(op=o, operand=a), st.sampled_from(["-", "not"]), inner),
        st.builds(lambda o, a, b: ir.Binary(op=o, left=a, right=b), st.sampled_from(ir.BINARY_OPERATORS), inner, inner),
        st.builds(lambda c, a, b: ir.If(condition=c, then=a, otherwise=b), inner, inner, inner),
        st.builds(lambda f, a: ir.Call(function=f, arguments=a), functions, several),
        st.builds(lambda s, a, o: ir.Route(subject=s, arms=a, otherwise=o), st.none() | inner, arms, st.none() | inner),
    )


expressions = st.recursive(constants | names.map(lambda n: ir.Name(name=n)), _deeper, max_leaves=8)
maybe = st.none() | expressions
types = st.builds(
    lambda k, bounds, choices: ir.Type(
        kind=k,
        low=bounds[0] if k in ("int", "float", "score") else None,
        high=bounds[1] if k in ("int", "float", "score") else None,
        choices=tuple(choices) if k == "enum" else (),
    ),
    st.sampled_from(["bool", "int", "float", "score", "text", "list", "enum"]),
    st.just((None, None)) | st.just((0, 1)) | st.tuples(numbers, numbers),
    st.lists(texts, max_size=3),
)
arguments = st.lists(
    st.builds(
        lambda n, v: ir.Argument(name=n, value=v),
        st.sampled_from(["a", "text", "value", "pattern", "reference", "schema", "generated"]),
        expressions,
    ),
    max_size=3,
).map(tuple)
callees = st.sampled_from(
    ["accuracy", "contains", "regex_match", "word_count", "nope", "self", "other", "lib.self", "x.y.z"]
)
nodes = st.one_of(
    st.builds(lambda n, v: ir.Let(name=n, value=v), names, expressions),
    st.builds(
        lambda n, t, r, a, o: ir.Rule(name=n, type=t, rule=ir.Callee(name=r), arguments=a, on_unscored=o),
        names,
        st.none() | types,
        callees,
        arguments,
        maybe,
    ),
    st.builds(
        lambda n, r, a, o: ir.Compose(name=n, target=ir.Callee(name=r), arguments=a, on_unscored=o),
        names,
        callees,
        arguments,
        maybe,
    ),
    st.builds(
        lambda n, f, p, m, o: ir.Aggregate(
            name=n,
            function=f,
            parameter=p,
            members=tuple(ir.Member(value=v, weight=w) for v, w in m),
            on_unscored=o,
        ),
        names,
        st.sampled_from([*ir.AGGREGATES, "maen"]),
        maybe,
        st.lists(st.tuples(expressions, maybe), max_size=3),
        maybe | st.just(ir.Name(name="drop")),
    ),
    st.builds(
        lambda n, t, s, r, c, v: ir.Judge(
            name=n,
            type=t,
            settings=tuple(ir.Setting(name=k, value=x) for k, x in s),
            rubric=r,
            criteria=tuple(ir.Criterion(name=k, weight=w, text="t") for k, w in c),
            verdicts=tuple(ir.Verdict(label=k, value=x) for k, x in v),
        ),
        names,
        types,
        st.lists(
            st.tuples(
                st.sampled_from([*SETTINGS, "temperatur"]),
                expressions | st.sampled_from(["checklist", "pairwise"]).map(lambda w: ir.Constant(value=w)),
            ),
            max_size=5,
        ),
        st.none() | texts,
        st.lists(st.tuples(names, maybe), max_size=2),
        st.lists(st.tuples(texts, expressions), max_size=2),
    ),
)
tests = st.builds(
    lambda g, s, e: ir.Test(
        name="t",
        given=tuple(ir.Given(name=n, value=v) for n, v in g),
        stubs=tuple(ir.Stub(name=n, value=v) for n, v in s),
        expects=tuple(e),
    ),
    st.lists(st.tuples(names, constants), max_size=2),
    st.lists(st.tuples(names, expressions), max_size=2),
    st.lists(expressions, max_size=2),
)
compositions = st.builds(
    lambda n, r, i, p, body, g, result, t: ir.Composition(
        name=n,
        returns=r,
        inputs=tuple(ir.Input(name=k, type=y, default=d) for k, y, d in i),
        params=tuple(ir.Param(name=k, type=y, default=d) for k, y, d in p),
        nodes=tuple(body),
        gates=tuple(ir.Gate(condition=c, otherwise=o) for c, o in g),
        result=result,
        tests=tuple(t),
    ),
    st.sampled_from(["self", "other", "if"]),
    types,
    st.lists(st.tuples(names, types, maybe), max_size=2),
    st.lists(st.tuples(names, types, expressions), max_size=2),
    st.lists(nodes, max_size=4),
    st.lists(st.tuples(expressions, expressions), max_size=2),
    maybe,
    st.lists(tests, max_size=1),
)
documents = st.builds(
    lambda c, i: ir.Document(compositions=tuple(c), imports=tuple(i)),
    st.lists(compositions, max_size=3),
    st.lists(
        st.builds(
            lambda n, p: ir.Import(name=n, path=p),
            st.sampled_from(["lib", "if"]),
            st.sampled_from(["main.rm", "none.rm", "/", "", "..", "a\x00"]),
        ),
        max_size=2,
    ),
)


@dataclass
class Read:
    document: ir.Document | None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    poisoned: dict[str, frozenset[str]] = field(default_factory=dict)
    broken_results: frozenset[str] = frozenset()


@settings(max_examples=150, deadline=None)
@given(st.none() | documents)
def test_any_document_gives_diagnostics(document):
    _analysed(document)


@settings(max_examples=100, deadline=None)
@given(strategies.documents())
def test_any_document_that_can_be_written_gives_diagnostics(document):
    _analysed(document)


def _analysed(document):
    found = check_project(None, "", lambda _source: Read(document))
    assert all(one.code in CATALOGUE for one in found.diagnostics)
    for one in found.diagnostics:
        assert one.severity == CATALOGUE[one.code].severity or one.code == "RM402"
    if any(one.is_error for one in found.diagnostics):
        return
    for name, checked in found.compositions.items():
        assert checked.composition.name == name
        assert sorted(checked.order) == sorted(checked.nodes) == sorted(n.name for n in checked.composition.nodes)
        assert all(value.low <= value.high for value in checked.nodes.values())
        assert all(value.kind != "error" for value in checked.nodes.values())
