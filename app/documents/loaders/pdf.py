"""PDF to text, page by page."""

import re
from collections.abc import Iterator
from io import BytesIO
from time import process_time
from typing import Final

from pypdf import PasswordType, PdfReader

from app.documents.exceptions import UnreadableDocument
from app.documents.loaders.constants import MAX_CHARS, MAX_PAGES, MAX_PDF_CPU_SEC, TOO_LONG
from app.documents.loaders.titles import metadata_title

HEADER_WITHIN: Final = 1024  # PDF 1.7, implementation note 13
END_WITHIN: Final = 8192  # generous: what servers append to a file is not part of it
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
HYPHEN_AT_LINE_END: Final = re.compile(r"(?<=[^\W\d_])[-\u2010\xad]\n(?=[^\W\d_])")
COMPOUND: Final = re.compile(r"\b[^\W\d_]{1,40}-[^\W\d_]{1,40}\b")
LONGEST_WORD: Final = 40


def read_pdf(data: bytes) -> tuple[str, str | None]:
    """The pages' text with a blank line between them, and the title in the metadata."""
    _check_ends(data)
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise UnreadableDocument("This PDF is encrypted: save it without a password.")
    text = rejoin_words("\n\n".join(filter(None, _pages(reader))))
    if not text:
        raise UnreadableDocument("This PDF holds only images: run it through OCR first.")
    title = reader.metadata.title if reader.metadata else None
    return text, metadata_title(title) if isinstance(title, str) else None
