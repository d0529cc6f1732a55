"""The order in which the text of a page is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loaders.pdf.reader import read_pdf
from tests.support.pdf_files import PdfFile, text

HEADER = "Yearbook of the lighthouse keepers of the northern coast, volume three"
LEFT = [
    "The lamp was lit an hour before",
    "sunset by the younger keeper and",
    "watched by the elder until morn-",
]
RIGHT = [
    "ing came over the western islands.",
    "Nobody slept while the fog stayed,",
    "and the bell rang every minute.",
]
WORDS = ["some", "words", "of", "any", "kind", "but", "short"]
COLUMNS = """\
The lamp was lit an hour before
sunset by the younger keeper and
watched by the elder until morning came over the western islands.
Nobody slept while the fog stayed,
and the bell rang every minute."""


def read(*drawn: bytes) -> str:
    """The text of a page on which this is drawn, in this order."""
    file = PdfFile()
    file.show(b"".join(drawn))
    return read_pdf(file.data()).text


def rows(*columns: tuple[float, list[str]]) -> bytes:
    """Columns that begin at these distances from the left, drawn row by row."""
    height = max(len(lines) for _, lines in columns)
    return b"".join(
        text((left, 700 - 14 * row), lines[row])
        for row in range(height)
        for left, lines in columns
        if row < len(lines)
    )


class TestColumns:
    @pytest.mark.parametrize(
        "drawn",
        [
            text((50, 700), *LEFT) + text((320, 700), *RIGHT),
            text((320, 700), *RIGHT) + text((50, 700), *LEFT),
            rows((50, LEFT), (320, RIGHT)),
        ],
        ids=["one after the other", "the right one first", "row by row"],
    )
    def test_columns_are_read_one_after_the_other(self, drawn: bytes) -> None:
        """Columns are read one after the other, however they are drawn, and words go on."""
        assert read(drawn) == COLUMNS

    def test_header_and_footer_stand_around_the_columns(self) -> None:
        """A header across both columns is read first, the number of the page last."""
        footer, header = text((295, 40), "17"), text((50, 760), HEADER)
        shown = read(footer, rows((50, LEFT), (320, RIGHT)), header)
        assert shown == f"{HEADER}\n{COLUMNS}\n17"

    def test_header_in_two_pieces_stands_above_the_columns(self) -> None:
        """A header of a title on the left and a number on the right is one line."""
        header = text((50, 760), "Lighthouses") + text((500, 760), "17")
        assert read(rows((50, LEFT), (320, RIGHT)), header) == f"Lighthouses 17\n{COLUMNS}"

    def test_what_crosses_the_columns_parts_them(self) -> None:
        """What stands across both columns is read between what is above and below it."""
        above, below = rows((50, LEFT), (320, RIGHT)), text((50, 500), *LEFT)
        shown = read(above, below, text((320, 500), *RIGHT), text((50, 600), HEADER))
        assert shown == f"{COLUMNS}\n{HEADER}\n{COLUMNS}"

    def test_three_columns_are_read_one_after_the_other(self) -> None:
        """Three columns are read from the left to the right."""
        third = ["They were relieved at noon.", "The boat was late that day.", "It rained again."]
        second = ["It came over the islands.", "Nobody slept in the fog.", "And the bell rang."]
        first = ["The lamp was lit before.", "It was watched by two.", "They went home then."]
        shown = read(rows((20, first), (220, second), (400, third)))
        assert shown.splitlines() == [*first, *second, *third]


class TestRows:
    TABLE = ((50, ["Item", "Bolt", "Nut"]), (200, ["Count", "12", "7"]), (300, ["€", "1.2", "3"]))

    @pytest.mark.parametrize(
        "drawn",
        [
            rows(*TABLE),
            b"".join(text((left, 700), *lines) for left, lines in TABLE),
        ],
        ids=["row by row", "column by column"],
    )
    def test_rows_of_a_table_stay_rows(self, drawn: bytes) -> None:
        """A table is read row by row, however it is drawn."""
        assert read(drawn) == "Item Count €\nBolt 12 1.2\nNut 7 3"

    def test_labels_stand_beside_what_they_name(self) -> None:
        """The labels and values of a form are read row by row, even if drawn as columns."""
        labels = text((50, 700), "Name of the tenant:", "Address of the house:")
        values = text((200, 700), "Ann Lee of the mill", "14 Harbour Street, Hull")
        expected = "Name of the tenant: Ann Lee of the mill\n"
        assert read(labels, values).startswith(expected)

    def test_raised_letters_stay_in_their_line(self) -> None:
        """A raised number does not tear its line."""
        raised = (
            b"BT /F 12 Tf 50 700 Td (Area 5 km) Tj 5 Ts /F 7 Tf (2) Tj 0 Ts /F 12 Tf ( big) Tj ET"
        )
        assert read(raised) == "Area 5 km2 big"

    def test_wide_gap_within_a_paragraph_does_not_tear_it(self) -> None:
        """A line with a wide gap, as in badly set paragraphs, stays a line."""
        gap = b"BT /F 12 Tf 50 686 Td [(sunset by) -2000 (the younger)] TJ ET "
        shown = read(text((50, 700), LEFT[0]), gap, text((50, 672), LEFT[2]))
        assert shown.splitlines()[1] == "sunset by the younger"

    def test_single_letters_below_each_other_are_lines(self) -> None:
        """Lines of one letter each are lines."""
        assert read(text((50, 700), "a", "b", "c")) == "a\nb\nc"


class TestDirections:
    def test_page_that_lies_on_its_side_is_read(self) -> None:
        """Text that runs up the page is read line by line."""
        shown = read(b"BT /F 12 Tf 0 1 -1 0 300 100 Tm 14 TL (One way) Tj T* (or other) Tj ET")
        assert shown == "One way\nor other"

    def test_what_runs_another_way_comes_last(self) -> None:
        """A stamp along the margin, or across the page, does not stand within the text."""
        margin = b"BT /F 12 Tf 0 1 -1 0 30 500 Tm (Draft of May) Tj ET "
        across = b"BT /F 40 Tf .7 .7 -.7 .7 100 500 Tm (COPY) Tj ET "
        shown = read(margin, across, text((50, 700), *LEFT), text((50, 500), *RIGHT))
        assert shown.endswith("every minute.\nDraft of May\nCOPY")


class TestSpaces:
    def test_kerning_does_not_tear_words(self) -> None:
        """Letters that are moved a little stay a word, and wide moves part words."""
        drawn = b"BT /F 12 Tf 50 700 Td [(W)80(ater)-20(fall)-300(of)-100(fe)-120(r)] TJ ET"
        assert read(drawn) == "Waterfall offer"

    @given(
        st.lists(
            st.lists(st.sampled_from(WORDS), min_size=1),
            min_size=1,
            max_size=20,
        )
    )
    def test_every_word_is_read_once(self, lines: list[list[str]]) -> None:
        """Whatever the lines of a page, each word is read once, and in order."""
        drawn = text((50, 780), *(" ".join(line) for line in lines), size=6)
        assert read(drawn).split() == [word for line in lines for word in line]
