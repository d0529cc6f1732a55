"""The seam to pdfium: the lines that a page shows, in the order in which it draws them."""

from collections.abc import Collection, Mapping
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from app.loaders.pdf.effort import GLYPH, Effort
from app.loaders.pdf.glyphs import DrawnText, GlyphReader


class UnreadablePage(Exception):
    """A page that pdfium cannot open."""


class Drawing:
    """A PDF as a viewer shows it."""

    def __init__(self, data: bytes, effort: Effort) -> None:
        self._document = pypdfium2.PdfDocument(data)
        self._effort = effort

    def __len__(self) -> int:
        return len(self._document)

    def close(self) -> None:
        """Frees what pdfium keeps."""
        self._document.close()

    def text(
        self, page: int, names: Mapping[int, str], removed: Collection[int] | None
    ) -> DrawnText:
        """The lines of a page, and of what its annotations draw but for the removed ones.

        None of them are drawn where `removed` is None. Raises UnreadablePage.
        """
        opened = self._open(page)
        if removed is None:
            return self._read(opened, names)
        for annotation in sorted(removed, reverse=True):
            pdfium.FPDFPage_RemoveAnnot(opened.raw, annotation)
        count = _count(opened)
        pdfium.FPDFPage_Flatten(opened.raw, pdfium.FLAT_NORMALDISPLAY)  # draws them on the page
        opened.close()
        return self._read(self._open(page), names, count)

    def _read(
        self, page: Any, names: Mapping[int, str], first_added: int | None = None
    ) -> DrawnText:
        text = page.get_textpage()
        try:
            self._effort.spend(GLYPH * text.count_chars())
            return GlyphReader(text, names, first_added).read()
        finally:
            text.close()
            page.close()

    def _open(self, page: int) -> Any:
        try:
            return self._document[page]
        except pypdfium2.PdfiumError as error:
            raise UnreadablePage from error


def _count(page: Any) -> int:
    text = page.get_textpage()
    count = int(text.count_chars())
    text.close()
    return count
