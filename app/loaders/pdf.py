"""PDF to text, page by page."""

import logging
import re
from collections.abc import Iterator
from io import BytesIO
from time import process_time
from typing import Final

from pypdf import PasswordType, PdfReader
from pypdf.errors import LimitReachedError

from app.loaders.constants import MAX_CHARS, MAX_PAGES, MAX_PDF_CPU_SEC, PDF, TOO_LONG
from app.loaders.exceptions import UnreadableDocument
from app.loaders.models import LoadedDocument
from app.loaders.titles import metadata_title

HEADER_WITHIN: Final = 1024  # PDF 1.7, implementation note 13
END_WITHIN: Final = 8192  # generous: what servers append to a file is not part of it
TOO_COMPLEX: Final = "This PDF takes too much to read: print it into a new PDF, or split it."
NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
PAGE_BREAK: Final = "\n\n"
HYPHEN_AT_LINE_END: Final = re.compile(r"(?<=[^\W\d_])[-\u2010\xad]\n(?=[^\W\d_])")
SOFT_HYPHEN: Final = "\xad"
LONGEST_WORD: Final = 40
WORD_END: Final = re.compile(r"[^\W\d_]+\Z")
WORD_START: Final = re.compile(r"[^\W\d_]{1,40}")
COMPOUND: Final = re.compile(r"\b[^\W\d_]{1,40}-[^\W\d_]{1,40}\b")


def read_pdf(data: bytes) -> LoadedDocument:
    """The pages' text, a blank line between them, with the title in the metadata."""
    # It warns of every flaw that it mends: a hostile file would flood the log.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    _check_ends(data)
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise UnreadableDocument("This PDF is encrypted: save it without a password.")
    try:
        pages = rejoin_words(list(_pages(reader)))
    except LimitReachedError as error:
        raise UnreadableDocument(TOO_COMPLEX) from error
    if not any(pages):
        raise UnreadableDocument("This PDF holds only images: run it through OCR first.")
    return LoadedDocument(
        PAGE_BREAK.join(filter(None, pages)), _title(reader), PDF, tuple(_starts(pages))
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


def rejoin_words(pages: list[str]) -> list[str]:
    """The pages without hyphens that only end a line.

    One stays where the same compound is elsewhere in the document, or a capital follows.
    """
    compounds = {compound.lower() for page in pages for compound in COMPOUND.findall(page)}
    return [_rejoin_words(page, compounds) for page in pages]


def _rejoin_words(text: str, compounds: set[str]) -> str:
    def rejoin(hyphen: re.Match[str]) -> str:
        first = WORD_END.search(text, max(0, hyphen.start() - LONGEST_WORD), hyphen.start())
        second = WORD_START.match(text, hyphen.end())
        assert first  # what HYPHEN_AT_LINE_END matches stands between letters
        assert second
        compound = f"{first[0]}-{second[0]}".lower()
        is_kept = compound in compounds or not second[0][0].islower()
        return "-" if is_kept and hyphen[0][0] != SOFT_HYPHEN else ""

    return HYPHEN_AT_LINE_END.sub(rejoin, text)


def _check_ends(data: bytes) -> None:
    if b"%PDF-" not in data[:HEADER_WITHIN]:
        raise UnreadableDocument("This is labelled as a PDF but is none: label it as what it is.")
    if b"%%EOF" not in data[-END_WITHIN:]:
        raise UnreadableDocument("This PDF is cut off: send the whole of it again.")


def _pages(reader: PdfReader) -> Iterator[str]:
    if len(reader.pages) > MAX_PAGES:
        raise UnreadableDocument(f"This PDF has more than {MAX_PAGES:,} pages: split it.")
    deadline, chars = process_time() + MAX_PDF_CPU_SEC, 0

    def check_time(*_: object) -> None:
        if process_time() > deadline:
            raise UnreadableDocument(TOO_COMPLEX)

    for page in reader.pages:
        text = page.extract_text(visitor_operand_before=check_time)
        check_time()
        chars += len(text)
        if chars > MAX_CHARS:
            raise UnreadableDocument(TOO_LONG)
        yield "\n".join(NOT_TEXT.sub("", line).rstrip() for line in text.splitlines()).strip()
