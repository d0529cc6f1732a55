"""Text boxes, drop caps and frames: what stands beside a paragraph does not tear it."""

import pytest

from app.loaders.docx.reader import read_docx
from tests.support.word_files import heading, paragraph, run, text_box, word_file

BOX = text_box(paragraph("Call 112."))
DROP = '<w:framePr w:dropCap="{}" w:lines="3"/>'


def shown(body: str) -> str:
    """The text of a document with this body."""
    return read_docx(word_file(body))[0]


def cell(content: str) -> str:
    """A cell of a table."""
    return f"<w:tc>{content}</w:tc>"


class TestTextBoxes:
    def test_heading_stays_a_heading(self) -> None:
        """A heading that a text box is anchored in stays whole, and the box follows it once."""
        body = heading(BOX + run("In case of fire")) + paragraph("Leave.")
        assert shown(body) == "# In case of fire\n\nCall 112.\n\nLeave."

    def test_sentence_stays_whole(self) -> None:
        """A text box in the midst of a word or a sentence does not tear it."""
        body = paragraph(run("The fee is ") + BOX + run("40 eu") + BOX + run("ro."))
        assert shown(body) == "The fee is 40 euro.\n\nCall 112.\n\nCall 112."

    def test_item_stays_an_item(self) -> None:
        """A text box that is anchored in an item of a list follows it."""
        list_of_dashes = '<w:numPr><w:numId w:val="7"/></w:numPr>'
        body = paragraph(BOX + run("first"), list_of_dashes) + paragraph("next", list_of_dashes)
        assert shown(body) == "- first\n\nCall 112.\n\n- next"

    def test_box_holds_blocks(self) -> None:
        """What a text box holds is read as any text: headings, tables, boxes."""
        rows = f"<w:tr>{cell(paragraph('a'))}{cell(paragraph('b'))}</w:tr>"
        inside = heading("Note", 2) + f"<w:tbl>{rows}</w:tbl>" + paragraph(BOX + run("end"))
        assert shown(paragraph(text_box(inside) + run("text"))) == (
            "text\n\n## Note\n\n| a | b |\n\nend\n\nCall 112."
        )

    def test_box_in_a_table_is_text_of_its_cell(self) -> None:
        """A text box that is anchored in a cell is text of that cell."""
        rows = f"<w:tr>{cell(paragraph(run('a') + BOX))}{cell(paragraph('b'))}</w:tr>"
        assert shown(f"<w:tbl>{rows}</w:tbl>") == "| a Call 112. | b |"

    def test_hidden_box_is_not_shown(self) -> None:
        """A text box in a hidden run is not shown."""
        box = text_box(paragraph("Call 112.")).replace(
            "<w:r>", "<w:r><w:rPr><w:vanish/></w:rPr>", 1
        )
        assert shown(paragraph(run("text") + box)) == "text"

    def test_drawn_letters_are_text(self) -> None:
        """Letters that are drawn across the page are text."""
        art = '<w:r><w:pict><v:shape><v:textpath string="DRAFT"/></v:shape></w:pict></w:r>'
        assert shown(paragraph(art + run("text"))) == "text\n\nDRAFT"


class TestAlternatives:
    @pytest.mark.parametrize(
        ("namespace", "expected"),
        [
            ("http://schemas.microsoft.com/office/word/2010/wordprocessingShape", "new"),
            ("urn:of-tomorrow", "old"),
        ],
    )
    def test_one_form_is_shown(self, namespace: str, expected: str) -> None:
        """Of several forms of a text the first one that Word knows is shown, once."""
        choices = f'<mc:Choice Requires="x">{run("new")}</mc:Choice>'
        fallback = f"<mc:Fallback>{run('old')}</mc:Fallback>"
        both = f'<mc:AlternateContent xmlns:x="{namespace}">{choices}{fallback}'
        assert shown(paragraph(f"{both}</mc:AlternateContent>")) == expected

    def test_alternatives_within_alternatives(self) -> None:
        """A text box in a form of a text box is shown once."""
        assert shown(paragraph(text_box(paragraph(BOX + run("a"))))) == "a\n\nCall 112."


class TestFrames:
    @pytest.mark.parametrize("drop_cap", ["drop", "margin"])
    def test_drop_cap_belongs_to_its_word(self, drop_cap: str) -> None:
        """A letter in a frame of its own belongs to the word that it begins."""
        body = paragraph("O", DROP.format(drop_cap)) + paragraph("nce upon a time")
        assert shown(body) == "Once upon a time"

    def test_drop_cap_without_a_word_is_a_paragraph(self) -> None:
        """A letter that no paragraph follows is a paragraph of its own."""
        drop = paragraph("O", DROP.format("drop"))
        table = f"<w:tbl><w:tr>{cell(paragraph('a'))}{cell(drop)}</w:tr></w:tbl>"
        assert shown(drop + table + drop) == "O\n\n| a | O |\n\nO"

    def test_heading_after_a_drop_cap_is_a_heading(self) -> None:
        """A heading whose first letter stands in a frame is a heading."""
        assert shown(paragraph("O", DROP.format("drop")) + heading("nce")) == "# Once"

    def test_other_frames_are_paragraphs(self) -> None:
        """A frame that is no drop cap is a paragraph."""
        frame = '<w:framePr w:w="2000" w:hSpace="180"/>'
        assert shown(paragraph("beside", frame) + paragraph("text")) == "beside\n\ntext"


class TestJoined:
    def test_deleted_end_joins_paragraphs(self) -> None:
        """Where a tracked change deletes the end of a paragraph, the next one goes on."""
        joined = "<w:rPr><w:del/></w:rPr>"
        body = heading("A short").replace("</w:pPr>", f"{joined}</w:pPr>") + paragraph(" walk")
        assert shown(body) == "A short walk"

    def test_style_separator_ends_a_heading(self) -> None:
        """A heading that goes on in the same line as text is a heading, and text."""
        mark = "<w:rPr><w:vanish/><w:specVanish/></w:rPr>"
        body = heading("Rent").replace("</w:pPr>", f"{mark}</w:pPr>") + paragraph("is due.")
        assert shown(body) == "# Rent\n\nis due."
