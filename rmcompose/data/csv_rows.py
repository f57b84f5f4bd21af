"""CSV to rows: standard quoting, the `csv` module underneath, and a fault in one row costs that row only."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO

from rmcompose.data.cells import CsvText, parsed_cells
from rmcompose.data.errors import DataError, lowered
from rmcompose.data.lines import MAX_LINE, BadLine, decoded, numbered_lines


def csv_rows(stream: BinaryIO, path: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """The line where each row begins, with the row by the names of the first line, or with the fault of the row.

    An empty cell is a missing value and is left out, as is a column without a name.

    Raises:
        DataError: there is no readable header, or two columns have the same name.
    """
    lines = _Lines(stream)
    reader = csv.reader(lines, strict=True)
    header: list[str] | None = None
    while True:
        begin = lines.begin_row()
        try:
            cells = _next_cells(reader)
        except StopIteration:
            return
        except (BadLine, csv.Error) as error:
            fault = str(error) if isinstance(error, BadLine) else f"invalid CSV: {_csv_fault(error)}"
            if header is None:
                raise DataError(f"`{path}` has no readable header: {fault}") from None
            lines.give_back()
            yield begin, fault
            continue
        if not cells:
            continue
        if header is None:
            header = _checked_header(cells, path)
        elif len(cells) != len(header):
            yield begin, f"the row has {len(cells)} cells, the header has {len(header)}"
        else:
            row: dict[str, Any] = {n: CsvText(c) for n, c in zip(header, cells, strict=True) if n and c}
            yield begin, parsed_cells(row)


class _Lines:
    """The lines of a file as the `csv` module takes them. Those of a row that failed, but for its first, come again."""

    def __init__(self, stream: BinaryIO) -> None:
        self._source = numbered_lines(stream)
        self._again: deque[tuple[int, str]] = deque()
        self._taken: list[tuple[int, str]] = []
        self._size = 0
        self._number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._again:
            self._number, text = self._again.popleft()
        else:
            self._number, line = next(self._source)
            text = decoded(line)
        self._taken.append((self._number, text))
        self._size += len(text)
        if self._size > MAX_LINE:  # a quote that is never closed would otherwise take the whole file into memory
            raise BadLine(f"the row is longer than {MAX_LINE // (1024 * 1024)} MiB: is a quote left open?")
        return text

    def begin_row(self) -> int:
        """The number of the line where the next row begins."""
        self._taken.clear()
        self._size = 0
        return self._again[0][0] if self._again else self._number + 1

    def give_back(self) -> None:
        """Read the lines after the first of this row again: a quote left open must not swallow the rows behind it."""
        self._again.extendleft(reversed(self._taken[1:]))


def _next_cells(reader: Iterator[list[str]]) -> list[str]:
    # the limit of the csv module is one for the whole process and too small for long responses: it is lent, not taken
    usual = csv.field_size_limit(MAX_LINE)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(usual)


def _csv_fault(error: csv.Error) -> str:
    text = str(error)
    if "new-line" in text:
        return "a line ends in a lone carriage return"
    return "a quote is left open" if "unexpected end" in text else lowered(text)


def _checked_header(names: list[str], path: str) -> list[str]:
    twice = next((name for position, name in enumerate(names) if name and name in names[:position]), None)
    if twice is not None:
        raise DataError(f"`{path}` has two columns named `{twice}`")
    return names
