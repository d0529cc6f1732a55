"""The knowledge base as its users see it: documents put in, looked at, taken out."""

import asyncio
from collections.abc import Callable, Iterator
from hashlib import sha256
from uuid import UUID

import orjson

from app.core.exceptions import NotFound
from app.db import Database, Queries, Row
from app.documents.constants import NO_DOCUMENT, PIECE_BYTES
from app.documents.models import Document, DocumentStatus, NewDocument, new_document_uuid


def _nobody() -> None:
    """The worker, if there is one, looks by itself."""


class DocumentService:
    """Keeps documents in Postgres; `notify` tells the worker that there is something to do."""

    def __init__(self, database: Database, notify: Callable[[], None] = _nobody) -> None:
        self._database = database
        self._notify = notify

    async def add(self, new: NewDocument, user_id: int | None) -> tuple[Document, bool]:
        """Takes a document in, to be ingested soon; False if its owner has these bytes already."""
        row = {
            "uuid": new_document_uuid(),
            "user_id": user_id,
            "title": new.title,
            "source": new.source,
            "media_type": new.media_type,
            "bytes": len(new.content),
            "sha256": await asyncio.to_thread(lambda: sha256(new.content).hexdigest()),
            "metadata": orjson.dumps(new.metadata).decode(),
        }
        stored, is_new = await self._database.run(
            lambda queries: _insert(queries, row, new.content)
        )
        self._notify()
        return Document.model_validate(stored), is_new

    async def get(self, uuid: UUID, user_id: int | None) -> Document:
        """A document that the user may see; NotFound otherwise."""
        row = await self._database.query("get_document", uuid=uuid, user_id=user_id)
        if row is None:
            raise NotFound("There is no such document.")
        return Document.model_validate(row)

    async def page(
        self,
        user_id: int | None,
        limit: int,
        before: UUID | None = None,
        status: DocumentStatus | None = None,
    ) -> list[Document]:
        """The documents that the user may see, newest first, at most `limit`."""
        rows = await self._database.query(
            "list_documents", user_id=user_id, limit=limit, before=before, status=status
        )
        return [Document.model_validate(row) for row in rows]

    async def delete(self, uuid: UUID, user_id: int | None) -> None:
        """Takes a document out: nobody finds it from now on; its points are purged soon."""

        def transaction(queries: Queries) -> bool:
            deleted = queries.delete_document(uuid=uuid, user_id=user_id) is not None
            if deleted:
                queries.insert_work(kind="purge", document_uuid=uuid)
            return deleted

        if not await self._database.run(transaction):
            raise NotFound("There is no such document.")
        self._notify()

    async def reindex(self) -> int:
        """Has Qdrant brought to what Postgres says, whoever holds it; returns of how many.

        Points of nothing that is there are swept away, those of every document written again.
        """

        def transaction(queries: Queries) -> int:
            queries.insert_work(kind="sweep", document_uuid=NO_DOCUMENT)
            count: int = queries.insert_index_work()
            return count

        count = await self._database.run(transaction)
        self._notify()
        return count

    async def work_left(self) -> int:
        """How much work is on the table, whoever it is for."""
        left: int = await self._database.query("count_work")
        return left


def _insert(queries: Queries, row: Row, content: bytes) -> tuple[Row, bool]:
    stored = queries.insert_document(**row)
    if stored is None:
        queries.lock_source(source=row["source"])
        there = queries.get_document_by_sha256(sha256=row["sha256"], user_id=row["user_id"])
        if there is None:
            return _insert(queries, row, content)
        if there["source"] == row["source"]:
            _withdraw_newer(queries, there["uuid"])
        return there, False
    work_id = queries.insert_work(kind="ingest", document_uuid=row["uuid"])
    for ordinal, piece in enumerate(_pieces(content)):
        queries.insert_content_piece(work_id=work_id, ordinal=ordinal, piece=piece)
    return stored, True


def _pieces(content: bytes) -> Iterator[bytes]:
    """At least one: nothing at all is content too."""
    starts = range(0, max(1, len(content)), PIECE_BYTES)
    return (content[start : start + PIECE_BYTES] for start in starts)


def _withdraw_newer(queries: Queries, uuid: UUID) -> None:
    """What came last counts: versions that would still replace this one are deleted."""
    for row in queries.delete_newer_versions(uuid=uuid):
        queries.insert_work(kind="purge", document_uuid=row["uuid"])
