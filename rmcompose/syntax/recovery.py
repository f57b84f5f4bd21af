"""What can be read of a broken file: it is cut at the words that begin statements, and each piece is read alone.

Those words are reserved, so a piece never begins inside another statement and one mistake costs one statement. Each
piece is read from the start symbol `statement`. Braces say where a composition ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rmcompose.diagnostics import Diagnostic, Label, nearest
from rmcompose.ir import Composition, Document, Import
from rmcompose.ir.reserved import STATEMENTS
from rmcompose.syntax import words
from rmcompose.syntax.builder import Builder
from rmcompose.syntax.built import Broken, TooDeep, Value
from rmcompose.syntax.feeding import Failure, feed
from rmcompose.syntax.limits import MAX_DEPTH, MAX_FAULTS
from rmcompose.syntax.tokens import Lexed, span_of

if TYPE_CHECKING:
    from lark import Token


# ---- what to say about a failure -------------------------------------------------------------------------------------


def tell(failure: Failure, tokens: Sequence[Token], lexed: Lexed, builder: Builder) -> None:
    """Adds the one diagnostic of a failure, unless a token before it is itself wrong: then that was told."""
    start = tokens[0].start_pos or 0 if tokens else 0
    at_end = failure.index >= len(tokens)
    stop = (tokens[-1].end_pos or 0) if at_end and tokens else 0 if at_end else tokens[failure.index].end_pos or 0
    if lexed.wounded(start, stop) or len(builder.faults) >= MAX_FAULTS:
        return
    builder.faults.append(_at_end(failure, tokens, lexed) if at_end else _at_token(failure, tokens, lexed))


def _at_end(failure: Failure, tokens: Sequence[Token], lexed: Lexed) -> Diagnostic:
    if not tokens:
        return Diagnostic("RM101", f"expected {words.one_of(words.expected(failure.expected))}", lexed.place(0, 0))
    opened = _unclosed(tokens)
    if opened is not None and opened.type == "LBRACE":
        return unclosed_block(opened, lexed)
    last = tokens[-1]
    labels = (Label(span_of(opened, lexed), "opened here"),) if opened is not None else ()
    choices = words.expected(failure.expected)
    message = (
        f"expected {words.one_of(choices)} after `{_shown(last)}`" if choices else f"unexpected end after `{last}`"
    )
    return Diagnostic("RM101", message, span_of(last, lexed), labels=labels)


def _at_token(failure: Failure, tokens: Sequence[Token], lexed: Lexed) -> Diagnostic:
    token = tokens[failure.index]
    here = span_of(token, lexed)
    after = tokens[failure.index + 1].type if failure.index + 1 < len(tokens) else ""
    is_word = token.type in words.RESERVED_TERMINALS
    if is_word and "NAME" in failure.expected and after in ("EQUAL", "COLON", "ARROW", "LBRACE", "RPAR", "COMMA"):
        return Diagnostic("RM208", f"`{token}` is a reserved word", here, help=("choose another name",))
    before = tokens[failure.index - 1].type if failure.index else ""
    if token.type in ("COMPARE", "EQUAL", "FOREIGN_COMPARE") and _compared(tokens, failure.index):
        return Diagnostic("RM101", "comparisons do not chain", here, help=("write `a < b and b < c`",))
    if failure.healthy is not None:
        could_begin = token.type in words.NAME_TERMINALS and tokens[0].type in words.STATEMENT_TERMINALS | {"DOC"}
        near = nearest(str(token), STATEMENTS) if could_begin else None
        return Diagnostic("RM101", f"unexpected `{_shown(token)}`", here, help=_meant(near))
    choices = words.expected(failure.expected)
    if not choices:
        return Diagnostic("RM101", f"unexpected `{_shown(token)}`", here)
    help_words = [one.strip("`") for one in choices if one.startswith("`") and one.strip("`").isalpha()]
    near = nearest(str(token), help_words) if token.type in words.NAME_TERMINALS else None
    advice = _meant(near) or _advice(tokens, failure.index, before)
    return Diagnostic("RM101", f"expected {words.one_of(choices)}, found `{_shown(token)}`", here, help=advice)


def _meant(near: str | None) -> tuple[str, ...]:
    return (f"did you mean `{near}`?",) if near else ()


def _advice(tokens: Sequence[Token], index: int, before: str) -> tuple[str, ...]:
    kind, statement = tokens[index].type, next((token.type for token in tokens if token.type != "DOC"), "")
    if kind == "EQUAL" and before == "RUBRIC":
        return ('write `rubric "…"`, without `=`',)
    if kind in ("COMMA", "RPAR") and statement in ("RULE", "COMPOSE") and before in ("NAME", "PART"):
        return ("name each argument: `text = response`",)
    if kind == "COMMA":
        return ("the parts of a block need nothing between them",)
    if statement == "AGGREGATE" and before == "NAME" and index > 1 and tokens[index - 2].type in ("LBRACE", "NAME"):
        return (f"write `member {tokens[index - 1]}`",)
    return ()


def _compared(tokens: Sequence[Token], index: int) -> bool:
    """Whether a comparison stands before this token in the same expression."""
    depth = 0
    for token in reversed(tokens[:index]):
        if token.type in ("RPAR", "RSQB", "RBRACE"):
            depth += 1
        elif token.type in ("LPAR", "LSQB", "LBRACE"):
            depth -= 1
            if depth < 0:
                return False
        elif depth == 0 and token.type == "COMPARE":
            return True
        elif depth == 0 and token.type in words.RESERVED_TERMINALS | {"COMMA", "EQUAL"}:
            return False
    return False


def unclosed_block(opened: Token, lexed: Lexed) -> Diagnostic:
    """RM102 at the brace that opens."""
    return Diagnostic("RM102", "block is not closed", span_of(opened, lexed), help=("close it with `}`",))


def _shown(token: Token) -> str:
    text = str(token).split("\n")[0]
    return text if len(text) <= 40 else f"{text[:37]}…"


def _unclosed(tokens: Sequence[Token]) -> Token | None:
    """The innermost bracket that is open at the end."""
    open_: list[Token] = []
    for token in tokens:
        if token.type in ("LBRACE", "LPAR", "LSQB"):
            open_.append(token)
        elif token.type in ("RBRACE", "RPAR", "RSQB") and open_:
            open_.pop()
    return open_[-1] if open_ else None


# ---- the pieces of a file --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    """A composition whose `}` has not come yet."""

    opened: Token
    values: tuple[str, Token, Value, Value] | None
    """Its doc, first token, name and type; None where its header could not be read."""
    name: str | None
    body: list[Value] = field(default_factory=list)


def recover(lexed: Lexed, builder: Builder) -> Document:
    """Every healthy statement of a text that does not parse as a whole. Faults go to the (active) builder."""
    return _Recovery(lexed, builder).run()


class _Recovery:
    def __init__(self, lexed: Lexed, builder: Builder) -> None:
        self._lexed = lexed
        self._builder = builder
        self._imports: list[Import] = []
        self._compositions: list[Composition] = []
        self._open: _Open | None = None
        self._closed: tuple[Token, _Open, bool] | None = None
        """The brace that closed the last composition, that composition, and whether the brace may be a stray one."""

    def run(self) -> Document:
        head, pieces = _cut(self._lexed.tokens)
        self._head(head)
        for piece in pieces:
            self._piece(piece)
        if self._open is not None:
            self._unclosed_composition(self._lexed.tokens[-1])
        return Document(imports=tuple(self._imports), compositions=tuple(self._compositions))

    def _head(self, tokens: list[Token]) -> None:
        if not tokens or tokens[0].type != "RMCOMPOSE":
            return  # told as RM002
        found = feed("document", tokens)
        if isinstance(found, Failure):
            tell(found, tokens, self._lexed, self._builder)

    def _piece(self, piece: list[Token]) -> None:
        keyword = next(token for token in piece if token.type != "DOC")
        if keyword.type == "COMPOSITION":
            self._composition(piece, keyword)
            return
        if keyword.type == "IMPORT":
            if self._open is not None:
                message, advice = "`import` stands inside a composition", "imports stand before the compositions"
                self._fault(Diagnostic("RM101", message, span_of(keyword, self._lexed), help=(advice,)))
            value, rest, _ = self._read(piece)
            if value is not None and isinstance(value.what, Import):
                self._imports.append(value.what)
            elif (name := _declared(piece)) is not None:
                self._builder.poisoned.setdefault("", set()).add(name)
            self._after(rest)
            return
        if self._open is None:
            self._reopen(keyword)
        value, rest, failed = self._read(piece)
        self._keep(value, piece, keyword)
        self._after(rest, failed=failed)

    def _read(self, piece: list[Token]) -> tuple[Value | None, list[Token], bool]:
        """The value of a piece up to the brace that closes its composition, and the tokens from that brace on."""
        end = _closing(piece)
        tokens, rest = piece[:end], piece[end:]
        try:
            found = feed("statement", tokens)
        except TooDeep as deep:
            message = f"the expression nests more than {MAX_DEPTH} levels deep"
            self._fault(Diagnostic("RM155", message, deep.span, help=("name its parts with `let`",)))
            return None, rest, True
        if isinstance(found, Failure):
            tell(found, tokens, self._lexed, self._builder)
            return found.healthy, rest, True
        return found, rest, False

    def _keep(self, value: Value | None, piece: list[Token], keyword: Token) -> None:
        if value is None:
            value = Value(Broken(str(keyword), _declared(piece)), keyword.start_pos or 0, keyword.end_pos or 0)
        elif nearly := _misspelt(piece, value):
            self._add(Value(nearly, keyword.start_pos or 0, keyword.end_pos or 0))
        self._add(value)

    def _add(self, value: Value) -> None:
        if self._open is not None:
            self._open.body.append(value)

    # ---- compositions ------------------------------------------------------------------------------------------------

    def _composition(self, piece: list[Token], keyword: Token) -> None:
        if self._open is not None:
            self._unclosed_composition(keyword)
        brace = next((i for i, token in enumerate(piece) if token.type == "LBRACE"), None)
        header = piece if brace is None else piece[: brace + 1]
        opened = header[-1]
        name = _declared(piece)
        values: tuple[str, Token, Value, Value] | None = None
        closing = opened.update(type="RBRACE", value="}")
        found = feed("statement", [*header, closing])
        if isinstance(found, Failure):
            if found.index > len(header) or (brace is None and found.index == len(header)):
                found = Failure(len(header), found.expected, None)
            tell(found, header, self._lexed, self._builder)
        else:
            made: Composition = found.what
            assert made.name_span is not None
            name_value = Value(made.name, made.name_span.start, made.name_span.end)
            values = (made.doc, keyword, name_value, Value(made.returns, 0, 0))
        if values is None and name is not None:
            self._builder.poisoned.setdefault("", set()).add(name)
        self._open = _Open(opened, values, name)
        self._closed = None
        if brace is not None:
            end = _closing(piece[brace + 1 :]) + brace + 1
            if junk := piece[brace + 1 : end]:
                self._unexpected(junk[0])
            self._after(piece[end:], failed=bool(junk))

    def _after(self, rest: list[Token], *, failed: bool = False) -> None:
        """What follows a statement: the brace that closes the composition, then nothing."""
        if not rest:
            return
        brace, junk = rest[0], rest[1:]
        if self._open is None:
            self._unexpected(brace)
            return
        self._closed = (brace, self._open, failed)
        if junk:
            self._unexpected(junk[0])
        self._finish(brace)

    def _finish(self, last: Token) -> None:
        composition, self._open = self._open, None
        if composition is None or composition.values is None:
            return
        doc, first, name, returns = composition.values
        self._compositions.append(self._builder.assemble(doc, first, name, returns, composition.body, last))

    def _reopen(self, keyword: Token) -> None:
        """A statement after its composition was closed: the brace was one too many; or one that never had one."""
        if self._closed is None:
            self._fault(
                Diagnostic(
                    "RM101",
                    f"`{keyword}` stands outside a composition",
                    span_of(keyword, self._lexed),
                    help=("statements stand between the `{` and `}` of a `composition`",),
                )
            )
            self._open = _Open(keyword, None, None)
            return
        brace, self._open, failed = self._closed
        self._closed = None
        if self._open.values is not None:
            self._compositions.pop()
        if not failed:
            self._unexpected(brace)

    def _unclosed_composition(self, last: Token) -> None:
        assert self._open is not None
        opened = self._open.opened
        if opened.type == "LBRACE" and not self._swallowed(opened, last):
            self._fault(unclosed_block(opened, self._lexed))
        self._finish(last)

    def _swallowed(self, opened: Token, last: Token) -> bool:
        """Whether a text that is not closed may have taken the brace with it."""
        return any(
            token.type.startswith("UNCLOSED_") and "}" in token
            for token in self._lexed.tokens
            if (opened.start_pos or 0) <= (token.start_pos or 0) <= (last.start_pos or 0)
        )

    # ---- faults ------------------------------------------------------------------------------------------------------

    def _unexpected(self, token: Token) -> None:
        if not self._lexed.wounded(token.start_pos or 0, token.end_pos or 0):
            self._fault(Diagnostic("RM101", f"unexpected `{_shown(token)}`", span_of(token, self._lexed)))

    def _fault(self, fault: Diagnostic) -> None:
        if len(self._builder.faults) < MAX_FAULTS:
            self._builder.faults.append(fault)


_NAMED = frozenset({"EQUAL", "COLON", "ARROW"})
_NAMING = words.STATEMENT_TERMINALS | {"LPAR", "COMMA", "GIVEN", "STUB", "CRITERION"}
"""After one of the second and before one of the first, a reserved word was meant as a name: it begins no statement."""


def _cut(tokens: list[Token]) -> tuple[list[Token], list[list[Token]]]:
    """The tokens before the first statement, and one list for each statement with its `##` lines."""
    head: list[Token] = []
    pieces: list[list[Token]] = []
    current = head
    docs: list[Token] = []
    for index, token in enumerate(tokens):
        after = tokens[index + 1].type if index + 1 < len(tokens) else ""
        if token.type == "DOC":
            docs.append(token)
            continue
        before = tokens[index - 1].type if index else ""
        if token.type in words.STATEMENT_TERMINALS and not (after in _NAMED and before in _NAMING):
            current = [*docs]
            pieces.append(current)
        docs = []
        current.append(token)
    return head, pieces


def _closing(tokens: Sequence[Token]) -> int:
    """The index of the brace that closes more than the tokens open; their count where there is none."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.type == "LBRACE") - (token.type == "RBRACE")
        if depth < 0:
            return index
    return len(tokens)


def _declared(piece: Sequence[Token]) -> str | None:
    """The name a broken statement would have declared."""
    tokens = [token for token in piece if token.type != "DOC"]
    if tokens[0].type == "IMPORT":
        place = next((i for i, token in enumerate(tokens) if token.type == "AS"), len(tokens))
    elif tokens[0].type in ("REQUIRE", "RETURN", "TEST"):
        return None
    else:
        place = 0
    if place + 1 >= len(tokens):
        return None
    name = tokens[place + 1]
    return str(name) if name.type in words.NAME_TERMINALS | words.RESERVED_TERMINALS else None


def _misspelt(piece: Sequence[Token], value: Value) -> Broken | None:
    """What a statement with a misspelt first word, left over after a healthy one, would have declared."""
    left = [token for token in piece if (token.start_pos or 0) >= value.end_pos]
    if not left or left[0].type not in words.NAME_TERMINALS:
        return None
    keyword = nearest(str(left[0]), STATEMENTS)
    return Broken(keyword, _declared_after(left)) if keyword is not None else None


def _declared_after(left: Sequence[Token]) -> str | None:
    return str(left[1]) if len(left) > 1 and left[1].type in words.NAME_TERMINALS else None
