"""Adds tables to the Markdown writer: rows between bars, or blocks where a table is mere layout."""

from dataclasses import dataclass, field

from app.loaders.markdown import MarkdownWriter


@dataclass(slots=True)
class _Table:
    """A table that is open; one whose cells hold headings, code or tables is mere layout."""

    cells: list[str] = field(default_factory=list)
    rows: int = 0
    is_in_cell: bool = False
    is_layout: bool = False


class TableWriter(MarkdownWriter):
    """A Markdown writer whose blocks may stand in the cells of tables."""

    def __init__(self) -> None:
        super().__init__()
        self._tables: list[_Table] = []

    def begin_table(self) -> None:
        """Opens a table, which makes that around it a layout."""
        self._make_layout()
        self.close()
        self._tables.append(_Table())
        self._last_kind = ""

    def begin_cell(self) -> None:
        """Opens a cell of the current row."""
        self.close()
        if self._tables:
            self._tables[-1].is_in_cell = not self._tables[-1].is_layout

    def end_cell(self) -> None:
        """Closes the cell."""
        if not self._is_in_cell():
            self.close()
            return
        self._tables[-1].is_in_cell = False
        self._tables[-1].cells.append(self._take())

    def end_row(self) -> None:
        """Closes the row, with a line below it if it is the first of several.

        A row of one cell, or of empty cells, becomes blocks: it is layout.
        """
        if not self._tables:
            return
        table = self._tables[-1]
        cells, table.cells = table.cells, []
        if len(cells) > 1 and any(cells):
            if table.rows == 1:
                self._emit_row(["---"] * len(cells))
            self._emit_row([cell.replace("|", "\\|") for cell in cells])
            table.rows += 1
        else:
            self._emit_blocks(cells)

    def end_table(self) -> None:
        """Closes the table."""
        self.end_cell()
        self.end_row()
        self._tables.pop()
        self._last_kind = ""

    def heading(self, level: int) -> None:
        """Begins a heading, which no cell can hold."""
        self._make_layout()
        super().heading(level)

    def code(self, code: str) -> None:
        """A block of lines that stay as they are, which no cell can hold."""
        self._make_layout()
        super().code(code)

    def item(self, depth: int, marker: str) -> None:
        """Begins an item of a list; in a cell it is mere text."""
        if self._is_in_cell():
            self._words.append(" ")
        else:
            super().item(depth, marker)

    def end(self) -> str:
        """Ends the block; in a cell, where there are none, it is a space."""
        if not self._is_in_cell():
            return super().end()
        self._words.append(" ")
        return ""

    def _is_in_cell(self) -> bool:
        return bool(self._tables) and self._tables[-1].is_in_cell

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
