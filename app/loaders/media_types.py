"""Recognises what a file is: by its content, then by its name, then by its declared type."""

import codecs
import re
from io import BytesIO
from pathlib import PurePath
from typing import Final
from zipfile import ZipFile

from app.loaders.constants import CSV, DOCX, EXTENSIONS, HTML, MARKDOWN, PDF, PLAIN_TEXT, TSV
from app.loaders.encodings import BYTE_ORDER_MARKS, CONTROL
from app.loaders.exceptions import UnreadableDocument, UnsupportedType

# What the label of a file says of it; any other label says that it is text, if it is.
LABELS: Final = {
    "text/markdown": MARKDOWN,
    "text/x-markdown": MARKDOWN,
    "text/csv": CSV,
    "text/x-csv": CSV,
    "application/csv": CSV,
    "application/vnd.ms-excel": CSV,  # browsers on Windows, where Excel is installed
    "text/tab-separated-values": TSV,
    "text/html": HTML,
    "application/xhtml+xml": HTML,
    PDF: PDF,
    "application/x-pdf": PDF,
    DOCX: DOCX,
}
UNKNOWN: Final = "application/octet-stream"
PDF_HEADER_WITHIN: Final = 1024  # PDF 1.7, implementation note 13
WORD_BODY: Final = re.compile(r"word/document\d*\.xml")
# Possessive: there is no other way to read the comments that could be tried.
HTML_START: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*+<(?:!doctype\s+html|html)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
OLE_FILE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] 2.2
ENCRYPTED_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] 1.3.2
HEAD_BYTES: Final = 4096
MAX_DIRECTORY_BYTES: Final = 1_000_000  # of a zip archive: thousands of files


def recognise(data: bytes, *, name: str | None = None, media_type: str | None = None) -> str:
    """The media type, one of seven; no more of the content is read than it takes to tell.

    What is text is taken as text, whatever it is called. Raises UnsupportedType for anything else,
    UnreadableDocument for an encrypted document.
    """
    if by_content := _by_content(data):
        return by_content
    called = _by_extension(name or "") or LABELS.get(_essence(media_type or ""), PLAIN_TEXT)
    if _binary_type(data[:HEAD_BYTES]):
        if called == PLAIN_TEXT:
            raise _unsupported("a binary file of an unknown type")
        return called
    if called == DOCX or (called == PDF and b"%PDF-" not in data[:PDF_HEADER_WITHIN]):
        return PLAIN_TEXT
    return called


def expected_type(data: bytes, *, name: str | None = None, media_type: str | None = None) -> str:
    """The same for a file that is to be read later; UNKNOWN where reading it will tell why not."""
    try:
        return recognise(data, name=name, media_type=media_type)
    except UnsupportedType:
        raise
    except UnreadableDocument:
        return UNKNOWN


def telling_name(*names: str | None) -> str | None:
    """The first of the names that says of what type a file is."""
    return next((name for name in names if name and _by_extension(name)), None)


def charset(media_type: str | None) -> str | None:
    """The charset parameter of a declared type, if there is one."""
    match = re.search(r";\s*charset\s*=\s*\"?([\w.:-]+)", media_type or "", re.IGNORECASE)
    return match[1] if match else None


def _by_content(data: bytes) -> str | None:
    head = data[:HEAD_BYTES]
    # A text may begin so as well; every PDF has objects.
    if head.lstrip().startswith(b"%PDF-") and (b"obj" in data or _binary_type(head)):
        return PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _inside_zip(data)
    if head.startswith(OLE_FILE):
        raise _refuse_office_file(data)
    if HTML_START.match(head.removeprefix(codecs.BOM_UTF8)):
        return HTML
    if (binary := _binary_type(head)) not in (None, UNKNOWN):
        raise _unsupported(f"of the type {binary}")
    return None


class _Archive(BytesIO):
    """A zip archive that refuses a large directory: as objects it takes ten times the memory.

    `zipfile` reads it at once, however many files the archive says that there are.
    """

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > MAX_DIRECTORY_BYTES:
            raise UnreadableDocument("This archive holds too many files: split it up.")
        return super().read(size)


def _inside_zip(data: bytes) -> str:
    try:
        names = ZipFile(_Archive(data)).namelist()
    except UnreadableDocument:
        raise
    except Exception as error:  # a broken archive raises more than BadZipFile
        raise UnreadableDocument("This file is damaged or cut off: send it again.") from error
    if not any(WORD_BODY.fullmatch(name) for name in names):
        raise _unsupported("a zip archive without a Word document in it")
    return DOCX


def _refuse_office_file(data: bytes) -> Exception:
    """An encrypted DOCX is wrapped into a file of the same kind as the old Office formats."""
    if ENCRYPTED_PACKAGE in data:
        return UnreadableDocument("This document is encrypted: save it without a password.")
    return _unsupported("an Office document of before 2007, which can be saved as DOCX")


def _binary_type(head: bytes) -> str | None:
    """The media type of what is not text, UNKNOWN at worst; None for text."""
    if head.startswith(tuple(mark for mark, _ in BYTE_ORDER_MARKS)):
        return None
    try:
        # Not final: the last character may be cut.
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return _guess_type(head)
    return _guess_type(head) if CONTROL.search(text) else None


def _guess_type(head: bytes) -> str | None:
    # Imported only for what is not UTF-8: its models take a quarter of a second to load.
    import chardet

    media_type = chardet.detect(head)["mime_type"] or UNKNOWN
    return None if media_type.startswith("text/") else media_type


def _essence(media_type: str) -> str:
    """Without parameters (WHATWG MIME Sniffing, 4.1)."""
    return media_type.partition(";")[0].strip().lower()


def _by_extension(name: str) -> str | None:
    return EXTENSIONS.get(PurePath(name).suffix.lower())


def _unsupported(what: str) -> UnsupportedType:
    return UnsupportedType(
        f"This is {what}: only text, CSV, Markdown, HTML, PDF and DOCX can be read."
    )
