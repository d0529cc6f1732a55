"""Tables of Word: every cell stands under its own header."""

from app.loaders.docx.reader import read_docx
from tests.support.word_files import paragraph, run, word_file


def cell(text: str, properties: str = "") -> str:
    """A cell with a paragraph."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    """A row of cells."""
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def shown(*rows: str) -> list[str]:
    """The lines of a table of these rows."""
    return read_docx(word_file(f"<w:tbl>{''.join(rows)}</w:tbl>"))[0].splitlines()


TWO_COLUMNS = '<w:gridSpan w:val="2"/>'
RULE = "| --- | --- | --- |"
HEADER = row(cell("Site"), cell("May"), cell("June"))


class TestSpans:
    def test_cells_over_columns_and_rows(self) -> None:
        """A cell that reaches over others stands once, and the others in their columns."""
        rows = [
            row(cell("North", '<w:vMerge w:val="restart"/>'), cell("1-2", TWO_COLUMNS)),
            row(cell("unseen", "<w:vMerge/>"), cell("1"), cell("2")),
            row(cell("South"), cell("3"), cell("4")),
        ]
        assert shown(HEADER, *rows) == [
            "| Site | May | June |",
            RULE,
            "| North | 1-2 |  |",
            "|  | 1 | 2 |",
            "| South | 3 | 4 |",
        ]

    def test_row_may_begin_in_a_later_column(self) -> None:
        """A row that begins in a later column leaves the columns before empty."""
        late = row(cell("7"), properties='<w:gridBefore w:val="2"/>')
        assert shown(HEADER, late)[-1] == "|  |  | 7 |"

    def test_absurd_spans_do_no_harm(self) -> None:
        """Spans that there cannot be do no harm."""
        spans = ("0", "-7", "many", "")
        rows = [row(cell(text, f'<w:gridSpan w:val="{text}"/>'), cell("b")) for text in spans]
        assert shown(HEADER, *rows)[-1] == "|  | b |"


class TestRows:
    def test_header_may_have_several_rows(self) -> None:
        """The line stands below the rows that Word repeats on each page."""
        repeated = "<w:tblHeader/>"
        first = row(cell(""), cell("Rain", TWO_COLUMNS), properties=repeated)
        second = HEADER.replace("<w:trPr>", f"<w:trPr>{repeated}")
        lines = shown(first, second, row(cell("A"), cell("1"), cell("2")))
        assert lines.index(RULE) == 2

    def test_deleted_rows_are_out(self) -> None:
        """A row that a tracked change deletes, and a deleted cell, are not shown."""
        deleted = row(cell("A"), cell("1"), cell("2"), properties='<w:del w:id="1"/>')
        kept = row(cell("B"), cell("3", "<w:cellDel/>"), cell("4"))
        assert shown(HEADER, deleted, kept) == ["| Site | May | June |", RULE, "| B |  | 4 |"]

    def test_placeholder_keeps_its_column(self) -> None:
        """A cell that was not filled in keeps the others in their columns."""
        control = (
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr>"
            f"<w:sdtContent>{cell('Click here')}</w:sdtContent></w:sdt>"
        )
        assert shown(HEADER, row(cell("A"), control, cell("2")))[-1] == "| A |  | 2 |"

    def test_table_in_a_cell_is_text_of_it(self) -> None:
        """A table in a cell is text of that cell."""
        inner = f"<w:tbl>{row(cell('x'), cell('y'))}{row(cell('z'))}</w:tbl>"
        outer = f"<w:tc>{inner}{paragraph('end')}</w:tc>"
        assert shown(HEADER, row(cell("A"), outer, cell("2")))[-1] == "| A | x, y; z end | 2 |"

    def test_formatting_stays_in_its_cell(self) -> None:
        """What one cell strikes out, the next does not."""
        struck = f"<w:tc>{paragraph(run('1', '<w:strike/>'))}</w:tc>"
        assert shown(HEADER, row(cell("A"), struck, cell("2")))[-1] == "| A | ~~1~~ | 2 |"
