"""The pages of a PDF one by one, each with its text or with what is wrong with it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pypdf import PdfReader
from pypdf.generic import BooleanObject

from app.loaders.exceptions import UnreadableDocument
from app.loaders.pdf.annotations import annotations
from app.loaders.pdf.damage import Damage, Inspector
from app.loaders.pdf.drawing import Drawing, UnreadablePage
from app.loaders.pdf.effort import Effort
from app.loaders.pdf.faults import Fault
from app.loaders.pdf.glyph_names import GlyphNames
from app.loaders.pdf.glyphs import DrawnText
from app.loaders.pdf.pages import PageObjects, dictionary, page_objects, resolve, written_anew
from app.loaders.pdf.reading_order import in_reading_order
from app.loaders.pdf.words import letters_of_ligatures

NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
MOST: Final = 0.5  # the share of glyphs without a letter that makes a page unreadable
MANY: Final = 0.1  # and that of which its owner is told
FEW_GLYPHS: Final = 4  # less are an arrow and a bullet
MANY_GLYPHS: Final = 20  # less are symbols in a formula


@dataclass(frozen=True, slots=True)
class PageText:
    """A page's text, in the order in which it is read, and what of it is lost."""

    text: str = ""
    fault: Fault | None = None


class PageReader:
    """Reads the pages of a PDF; raises UnreadableDocument where it has too many."""

    def __init__(self, data: bytes, reader: PdfReader, most_pages: int) -> None:
        self._pages = list(islice(page_objects(reader), most_pages + 1))
        if len(self._pages) > most_pages:
            raise UnreadableDocument(f"This PDF has more than {most_pages:,} pages: split it.")
        form = dictionary(reader.root_object, "/AcroForm")
        needed = resolve(form.get("/NeedAppearances"))
        self._are_drawings_old = isinstance(needed, BooleanObject) and bool(needed)
        self._effort = Effort(len(data))
        self._drawing = Drawing(data, self._effort)
        if len(self._drawing) < len(self._pages):  # the file counts too few: pdfium believes it
            self._drawing.close()
            self._drawing = Drawing(written_anew(self._pages), self._effort)
        self._counted = min(len(self._drawing), most_pages)
        self._inspector = Inspector(self._effort)
        self._names = GlyphNames(self._effort)

    def read(self) -> Iterator[PageText]:
        """The pages in order."""
        for number, page in enumerate(self._pages):
            yield PageText(fault=Fault.DAMAGED) if page is None else self._read(number, page)
        for _ in range(len(self._pages), self._counted):
            yield PageText(fault=Fault.DAMAGED)  # pages that the file counts and does not hold

    def _read(self, number: int, page: PageObjects) -> PageText:
        damage = self._inspector.damage(page)
        if damage is Damage.ALL:
            return PageText(fault=Fault.DAMAGED)
        found = annotations(page.page, self._effort, are_drawings_old=self._are_drawings_old)
        self._inspector.spend(found.drawings)
        removed = found.removed if found.drawings else None
        try:
            drawn = self._drawing.text(number, self._names.letters(page.resources), removed)
        except UnreadablePage:
            return PageText(fault=Fault.DAMAGED)
        text = _clean(in_reading_order([*drawn.lines, *found.lines(drawn.lines)]))
        if damage:
            return PageText(text, Fault.CUT if text else Fault.DAMAGED)
        fault = _fault_of_fonts(drawn)
        return PageText("" if fault is Fault.NO_LETTERS else text, fault)


def _fault_of_fonts(drawn: DrawnText) -> Fault | None:
    glyphs = drawn.letters + drawn.unknown
    if drawn.unknown >= FEW_GLYPHS and drawn.unknown > MOST * glyphs:
        return Fault.NO_LETTERS
    if drawn.unknown >= MANY_GLYPHS and drawn.unknown > MANY * glyphs:
        return Fault.FEW_LETTERS
    return None


def _clean(text: str) -> str:
    lines = (NOT_TEXT.sub("", line).rstrip() for line in text.splitlines())
    return letters_of_ligatures("\n".join(lines).strip())
