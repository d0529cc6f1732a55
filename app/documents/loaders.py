"""Files to documents: their text, and the title that they give themselves."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from app.documents.constants import MEDIA_TYPES
from app.documents.exceptions import UnreadableDocument
from app.documents.models import NewDocument

HEADING: Final = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)


def find_files(path: Path) -> Iterator[Path]:
    """The file itself, or the files of a known type below a folder, without hidden ones."""
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if file.suffix.lower() in MEDIA_TYPES and file.is_file() and not hidden:
            yield file


def load_file(path: Path) -> NewDocument:
    """Reads a file of text or Markdown; raises UnreadableDocument with the reason."""
    media_type = MEDIA_TYPES.get(path.suffix.lower())
    if media_type is None:
        raise UnreadableDocument(f"is not one of {', '.join(sorted(MEDIA_TYPES))}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableDocument(f"cannot be read: {error.strerror}") from error
    text = decode(data)
    return NewDocument(
        title=_title(text, media_type) or path.name,
        source=path.as_posix(),
        media_type=media_type,
        text=text,
        bytes=len(data),
        sha256=sha256(data).hexdigest(),
    )


def decode(data: bytes) -> str:
    """UTF-8 text, with or without a byte order mark; raises UnreadableDocument for anything else."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDocument("is not UTF-8 text") from error
    if "\x00" in text:
        raise UnreadableDocument("holds NUL characters: it is not text")
    if not text.strip():
        raise UnreadableDocument("is empty")
    return text


def _title(text: str, media_type: str) -> str | None:
    heading = HEADING.search(text) if media_type == "text/markdown" else None
    return heading.group(1) if heading else None
