"""PDF to text, page by page.

pypdf tells what a page is made of and whether it is damaged, pdfium what it shows.
"""

import logging
from collections.abc import Iterator
from io import BytesIO
from time import process_time
from typing import Final

from pypdf import PdfReader
from pypdf.errors import LimitReachedError

from app.loaders.constants import MAX_CHARS, MAX_PAGES, MAX_PDF_CPU_SEC, PDF, TOO_LONG
from app.loaders.exceptions import UnreadableDocument
from app.loaders.models import LoadedDocument
from app.loaders.pdf.faults import fault_sentences, refusal
from app.loaders.pdf.page_reader import PageReader, PageText
from app.loaders.pdf.pages import decrypted
from app.loaders.pdf.words import rejoin_words
from app.loaders.rubbish import leave_out_rubbish
from app.loaders.titles import metadata_title

HEADER_WITHIN: Final = 1024  # PDF 1.7, implementation note 13
END_WITHIN: Final = 8192  # generous: what servers append to a file is not part of it
TOO_COMPLEX: Final = "This PDF takes too much to read: print it into a new PDF, or split it."
PAGE_BREAK: Final = "\n\n"


def read_pdf(data: bytes) -> LoadedDocument:
    """The pages' text, a blank line between them, with the title in the metadata."""
    # It warns of every flaw that it mends: a hostile file would flood the log.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    _check_ends(data)
    reader = decrypted(PdfReader(BytesIO(data)))
    try:
        found = list(_pages(data, reader))
    except LimitReachedError as error:
        raise UnreadableDocument(TOO_COMPLEX) from error
    # Page by page, since it moves what follows.
    pages = [leave_out_rubbish(page) for page in rejoin_words([page.text for page in found])]
    faults = {number: page.fault for number, page in enumerate(found, start=1) if page.fault}
    if not any(pages):
        raise UnreadableDocument(refusal(list(faults.values())))
    return LoadedDocument(
        PAGE_BREAK.join(filter(None, pages)),
        _title(reader),
        PDF,
        tuple(_starts(pages)),
        fault_sentences(faults),
    )


def _starts(pages: list[str]) -> Iterator[int]:
    """Where each page begins; a page without text begins where the next one does."""
    start = 0
    for page in pages:
        yield start
        start += len(page) + len(PAGE_BREAK) if page else 0


def _title(reader: PdfReader) -> str | None:
    title = reader.metadata.title if reader.metadata else None
    return metadata_title(title) if isinstance(title, str) else None


def _check_ends(data: bytes) -> None:
    if b"%PDF-" not in data[:HEADER_WITHIN]:
        raise UnreadableDocument("This is labelled as a PDF but is none: label it as what it is.")
    if b"%%EOF" not in data[-END_WITHIN:]:
        raise UnreadableDocument("This PDF is cut off: send the whole of it again.")


def _pages(data: bytes, reader: PdfReader) -> Iterator[PageText]:
    deadline, chars = process_time() + MAX_PDF_CPU_SEC, 0
    pages = PageReader(data, reader, MAX_PAGES)
    for page in pages.read():
        if process_time() > deadline:
            raise UnreadableDocument(TOO_COMPLEX)
        chars += len(page.text)
        if chars > MAX_CHARS:
            raise UnreadableDocument(TOO_LONG)
        yield page
