"""A flow of text that is being read: the body, a text box, a note, a header."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from app.loaders.docx.fields import Field
from app.loaders.docx.margins import OF_PAGE_NUMBERS
from app.loaders.docx.numbering import BULLET, Number, Numbering
from app.loaders.docx.rows import Table
from app.loaders.docx.runs import Look, look_of
from app.loaders.docx.styles import Properties, Styles, heading_level, inherit
from app.loaders.docx.symbols import shown_text
from app.loaders.docx.writer import WordWriter
from app.loaders.marks import MarkKind

SOFT_HYPHEN: Final = "\u00ad"


@dataclass(slots=True)
class Paragraph:
    """The paragraph that is open."""

    properties: Properties = field(default_factory=dict)
    mark: Properties = field(default_factory=dict)  # how its mark at the end is shown
    is_begun: bool = False
    # Its text belongs to the next paragraph: a drop cap, or its mark was deleted.
    is_joined: bool = False
    has_section: bool = False
    has_page_number: bool = False
    number: str = ""
    level: int | None = None


class Flow:
    """Takes what a reader meets; `kind` names the flows whose lists count together."""

    def __init__(self, kind: str, styles: Styles, numbering: Numbering) -> None:
        self.kind = kind
        self.writer = WordWriter()
        self.paragraph = Paragraph()
        self.run: Properties = {}
        self.is_in_run = self.is_in_paragraph_properties = False
        self.run_properties: Properties | None = None  # which `w:rPr` is being read
        self.fields: list[Field] = []
        self.links: list[bool] = []
        self.tables: list[Table] = []
        self.muted = 0  # how many elements around this hide their text
        self.sink: Callable[[str], None] | None = None
        self._blocks: list[str] = []
        self._styles, self._numbering = styles, numbering
        # Whether even a paragraph of which nothing is known may have a number.
        self._counts_all = "numId" in styles.paragraph(styles.default)
        self._look: Look | None = None

    def begin_run(self) -> None:
        """A run is a text that looks the same throughout."""
        self.run = {}
        self._look = None

    def begin_new_paragraph(self) -> None:
        """A paragraph ends the one before it, which may have had no end of its own."""
        self.writer.close()
        self.paragraph = Paragraph()
        self.begin_run()

    @property
    def shows_text(self) -> bool:
        """Whether text of the open run is shown."""
        return not (self.muted or self.look().is_hidden)

    def write(self, text: str) -> None:
        """Text as the font of the run shows it."""
        look = self.look()
        self.write_shown(shown_text(look.font, text) if look.font else text)

    def write_shown(self, text: str) -> None:
        """Text, marked as the run is."""
        if self.shows_text:
            self.begin_paragraph()
            self.writer.set_marks(self.look().marks)
            self.writer.text(text.replace(SOFT_HYPHEN, ""))

    def write_sign(self, text: str) -> None:
        """Text that is not marked as its run is: the number of a note, signs of a formula."""
        if self.shows_text:
            self.begin_paragraph()
            self.writer.set_marks(())
            self.writer.symbol(text)

    def line_break(self) -> None:
        """A new line within the paragraph."""
        if self.shows_text:
            self.begin_paragraph()
            self.writer.line_break()

    def look(self) -> Look:
        """How the open run is shown."""
        if self._look is None:
            style = self.paragraph.properties.get("pStyle", self._styles.default)
            self._look = look_of(self.run, self._styles.run(style), self._styles)
        return self._look

    def begin_mark(self, kind: MarkKind, address: str = "") -> None:
        """Begins a mark that is not of a run alone: a link, a raised part of a formula."""
        if not self.muted:
            self.begin_paragraph()
        self.writer.set_marks(())
        self.writer.begin_mark(kind, address)

    def end_mark(self) -> None:
        """Ends the mark that `begin_mark` began last."""
        self.writer.set_marks(())
        self.writer.end_mark()

    def begin_paragraph(self) -> None:
        """Writes what stands before the text: the sign of a heading, a number.

        Called with the first text that shows: a hidden paragraph has no number and is not counted.
        """
        paragraph = self.paragraph
        if paragraph.is_begun:
            return
        paragraph.is_begun = True
        if paragraph.is_joined:
            return
        style = paragraph.properties.get("pStyle", self._styles.default)
        properties = inherit(self._styles.paragraph(style), paragraph.properties)
        paragraph.properties = properties
        paragraph.level = heading_level(properties)
        self._write_number(self._numbering.number(properties, style, self.kind))
        self.writer.release()

    def end_paragraph(self) -> str:
        """Ends the paragraph, writes what is anchored in it, and gives its text."""
        paragraph = self.paragraph
        is_empty = not (paragraph.is_begun or paragraph.properties or self.fields or self._blocks)
        if is_empty and not self._counts_all:
            return ""
        self.writer.set_marks(())
        self._end_instructions()
        if paragraph.is_joined:
            self.writer.hold()
            return ""
        if not paragraph.has_section and not self._hides_mark():
            self.begin_paragraph()
        if paragraph.has_page_number:
            self.writer.discard_if_only(OF_PAGE_NUMBERS)
        text = self.writer.end_paragraph()
        self._write_blocks()
        return text

    def anchor(self, markdown: str) -> None:
        """What is anchored in the paragraph comes after it."""
        if markdown and not self.muted:
            self._blocks.append(markdown)

    def finish(self) -> str:
        """All of the flow, as Markdown."""
        self.writer.set_marks(())
        self.writer.close()
        self._write_blocks()
        return self.writer.markdown()

    def _write_number(self, number: Number | None) -> None:
        paragraph = self.paragraph
        if paragraph.level:
            self.writer.heading(paragraph.level)
            if number and number.text != BULLET:
                paragraph.number = number.text
                self.writer.symbol(number.text + number.gap)
        elif number:
            self.writer.numbered(number.depth, number.text, number.gap)

    def _end_instructions(self) -> None:
        """A field that was never ended must not hide the rest of the document."""
        for open_field in self.fields:
            self.muted -= open_field.mutes
            open_field.mutes = False

    def _write_blocks(self) -> None:
        for block in self._blocks:
            self.writer.block(block)
        self._blocks.clear()

    def _hides_mark(self) -> bool:
        """Whether the paragraph's end is hidden; a style separator is a visible end (17.3.2.36)."""
        mark = self.paragraph.mark
        if not mark and not self.paragraph.properties:
            return False
        style = self.paragraph.properties.get("pStyle", self._styles.default)
        look = look_of(mark, self._styles.run(style), self._styles)
        return look.is_hidden and "specVanish" not in mark
