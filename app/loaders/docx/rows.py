"""Tables of Word, by row and cell (ECMA-376 part 1, 17.4)."""

from dataclasses import dataclass, field

from app.loaders.docx.writer import WordWriter


@dataclass(slots=True)
class Cell:
    """The cell that is open."""

    columns: int = 1
    is_covered: bool = False  # by the cell above it, or to its left
    is_written: bool = False


@dataclass(slots=True)
class Row:
    """The row that is open."""

    columns_before: int = 0
    is_left_out: bool = False
    is_header: bool = False
    cell: Cell | None = None


@dataclass(slots=True)
class Table:
    """A table that is open. Only its first rows can be its header."""

    row: Row = field(default_factory=Row)
    is_in_header: bool = True
    is_in_properties: bool = False  # of the row

    def begin_content(self, writer: WordWriter) -> bool:
        """Opens the cell for a paragraph or a table; whether that is shown in it."""
        self.begin_cell(writer)
        return not (self.row.cell and self.row.cell.is_covered)

    def begin_cell(self, writer: WordWriter) -> None:
        """Opens the cell, once how many columns it has is known."""
        cell = self.row.cell
        if cell is None or cell.is_written:
            return
        cell.is_written = True
        if self.row.columns_before > 0:
            writer.begin_cell(self.row.columns_before)
            writer.end_cell()
            self.row.columns_before = 0
        writer.begin_cell(max(cell.columns, 1))

    def end_cell(self, writer: WordWriter) -> None:
        """Closes the cell, even if nothing was in it."""
        self.begin_cell(writer)
        writer.end_cell()
        self.row.cell = None

    def end_row(self, writer: WordWriter) -> None:
        """Closes the row, unless it was deleted."""
        self.is_in_header = self.is_in_header and self.row.is_header
        if not self.row.is_left_out:
            writer.end_row(is_header=self.is_in_header)
        self.row = Row()
