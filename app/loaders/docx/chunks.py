"""Documents that are embedded to be shown as part of the text (ECMA-376 part 1, 17.17.2)."""

from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import PurePosixPath
from typing import Final

from app.loaders.docx.story import Story
from app.loaders.encodings import decode
from app.loaders.exceptions import UnreadableDocument
from app.loaders.html.reader import read_html

WORD: Final = frozenset({".docx", ".docm", ".dotx", ".dotm"})
TEXT: Final = ".txt"
HTML: Final = frozenset({".htm", ".html", ".xhtml", ".xht"})
MAIL: Final = frozenset({".mht", ".mhtml"})
HEAD_BYTES: Final = 1_000


def read_chunk(story: Story, part: str) -> str:
    """The Markdown of an embedded document; a sentence instead of one that cannot be read."""
    with story.package.open(part) as file:
        data = file.read()
    kind = _kind(data, PurePosixPath(part).suffix.lower())
    if kind in WORD:
        return story.read_word(data)
    with suppress(UnreadableDocument):
        if kind in HTML:
            return read_html(data, None)[0]
        if kind in MAIL:
            return _read_mail(data)
        if kind == TEXT:
            return decode(data, None)
    return f"[An embedded {kind.lstrip('.').upper() or 'document'} is left out.]"


def _kind(data: bytes, extension: str) -> str:
    """What the chunk is: by its beginning, then by its name."""
    head = data[:HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"pk\x03\x04"):
        return ".docx"
    if head.startswith(b"{\\rtf"):
        return ".rtf"
    if head.startswith(b"mime-version:"):
        return ".mht"
    return ".html" if b"<html" in head else extension


def _read_mail(data: bytes) -> str:
    """A page and its pictures in one message (RFC 2557)."""
    for part in message_from_bytes(data, policy=policy.default).walk():
        content = part.get_payload(decode=True)
        if part.get_content_type() == "text/html" and isinstance(content, bytes):
            return read_html(content, part.get_content_charset())[0]
    return ""
