"""Tables of pages: each cell under its own header."""

from time import process_time

import pytest

from app.loaders.exceptions import UnreadableDocument
from tests.loaders.test_html import text_of


class TestSpans:
    def test_cells_stand_in_their_columns(self) -> None:
        """Spans leave places empty, so that each cell stands in its own column."""
        page = (
            "<table><tr><th rowspan=2>Pool<th colspan=2>Hours<th>Fee"
            "<tr><th>from<th>to<th>euro"
            "<tr><td rowspan=2>North<td>7<td>19<td>4<tr><td>8<td colspan=2>all</table>"
        )
        assert text_of(page) == (
            "| Pool | Hours |  | Fee |\n|  | from | to | euro |\n| --- | --- | --- | --- |\n"
            "| North | 7 | 19 | 4 |\n|  | 8 | all |  |"
        )

    def test_span_of_no_rows_reaches_to_the_end_of_its_section(self) -> None:
        """A span of 0 rows reaches to the end of its section, as does one of too many."""
        rows = "<tr><td rowspan={}>a<td>b<tr><td>c<tbody><tr><td>d<td>e"
        for span in ("0", "99"):
            page = f"<table><thead><tr><th>x<th>y<tbody>{rows.format(span)}</table>"
            assert text_of(page).endswith("\n| a | b |\n|  | c |\n| d | e |")

    @pytest.mark.parametrize("span", ["-3", "x", "1.5", "", "0"])
    def test_absurd_span_of_columns_is_one(self, span: str) -> None:
        """A span of columns that is no number is one column."""
        assert text_of(f"<table><tr><td colspan='{span}'>a<td>b</table>") == "| a | b |"

    @pytest.mark.parametrize(
        "rows",
        [
            "<td colspan=1000 rowspan=65534>a",
            "<tr><td rowspan=65534 colspan=999>a",
            "<tr><td>a<td>",
        ],
    )
    def test_many_spans_stay_bounded(self, rows: str) -> None:
        """Spans of a few bytes that reach over millions of places take neither memory nor time."""
        start = process_time()
        assert text_of("<table>" + rows * 1_000).count("a") == 1_000
        assert process_time() - start < 10

    def test_rows_of_mere_spans_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Rows that are nothing but what reaches into them count as text, and are refused."""
        monkeypatch.setattr("app.loaders.markdown.MAX_CHARS", 10_000)
        with pytest.raises(UnreadableDocument, match="split it"):
            text_of("<table><tr><td rowspan=0 colspan=999>a" + "<tr></tr>" * 10)


class TestHeaders:
    def test_rows_of_the_head_are_the_header(self) -> None:
        """The line stands below the last row of the head, whatever its cells are."""
        page = "<table><thead><tr><td>a<td>b<tr><td>c<td>d<tbody><tr><td>1<td>2</table>"
        assert text_of(page).split("\n")[2] == "| --- | --- |"

    def test_row_with_its_own_header_is_no_header_row(self) -> None:
        """A row that names itself is none that names the columns."""
        page = "<table><tr><th>x<th>y<tr><th scope=row>a<th scope=row>b<tr><td>1<td>2</table>"
        assert text_of(page).split("\n")[1] == "| --- | --- |"

    def test_empty_corner_keeps_its_place(self) -> None:
        """The empty cell of a corner keeps its place."""
        page = "<table><tr><th><th>May<th>June<tr><th scope=row>Rain<td>5<td>7</table>"
        assert text_of(page) == "|  | May | June |\n| --- | --- | --- |\n| Rain | 5 | 7 |"

    def test_headings_in_header_cells_are_text(self) -> None:
        """Header cells that hold headings make a header, not a layout."""
        page = "<table><tr><th><h4>Small</h4><th><h4>Large</h4><tr><td>3<td>9</table>"
        assert text_of(page) == "| Small | Large |\n| --- | --- |\n| 3 | 9 |"


class TestNested:
    def test_nested_table_is_text_of_its_cell(self) -> None:
        """A table in a cell of a table of data is text of that cell."""
        inner = "<table><tr><td>M4<td>20<tr><td>M5<td>30</table>"
        page = f"<table><tr><th>Part<th>Sizes<tr><td>Bolt<td>{inner}<tr><td>Nut<td>none</table>"
        assert "| Bolt | M4, 20; M5, 30 |\n| Nut | none |" in text_of(page)

    @pytest.mark.parametrize("role", ["presentation", "none"])
    def test_table_that_says_so_is_layout(self, role: str) -> None:
        """A table that says that it is layout is its content, and a table in it stays one."""
        inner = "<table><tr><td>x<td>y<tr><td>1<td>2</table>"
        page = f"<table role={role}><tr><td>a<td>b<tr><td>{inner}<td>c</table>d"
        rows = "| x | y |\n| --- | --- |\n| 1 | 2 |"
        assert text_of(page) == f"a\n\nb\n\n{rows}\n\nc\n\nd"

    def test_caption_stands_before_its_table(self) -> None:
        """A caption stands before its table."""
        page = "<table><caption>Rain</caption><tr><th>a<th>b<tr><td>1<td>2</table>"
        assert text_of(page).startswith("Rain\n\n| a | b |")

    def test_many_rows_are_read_in_linear_time(self) -> None:
        """A table of very many rows takes as much time as its length."""
        start = process_time()
        text = text_of("<table><tr><th>a<th>b" + "<tr><td>1<td>2" * 4_000)
        assert text.count("| 1 | 2 |") == 4_000
        assert process_time() - start < 10
