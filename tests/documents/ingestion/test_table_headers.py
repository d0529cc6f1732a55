"""Long tables: each passage of rows knows the header that they stand under."""

from time import process_time

import pytest

from app.core.constants import MODEL_TOKENS
from app.documents.ingestion.chunking import Passage, embedding_text, split
from tests.support.tokenizer import packaged_tokenizer

tokenizer = packaged_tokenizer()

HEADER = "| Site | January | February |"
RULE = "| --- | --- | --- |"


def table(rows: int, header: str = HEADER, rule: str = RULE, start: int = 0) -> str:
    """A table of as many rows."""
    lines = (f"| Site {n} | {n * 3} | {n * 5} |" for n in range(start, start + rows))
    return "\n".join((header, rule, *lines))


def rows_of(passages: list[Passage]) -> list[Passage]:
    """The passages that begin with a row."""
    return [
        passage
        for passage in passages
        if passage.text.startswith("| Site ") and "Jan" not in passage.text[:20]
    ]


class TestTableHeader:
    def test_later_passages_carry_it(self) -> None:
        """The first passage of a table holds its header; each later one carries it beside."""
        text = f"# Water\n\n{table(90)}\n\nAs measured."
        first, *later = split(text, tokenizer, title="Water")
        assert HEADER in first.text
        assert first.table_header is None
        assert len(later) > 2
        for passage in later:
            assert passage.table_header == HEADER
            assert passage.text == text[passage.start : passage.end]
            assert HEADER not in passage.text

    def test_each_fits_the_window(self) -> None:
        """A passage with its header, headings and title fits into the model's window."""
        wide = "| " + " | ".join(f"A rather long column {n}" for n in range(30)) + " |"
        for header in (HEADER, wide, "| " + "日本語の列" * 60 + " | b |"):
            passages = split(
                f"# Water {'x' * 200}\n\n{table(60, header)}", tokenizer, title="T" * 99
            )
            assert any(passage.table_header for passage in passages)
            for passage in passages:
                said = embedding_text(
                    "T" * 99, passage.headings, passage.text, passage.table_header
                )
                assert len(tokenizer.encode(said)) <= MODEL_TOKENS

    def test_block_between_rows_fits(self) -> None:
        """A block that begins between the rows of a table fits into the window with its header."""
        wide = "| " + " | ".join(f"A rather long column {n}" for n in range(30)) + " |"
        row = "| " + " ".join(f"word{n}" for n in range(110)) + " |"
        for passage in split(f"{wide}\n{RULE}\n# total | 5\n{row}\n{row}", tokenizer):
            said = embedding_text("", passage.headings, passage.text, passage.table_header)
            assert len(tokenizer.encode(said)) <= MODEL_TOKENS

    def test_long_header_is_cut(self) -> None:
        """Of a header that would leave no room for rows the beginning is carried."""
        wide = "| " + " | ".join(f"A rather long column {n}" for n in range(60)) + " |"
        [*_, last] = split(table(90, wide), tokenizer)
        assert last.table_header
        assert wide.startswith(last.table_header)
        assert "row" not in last.table_header

    def test_header_of_one_word_is_cut(self) -> None:
        """A word that is one token however long it is does not stand beside each passage whole."""
        passages = rows_of(split(table(90, header=f"| {'x' * 50_000} | a | b |"), tokenizer))
        assert passages
        assert max(len(passage.table_header or "") for passage in passages) <= 1_000

    def test_text_after_a_table_carries_none(self) -> None:
        """What follows a table stands under no header; the next table has its own."""
        other = table(60, "| Place | Leaks | Pumps |", start=500)
        text = f"{table(60)}\n\n{'Then some prose follows here. ' * 60}\n\n{other}"
        passages = split(text, tokenizer)
        prose = [passage for passage in passages if passage.text.startswith("Then")]
        assert [passage.table_header for passage in prose] == [None] * len(prose)
        assert {passage.table_header for passage in rows_of(passages)} == {
            HEADER,
            "| Place | Leaks | Pumps |",
        }

    def test_header_of_two_rows(self) -> None:
        """A header of two rows is carried whole."""
        header = "| Site | 2026 |  |\n|  | January | February |"
        assert {passage.table_header for passage in split(table(60, header), tokenizer)[1:]} == {
            header
        }

    def test_without_outer_bars(self) -> None:
        """A table of Markdown without outer bars, right below a paragraph, has a header too."""
        rows = "\n".join(f"Site {n} | {n}" for n in range(200))
        text = f"Water use:\nSite | Use\n:--- | ---:\n{rows}"
        later = split(text, tokenizer)[1:]
        assert {passage.table_header for passage in later} == {"Site | Use"}

    @pytest.mark.parametrize("ends", ["\n", "\r\n"])
    def test_line_ends(self, ends: str) -> None:
        """A header is found whatever the line ends, and has none at its end."""
        text = table(60).replace("\n", ends)
        assert {passage.table_header for passage in split(text, tokenizer)[1:]} == {HEADER}

    def test_rows_are_whole(self) -> None:
        """Passages end at rows, also where a paragraph stands right above the table."""
        passages = split(f"Water use:\n{table(90)}", tokenizer)
        assert all(passage.text.endswith(" |") for passage in passages)

    def test_no_table(self) -> None:
        """Rows without a rule, and a rule of a heading, are no table."""
        text = (
            "\n".join(f"| Site {n} | {n} |" for n in range(150))
            + "\n\nTitle\n-----\n\n"
            + "a | b. " * 300
        )
        assert {passage.table_header for passage in split(text, tokenizer)} == {None}

    @pytest.mark.parametrize(
        "text", ["| --- |\n" * 60_000, "|-" * 200_000, "a|b\n---|---\n" * 60_000, "-" * 400_000]
    )
    def test_hostile_table_takes_no_longer(self, text: str) -> None:
        """Lines that are all rules, or a rule without end, take no more time than others."""
        begun = process_time()
        split(text, tokenizer)
        assert process_time() - begun < 20
