"""Files to documents: bytes in, text out.

The parsers are imported when a file needs them: a worker process that loads starts at once.
"""

import re
from dataclasses import replace
from typing import Final

from app.loaders.constants import (
    CSV,
    DOCX,
    HTML,
    KINDS,
    MARKDOWN,
    MAX_CHARS,
    PDF,
    PLAIN_TEXT,
    TOO_LONG,
    TSV,
)
from app.loaders.encodings import decode
from app.loaders.exceptions import UnreadableDocument
from app.loaders.files import find_files
from app.loaders.media_types import charset, recognise
from app.loaders.models import LoadedDocument
from app.loaders.rubbish import leave_out_rubbish
from app.loaders.titles import clean_title, markdown_title

__all__ = ["LoadedDocument", "find_files", "load", "load_text", "recognise"]

# None: whichever the file has.
DELIMITERS: Final[dict[str, str | None]] = {CSV: None, TSV: "\t"}
NOT_STORED: Final = re.compile(r"[\x00\ud800-\udfff]")
OLD_LINE_END: Final = re.compile(r"\r(?!\n)")  # of a Mac before 2001: one character, as a line feed


def load(data: bytes, *, name: str | None = None, media_type: str | None = None) -> LoadedDocument:
    """The text and title of a file, whatever it is labelled as; nothing else is read or fetched.

    The line ends of a text stay as they are. Raises UnreadableDocument with a sentence for the
    file's owner; ImportError where the installation lacks what reads it.
    """
    _refuse_empty(data)
    recognised = recognise(data, name=name, media_type=media_type)
    try:
        loaded = _read(data, recognised, charset(media_type))
    except (UnreadableDocument, MemoryError, ImportError):
        raise
    except Exception as error:  # the parsers document that a broken file may raise anything
        raise UnreadableDocument(
            f"This {KINDS[recognised]} is damaged: open it, save it anew and send that."
        ) from error
    title = loaded.title and clean_title(loaded.title)
    # Where pages begin is known in the text as it is.
    text = _checked(loaded.text) if loaded.page_starts else _clean(loaded.text)
    return replace(loaded, text=text, title=title)


def load_text(data: bytes) -> LoadedDocument:
    """The document of a text that was given as such: it may begin as a file of another type.

    A byte order mark stays, since offsets count it. Raises UnreadableDocument.
    """
    _refuse_empty(data)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = decode(data)
    return LoadedDocument(_clean(text), None, PLAIN_TEXT)


def _read(data: bytes, media_type: str, encoding: str | None) -> LoadedDocument:
    if media_type == PDF:
        from app.loaders.pdf.reader import read_pdf

        return read_pdf(data)
    if media_type == DOCX:
        from app.loaders.docx.reader import read_docx

        return LoadedDocument(*read_docx(data), DOCX)
    if media_type == HTML:
        from app.loaders.html.reader import read_html

        return LoadedDocument(*read_html(data, encoding), HTML)
    text = decode(data, encoding)
    if media_type in DELIMITERS:
        from app.loaders.csv_tables import read_csv

        return LoadedDocument(read_csv(text, DELIMITERS[media_type]), None, media_type)
    title = markdown_title(text) if media_type == MARKDOWN else None
    return LoadedDocument(text, title, media_type)


def _refuse_empty(data: bytes) -> None:
    if not data.strip():
        raise UnreadableDocument("This file is empty.")


def _clean(text: str) -> str:
    return _checked(leave_out_rubbish(OLD_LINE_END.sub("\n", NOT_STORED.sub("", text))))


def _checked(text: str) -> str:
    if not text.strip():
        raise UnreadableDocument("There is no text in this file.")
    if len(text) > MAX_CHARS:
        raise UnreadableDocument(TOO_LONG)
    return text
