"""Hypothesis strategies for IR of every kind, for the laws.

What they make can be written in both syntaxes and reads back equal; it need not make sense: names may be unknown, types
may not fit. Normal forms that readers establish (prose without margins, ints within floats) are held.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from rmcompose import ir
from rmcompose.ir.judging import SETTINGS
from rmcompose.ir.reserved import RESERVED
from rmcompose.syntax.literals import prose

# names of the language itself, contextual words and look-alikes of YAML 1.1 values are names like any other
AWKWARD_NAMES = [
    "weight",
    "given",
    "rubric",
    "as",
    "from",
    "because",
    "no",
    "on",
    "yes",
    "null",
    "y",
    "e5",
    "_x",
    "min",
]
AWKWARD_TEXTS = [
    *("", " ", "no", "true", "false", "null", "~", "1", "-1.5", "1e5", "0x10", "2024-01-01", "12:30:00", "- a", "a: b"),
    *(
        "${x}",
        "a ${x} b",
        "${",
        "# no comment",
        "## no doc",
        'say "hi"',
        "it's",
        r"\\boxed\{.+\}",
        "back\\",
        "tab\there",
    ),
    *(
        "line\nline",
        "line\n",
        "\nline",
        " indented\nless",
        "a\n\n\nb\n\n",
        "trailing \nblank",
        '"""',
        'x"""y\nz',
        "\r\n",
    ),
    *(
        "\x00",
        "\x7f\x85\u2028\ufeff",
        "é𝒳",
        "'",
        '"',
        "&a *b",
        "{a}",
        "[a]",
        "key:",
        "---",
        "...",
        "%",
        "@",
        "`",
        "<<",
        "=",
    ),
]

plain_names = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True)
names = (plain_names | st.sampled_from(AWKWARD_NAMES)).filter(lambda name: name not in RESERVED)
"""Names that can be declared."""
paths = (
    st.lists(names | st.sampled_from(["return", "rule", "true"]), min_size=1, max_size=3)
    .map(".".join)
    .filter(lambda path: path.split(".")[0] not in RESERVED)
)
texts = st.text(max_size=12) | st.sampled_from(AWKWARD_TEXTS)
proses = texts.map(prose)
ints = st.integers(0, 1000) | st.integers(0, 10**40)
floats = st.floats(allow_nan=False, allow_infinity=False)
numbers = (
    ints | ints.map(lambda n: -n) | floats | st.sampled_from([0.0, 1.0, 1e16, 1e-5, 5e-324, 1.7976931348623157e308])
)


def constants() -> st.SearchStrategy[ir.Constant]:
    """Literals of every type."""
    return st.builds(ir.Constant, value=st.booleans() | numbers | texts)


def data() -> st.SearchStrategy[ir.Expression]:
    """What a test puts in: literals and lists of them."""
    return st.recursive(
        constants(), lambda inner: st.builds(ir.ListOf, items=st.lists(inner, max_size=3).map(tuple)), max_leaves=4
    )


def expressions(of: Sequence[str] = (), *, result: bool = False) -> st.SearchStrategy[ir.Expression]:
    """Formulas over the given names (any names, where none are given); with `result` also over `return`."""
    used = st.sampled_from(list(of)) if of else paths
    leaves: st.SearchStrategy[ir.Expression] = constants() | st.builds(ir.Name, name=used)
    if result:
        leaves |= st.just(ir.Name(name="return"))

    def extend(inner: st.SearchStrategy[ir.Expression]) -> st.SearchStrategy[ir.Expression]:
        several = st.lists(inner, max_size=3).map(tuple)
        arms = st.lists(st.builds(ir.Arm, when=inner, then=inner), max_size=3).map(tuple)
        return st.one_of(
            st.builds(ir.Unary, op=st.sampled_from(["-", "not"]), operand=inner),
            st.builds(ir.Binary, op=st.sampled_from(ir.BINARY_OPERATORS), left=inner, right=inner),
            st.builds(ir.ListOf, items=several),
            st.builds(ir.If, condition=inner, then=inner, otherwise=inner),
            st.builds(ir.Call, function=names, arguments=several),
            st.builds(ir.Route, subject=st.none() | inner, arms=arms, otherwise=st.none() | inner),
        )

    return st.recursive(leaves, extend, max_leaves=12)


def types() -> st.SearchStrategy[ir.Type]:
    """Every kind of type."""
    choices = st.lists(texts, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(ir.Type, kind=st.sampled_from(["bool", "int", "float", "text", "list"])),
        st.builds(ir.Type, kind=st.sampled_from(["int", "float", "score"]), low=numbers, high=numbers),
        st.builds(ir.Type, kind=st.just("enum"), choices=choices),
    )


def _unique(strategy: st.SearchStrategy, size: int = 3, by: str = "name") -> st.SearchStrategy[tuple]:
    return st.lists(strategy, max_size=size, unique_by=lambda node: getattr(node, by)).map(tuple)


def _arguments() -> st.SearchStrategy[tuple[ir.Argument, ...]]:
    allowed = names.filter(lambda name: name != "on_unscored")
    return _unique(st.builds(ir.Argument, name=allowed, value=expressions() | data()))


def _settings() -> st.SearchStrategy[tuple[ir.Setting, ...]]:
    def setting(name: str) -> st.SearchStrategy[ir.Setting]:
        shape = SETTINGS[name]
        text = st.builds(ir.Constant, value=proses if name == "system" else texts)
        values: dict[str, st.SearchStrategy[ir.Expression]] = {
            "word": st.builds(ir.Constant, value=st.sampled_from(shape.choices or ("x",)) | texts),
            "names": st.builds(ir.ListOf, items=st.lists(st.builds(ir.Name, name=paths), max_size=3).map(tuple)),
            "name": st.builds(ir.Name, name=paths),
            "text": text | st.builds(ir.Name, name=paths),
            "models": text | st.builds(ir.ListOf, items=st.lists(text, max_size=3).map(tuple)),
        }
        other = st.builds(ir.Constant, value=st.booleans() | numbers)
        return st.builds(
            ir.Setting, name=st.just(name), value=values.get(shape.shape, other | st.builds(ir.Name, name=paths))
        )

    return _unique(st.sampled_from(sorted(SETTINGS)).flatmap(setting), size=5)


def rules() -> st.SearchStrategy[ir.Rule]:
    return st.builds(
        ir.Rule,
        name=names,
        doc=proses,
        type=st.none() | types(),
        rule=st.builds(ir.Callee, name=paths),
        arguments=_arguments(),
        on_unscored=st.none() | expressions(),
    )


def judges() -> st.SearchStrategy[ir.Judge]:
    criterion = st.builds(ir.Criterion, name=names, weight=st.none() | expressions(), text=proses)
    return st.builds(
        ir.Judge,
        name=names,
        doc=proses,
        type=types(),
        settings=_settings(),
        rubric=st.none() | proses,
        criteria=_unique(criterion),
        verdicts=_unique(st.builds(ir.Verdict, label=texts, value=expressions()), by="label"),
        examples=st.lists(
            st.builds(ir.Example, fields=_unique(st.builds(ir.Given, name=paths, value=data()))), max_size=2
        ).map(tuple),
    )


def composes() -> st.SearchStrategy[ir.Compose]:
    return st.builds(
        ir.Compose,
        name=names,
        doc=proses,
        target=st.builds(ir.Callee, name=paths),
        arguments=_arguments(),
        on_unscored=st.none() | expressions(),
    )


def aggregates() -> st.SearchStrategy[ir.Aggregate]:
    plain = st.builds(ir.Member, value=st.builds(ir.Name, name=names), weight=expressions())
    member = st.builds(ir.Member, value=expressions(), weight=st.none() | expressions())
    return st.builds(
        ir.Aggregate,
        name=names,
        doc=proses,
        function=st.sampled_from(ir.AGGREGATES) | names,
        parameter=st.none() | expressions(),
        members=st.lists(member, max_size=3).map(tuple) | _unique(plain, by="value"),
        on_unscored=st.none() | expressions() | st.just(ir.Name(name="drop")),
    )


def lets() -> st.SearchStrategy[ir.Let]:
    return st.builds(ir.Let, name=names, doc=proses, value=expressions())


def statements() -> st.SearchStrategy[ir.Statement]:
    """Nodes of every kind."""
    return st.one_of(rules(), judges(), composes(), aggregates(), lets())


def inputs() -> st.SearchStrategy[ir.Input]:
    return st.builds(
        ir.Input, name=names, doc=proses, type=types(), path=st.none() | paths, default=st.none() | expressions()
    )


def params() -> st.SearchStrategy[ir.Param]:
    return st.builds(ir.Param, name=names, doc=proses, type=types(), default=expressions() | data())


def gates() -> st.SearchStrategy[ir.Gate]:
    return st.builds(ir.Gate, doc=proses, condition=expressions(), otherwise=expressions(), because=proses)


def tests() -> st.SearchStrategy[ir.Test]:
    return st.builds(
        ir.Test,
        name=texts,
        given=_unique(st.builds(ir.Given, name=names, value=data())),
        stubs=_unique(st.builds(ir.Stub, name=paths, value=data())),
        expects=st.lists(expressions(result=True), max_size=2).map(tuple),
    )


def compositions() -> st.SearchStrategy[ir.Composition]:
    """Compositions with statements of every kind."""
    return st.builds(
        ir.Composition,
        name=names,
        doc=proses,
        returns=types(),
        inputs=_unique(inputs(), 2),
        params=_unique(params(), 2),
        nodes=_unique(statements(), 4),
        gates=st.lists(gates(), max_size=2).map(tuple),
        result=st.none() | expressions(),
        tests=st.lists(tests(), max_size=2).map(tuple),
    )


def documents() -> st.SearchStrategy[ir.Document]:
    """Whole files."""
    return st.builds(
        ir.Document,
        imports=_unique(st.builds(ir.Import, name=names, path=texts), 2),
        compositions=_unique(compositions(), 2),
    )
