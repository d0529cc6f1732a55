"""PDFs whose fonts do not tell which letters they draw."""

import pytest

from app.loaders.exceptions import UnreadableDocument
from app.loaders.pdf.reader import read_pdf
from tests.support.pdf_files import PdfFile, file_with

TO_UNICODE = (
    b"begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange "
    b"1 beginbfrange <0000> <00FF> <%s> endbfrange endcmap"
)
NO_LETTERS = "Page 2 could not be read: its fonts do not tell the letters. The rest can be found."


def font_of_glyph_numbers(file: PdfFile, to_unicode: bytes | None) -> bytes:
    """A font whose codes are the numbers of its glyphs."""
    entry = b"/ToUnicode " + file.stream(to_unicode) if to_unicode else b""
    descendant = file.add(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/ABCDEF+Some/DW 500"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>"
    )
    return file.add(
        b"<</Type/Font/Subtype/Type0/BaseFont/ABCDEF+Some/Encoding/Identity-H"
        b"/DescendantFonts[%s]%s>>" % (descendant, entry)
    )


def font_of_drawings(file: PdfFile, names: bytes) -> bytes:
    """A font of two drawn glyphs with these names, whose codes are those of A and B."""
    drawn = file.stream(b"500 0 0 0 500 500 d1 0 0 500 500 re f")
    glyphs = b"".join(b"%s %s" % (name, drawn) for name in names.split())
    return file.add(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 500 500]/FontMatrix[.001 0 0 .001 0 0]"
        b"/CharProcs<<%s>>/Encoding<</Differences[65%s]>>/FirstChar 65/LastChar 66"
        b"/Widths[500 500]/Resources<<>>>>" % (glyphs, names)
    )


def show_codes(file: PdfFile, letters: str, font: bytes, before: bytes = b"") -> None:
    """Adds a page that shows these letters' codes, of two bytes each."""
    codes = letters.encode("utf-16-be").hex().encode()
    file.show(b"%s BT /F 12 Tf 50 700 Td <%s> Tj ET" % (before, codes), font=font)


class TestFontsWithoutLetters:
    @pytest.mark.parametrize(
        "to_unicode", [None, TO_UNICODE % b"E000", TO_UNICODE % b"F000", b"damaged"]
    )
    def test_page_is_named(self, to_unicode: bytes | None) -> None:
        """A page whose glyphs have no letters, or private ones, is not read, and named."""

        def add_page(file: PdfFile) -> None:
            show_codes(file, "ABBA CAD", font_of_glyph_numbers(file, to_unicode))

        loaded = read_pdf(file_with(add_page))
        assert (loaded.text, loaded.fault) == ("First.\n\nThird.", NO_LETTERS)

    def test_drawn_glyphs_without_names_of_letters_are_named(self) -> None:
        """A font of drawings whose glyphs are merely numbered has no letters."""

        def add_page(file: PdfFile) -> None:
            font = font_of_drawings(file, b"/g1 /g2")
            file.show(b"BT /F 12 Tf 50 700 Td (ABBA) Tj ET", font=font)

        assert read_pdf(file_with(add_page)).fault == NO_LETTERS

    @pytest.mark.parametrize(
        ("names", "shown"),
        [
            (b"/B /A", "BAAB"),
            (b"/eacute /uni00DF", "éßßé"),
            (b"/a65 /a66", "ABBA"),
        ],
    )
    def test_names_of_drawn_glyphs_are_read(self, names: bytes, shown: str) -> None:
        """A font of drawings is read by the names of its glyphs, as plots need it."""
        file = PdfFile()
        font = font_of_drawings(file, names)
        file.show(b"BT /F 12 Tf 50 700 Td (ABBA) Tj ET", font=font)
        loaded = read_pdf(file.data())
        assert (loaded.text, loaded.fault) == (shown, None)

    def test_pdf_without_letters_is_refused(self) -> None:
        """A PDF none of whose glyphs have letters is refused with what to do."""
        file = PdfFile()
        show_codes(file, "ABBA CAD", font_of_glyph_numbers(file, None))
        with pytest.raises(UnreadableDocument, match="run it through OCR"):
            read_pdf(file.data())

    def test_letters_of_mathematics_are_read(self) -> None:
        """Letters beyond U+FFFF, as in formulas, are read whole."""
        file = PdfFile()
        codes = b"begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfchar "
        codes += b"<0041> <D835DC00> <0042> <0062> endbfchar endcmap"
        show_codes(file, "ABBA", font_of_glyph_numbers(file, codes))
        loaded = read_pdf(file.data())
        assert (loaded.text, loaded.fault) == ("\U0001d400bb\U0001d400", None)

    def test_invisible_text_is_text(self) -> None:
        """The invisible text over a scanned page, which OCR writes, is read."""
        file = PdfFile()
        show_codes(file, "Scanned", font_of_glyph_numbers(file, TO_UNICODE % b"0000"), b"3 Tr")
        loaded = read_pdf(file.data())
        assert (loaded.text, loaded.fault) == ("Scanned", None)

    def test_few_glyphs_without_letters_are_dropped(self) -> None:
        """A symbol without a letter among others is dropped, and not worth a word."""
        file = PdfFile()
        file.show(b"BT /F 12 Tf 50 700 Td (A page\x01 with an arrow.) Tj ET")
        loaded = read_pdf(file.data())
        assert (loaded.text, loaded.fault) == ("A page with an arrow.", None)
