"""Rows and cells (ECMA-376 part 1, 17.4)."""

from app.loaders.docx.rows import Cell, Row, Table
from app.loaders.docx.story import Story
from app.loaders.docx.xml import Attributes, End, Start, attribute, is_on, number


class Cells:
    """Reads tables."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.starts: dict[str, Start] = {
            "w:tbl": self._begin_table,
            "w:tr": self._begin_row,
            "w:trPr": self._begin_row_properties,
            "w:gridBefore": self._columns_before,
            "w:tblHeader": self._header,
            "w:hidden": self._hidden,
            "w:tc": self._begin_cell,
            "w:gridSpan": self._span,
            "w:vMerge": self._merge,
            "w:hMerge": self._merge,
            "w:cellDel": self._deleted_cell,
        }
        self.ends: dict[str, End] = {
            "w:tbl": self._end_table,
            "w:tr": self._end_row,
            "w:trPr": self._end_row_properties,
            "w:tc": self._end_cell,
        }

    @property
    def _table(self) -> Table | None:
        tables = self._story.flow.tables
        return tables[-1] if tables else None

    @property
    def _row(self) -> Row:
        return self._table.row if self._table else Row()

    @property
    def _cell(self) -> Cell:
        return self._row.cell or Cell()

    def _begin_table(self, _: Attributes) -> bool:
        flow = self._story.flow
        if self._table and not self._table.begin_content(flow.writer):
            return True
        flow.writer.begin_table()
        flow.tables.append(Table())
        return False

    def _end_table(self) -> None:
        if self._table:
            self._story.flow.writer.end_table()
            self._story.flow.tables.pop()

    def _begin_row(self, _: Attributes) -> None:
        if self._table:
            self._table.row = Row()

    def _begin_row_properties(self, _: Attributes) -> None:
        if self._table:
            self._table.is_in_properties = True

    def _end_row_properties(self) -> None:
        if self._table:
            self._table.is_in_properties = False

    def _columns_before(self, attributes: Attributes) -> None:
        self._row.columns_before = number(attribute(attributes, "val"))

    def _header(self, attributes: Attributes) -> None:
        self._row.is_header = is_on(attribute(attributes, "val"))

    def _hidden(self, attributes: Attributes) -> None:
        if self._table and self._table.is_in_properties and is_on(attribute(attributes, "val")):
            self._row.is_left_out = True

    def _end_row(self) -> None:
        if self._table:
            self._table.end_row(self._story.flow.writer)

    def _begin_cell(self, _: Attributes) -> bool:
        self._row.cell = Cell()
        return self._row.is_left_out

    def _span(self, attributes: Attributes) -> None:
        self._cell.columns = number(attribute(attributes, "val"), 1)

    def _merge(self, attributes: Attributes) -> None:
        """A cell that goes on is covered by the one where it began: what it holds is not shown."""
        if attribute(attributes, "val") != "restart":
            self._cell.is_covered = True

    def _deleted_cell(self, _: Attributes) -> None:
        self._cell.is_covered = True

    def _end_cell(self) -> None:
        if self._table:
            self._table.end_cell(self._story.flow.writer)
