"""The tables of a page: their headers, spans and sections, and those that are mere layout."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.loaders.html.numbers import number_of
from app.loaders.tables import TableWriter

CELLS: Final = frozenset({"td", "th"})
SECTIONS: Final = frozenset({"thead", "tbody", "tfoot"})
TABLE_PARTS: Final = frozenset({"table", "tr"}) | CELLS | SECTIONS
LAYOUT: Final = frozenset({"presentation", "none"})
OF_A_ROW: Final = frozenset({"row", "rowgroup"})
MAX_ROWS: Final = 65_534  # https://html.spec.whatwg.org/#dom-tdth-rowspan; 0 is all of the section


@dataclass(slots=True)
class _OpenTable:
    is_layout: bool
    is_in_head: bool = False
    data_cells: int = 0  # of the row
    header_cells: int = 0

    @property
    def is_header_row(self) -> bool:
        """Whether the row is one of headers; a lone cell below others heads a part of the rows."""
        return self.is_in_head or (not self.data_cells and self.header_cells > 1)


class HtmlTableWriter(TableWriter):
    """Writes tables as a page describes them."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[_OpenTable] = []

    def start_part(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A table, or a part of one, begins."""
        if tag == "table":
            self._start_table(is_layout=attributes.get("role") in LAYOUT)
        elif self._open and self._open[-1].is_layout:
            self.end()
        elif tag in CELLS:
            self._start_cell(tag, attributes)
        elif tag in SECTIONS:
            self._start_section(tag)

    def end_part(self, tag: str) -> None:
        """A table, or a part of one, ends."""
        if self._open and self._open[-1].is_layout:
            self.end()
            if tag == "table":
                self._open.pop()
        elif tag in CELLS:
            self.end_cell()
        elif tag == "tr":
            self._finish_row()
        elif tag in SECTIONS:
            self._finish_section()
        else:
            self._open.pop()
            self.end_table()

    def _start_table(self, *, is_layout: bool) -> None:
        if is_layout:
            self.end()
        else:
            self.begin_table()
        self._open.append(_OpenTable(is_layout))

    def _start_cell(self, tag: str, attributes: Mapping[str, str]) -> None:
        rows = number_of(attributes.get("rowspan", ""), 1) or MAX_ROWS
        columns = number_of(attributes.get("colspan", ""), 1) or 1
        self.begin_cell(columns, min(rows, MAX_ROWS))
        if self._open and tag == "th" and attributes.get("scope") not in OF_A_ROW:
            self._open[-1].header_cells += 1
        elif self._open:
            self._open[-1].data_cells += 1

    def _finish_row(self) -> None:
        if self._open:
            table = self._open[-1]
            self.end_row(is_header=table.is_header_row)
            table.data_cells = table.header_cells = 0

    def _start_section(self, tag: str) -> None:
        self._finish_section()
        if self._open:
            self._open[-1].is_in_head = tag == "thead"

    def _finish_section(self) -> None:
        """No cell reaches into another section."""
        self.end()
        if self._open:
            self._open[-1].is_in_head = False
        self.end_section()
