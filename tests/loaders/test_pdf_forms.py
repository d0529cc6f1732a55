"""What the forms and annotations of a PDF show."""

import pytest

from app.loaders.pdf.reader import read_pdf
from tests.support.pdf_files import PdfFile, text

LABELS = text((50, 700), "Name:") + text((50, 660), "Country:") + text((50, 620), "The end.")


def widget(file: PdfFile, entries: bytes, drawn: str = "", at: str = "120 695 320 715") -> bytes:
    """A field beside the first label; `drawn` is what its own drawing shows."""
    drawing = file.drawing(text((2, 5), drawn)) if drawn else b"null"
    rectangle = at.encode()
    return file.add(
        b"<</Type/Annot/Subtype/Widget/Rect[%s]/AP<</N %s>>%s>>" % (rectangle, drawing, entries)
    )


def annotation(file: PdfFile, entries: bytes, drawn: str = "") -> bytes:
    """An annotation between the last labels."""
    drawing = b"/AP<</N %s>>" % file.drawing(text((2, 5), drawn)) if drawn else b""
    return file.add(b"<</Type/Annot/Rect[50 640 250 655]%s%s>>" % (drawing, entries))


class TestFields:
    @pytest.mark.parametrize(
        ("entries", "drawn"),
        [
            (b"/FT/Tx/V(Ann Lee)", "Ann Lee"),
            (b"/FT/Tx/V(Ann Lee)", ""),
            (b"/FT/Tx", "Ann Lee"),
            (b"/FT/Tx/V(ANN LEE)", "Ann Lee"),
            (b"/FT/Tx/V<FEFF0041006E006E0020004C00650065>", ""),
            (b"/FT/Tx/V(Ann Lee)", " "),
            (b"/FT/Ch/Ff 131072/V(a)/Opt[[(b)(Bob)][(a)(Ann Lee)]]", ""),
            (b"/FT/Ch/V(Ann Lee)/Opt[(Bob)(Ann Lee)]", "Bob Ann Lee"),
        ],
    )
    def test_value_stands_once_beside_its_label(self, entries: bytes, drawn: str) -> None:
        """A value stands beside its label, once, whether it is drawn, only stored, or both."""
        file = PdfFile()
        file.show(LABELS, widget(file, entries, drawn))
        assert read_pdf(file.data()).text == "Name: Ann Lee\nCountry:\nThe end."

    def test_value_may_be_that_of_the_parent(self) -> None:
        """A field of which several places are shown has its type and value above these."""
        file = PdfFile()
        parent = file.add(b"<</FT/Tx/V(Ann Lee)>>")
        file.show(LABELS, widget(file, b"/Parent " + parent))
        assert "Name: Ann Lee" in read_pdf(file.data()).text

    def test_old_drawing_gives_way_to_the_value(self) -> None:
        """Where the file says that drawings are to be made anew, the value counts."""
        file = PdfFile()
        file.form = b"/NeedAppearances true"
        file.show(LABELS, widget(file, b"/FT/Tx/V(New)", "Old"))
        assert read_pdf(file.data()).text == "Name: New\nCountry:\nThe end."

    def test_all_choices_are_shown(self) -> None:
        """Several chosen options stand beside each other, the others are left out."""
        file = PdfFile()
        file.show(LABELS, widget(file, b"/FT/Ch/V[(x)(z)]/Opt[(x)(y)(z)]", "x y z"))
        assert read_pdf(file.data()).text.startswith("Name: x, z\n")

    @pytest.mark.parametrize(
        ("entries", "mark"),
        [
            (b"/FT/Btn/V/Yes/AS/Yes", "[x]"),
            (b"/FT/Btn/V/Off/AS/Off", "[ ]"),
            (b"/FT/Btn/V/Yes", "[x]"),
            (b"/FT/Btn", "[ ]"),
            (b"/FT/Btn/Ff 32768/AS/choice1", "[x]"),
        ],
    )
    def test_box_is_marked_where_it_is_ticked(self, entries: bytes, mark: str) -> None:
        """Boxes and radio buttons stand beside their label, with a mark if they are on."""
        file = PdfFile()
        file.show(LABELS, widget(file, entries, at="35 695 45 715"))
        assert read_pdf(file.data()).text.startswith(f"{mark} Name:\n")

    @pytest.mark.parametrize("flags", [b"/F 2", b"/F 32", b"/Ff 8192"])
    def test_hidden_fields_and_passwords_are_not_read(self, flags: bytes) -> None:
        """What is hidden is not read, and neither is a password."""
        file = PdfFile()
        file.show(LABELS, widget(file, b"/FT/Tx/V(secret)" + flags, "secret"))
        assert read_pdf(file.data()).text == "Name:\nCountry:\nThe end."

    def test_fields_of_the_same_place_are_both_read(self) -> None:
        """Two fields that lie on top of each other do not mix their letters."""
        file = PdfFile()
        values = [widget(file, b"/FT/Tx", drawn) for drawn in ("Ann Lee", "AB-12")]
        file.show(LABELS, *values)
        assert read_pdf(file.data()).text.startswith("Name: Ann Lee AB-12\n")

    def test_page_of_values_alone_is_read(self) -> None:
        """A page without any text of its own is read by the values that its fields show."""
        file = PdfFile()
        file.show(b"", widget(file, b"/FT/Tx/V(one\rtwo)"))
        assert read_pdf(file.data()).text == "one\ntwo"

    @pytest.mark.parametrize("rectangle", ["", "1 2 3", "a b c d", "0 0 0 0"])
    def test_damaged_place_does_no_harm(self, rectangle: str) -> None:
        """A field without a proper place costs at most itself."""
        file = PdfFile()
        file.show(LABELS, widget(file, b"/FT/Tx/V(x)", at=rectangle))
        assert "Name:\nCountry:\nThe end." in read_pdf(file.data()).text


class TestAnnotations:
    @pytest.mark.parametrize(
        ("entries", "drawn"),
        [
            (b"/Subtype/FreeText/Contents(Paid in May)", "Paid in May"),
            (b"/Subtype/FreeText/Contents(Paid in May)", ""),
            (b"/Subtype/FreeText", "Paid in May"),
            (b"/Subtype/Stamp/Contents(a stamp)", "Paid in May"),
        ],
    )
    def test_text_on_top_of_the_page_stands_in_its_place(self, entries: bytes, drawn: str) -> None:
        """Text boxes and stamps are read where they stand, once."""
        file = PdfFile()
        file.show(LABELS, annotation(file, entries, drawn))
        assert read_pdf(file.data()).text == "Name:\nCountry:\nPaid in May\nThe end."

    @pytest.mark.parametrize("kind", [b"Text", b"Popup", b"Link", b"Highlight", b"FileAttachment"])
    def test_what_is_not_drawn_is_not_text(self, kind: bytes) -> None:
        """Links, notes and the windows that they open in are not text of the page."""
        file = PdfFile()
        file.show(LABELS, annotation(file, b"/Contents(a note)/Subtype/" + kind))
        assert read_pdf(file.data()).text == "Name:\nCountry:\nThe end."

    def test_page_is_that_of_the_annotation(self) -> None:
        """What stands on top of a page counts to that page."""
        file = PdfFile()
        file.show(text((50, 700), "One."))
        file.show(text((50, 700), "Two."), annotation(file, b"/Subtype/FreeText", "Paid"))
        loaded = read_pdf(file.data())
        assert loaded.text[loaded.page_starts[1] :] == "Two.\nPaid"
