"""Word documents to Markdown."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from app.loaders import load
from app.loaders.docx.reader import read_docx
from tests.support.documents import STRICT, repacked, word, word_of_body, write_report
from tests.support.word_files import paragraph, run, word_file

COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
STRICT_MATH = "http://purl.oclc.org/ooxml/officeDocument/math"


def text_of_body(body: str) -> str:
    """The text of a document with this XML as its body."""
    return read_docx(word_of_body(body))[0]


class TestStructure:
    def test_structure_becomes_markdown(self) -> None:
        """Headings, lists and tables become those of Markdown."""
        assert read_docx(word(write_report))[0] == (
            "# Report\n\n# First\n\nSome bold text\nmore\n\n- a\n- b\n- c\n1. one\n2. two\n\n"
            "## Deeper\n\n| x | y\\|z |\n| --- | --- |\n| 1 | 2 3 |\n\nEnd."
        )

    def test_style_based_on_a_heading_is_a_heading(self) -> None:
        """A style that is based on a heading is a heading, and so is any outline level."""

        def write(document: Document) -> None:
            style = document.styles.add_style("Appendix", 1)
            style.base_style = document.styles["Heading 2"]
            document.add_paragraph("Extra", "Appendix")

        assert read_docx(word(write))[0] == "## Extra"
        outline = '<w:p><w:pPr><w:outlineLvl w:val="{}"/></w:pPr><w:r><w:t>a</w:t></w:r></w:p>'
        assert text_of_body(outline.format(2) + outline.format(9)) == "### a\n\na"

    def test_circular_styles_do_no_harm(self) -> None:
        """Styles that are based on each other do no harm."""
        paragraph = '<w:p><w:pPr><w:pStyle w:val="A"/></w:pPr><w:r><w:t>a</w:t></w:r></w:p>'
        styles = f'<w:styles xmlns:w="{STRICT}">' + "".join(
            f'<w:style w:styleId="{style}"><w:name w:val="{style}"/><w:basedOn w:val="{base}"/>'
            "</w:style>"
            for style, base in ("AB", "BA")
        )
        data = repacked(
            word_of_body(paragraph), {"word/styles.xml": f"{styles}</w:styles>".encode()}
        )
        assert read_docx(data)[0] == "a"

    def test_numbers_count_anew_below_each_item(self) -> None:
        """Numbered items are counted on each level, anew below each item."""
        item = (
            '<w:p><w:pPr><w:numPr><w:ilvl w:val="{}"/><w:numId w:val="77"/></w:numPr></w:pPr>'
            "<w:r><w:t>x</w:t></w:r></w:p>"
        )
        numbering = (
            f'<w:numbering xmlns:w="{STRICT}"><w:abstractNum w:abstractNumId="5">'
            '<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl>'
            '<w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>'
            '<w:num w:numId="77"><w:abstractNumId w:val="5"/></w:num></w:numbering>'
        )
        body = word_of_body("".join(map(item.format, (0, 1, 1, 0, 1, 2))))
        data = repacked(body, {"word/numbering.xml": numbering.encode()})
        assert read_docx(data)[0] == "1. x\n  a. x\n  b. x\n2. x\n  a. x\n    - x"

    def test_own_style_counts_more_than_its_base(self) -> None:
        """What a style says itself counts more than what it is based on."""

        def write(document: Document) -> None:
            style = document.styles.add_style("Appendix", 1)
            style.base_style = document.styles["Heading 1"]
            level = OxmlElement("w:outlineLvl")
            level.set(qn("w:val"), "2")
            style.element.get_or_add_pPr().append(level)
            document.add_paragraph("Extra", "Appendix")

        assert read_docx(word(write))[0] == "### Extra"

    def test_item_is_as_deep_as_its_style_says(self) -> None:
        """An item of a style is as deep as the style says."""

        def write(document: Document) -> None:
            level = OxmlElement("w:ilvl")
            level.set(qn("w:val"), "1")
            document.styles["List Bullet"].element.pPr.numPr.append(level)
            document.add_paragraph("a", "List Bullet")

        assert read_docx(word(write))[0] == "  - a"

    def test_paragraph_taken_out_of_a_list_is_no_item(self) -> None:
        """A paragraph that was taken out of its style's list is no item."""
        style = '<w:pStyle w:val="ListBullet"/>'
        none = '<w:numPr><w:numId w:val="0"/></w:numPr>'
        paragraph = "<w:p><w:pPr>{}</w:pPr><w:r><w:t>a</w:t></w:r></w:p>"
        assert text_of_body(paragraph.format(style)) == "- a"
        assert text_of_body(paragraph.format(style + none)) == "a"

    def test_former_heading_is_a_paragraph(self) -> None:
        """A heading that a tracked change has made a paragraph is a paragraph."""
        former = '<w:pPrChange><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:pPrChange>'
        paragraph = f"<w:p><w:pPr>{former}</w:pPr><w:r><w:t>a</w:t></w:r></w:p>"
        assert text_of_body(paragraph) == "a"


class TestText:
    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ("<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>", "new"),
            ("<w:p><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink></w:p>", "link"),
            (
                "<w:sdt><w:sdtContent><w:p><w:r><w:t>form</w:t></w:r></w:p></w:sdtContent></w:sdt>",
                "form",
            ),
            ("<w:p><w:r><w:t>a</w:t><w:noBreakHyphen/><w:t>b</w:t></w:r></w:p>", "a-b"),
            ("<w:p><w:r><w:t>a</w:t><w:cr/><w:t>b</w:t></w:r></w:p>", "a\nb"),
            (
                "<w:p><w:r><w:t xml:space='preserve'>a </w:t></w:r><w:r><w:t>b</w:t></w:r></w:p>",
                "a b",
            ),
            *(
                (f"<w:p><m:oMath xmlns:m='{math}'><m:r><m:t>x=1</m:t></m:r></m:oMath></w:p>", "x=1")
                for math in (MATH, STRICT_MATH)
            ),
        ],
    )
    def test_inserted_text_links_and_formulas_are_text(self, body: str, text: str) -> None:
        """Inserted text, links, forms and formulas are text."""
        assert text_of_body(body) == text

    @pytest.mark.parametrize(
        "body",
        [
            "<w:del><w:r><w:delText>old</w:delText><w:t>old</w:t></w:r></w:del>",
            "<w:moveFrom><w:r><w:t>old</w:t></w:r></w:moveFrom>",
            "<w:r><w:instrText>PAGE</w:instrText></w:r>",
            f"<x:Fallback xmlns:x='{COMPATIBILITY}'><w:r><w:t>again</w:t></w:r></x:Fallback>",
        ],
    )
    def test_deleted_text_and_codes_are_no_text(self, body: str) -> None:
        """Deleted and moved text, codes of fields and fallbacks for old programs are no text."""
        assert text_of_body(f"<w:p><w:r><w:t>a</w:t></w:r>{body}</w:p>") == "a"

    def test_strict_format_is_read(self) -> None:
        """The strict format is read, also under the name that some programs give it."""
        xml = f'<w:document xmlns:w="{STRICT}"><w:body><w:p><w:r><w:t>a</w:t></w:r></w:p></w:body>'
        file = BytesIO()
        with ZipFile(file, "w") as package:
            package.writestr("word/document2.xml", f"{xml}</w:document>")
        assert load(file.getvalue()).text == "a"


class TestTitle:
    def test_title_is_the_first_paragraph_in_its_style(self) -> None:
        """The title is the first paragraph in the style of titles, before that of the metadata."""

        def write(document: Document) -> None:
            write_report(document)
            document.add_heading("Annex", 0)
            document.core_properties.title = "Template"

        assert load(word(write)).title == "Report"

    @pytest.mark.parametrize(("title", "expected"), [("Kept", "Kept"), ("Word Document", "First")])
    def test_title_is_else_that_of_the_metadata(self, title: str, expected: str) -> None:
        """Without a paragraph in that style the title is the metadata's, if no placeholder."""

        def write(document: Document) -> None:
            document.add_heading("First", 2)
            document.add_heading("Second", 1)
            document.core_properties.title = title

        assert load(word(write)).title == expected

    def test_document_without_headings_has_no_title(self) -> None:
        """A document without a title and without headings has no title."""
        assert load(word(lambda document: document.add_paragraph("text"))).title is None

    def test_title_is_a_heading_without_its_marks(self) -> None:
        """A heading that is the title is shown without its number, links and notes."""
        note = '<w:r><w:footnoteReference w:id="1"/></w:r>'
        link = f'<w:hyperlink r:id="l">{run("rent")}</w:hyperlink>'
        content = run("The ") + link + run(" old", "<w:strike/>") + note
        numbering = (
            '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:lvlText w:val="Part %1"/>'
            '</w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        )
        properties = '<w:numPr><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="0"/>'
        data = word_file(
            paragraph("<w:r/>", properties) + paragraph(content, properties),
            {"numbering": numbering},
            {"l": ("hyperlink", "https://rent.example/")},
        )
        text = "# Part 1\n\n# Part 2 The [rent](https://rent.example/) ~~old~~[^1]"
        assert (load(data).text, load(data).title) == (text, "The rent old")
