"""Paragraphs and sections (ECMA-376 part 1, 17.3.1 and 17.6)."""

from typing import Final

from app.loaders.docx.margins import FOOTER, HEADER
from app.loaders.docx.plain import plain
from app.loaders.docx.story import BODY, BOX, Story
from app.loaders.docx.styles import TITLE
from app.loaders.docx.xml import Attributes, End, Start, attribute, is_on

PROPERTIES: Final = ("pStyle", "outlineLvl", "numId", "ilvl")
DROP_CAPS: Final = frozenset({"drop", "margin"})
FORMER: Final = ("pPrChange", "sectPrChange", "numberingChange", "tblPrChange", "tblGridChange",
                 "tcPrChange", "trPrChange", "tblPrExChange")  # fmt: skip


class Paragraphs:
    """Reads paragraphs."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.starts: dict[str, Start] = {
            "w:p": self._begin,
            "a:p": self._begin,
            "w:pPr": self._begin_properties,
            **{f"w:{name}": self._property(name) for name in PROPERTIES},
            **dict.fromkeys((f"w:{name}" for name in FORMER), lambda _: True),
            "w:framePr": self._frame,
            "w:del": self._deletion,
            "w:moveFrom": self._deletion,
            "w:sectPr": self._section,
            "w:headerReference": self._margin(HEADER),
            "w:footerReference": self._margin(FOOTER),
            "w:titlePg": self._first_page,
        }
        self.ends: dict[str, End] = {
            "w:p": self._end,
            "a:p": self._end,
            "w:pPr": self._end_properties,
        }

    def _begin(self, _: Attributes) -> bool:
        flow = self._story.flow
        if flow.tables and not flow.tables[-1].begin_content(flow.writer):
            return True
        if flow.paragraph.is_begun:  # by text that is in no paragraph
            flow.begin_new_paragraph()
        return False

    def _end(self) -> None:
        flow = self._story.flow
        paragraph, text = flow.paragraph, flow.end_paragraph()
        if flow.kind in (BODY, BOX) and paragraph.level and text:
            heading = plain(text.removeprefix(paragraph.number))
            if TITLE in paragraph.properties:
                self._story.title = self._story.title or heading
            self._story.first_heading = self._story.first_heading or heading
        flow.begin_new_paragraph()

    def _begin_properties(self, _: Attributes) -> None:
        self._story.flow.is_in_paragraph_properties = True

    def _end_properties(self) -> None:
        self._story.flow.is_in_paragraph_properties = False

    def _property(self, name: str) -> Start:
        def note(attributes: Attributes) -> None:
            self._story.flow.paragraph.properties[name] = attribute(attributes, "val")

        return note

    def _frame(self, attributes: Attributes) -> None:
        """The first letter of a paragraph may stand in a frame of its own."""
        if attribute(attributes, "dropCap") in DROP_CAPS:
            self._story.flow.paragraph.is_joined = True

    def _deletion(self, _: Attributes) -> bool:
        """Deleted text; in the properties of a paragraph or a row, that itself is deleted."""
        flow = self._story.flow
        if flow.run_properties is not None and flow.is_in_paragraph_properties:
            flow.paragraph.is_joined = True
        elif flow.tables and flow.tables[-1].is_in_properties:
            flow.tables[-1].row.is_left_out = True
        return True

    def _section(self, _: Attributes) -> None:
        self._story.flow.paragraph.has_section = True

    def _margin(self, edge: str) -> Start:
        def note(attributes: Attributes) -> None:
            pages = attribute(attributes, "type") or "default"
            self._story.margins.name(edge, pages, attribute(attributes, "id"))

        return note

    def _first_page(self, attributes: Attributes) -> None:
        if is_on(attribute(attributes, "val")):
            self._story.margins.has_first = True
