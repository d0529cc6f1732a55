"""Adds tables to the Markdown writer: rows between bars, or blocks where a table is mere layout."""

from dataclasses import dataclass, field
from typing import Final

from app.loaders.markdown import MarkdownWriter

MAX_COLUMNS: Final = 1_000  # https://html.spec.whatwg.org/#dom-tdth-colspan


@dataclass(slots=True)
class _Table:
    """A table that is open.

    Its first row tells what it is: one that holds headings, code or tables is mere layout. What
    stands in the cells of later rows is text, so that it stays under its header.
    """

    cells: list[str] = field(default_factory=list)
    # How many further rows each column is covered by a cell above.
    covered: dict[int, int] = field(default_factory=dict)
    columns_of_cell: int = 1
    rows_of_cell: int = 1
    rows: int = 0
    columns: int = 0
    has_rule: bool = False
    is_in_cell: bool = False
    is_layout: bool = False

    @property
    def holds_text(self) -> bool:
        """Whether a cell is open, and its blocks are text of that cell."""
        return self.is_in_cell and self.rows > 0

    def skip_covered(self) -> None:
        """Leaves the places empty that a cell above reaches into."""
        while self.covered.get(len(self.cells)):
            self.cells.append("")

    def add(self, text: str) -> None:
        """Puts the text of the open cell into the row."""
        column = len(self.cells)
        self.cells += [text] + [""] * (self.columns_of_cell - 1)
        if self.rows_of_cell > 1:
            covered = range(column, column + self.columns_of_cell)
            self.covered |= dict.fromkeys(covered, self.rows_of_cell)

    def take_row(self) -> list[str]:
        """The cells of the row, each in its column."""
        last = max(self.covered, default=-1)
        while len(self.cells) <= last:
            self.cells.append("")
        cells, self.cells = self.cells, []
        self.covered = {column: left - 1 for column, left in self.covered.items() if left > 1}
        return cells


class TableWriter(MarkdownWriter):
    """A Markdown writer whose blocks may stand in the cells of tables."""

    def __init__(self) -> None:
        super().__init__()
        self._tables: list[_Table] = []
        self._nested = 0  # tables in a cell of a table of data: their cells are text of that cell

    def begin_table(self) -> None:
        """Opens a table. One in the first row makes the table around it a layout."""
        if self._nested or self._holds_text():
            self._nested += 1
            return
        self._make_layout()
        self.close()
        self._tables.append(_Table())
        self._last_kind = ""

    def begin_cell(self, columns: int = 1, rows: int = 1) -> None:
        """Opens a cell of the current row, which reaches over some columns and rows."""
        if self._nested:
            self._words.append(" ")
            return
        self.close()
        if self._tables:
            table = self._tables[-1]
            table.skip_covered()
            table.columns_of_cell = max(1, min(columns, MAX_COLUMNS - len(table.cells)))
            table.rows_of_cell = rows
            table.is_in_cell = not table.is_layout

    def end_cell(self) -> None:
        """Closes the cell."""
        if self._nested:
            self._drop_blanks()
            self._words.append(",")
        elif self._is_in_cell():
            self._tables[-1].is_in_cell = False
            self._tables[-1].add(self._take())
        else:
            self.close()

    def end_row(self, *, is_header: bool = False) -> None:
        """Closes the row. A line stands below the header rows, or below the first of several.

        A row of empty cells is left out. A first row of one cell becomes a block: it is layout, or
        the title of the table.
        """
        if self._nested:
            self._end_nested_row()
        elif self._tables:
            self._end_row(self._tables[-1], is_header=is_header)

    def end_section(self) -> None:
        """Ends a group of rows: no cell reaches beyond it."""
        if self._tables and not self._nested:
            self._tables[-1].covered.clear()

    def end_table(self) -> None:
        """Closes the table."""
        if self._nested:
            self._nested -= 1
            self._end_nested_row("")
            return
        self.end_cell()
        self.end_row()
        self._tables.pop()
        self._last_kind = ""

    def heading(self, level: int) -> None:
        """Begins a heading; in a table of data it is mere text."""
        if self._holds_text():
            self.end()
            return
        self._make_layout()
        super().heading(level)

    def code(self, code: str) -> None:
        """A block of lines that stay as they are; in a table of data it is mere text."""
        if self._holds_text():
            self.text(f" {code} ")
            return
        self._make_layout()
        super().code(code)

    def item(self, depth: int, marker: str) -> None:
        """Begins an item of a list; in a cell its number alone is left."""
        if not self._is_in_cell():
            super().item(depth, marker)
        elif marker == "-":
            self._words.append(" ")
        else:
            self._words.append(f" {marker} ")

    def end(self) -> str:
        """Ends the block; in a cell, where there are none, it is a space."""
        if not self._is_in_cell():
            return super().end()
        self._words.append(" ")
        return ""

    def _is_in_cell(self) -> bool:
        return bool(self._tables) and self._tables[-1].is_in_cell

    def _holds_text(self) -> bool:
        return bool(self._tables) and self._tables[-1].holds_text

    def _end_row(self, table: _Table, *, is_header: bool) -> None:
        is_whole = len(table.cells) == table.columns_of_cell  # one cell is all of the row
        cells = table.take_row()
        self._count(3 * len(cells))  # spans make many of a few bytes
        if len(cells) == 1 or not any(cells) or (is_whole and not table.rows):
            self._emit_blocks(cells)
            return
        if table.rows and not table.has_rule and not is_header:
            table.has_rule = True
            self._emit_row(["---"] * table.columns)
        self._emit_row([cell.replace("|", "\\|") for cell in cells])
        table.rows += 1
        table.columns = max(table.columns, len(cells))

    def _end_nested_row(self, sign: str = ";") -> None:
        while self._words and self._words[-1].strip() in (",", ";", ""):
            self._words.pop()
        for mark in self._marks:
            mark.start = min(mark.start, len(self._words))
        self._words.append(f"{sign} ")

    def _drop_blanks(self) -> None:
        while self._words and not self._words[-1].strip():
            self._words.pop()

    def _make_layout(self) -> None:
        """Turns the cells of an unfinished row into blocks."""
        if self._is_in_cell():
            table = self._tables[-1]
            table.is_layout, table.is_in_cell = True, False
            cells, table.cells = [*table.cells, self._take()], []
            self._emit_blocks(cells)

    def _emit_blocks(self, cells: list[str]) -> None:
        for cell in filter(None, cells):
            self._emit(cell)

    def _emit_row(self, cells: list[str]) -> None:
        self._emit(f"| {' | '.join(cells)} |".replace("\n", " "), "row")
