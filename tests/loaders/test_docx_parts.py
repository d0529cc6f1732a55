"""What stands in other parts of a Word document: headers, footers, notes and comments."""

import pytest

from app.loaders.docx.reader import read_docx
from tests.support.word_files import (
    field,
    paragraph,
    relations,
    run,
    text_box,
    word_file,
)


def reference(kind: str, part: str, pages: str = "default") -> str:
    """A section names its header or footer."""
    return f'<w:{kind}Reference w:type="{pages}" r:id="{part}"/>'


def margins(*parts: str) -> dict[str, tuple[str, str]]:
    """Relationships to headers and footers, by the names of their parts."""
    return {part: (part.rstrip("0123456789"), f"{part}.xml") for part in parts}


class TestHeadersAndFooters:
    def test_header_is_first_and_footer_is_last(self) -> None:
        """A header stands before the text and a footer after it, each once for all sections."""
        section = reference("header", "header1") + reference("footer", "footer1")
        body = paragraph("text", f"<w:sectPr>{section}</w:sectPr>")
        parts = {"header1": paragraph("Contract 77"), "footer1": paragraph("Confidential")}
        data = word_file(body * 2, parts, margins(*parts))
        assert read_docx(data)[0] == "Contract 77\n\ntext\n\ntext\n\nConfidential"

    @pytest.mark.parametrize(
        ("section", "settings", "expected"),
        [
            ("", "", "all\n\ntext"),
            ("<w:titlePg/>", "", "first\n\nall\n\ntext"),
            ('<w:titlePg w:val="0"/>', "", "all\n\ntext"),
            ("", "<w:evenAndOddHeaders/>", "all\n\neven\n\ntext"),
        ],
    )
    def test_headers_of_pages_that_there_are(
        self, section: str, settings: str, expected: str
    ) -> None:
        """Headers of first and even pages are read where they are shown."""
        named = "".join(
            reference("header", f"header{number}", pages)
            for number, pages in enumerate(("default", "first", "even"), start=1)
        )
        body = paragraph("text") + f"<w:sectPr>{named}{section}</w:sectPr>"
        texts = enumerate(("all", "first", "even"), start=1)
        parts = {f"header{number}": paragraph(text) for number, text in texts}
        data = word_file(body, {**parts, "settings": settings}, margins(*parts))
        assert read_docx(data)[0] == expected

    def test_equal_headers_are_one(self) -> None:
        """Headers that differ in nothing are shown once."""
        named = reference("header", "header1") + reference("header", "header2", "first")
        body = paragraph("text") + f"<w:sectPr>{named}<w:titlePg/></w:sectPr>"
        parts = {"header1": paragraph("Same"), "header2": paragraph("Same")}
        assert read_docx(word_file(body, parts, margins(*parts)))[0] == "Same\n\ntext"

    def test_page_numbers_are_not_text(self) -> None:
        """Numbers of pages are no text, nor is a line that gives nothing else."""
        simple = f'<w:fldSimple w:instr=" NUMPAGES ">{run("7")}</w:fldSimple>'
        pages = run("Page ") + field("PAGE \\* MERGEFORMAT", run("3")) + run(" of ") + simple
        body = paragraph("text") + f"<w:sectPr>{reference('footer', 'footer1')}</w:sectPr>"

        def read(footer: str) -> str:
            return read_docx(word_file(body, {"footer1": footer}, margins("footer1")))[0]

        assert read(paragraph(pages)) == "text"
        assert read(paragraph(run("Annex 3, ") + pages)) == "text\n\nAnnex 3, Page of"

    def test_watermark_is_shown(self) -> None:
        """A text box in a header is shown, as are links that the header names."""
        link = f'<w:hyperlink r:id="l">{run("site")}</w:hyperlink>'
        header = paragraph(text_box(paragraph("Copy 3")) + link)
        body = paragraph("text") + f"<w:sectPr>{reference('header', 'header1')}</w:sectPr>"
        parts: dict[str, str | bytes] = {
            "header1": header,
            "_rels/header1.xml.rels": relations({"l": ("hyperlink", "https://firm.example/x")}),
        }
        assert read_docx(word_file(body, parts, margins("header1")))[0] == (
            "[site](https://firm.example/x)\n\nCopy 3\n\ntext"
        )


class TestNotes:
    @staticmethod
    def note(kind: str, key: int, text: str, more: str = "") -> str:
        """A note."""
        mark = f"<w:r><w:{kind}Ref/></w:r>"
        return f'<w:{kind} w:id="{key}" {more}>{paragraph(mark + run(text))}</w:{kind}>'

    @staticmethod
    def refer(kind: str, key: int) -> str:
        """A raised mark of a note."""
        raised = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
        return f'<w:r>{raised}<w:{kind}Reference w:id="{key}"/></w:r>'

    def test_marks_tell_notes_from_text(self) -> None:
        """Notes follow the text, in the order of their marks, which stand in text and note."""
        body = paragraph(
            run("Rent") + self.refer("footnote", 9) + run(" is due") + self.refer("footnote", 2)
        ) + paragraph(run("Pets") + self.refer("endnote", 2))
        separator = self.note("footnote", 0, "lines", 'w:type="separator"')
        footnotes = self.note("footnote", 2, " On the first.") + self.note("footnote", 9, " Net.")
        parts = {
            "footnotes": separator + footnotes,
            "endnotes": self.note("endnote", 2, " Cats."),
        }
        assert read_docx(word_file(body, parts))[0] == (
            "Rent[^1] is due[^2]\n\nPets[^i]\n\n[^1]: Net.\n\n[^2]: On the first.\n\n[^i]: Cats."
        )

    def test_note_of_deleted_text_is_not_shown(self) -> None:
        """A note is not shown where the text that refers to it was deleted."""
        body = paragraph(run("text") + f"<w:del>{self.refer('footnote', 1)}</w:del>")
        assert read_docx(word_file(body, {"footnotes": self.note("footnote", 1, "x")}))[0] == "text"

    def test_links_in_notes_lead_where_the_notes_say(self) -> None:
        """A link in a note is one of the notes' own relationships."""
        link = f'<w:hyperlink r:id="l">{run("law")}</w:hyperlink>'
        body = paragraph(run("text") + self.refer("footnote", 1))
        parts: dict[str, str | bytes] = {
            "footnotes": f'<w:footnote w:id="1">{paragraph(link)}</w:footnote>',
            "_rels/footnotes.xml.rels": relations({"l": ("hyperlink", "https://law.example/7")}),
        }
        data = word_file(body, parts, {"l": ("hyperlink", "https://other.example/")})
        assert read_docx(data)[0] == "text[^1]\n\n[^1]: [law](https://law.example/7)"

    def test_comments_come_last_with_their_author(self) -> None:
        """A comment stands after the text, and does not tear it."""
        body = paragraph(run("40 eu") + '<w:r><w:commentReference w:id="5"/></w:r>' + run("ro"))
        comments = f'<w:comment w:id="5" w:author="Ada">{paragraph("Per week?")}</w:comment>'
        unused = f'<w:comment w:id="6" w:author="Bob">{paragraph("Old.")}</w:comment>'
        data = word_file(body, {"comments": comments + unused})
        assert read_docx(data)[0] == "40 euro\n\nComment by Ada: Per week?"
