"""Files to documents: bytes in, text out.

The parsers are imported when a file needs them: a worker process that loads starts at once.
"""

import re
from dataclasses import replace
from typing import Final

from app.loaders.constants import (
    DOCX,
    HTML,
    KINDS,
    MARKDOWN,
    MAX_CHARS,
    PDF,
    PLAIN_TEXT,
    TOO_LONG,
)
from app.loaders.encodings import decode
from app.loaders.exceptions import UnreadableDocument
from app.loaders.files import find_files
from app.loaders.media_types import charset, recognise
from app.loaders.models import LoadedDocument
from app.loaders.titles import clean_title, markdown_title

__all__ = ["LoadedDocument", "find_files", "load", "recognise"]

LINE_ENDS: Final = re.compile(r"\r\n?")
NOT_STORED: Final = re.compile(r"[\x00\ud800-\udfff]")


def load(data: bytes, *, name: str | None = None, media_type: str | None = None) -> LoadedDocument:
    """The text and title of a file, whatever it is labelled as; nothing else is read or fetched.

    Only `text/plain` without a charset is believed: a text may begin as a file of another type.
    Raises UnreadableDocument with a sentence for the file's owner.
    """
    if not data.strip():
        raise UnreadableDocument("This file is empty.")
    is_text = media_type == PLAIN_TEXT
    recognised = PLAIN_TEXT if is_text else recognise(data, name=name, media_type=media_type)
    try:
        loaded = _read(data, recognised, charset(media_type))
    except (UnreadableDocument, MemoryError):
        raise
    except Exception as error:  # the parsers document that a broken file may raise anything
        raise UnreadableDocument(
            f"This {KINDS[recognised]} is damaged: open it, save it anew and send that."
        ) from error
    return replace(
        loaded, text=_clean(loaded.text), title=loaded.title and clean_title(loaded.title)
    )


def _read(data: bytes, media_type: str, encoding: str | None) -> LoadedDocument:
    if media_type == PDF:
        from app.loaders.pdf import read_pdf

        return read_pdf(data)
    if media_type == DOCX:
        from app.loaders.docx import read_docx

        return LoadedDocument(*read_docx(data), DOCX)
    if media_type == HTML:
        from app.loaders.html import read_html

        return LoadedDocument(*read_html(data, encoding), HTML)
    text = decode(data, encoding)
    title = markdown_title(text) if media_type == MARKDOWN else None
    return LoadedDocument(text, title, media_type)


def _clean(text: str) -> str:
    cleaned = NOT_STORED.sub("", LINE_ENDS.sub("\n", text))
    if not cleaned.strip():
        raise UnreadableDocument("There is no text in this file.")
    if len(cleaned) > MAX_CHARS:
        raise UnreadableDocument(TOO_LONG)
    return cleaned
