"""What is kept of a document: its original bytes, and the text that they were read as."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.core.caller import Caller
from app.core.exceptions import NotFound
from app.db import Database, Queries, Row
from app.documents.constants import CONTENT_PART_BYTES, DOWNLOADS_READ_AT_ONCE
from app.documents.models import DocumentStatus, default_title
from app.loaders.constants import PLAIN_TEXT

Kind = Literal["file", "text"]


@dataclass(frozen=True)
class Content:
    """The original bytes of a document, or its text in UTF-8: `bytes` of them."""

    document_uuid: UUID
    kind: Kind
    name: str
    media_type: str
    bytes: int
    sha256: str


class ContentService:
    """Gives out what is kept, a part at a time; no connection is held between two parts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = asyncio.Semaphore(DOWNLOADS_READ_AT_ONCE)

    async def file(self, caller: Caller, uuid: UUID) -> Content:
        """The original bytes; NotFound where they were not kept."""
        row = await self._get(caller, uuid)
        if not row["has_file"]:
            raise NotFound(
                "The original of this document is not here: it was taken in before originals were "
                "kept. Upload it again, and it will be."
            )
        media_type = row["declared_type"] or f"{PLAIN_TEXT}; charset=utf-8"
        return Content(uuid, "file", _name(row), media_type, row["bytes"], row["sha256"])

    async def text(self, caller: Caller, uuid: UUID) -> Content:
        """The text in which the offsets of sources count characters; NotFound where there is none.

        Only what is ready has one.
        """
        row = await self._get(caller, uuid)
        if row["status"] != DocumentStatus.READY:
            raise NotFound(f"This document has no text: its status is `{row['status']}`.")
        if row["text_bytes"] is None:
            raise NotFound(
                "The text of this document is not here: it was taken in before texts were kept. "
                "Upload it again, and it will be."
            )
        media_type = f"{PLAIN_TEXT}; charset=utf-8"
        return Content(uuid, "text", _name(row), media_type, row["text_bytes"], row["text_sha256"])

    async def read(self, caller: Caller, content: Content, wanted: range) -> AsyncIterator[bytes]:
        """These bytes of a content; ends early where it is deleted or read anew meanwhile."""
        first, last = wanted.start // CONTENT_PART_BYTES, (wanted.stop - 1) // CONTENT_PART_BYTES
        for ordinal in range(first, last + 1):
            part = await self._part(caller, content, ordinal)
            if part is None:
                return
            start = ordinal * CONTENT_PART_BYTES
            yield bytes(part[max(0, wanted.start - start) : wanted.stop - start])

    async def _part(self, caller: Caller, content: Content, ordinal: int) -> memoryview | None:
        async with self._reading:
            part: memoryview | None = await self._database.query(
                caller,
                "get_content_part",
                document_uuid=content.document_uuid,
                kind=content.kind,
                ordinal=ordinal,
                sha256=content.sha256,
            )
        return part

    async def _get(self, caller: Caller, uuid: UUID) -> Row:
        row: Row | None = await self._database.query(caller, "get_contents", uuid=uuid)
        if row is None:
            raise NotFound("There is no such document.")
        return row


def insert_content(queries: Queries, document_uuid: UUID, kind: Kind, content: bytes) -> None:
    """Within a transaction: keeps the bytes or the text of a document."""
    for ordinal, part in enumerate(in_parts(content)):
        queries.insert_content_part(
            document_uuid=document_uuid, kind=kind, ordinal=ordinal, part=part
        )


def in_parts(content: bytes) -> Iterator[bytes]:
    """At least one part: a file without bytes is content too."""
    starts = range(0, max(1, len(content)), CONTENT_PART_BYTES)
    return (content[start : start + CONTENT_PART_BYTES] for start in starts)


def _name(row: Row) -> str:
    """What the file was called; else the last part of its source, or its title."""
    source: str = row["source"]
    name: str = row["file_name"] or ("" if source.startswith("urn:") else source)
    return default_title(name) if name else str(row["title"])
