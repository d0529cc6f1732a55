"""PDF to text."""

import zlib

import pytest

from app.documents.exceptions import UnreadableDocument
from app.documents.loaders import load
from app.documents.loaders.pdf import read_pdf, rejoin_words
from tests.documents.loaders.samples import encrypted_pdf, pdf, pdf_of_streams

IMAGE = b"q 100 0 0 100 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xff EI Q"


class TestText:
    def test_pages(self) -> None:
        """Lines are kept, and pages have a blank line between them."""
        assert read_pdf(pdf("Grüße \n5 €.", "", "Last.")) == ("Grüße\n5 €.\n\nLast.", None)

    def test_image_between(self) -> None:
        """A page without text among others is passed over."""
        assert read_pdf(pdf_of_streams(IMAGE, b"BT /F 9 Tf (text) Tj ET"))[0] == "text"

    def test_control_characters(self) -> None:
        """What a font gives for no character is dropped."""
        assert read_pdf(pdf("a\x00b\x02c"))[0] == "abc"

    @pytest.mark.parametrize("times", [1, 100])
    def test_not_at_the_start(self, times: int) -> None:
        """Something before and after a PDF does not matter where it is labelled as one."""
        data = b"junk\n" + pdf("Hello") + b"\n<!-- sent by a server -->" * times
        assert load(data, name="a.pdf", media_type=None).text == "Hello"

    def test_without_user_password(self) -> None:
        """A PDF that only guards against changes is read."""
        assert read_pdf(encrypted_pdf(""))[0] == "A secret."


class TestTitle:
    @pytest.mark.parametrize(
        ("title", "expected"), [("Annual  report", "Annual report"), ("report.doc", None)]
    )
    def test_metadata(self, title: str, expected: str | None) -> None:
        """The title is that of the metadata, unless a program put it there."""
        assert load(pdf("x", title=title), name=None, media_type=None).title == expected

    def test_no_metadata(self) -> None:
        """A PDF without metadata is read, and has no title."""
        data = pdf("Hello").replace(b"/Info 4 0 R", b"")
        assert read_pdf(data) == ("Hello", None)


class TestRejoinWords:
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
    def test_rejoin_words(self, text: str, expected: str) -> None:
        """A hyphen that only ends a line goes, one that belongs to the word stays."""
        assert rejoin_words(text) == expected

    def test_time(self) -> None:
        """Very long words take no more time than others."""
        text = "x" * 1_000_000 + "-\n" + "y" * 1_000_000
        assert rejoin_words(text) == text.replace("-\n", "")


class TestRefused:
    @pytest.mark.parametrize("page", [IMAGE, b"", b"BT /F 9 Tf ( ) Tj ET"])
    def test_images_only(self, page: bytes) -> None:
        """A PDF without text is refused with what to do."""
        with pytest.raises(UnreadableDocument, match="only images: run it through OCR"):
            read_pdf(pdf_of_streams(page))

    def test_encrypted(self) -> None:
        """A PDF that opens with a password is refused as that."""
        with pytest.raises(UnreadableDocument, match="encrypted: save it without"):
            load(encrypted_pdf("secret"), name=None, media_type=None)

    @pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
    def test_cut_off(self, share: float) -> None:
        """Only a part of a PDF is refused, even where its first pages could be read."""
        data = pdf(*(f"Page {number}" for number in range(500)))
        with pytest.raises(UnreadableDocument, match="cut off: send the whole"):
            load(data[: int(len(data) * share)], name=None, media_type=None)

    def test_cut_off_after_update(self) -> None:
        """So is one that was saved again at its end, and so has one end in the middle."""
        data = pdf("Hello") + b"5 0 obj<</Type/Page>>\nendobj\n" * 400
        with pytest.raises(UnreadableDocument, match="cut off: send the whole"):
            read_pdf(data)

    def test_damaged(self) -> None:
        """What cannot be made sense of is refused with what to do."""
        with pytest.raises(UnreadableDocument, match="This PDF is damaged: open it"):
            load(b"%PDF-1.7\nnothing\n%%EOF", name=None, media_type=None)

    def test_bomb(self) -> None:
        """A page that unpacks to eighty megabytes is refused before it does."""
        packed = zlib.compress(b"\n" * 80_000_000, level=1)
        data = pdf_of_streams(b"@").replace(zlib.compress(b"@"), packed)
        with pytest.raises(UnreadableDocument, match="takes too much to read"):
            read_pdf(data)

    def test_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Too many characters are refused while they are read."""
        monkeypatch.setattr("app.documents.loaders.pdf.MAX_CHARS", 20)
        with pytest.raises(UnreadableDocument, match="split it"):
            read_pdf(pdf("Fifteen letters", "Fifteen letters"))

    def test_too_many_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """So are too many pages."""
        monkeypatch.setattr("app.documents.loaders.pdf.MAX_PAGES", 1)
        with pytest.raises(UnreadableDocument, match="more than 1 pages: split it"):
            read_pdf(pdf("one", "two"))
        assert read_pdf(pdf("one"))[0] == "one"

    def test_too_slow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A page that takes too long is given up in the middle."""
        monkeypatch.setattr("app.documents.loaders.pdf.MAX_PDF_CPU_SEC", 0)
        endless = b"BT /F 9 Tf " + b"1 0 0 1 0 0 Tm (x) Tj " * 1_000 + b"ET"
        with pytest.raises(UnreadableDocument, match="takes too much to read"):
            read_pdf(pdf_of_streams(endless))
