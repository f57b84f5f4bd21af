"""The words that cannot be names, whatever syntax a spec is written in."""

STATEMENTS = (
    "import",
    "composition",
    "input",
    "param",
    "rule",
    "judge",
    "compose",
    "aggregate",
    "let",
    "require",
    "return",
    "test",
)
"""The words that begin a statement, those of a file first."""

RESERVED = frozenset(
    {
        "rmcompose",
        *STATEMENTS,
        *("member", "stub", "expect"),
        *("if", "then", "else", "elif", "route", "when", "otherwise", "or", "and", "not", "in", "true", "false"),
    }
)
"""`weight`, `given`, `rubric` … are not among them: they mean something in one place and stay names elsewhere."""
