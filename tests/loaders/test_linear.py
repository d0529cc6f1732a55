"""No loader takes more than linear time, whatever is repeated, nested or shared."""

from contextlib import suppress
from time import process_time

import pytest

from app.loaders import load
from app.loaders.exceptions import UnreadableDocument
from tests.support import hostile_files as hostile
from tests.support.documents import pdf
from tests.support.hostile_files import Grow

TIMES = 4  # as large
WORST = 8  # times as long, where quadratic time would be 16
FLOOR_SEC = 0.05  # below which a time is that of anything


def seconds(grow: Grow, name: str, size: int) -> float:
    """How long a core is busy with a document of this size."""
    data, start = grow(size), process_time()
    with suppress(UnreadableDocument):
        load(data, name=name)
    return process_time() - start


class TestTime:
    @pytest.mark.parametrize(
        ("grow", "name", "size"),
        [
            (hostile.blank_cell, "a.csv", 8_000),
            (hostile.long_word, "a.txt", 15_000),
            (hostile.blank_headings, "a.html", 6_000),
            (hostile.many_classes, "a.html", 1_000),
            (hostile.many_panels, "a.html", 700),
            (hostile.ends_without_starts, "a.html", 6_000),
            (hostile.many_levels, "a.docx", 2_500),
            (hostile.page_numbers_in_cell, "a.docx", 200),
            (hostile.sparse_chart, "a.docx", 100),
        ],
    )
    def test_linear(self, grow: Grow, name: str, size: int) -> None:
        """What is four times as large takes about four times as long."""
        seconds(grow, name, 1)  # imports what this takes
        small = min(seconds(grow, name, size) for _ in range(2))
        large = min(seconds(grow, name, TIMES * size) for _ in range(2))
        assert large < WORST * small + FLOOR_SEC


class TestEffort:
    @pytest.mark.parametrize(
        ("grow", "size"),
        [
            (hostile.doubled_drawings, 40),
            (hostile.repeated_page, 100),
            (hostile.shared_annotations, 60),
            (hostile.shared_fonts, 100),
            (hostile.shared_options, 100),
        ],
    )
    def test_too_much(self, grow: Grow, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """A PDF that makes far more work than its size allows is refused, and soon."""
        monkeypatch.setattr("app.loaders.pdf.effort.FREE", 10_000)
        monkeypatch.setattr("app.loaders.pdf.effort.OF_A_BYTE", 2)
        assert load(grow(1), name="a.pdf").text
        start = process_time()
        with pytest.raises(UnreadableDocument, match="takes too much to read"):
            load(grow(size), name="a.pdf")
        assert process_time() - start < 1

    def test_as_people_write(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A PDF of text takes a small part of what it may."""
        monkeypatch.setattr("app.loaders.pdf.effort.FREE", 0)
        assert load(pdf(*["Mallard ducks eat seeds. " * 80] * 20), name="a.pdf").text
