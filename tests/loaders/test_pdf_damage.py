"""PDFs of which some pages are damaged."""

import zlib
from collections.abc import Callable

import pytest

from app.loaders import load
from app.loaders.exceptions import UnreadableDocument
from app.loaders.pdf.faults import Fault, fault_sentences
from app.loaders.pdf.reader import read_pdf
from tests.support.pdf_files import PdfFile, file_with, text

FLATE = b"/Filter/FlateDecode"
LINES = text((50, 700), *(f"Line {number}" for number in range(60)))
PACKED = zlib.compress(LINES)
OVERWRITTEN = PACKED[:40] + b"\xff" * 9 + PACKED[49:]
FIRST_PART, SECOND_PART = LINES[:99], LINES[99:]
TYPE_ALONE = b"<</Type/Font/Subtype/Type0>>"
DAMAGED = "Page 2 could not be read: it is damaged. The rest can be found."
IN_PART = "Page 2 could be read only in part: it is damaged. The rest can be found."


DAMAGES: dict[str, Callable[[PdfFile], object]] = {
    "string without end": lambda file: file.show(b"BT /F 12 Tf (never ended Tj ET"),
    "not packed": lambda file: file.page(file.stream(b"these bytes are not packed", FLATE)),
    "overwritten": lambda file: file.page(file.stream(OVERWRITTEN, FLATE)),
    "wrong checksum": lambda file: file.page(file.stream(PACKED[:-4] + b"sums", FLATE)),
    "unknown filter": lambda file: file.page(file.stream(PACKED, b"/Filter/Unheard")),
    "broken filter": lambda file: file.page(file.stream(b"zzz~~!", b"/Filter/ASCII85Decode")),
    "missing contents": lambda file: file.page(b"999 0 R"),
    "missing part of the contents": lambda file: file.page(b"[999 0 R]"),
    "contents of another type": lambda file: file.page(b"7"),
    "missing font": lambda file: file.show(LINES, font=b"999 0 R"),
    "font of another type": lambda file: file.show(LINES, font=b"(no font)"),
    "font without descendants": lambda file: file.show(LINES, font=file.add(TYPE_ALONE)),
    "null for a page": lambda file: file.kids.append(b"null"),
    "missing page": lambda file: file.kids.append(b"999 0 R"),
    "page of another type": lambda file: file.kids.append(b"(no page)"),
}
CUTS: dict[str, Callable[[PdfFile], object]] = {
    "packed stream": lambda file: file.page(file.stream(PACKED[: len(PACKED) // 2], FLATE)),
    "text": lambda file: file.show(LINES[: len(LINES) // 2]),
    "image": lambda file: file.show(LINES + b"BI /W 1 /H 1 ID never ended"),
    "array": lambda file: file.show(LINES + b"BT [(a) 3 (b) Tj ET"),
}
WHOLE: dict[str, Callable[[PdfFile], object]] = {
    "packed": lambda file: file.page(file.stream(PACKED, FLATE)),
    "without a checksum": lambda file: file.page(file.stream(PACKED[:-4], FLATE)),
    "comment": lambda file: file.show(LINES + b"% a comment: ((( [ BT"),
    "brackets in a string": lambda file: file.show(LINES + text((50, 600), r"\( [ < BT")),
    "bracket in an image": lambda file: file.show(LINES + b"BI /W 1 /H 1 /CS /G /BPC 8 ID ( EI "),
    "contents in parts": lambda file: file.page(
        b"[%s %s]" % (file.stream(LINES[:99]), file.stream(LINES[99:]))
    ),
    "blank page": lambda file: file.kids.append(file.add(b"<</Type/Page/Parent 2 0 R>>")),
}


class TestDamagedPage:
    @pytest.mark.parametrize("kind", DAMAGES)
    def test_damage_costs_the_page_alone(self, kind: str) -> None:
        """Whatever the damage, the other pages are read, each at its number, and it is named."""
        loaded = load(file_with(DAMAGES[kind]))
        assert (loaded.text, loaded.fault) == ("First.\n\nThird.", DAMAGED)
        assert loaded.page_starts == (0, 8, 8)

    @pytest.mark.parametrize("kind", CUTS)
    def test_cut_page_keeps_what_is_before_the_cut(self, kind: str) -> None:
        """A page whose drawing ends in the middle is read up to there, and named."""
        loaded = read_pdf(file_with(CUTS[kind]))
        assert loaded.text.startswith("First.\n\nLine 0\nLine 1\n")
        assert loaded.text.endswith("\n\nThird.")
        assert loaded.fault == IN_PART

    @pytest.mark.parametrize("kind", WHOLE)
    def test_whole_page_is_not_named(self, kind: str) -> None:
        """What only looks like damage, or costs nothing, is not named."""
        assert read_pdf(file_with(WHOLE[kind])).fault is None

    def test_pages_that_are_counted_and_not_there_are_named(self) -> None:
        """A page that the file counts and does not hold is named."""
        file = PdfFile()
        file.show(text((50, 700), "First."))
        loaded = read_pdf(file.data().replace(b"/Count 1", b"/Count 2"))
        assert (loaded.text, loaded.fault) == ("First.", DAMAGED)

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_pages_that_are_not_counted_are_read(self, count: int) -> None:
        """A file that counts too few of its pages is read as a whole, with its forms."""
        file = PdfFile()
        file.show(text((50, 700), "First."))
        file.show(text((50, 700), "Second."))
        value = b"<</Subtype/FreeText/Rect[50 600 250 620]/AP<</N %s>>>>"
        file.show(b"", file.add(value % file.drawing(text((2, 5), "Third."))))
        loaded = read_pdf(file.data().replace(b"/Count 3", b"/Count %d" % count))
        assert (loaded.text, loaded.fault) == ("First.\n\nSecond.\n\nThird.", None)

    def test_pdf_without_a_whole_page_is_refused(self) -> None:
        """A PDF of which no page can be read is refused with what to do."""
        file = PdfFile()
        file.show(b"BT /F 12 Tf (never ended Tj ET")
        with pytest.raises(UnreadableDocument, match="damaged: open it, save it anew"):
            read_pdf(file.data())

    def test_damaged_part_of_a_page_is_named(self) -> None:
        """A drawing within the page that cannot be unpacked is named, and the rest is read."""
        file = PdfFile()
        form = file.stream(b"not packed", b"/Subtype/Form/BBox[0 0 9 9]" + FLATE)
        contents = file.stream(text((50, 700), "Around it.") + b"/X Do")
        file.kids.append(
            file.add(
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents %s"
                b"/Resources<</Font<</F 3 0 R>>/XObject<</X %s>>>>>>" % (contents, form)
            )
        )
        loaded = read_pdf(file.data())
        assert (loaded.text, loaded.fault) == ("Around it.", IN_PART.replace("2", "1"))

    def test_page_of_too_much_text_is_refused(self) -> None:
        """A page that shows more text than any reader could is refused before it is read."""
        file = PdfFile()
        content = b"BT /F 12 Tf " + b"(%s) Tj " % (b"a" * 100_000) * 50 + b"ET"
        file.page(file.stream(zlib.compress(content), FLATE))
        with pytest.raises(UnreadableDocument, match="takes too much to read"):
            read_pdf(file.data())


class TestFaultSentences:
    @pytest.mark.parametrize(
        ("pages", "named"),
        [
            ([2], "Page 2 could not be read: it is damaged."),
            ([2, 3], "Pages 2 and 3 could not be read: they are damaged."),
            ([2, 5], "Pages 2 and 5 could not be read: they are damaged."),
            ([2, 5, 7, 8, 9], "Pages 2, 5 and 7 to 9 could not be read: they are damaged."),
        ],
    )
    def test_pages_are_named_as_a_reader_would(self, pages: list[int], named: str) -> None:
        """Pages in a row are named by the first and the last."""
        faults = dict.fromkeys(pages, Fault.DAMAGED)
        assert fault_sentences(faults) == f"{named} The rest can be found."

    def test_sentence_stays_short(self) -> None:
        """However many pages are lost, and for however many reasons, the sentence is short."""
        kinds = list(Fault)
        faults = {20_000 + 2 * page: kinds[page % len(kinds)] for page in range(9_000)}
        sentence = fault_sentences(faults)
        assert sentence
        assert len(sentence) < 500

    def test_nothing_lost_is_not_worth_a_word(self) -> None:
        """A document without faults has no sentence."""
        assert fault_sentences({}) is None
