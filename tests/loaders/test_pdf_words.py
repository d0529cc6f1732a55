"""Words that lines and pages of a PDF tear."""

import pytest

from app.loaders.pdf.reader import read_pdf
from app.loaders.pdf.words import letters_of_ligatures, rejoin_words
from tests.support.pdf_files import PdfFile, text


class TestRejoinLines:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("infor-\nmation is", "information is"),
            ("über-\nänderung", "überänderung"),
            ("a well-known and a well-\nknown", "a well-known and a well-known"),
            ("Well-known: a well-\nknown", "Well-known: a well-known"),
            ("a well-known, Well-\nknown", "a well-known, Well-known"),
            ("Jean-\nLuc", "Jean-Luc"),
            ("soft\xad\nLy", "softLy"),
            ("uni\u2010\ncode", "unicode"),
            ("pages 3-\n4, a -\nb, c-\n\nd", "pages 3-\n4, a -\nb, c-\n\nd"),
        ],
    )
    def test_hyphen_that_only_ends_a_line_goes(self, text: str, expected: str) -> None:
        """A hyphen that only ends a line goes, one that belongs to the word stays."""
        assert rejoin_words([text]) == [expected]

    def test_compound_on_another_page_keeps_its_hyphen(self) -> None:
        """A hyphen stays where another page has the same compound within a line."""
        pages = ["a well-\nknown duck", "a well-known duck"]
        assert rejoin_words(pages) == ["a well-known duck", "a well-known duck"]

    def test_long_words_take_no_longer(self) -> None:
        """Very long words take no more time than others."""
        text = "x" * 1_000_000 + "-\n" + "y" * 1_000_000
        assert rejoin_words([text]) == [text.replace("-\n", "")]


class TestRejoinPages:
    @pytest.mark.parametrize(
        ("pages", "expected"),
        [
            (["an exam-", "ple, and"], ["an example,", "and"]),
            (["an exam-", "ple\nof it"], ["an example", "of it"]),
            (["a well-known", "a well-", "known duck"], ["a well-known", "a well-known", "duck"]),
            (["Jean-", "Luc left"], ["Jean-Luc", "left"]),
            (["soft\xad", "ly now"], ["softly", "now"]),
            (["exam-", "ple"], ["example", ""]),
            (["exam-", "ple-", "s now"], ["example-", "", "s now"]),
            (["an exam-\n1", "ple, and\n2"], ["an example,\n1", "and\n2"]),
            (["an exam-\nPage 1 of 2", "ple"], ["an example\nPage 1 of 2", ""]),
            (["Book\nan exam-", "Book\nple is"], ["Book\nan example", "Book\nis"]),
            (["infor-", "", "mation"], ["infor-", "", "mation"]),
            (["pages 3-", "4 and"], ["pages 3-", "4 and"]),
            (["a -", "b"], ["a -", "b"]),
            (["-", "x"], ["-", "x"]),
            (["", "x"], ["", "x"]),
        ],
    )
    def test_word_is_whole_on_the_page_where_it_begins(
        self, pages: list[str], expected: list[str]
    ) -> None:
        """A word that two pages share stands on the first, past its number and the next header."""
        assert rejoin_words(pages) == expected

    def test_next_page_begins_after_the_word(self) -> None:
        """The next page begins with what follows on the word that it shared."""
        file = PdfFile()
        file.show(text((50, 100), "This is an exam-"))
        file.show(text((50, 700), "ple of it."))
        loaded = read_pdf(file.data())
        assert loaded.text == "This is an example\n\nof it."
        assert loaded.text[loaded.page_starts[1] :] == "of it."


class TestLetters:
    @pytest.mark.parametrize(
        ("drawn", "letters"),
        [
            ("o\ufb03ce \ufb01ne", "office fine"),
            ("\ufef3\ufe92", "\u064a\u0628"),
            ("x² ½ ™", "x² ½ ™"),
        ],
    )
    def test_letters_drawn_as_one_are_letters(self, drawn: str, letters: str) -> None:
        """Ligatures and shapes of letters become letters; signs with a meaning stay."""
        assert letters_of_ligatures(drawn) == letters

    def test_soft_hyphens_vanish(self) -> None:
        """A soft hyphen within a line is not to be seen, and goes."""
        assert rejoin_words(["of\xadfice"]) == ["office"]
