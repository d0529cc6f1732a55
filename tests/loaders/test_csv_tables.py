"""CSV to Markdown tables."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loaders.csv_tables import read_csv

PUMPS = "| Pump | Litres |\n| --- | --- |\n| A | 40 |\n| B | 55 |"


class TestDelimiters:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
    def test_delimiter_is_found(self, delimiter: str, line_end: str) -> None:
        """Each of the four delimiters is recognised, with any line end."""
        rows = [("Pump", "Litres"), ("A", "40"), ("B", "55")]
        text = "".join(delimiter.join(row) + line_end for row in rows)
        assert read_csv(text, None) == PUMPS

    def test_decimal_commas_do_not_divide_cells(self) -> None:
        """A comma in a number divides no cell where semicolons do."""
        text = "Depth;Width\n1,5;2,25\n3,5;4,75\n"
        assert read_csv(text, None).endswith("| 1,5 | 2,25 |\n| 3,5 | 4,75 |")

    def test_sentences_in_cells_do_not_mislead(self) -> None:
        """Commas in the sentences of a table do not make it one of commas."""
        text = "Part\tNote\nA1\tgrey, heavy, old\nA2\tnew\nA3\tgreen, light\n"
        assert read_csv(text, None).endswith("| A3 | green, light |")

    @pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
    def test_delimiter_that_excel_declares(self, first: str) -> None:
        """The line in which Excel declares the delimiter is believed, and is no row."""
        assert read_csv(f"{first}\r\nPump;Litres\r\nA;40\r\nB;55", None) == PUMPS

    def test_given_delimiter_is_the_only_one(self) -> None:
        """A delimiter that the file's type gives is not guessed."""
        assert read_csv("a,b\tc\nd,e\tf", "\t") == "| a,b | c |\n| --- | --- |\n| d,e | f |"


class TestCells:
    def test_quoted_cells_hold_anything(self) -> None:
        """Delimiters, quotes and line ends within quotes belong to the cell, on one line."""
        text = 'Name,Note\n"Smith, Ann","said ""no""\r\nand left"\n'
        assert read_csv(text, None).endswith('| Smith, Ann | said "no" and left |')

    def test_bars_are_escaped(self) -> None:
        """A bar within a cell does not end it."""
        assert read_csv("a,b\nx|y,z\n", ",").endswith("| x\\|y | z |")

    @pytest.mark.parametrize("row", ["A", "A,", "A,40,,"])
    def test_ragged_rows_are_padded(self, row: str) -> None:
        """Every row gets as many cells as the widest."""
        lines = read_csv(f"Pump,Litres\n{row}\nB,55\nC,60\nD,7,new", ",").splitlines()
        assert len({line.count("|") for line in lines}) == 1

    def test_one_long_row_does_not_widen_the_others(self) -> None:
        """A single row of very many cells is kept, and the others stay as they are."""
        table = read_csv("a,b\n" * 1000 + "x," * 100_000 + "\n", ",")
        assert len(table) < 1_000_000
        assert table.startswith("| a | b |\n")
        assert table.count("x") == 100_000

    def test_empty_rows_are_left_out(self) -> None:
        """Rows without anything in them are left out."""
        assert read_csv("Pump,Litres\n\n,\nA,40\n , \nB,55\n\n", None) == PUMPS

    def test_long_cells_are_read(self) -> None:
        """A cell may be longer than the csv module allows by default."""
        note = "word " * 60_000
        assert note.strip() in read_csv(f'id,note\n1,"{note}"\n', None)

    def test_quote_that_is_never_closed_costs_no_rows(self) -> None:
        """A quote that is never closed does not make one cell of the rest of the file."""
        text = 'Size,Part\n"5 inch,pipe\n6 inch,valve\n7 inch,pump\n'
        assert read_csv(text, None).splitlines()[2:] == [
            '| "5 inch | pipe |',
            "| 6 inch | valve |",
            "| 7 inch | pump |",
        ]

    @given(
        st.lists(
            st.lists(
                st.from_regex(r"[a-zß ,;|\"\n]{0,8}x", fullmatch=True), min_size=3, max_size=3
            ),
            min_size=1,
            max_size=6,
        ),
        st.sampled_from([",", ";", "\t"]),
    )
    def test_every_cell_is_in_its_place(self, rows: list[list[str]], delimiter: str) -> None:
        """What the csv module writes comes out cell by cell, whatever the cells hold."""
        file = StringIO()
        csv.writer(file, delimiter=delimiter).writerows(rows)
        lines = read_csv(file.getvalue(), delimiter).splitlines()
        del lines[1:2]
        cells = [
            [cell.replace("\\|", "|") for cell in line[2:-2].replace(" | ", "\0").split("\0")]
            for line in lines
        ]
        wanted = [[" ".join(cell.split()) for cell in row] for row in rows]
        assert [[" ".join(cell.split()) for cell in row] for row in cells] == wanted


class TestNoTables:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Name\nAnn\nBob\n",
            "One line of text",
            "First, a line.\nThen one without.\nA third.\nAnd, well, a fourth, with more.\n",
        ],
    )
    def test_what_is_no_table_stays(self, text: str) -> None:
        """One column, or lines without a common number of cells, stay the text that they are."""
        assert read_csv(text, None) == text


class TestAboveTheHeader:
    @pytest.mark.parametrize(
        "above", ["Energy report 2026", "Energy report 2026,,", "# made by x, on Monday"]
    )
    def test_title_is_no_header(self, above: str) -> None:
        """A title or a remark above the header stands above the table, whose header is its own."""
        text = read_csv(f"{above}\n\nSite,January,February\nA,1,2\nB,3,4\n", None)
        title, _, table = text.partition("\n\n")
        assert title in above
        assert table.startswith("| Site | January | February |\n| --- | --- | --- |\n| A | 1 | 2 |")
