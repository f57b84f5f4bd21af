"""The layout of `.rm`: lines, indentation, spaces and columns. Tokens and comments go through as they are.

The author decides the order of statements, single empty lines, and whether a `{ … }` or `( … )` takes one line or
several. The layout decides everything else: two spaces of indentation, one space between words, columns for the parts
of neighbouring lines of one kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rmcompose.diagnostics import Source
from rmcompose.syntax import grammar, literals, words
from rmcompose.syntax.builder import Builder
from rmcompose.syntax.built import Value
from rmcompose.syntax.feeding import Failure, feed
from rmcompose.syntax.parsed import Comment
from rmcompose.syntax.place import in_file
from rmcompose.syntax.tokens import Lexed, lex

if TYPE_CHECKING:
    from lark import Token

INDENT = "  "
CONTINUED = INDENT * 2

_OPENING = frozenset({"LBRACE", "LPAR", "LSQB"})
_CLOSING = frozenset({"RBRACE", "RPAR", "RSQB"})
_ENDS_VALUE = words.NAME_TERMINALS | {
    *("NUMBER", "TEXT", "RAW", "BLOCK", "TRUE", "FALSE", "RESULT", "PART", "RPAR", "RSQB", "RBRACE")
}
_BREAKS_AROUND = frozenset(
    {"PLUS", "MINUS", "STAR", "SLASH", "COMPARE", "IN", "AND", "OR", "NOT", "MISSING", "THEN", "ELSE", "BECAUSE", "IF"}
)
"""Beside these a line break of the author is kept; elsewhere in a formula it is not."""
_BREAKS_AFTER = _BREAKS_AROUND | {"EQUAL", "THEN_ARROW", "RETURN", "REQUIRE"}


class NotGrammatical(ValueError):
    """The text has syntax errors: there is nothing to lay out."""


def layout(text: str) -> str:
    """The text with canonical layout.

    Raises:
        NotGrammatical: It does not parse.
    """
    lexed = lex(text, in_file(Source("", text)))
    marks = _Marks(lexed)
    with grammar.building(marks):
        found = feed("document", lexed.tokens)
    if isinstance(found, Failure) or lexed.wounds:
        raise NotGrammatical
    return _written(_Lines(_units(text, lexed.tokens, lexed.comments()), marks).run())


class _Marks(Builder):
    """A parse that only notes where the items of blocks start and where their columns are."""

    def __init__(self, lexed: Lexed) -> None:
        super().__init__(lexed)
        self.items: dict[int, str] = {}
        """The kind of the item that starts at an offset. Neighbouring items of one kind share columns."""
        self.columns: dict[int, int] = {}
        """The offset of each token that starts a column, with that of its item."""

    def _mark(self, kind: str, c: Sequence[Any], *columns: Any) -> None:
        first = next(one for one in c if isinstance(one, Value) or one.type != "DOC")
        self.items[first.start_pos] = kind
        self.columns.update((one.start_pos, first.start_pos) for one in columns)

    def import_(self, c: list[Any]) -> Value:
        self._mark("import", c, c[2])
        return super().import_(c)

    def composition(self, c: list[Any]) -> Value:
        self._mark("composition", c)
        return super().composition(c)

    def input(self, c: list[Any]) -> Value:
        code = _code(c)
        self._mark("input", c, code[3], *code[4::2])
        return super().input(c)

    def param(self, c: list[Any]) -> Value:
        code = _code(c)
        self._mark("param", c, code[3], code[4])
        return super().param(c)

    def rule(self, c: list[Any]) -> Value:
        self._node(c)
        return super().rule(c)

    def compose(self, c: list[Any]) -> Value:
        self._node(c)
        return super().compose(c)

    def aggregate(self, c: list[Any]) -> Value:
        self._node(c)
        return super().aggregate(c)

    def let(self, c: list[Any]) -> Value:
        self._node(c)
        return super().let(c)

    def _node(self, c: list[Any]) -> None:
        code = _code(c)
        equal = next(one for one in code if not isinstance(one, Value) and one.type == "EQUAL")
        self._mark("node", c, code[1], equal)

    def judge(self, c: list[Any]) -> Value:
        self._mark("judge", c)
        return super().judge(c)

    def argument(self, c: list[Any]) -> Value:
        self._mark("argument", c, c[1])
        return super().argument(c)

    def setting(self, c: list[Any]) -> Value:
        self._mark("setting", c, c[1])
        return super().setting(c)

    def option(self, c: list[Any]) -> Value:
        self._mark("option", c)
        return super().option(c)

    def rubric(self, c: list[Any]) -> Value:
        self._mark("rubric", c)
        return super().rubric(c)

    def criterion(self, c: list[Any]) -> Value:
        self._mark("criterion", c, *c[2::2])
        return super().criterion(c)

    def verdict(self, c: list[Any]) -> Value:
        self._mark("verdict", c, c[2])
        return super().verdict(c)

    def example(self, c: list[Any]) -> Value:
        self._mark("example", c)
        return super().example(c)

    def shown(self, c: list[Any]) -> Value:
        self._mark("shown", c, c[1])
        return super().shown(c)

    def member(self, c: list[Any]) -> Value:
        self._mark("member", c, *c[2:3])
        return super().member(c)

    def require(self, c: list[Any]) -> Value:
        self._mark("require", c)
        return super().require(c)

    def return_(self, c: list[Any]) -> Value:
        self._mark("return", c)
        return super().return_(c)

    def test(self, c: list[Any]) -> Value:
        self._mark("test", c)
        return super().test(c)

    def given(self, c: list[Any]) -> Value:
        self._mark("given", c, c[2])
        return super().given(c)

    def stub(self, c: list[Any]) -> Value:
        self._mark("stub", c, c[2])
        return super().stub(c)

    def expect(self, c: list[Any]) -> Value:
        self._mark("expect", c)
        return super().expect(c)

    def arm(self, c: list[Any]) -> Value:
        self._mark("arm", c, c[2])
        return super().arm(c)

    def otherwise(self, c: list[Any]) -> Value:
        self._mark("arm", c, c[1])
        return super().otherwise(c)


def _code(children: list[Any]) -> list[Any]:
    return [child for child in children if isinstance(child, Value) or child.type != "DOC"]


# ---- units: tokens and comments in one row ---------------------------------------------------------------------------


@dataclass(slots=True)
class _Unit:
    """A token, or a comment on its own line. `newlines` are those before it in the source."""

    kind: str
    text: str
    start: int
    newlines: int
    broken: bool = False
    """For an opening bracket: whether what it holds takes several lines."""
    comment: str = ""
    """The comment that follows on the same line."""
    code: _Unit | None = None
    """The next token."""

    @property
    def is_comment(self) -> bool:
        return self.kind in ("COMMENT", "DOC")


def _units(text: str, tokens: Sequence[Token], comments: Sequence[Comment]) -> list[_Unit]:
    row = [(token.start_pos or 0, token.type, str(token), True) for token in tokens]
    row += [(one.span.start, "COMMENT", one.text, one.own_line) for one in comments]
    units: list[_Unit] = []
    end = 0
    for start, kind, written, own_line in sorted(row):
        if kind == "COMMENT" and not own_line and units and not units[-1].is_comment:
            units[-1].comment = written
        else:
            newlines = text.count("\n", end, start)
            units.append(_Unit(kind, written.rstrip(literals.BLANK_END) if kind == "DOC" else written, start, newlines))
        end = start + len(written)
    _settle(units)
    return units


def _settle(units: Sequence[_Unit]) -> None:
    """Finds the token after each unit, and the brackets whose content takes several lines."""
    code: _Unit | None = None
    for unit in reversed(units):
        unit.code = code
        code = code if unit.is_comment else unit
    open_: list[tuple[_Unit, bool]] = []
    statement = ""
    for unit in units:
        if open_ and (unit.newlines or unit.is_comment or (unit.kind == "BLOCK" and "\n" in unit.text)):
            open_[-1][0].broken = True
        if unit.kind in words.STATEMENT_TERMINALS:
            statement = unit.kind
        if unit.kind in _OPENING:
            unit.broken = unit.kind == "LBRACE" and statement in ("COMPOSITION", "TEST")
            open_.append((unit, False))
            if unit.kind == "LBRACE":
                statement = ""
        elif unit.kind in _CLOSING:
            closed, several = open_.pop()
            if open_ and (closed.broken or several):
                outer, _ = open_[-1]
                open_[-1] = outer, True
                outer.broken = outer.broken or outer.kind == "LBRACE"
        if open_ and unit.comment:
            open_[-1][0].broken = True


# ---- lines -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Line:
    """`kind` and `item` are those of the item that starts the line, if one does."""

    indent: str
    kind: str = ""
    item: int = -1
    cells: list[str] = field(default_factory=lambda: [""])
    comment: str = ""
    empty_before: bool = False


@dataclass(slots=True)
class _Frame:
    """An open bracket: the indentation of the line it stands on, and whether its content takes several lines."""

    kind: str
    indent: str
    broken: bool


class _Lines:
    """Puts units on lines."""

    def __init__(self, units: Sequence[_Unit], marks: _Marks) -> None:
        self._units = units
        self._marks = marks
        self._frames: list[_Frame] = []
        self._lines: list[_Line] = []
        self._last: _Unit | None = None
        """The last token."""
        self._after_sign = False
        """Whether it is a minus that belongs to what follows."""

    def run(self) -> list[_Line]:
        """The lines of all units."""
        before: _Unit | None = None
        for unit in self._units:
            if unit.is_comment:
                # between items it stands where they do, inside one it is set off
                between = self._starts_element(unit.code) or (unit.code is None or unit.code.kind in _CLOSING)
                self._begin(unit, before, self._inner if between else self._inner + CONTINUED)
                self._lines[-1].cells[-1] = unit.text
            else:
                self._token(unit, before)
            before = unit
        return self._lines

    def _token(self, unit: _Unit, before: _Unit | None) -> None:
        frame = self._frames[-1] if self._frames else None
        closes = unit.kind in _CLOSING
        if frame is not None and not frame.broken:
            if unit.kind == "COMMA" and unit.code is not None and unit.code.kind in _CLOSING:
                return  # a comma after the last element is for elements on lines of their own
            self._continue(unit)
        elif frame is not None and closes:
            self._begin(unit, before, frame.indent)
        elif self._starts_element(unit):
            self._begin(unit, before, self._inner)
        elif before is None or before.is_comment or before.comment or self._keeps_break(unit):
            self._begin(unit, before, self._inner + CONTINUED)
        else:
            self._continue(unit)
        if unit.kind == "BLOCK" and "\n" in unit.text:
            self._block(unit)
        else:
            self._lines[-1].cells[-1] += unit.text
        if closes:
            self._frames.pop()
        elif unit.kind in _OPENING:
            self._frames.append(_Frame(unit.kind, self._lines[-1].indent, unit.broken))
        self._lines[-1].comment = unit.comment
        self._after_sign = unit.kind == "MINUS" and not self._ended_value()
        self._last = unit

    def _ended_value(self) -> bool:
        last = self._last
        return last is not None and last.kind in _ENDS_VALUE and not self._is_weight_word(last)

    @property
    def _inner(self) -> str:
        """The indentation of what the innermost bracket of several lines holds."""
        return next((frame.indent + INDENT for frame in reversed(self._frames) if frame.broken), "")

    def _starts_element(self, unit: _Unit | None) -> bool:
        """Whether a token starts an item of a block, or an element of a list, in a bracket of several lines."""
        if unit is None:
            return True
        if self._last is None or self._last.kind in _OPENING or self._last.kind == "COMMA":
            return True
        kind = self._marks.items.get(unit.start, "argument")
        return kind != "argument" and (not self._frames or self._frames[-1].kind == "LBRACE")

    def _keeps_break(self, unit: _Unit) -> bool:
        assert self._last is not None
        return unit.newlines > 0 and (unit.kind in _BREAKS_AROUND or self._last.kind in _BREAKS_AFTER)

    def _begin(self, unit: _Unit, before: _Unit | None, indent: str) -> None:
        """Starts a new line with this unit."""
        empty = before is not None and self._empty_before(unit, before)
        kind = self._marks.items.get(unit.start, "")
        self._lines.append(_Line(indent, kind, unit.start, empty_before=empty))

    def _empty_before(self, unit: _Unit, before: _Unit) -> bool:
        """Whether an empty line goes before this one: the author's, or the one between the parts of a file."""
        head = unit.code if unit.is_comment else unit
        if not self._frames and not before.is_comment and head is not None and self._parts(before, head):
            return True
        if unit.newlines < 2 or before.kind in _OPENING or before.kind == "DOC" or unit.kind in _CLOSING:
            return False
        return not self._frames or self._frames[-1].kind == "LBRACE"

    @staticmethod
    def _parts(before: _Unit, head: _Unit) -> bool:
        """Whether an empty line parts what comes from what was, at the top of a file."""
        return head.kind == "COMPOSITION" or (head.kind == "IMPORT" and before.kind == "NUMBER")

    def _continue(self, unit: _Unit) -> None:
        """Puts a column, a space or nothing between the last token and this one."""
        line = self._lines[-1]
        if self._marks.columns.get(unit.start) == line.item:
            line.cells.append("")
        else:
            line.cells[-1] += self._gap(unit)

    def _gap(self, unit: _Unit) -> str:
        last = self._last
        assert last is not None
        kind, before = unit.kind, last.kind
        if before == "LBRACE" or kind == "RBRACE":
            return "" if before == "LBRACE" and kind == "RBRACE" else " "
        if self._frames and self._frames[-1].kind == "LBRACE" and unit.start in self._marks.items:
            return "  "
        if before in ("LPAR", "LSQB") or kind in ("RPAR", "RSQB", "COMMA", "COLON", "PART") or self._after_sign:
            return ""
        if kind in ("LPAR", "LSQB") and (before == "PART" or before in words.NAME_TERMINALS):
            return " " if self._is_weight_word(last) else ""
        return " "

    def _is_weight_word(self, unit: _Unit) -> bool:
        """Whether `weight` is the word of a member or criterion here, not a name."""
        return unit.kind == "WEIGHT" and unit.start in self._marks.columns

    def _block(self, unit: _Unit) -> None:
        """A text of several lines, indented with the line it starts on."""
        indent = self._lines[-1].indent + INDENT
        written = literals.write_block(literals.read_block(unit.text[3:-3]), indent)
        first, *middle, last = (written or unit.text).split("\n")
        self._lines[-1].cells[-1] += first
        self._lines += [_Line("", cells=[line]) for line in middle]
        # what follows the text hangs on its last line
        self._lines.append(_Line(indent, cells=[last[len(indent) :]]) if written else _Line("", cells=[last]))


def _written(lines: Sequence[_Line]) -> str:
    """The text of the lines, with columns where neighbours share them."""
    groups: list[list[_Line]] = []
    for line in lines:
        last = groups[-1][-1] if groups else None
        if last and line.kind and (line.kind, line.indent) == (last.kind, last.indent) and not line.empty_before:
            groups[-1].append(line)
        else:
            groups.append([line])
    return "".join(f"{text}\n" for group in groups for text in _aligned(group))


def _aligned(group: Sequence[_Line]) -> Iterator[str]:
    columns = max(len(line.cells) for line in group) - 1
    widths = [max(len(line.cells[k]) for line in group if len(line.cells) > k + 1) for k in range(columns)]
    for line in group:
        if line.empty_before:
            yield ""
        cells = [cell.ljust(widths[k]) for k, cell in enumerate(line.cells[:-1])]
        text = line.indent + " ".join([*cells, line.cells[-1]])
        yield f"{text}  {line.comment}" if line.comment else text
