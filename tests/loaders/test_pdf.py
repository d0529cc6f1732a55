"""PDF to text."""

import zlib

import pytest

from app.loaders import load
from app.loaders.exceptions import UnreadableDocument
from app.loaders.pdf.reader import read_pdf
from tests.support.documents import encrypted_pdf, pdf, pdf_of_streams

IMAGE = b"q 100 0 0 100 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xff EI Q"


class TestText:
    def test_pages_have_a_blank_line_between_them(self) -> None:
        """Lines are kept, and pages with text have a blank line between them."""
        loaded = read_pdf(pdf("Grüße \n5 €.", "", "Last."))
        assert (loaded.text, loaded.title) == ("Grüße\n5 €.\n\nLast.", None)

    def test_page_without_text_is_passed_over(self) -> None:
        """A page without text among others is passed over."""
        assert read_pdf(pdf_of_streams(IMAGE, b"BT /F 9 Tf (text) Tj ET")).text == "text"

    def test_codes_without_a_character_are_dropped(self) -> None:
        """A code for which the font has no character is dropped."""
        assert read_pdf(pdf("a\x00b\x02c")).text == "abc"

    @pytest.mark.parametrize("times", [1, 100])
    def test_bytes_around_a_pdf_do_not_matter(self, times: int) -> None:
        """What stands before and after a PDF does not matter where it is named as one."""
        data = b"junk\n" + pdf("Hello") + b"\n<!-- sent by a server -->" * times
        assert load(data, name="a.pdf", media_type=None).text == "Hello"

    def test_pdf_that_only_guards_changes_is_read(self) -> None:
        """A PDF that only guards against changes is read."""
        assert read_pdf(encrypted_pdf("")).text == "A secret."


class TestPageStarts:
    """Where each page begins in the text."""

    def test_pages_begin_at_their_offsets(self) -> None:
        """Every page begins at its offset into the text."""
        loaded = load(pdf("First\npage.", "Second.", "Third."))
        pages = [loaded.text[start:].split("\n\n")[0] for start in loaded.page_starts]
        assert pages == ["First\npage.", "Second.", "Third."]

    @pytest.mark.parametrize("page", [b"", IMAGE, b"BT /F 9 Tf ( ) Tj ET"])
    def test_empty_page_begins_where_the_next_does(self, page: bytes) -> None:
        """A page without text begins where the next one does."""
        shown = b"BT /F 9 Tf (text) Tj ET"
        assert read_pdf(pdf_of_streams(shown, page, shown)).page_starts == (0, 6, 6)

    def test_empty_first_pages_begin_where_the_text_does(self) -> None:
        """Pages without text before the first one with any begin where that one does."""
        assert read_pdf(pdf("", "", "text")).page_starts == (0, 0, 0)

    def test_empty_last_page_begins_beyond_the_text(self) -> None:
        """A page without text after all others begins beyond the end of the text."""
        loaded = read_pdf(pdf("text", ""))
        assert (loaded.text, loaded.page_starts) == ("text", (0, 6))

    def test_offsets_count_rejoined_words(self) -> None:
        """Offsets count the text after the hyphens at line ends are gone."""
        loaded = read_pdf(pdf("infor-\nmation", "Next."))
        assert loaded.text == "information\n\nNext."
        assert loaded.text[loaded.page_starts[1] :] == "Next."

    def test_offsets_count_kept_characters_only(self) -> None:
        """Offsets count the text after what no font has a character for is gone."""
        loaded = load(pdf("a\x00b\x02c\r\nd ", "Next."))
        assert loaded.text[loaded.page_starts[1] :] == "Next."

    def test_other_types_have_no_pages(self) -> None:
        """A document of a type without pages has no page starts."""
        assert load(b"Hello").page_starts == ()


class TestTitle:
    @pytest.mark.parametrize(
        ("title", "expected"), [("Annual  report", "Annual report"), ("report.doc", None)]
    )
    def test_title_is_that_of_the_metadata(self, title: str, expected: str | None) -> None:
        """The title is that of the metadata, unless a program put it there."""
        assert load(pdf("x", title=title)).title == expected

    def test_pdf_without_metadata_has_no_title(self) -> None:
        """A PDF without metadata is read, and has no title."""
        loaded = read_pdf(pdf("Hello").replace(b"/Info 4 0 R", b""))
        assert (loaded.text, loaded.title) == ("Hello", None)


class TestRefused:
    @pytest.mark.parametrize("page", [IMAGE, b"", b"BT /F 9 Tf ( ) Tj ET"])
    def test_images_alone_are_refused(self, page: bytes) -> None:
        """A PDF without text is refused with what to do."""
        with pytest.raises(UnreadableDocument, match="only images: run it through OCR"):
            read_pdf(pdf_of_streams(page))

    def test_encrypted_pdf_is_refused(self) -> None:
        """A PDF that opens with a password is refused, with what to do."""
        with pytest.raises(UnreadableDocument, match="encrypted: save it without"):
            load(encrypted_pdf("secret"))

    @pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
    def test_cut_off_pdf_is_refused(self, share: float) -> None:
        """A PDF of which only a part is there is refused, even if its first pages could be read."""
        data = pdf(*(f"Page {number}" for number in range(500)))
        with pytest.raises(UnreadableDocument, match="cut off: send the whole"):
            load(data[: int(len(data) * share)])

    def test_cut_off_update_is_refused(self) -> None:
        """A cut off PDF is refused even if it holds the end of an earlier version."""
        data = pdf("Hello") + b"5 0 obj<</Type/Page>>\nendobj\n" * 400
        with pytest.raises(UnreadableDocument, match="cut off: send the whole"):
            read_pdf(data)

    def test_damaged_pdf_is_refused(self) -> None:
        """A PDF that cannot be made sense of is refused with what to do."""
        with pytest.raises(UnreadableDocument, match="This PDF is damaged: open it"):
            load(b"%PDF-1.7\nno object\n%%EOF")

    def test_bomb_is_refused_before_it_unpacks(self) -> None:
        """A page that unpacks to eighty megabytes is refused before it does."""
        packed = zlib.compress(b"\n" * 80_000_000, level=1)
        data = pdf_of_streams(b"@").replace(zlib.compress(b"@"), packed)
        with pytest.raises(UnreadableDocument, match="takes too much to read"):
            read_pdf(data)

    def test_too_many_characters_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A PDF of too many characters is refused while it is read."""
        monkeypatch.setattr("app.loaders.pdf.reader.MAX_CHARS", 20)
        with pytest.raises(UnreadableDocument, match="split it"):
            read_pdf(pdf("Fifteen letters", "Fifteen letters"))

    def test_too_many_pages_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A PDF of too many pages is refused."""
        monkeypatch.setattr("app.loaders.pdf.reader.MAX_PAGES", 1)
        with pytest.raises(UnreadableDocument, match="more than 1 pages: split it"):
            read_pdf(pdf("one", "two"))
        assert read_pdf(pdf("one")).text == "one"

    def test_slow_page_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A page that takes too long is given up in the middle."""
        monkeypatch.setattr("app.loaders.pdf.reader.MAX_PDF_CPU_SEC", 0)
        endless = b"BT /F 9 Tf " + b"1 0 0 1 0 0 Tm (x) Tj " * 1_000 + b"ET"
        with pytest.raises(UnreadableDocument, match="takes too much to read"):
            read_pdf(pdf_of_streams(endless))
