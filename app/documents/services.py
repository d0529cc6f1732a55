"""The knowledge base as its users see it: documents put in, looked at, taken out."""

import asyncio
from collections.abc import Callable, Iterator
from hashlib import sha256
from uuid import UUID

import orjson

from app.core.caller import SERVICE, Caller
from app.core.exceptions import NotFound
from app.core.models import uuid7
from app.db import Database, Queries, Row
from app.documents.constants import CONTENT_PART_BYTES
from app.documents.models import Document, DocumentStatus, NewDocument
from app.jobs.constants import NO_DOCUMENT


class DocumentService:
    """Keeps documents in Postgres; their ingestion is a job, of which `notify` tells the worker."""

    def __init__(self, database: Database, notify: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._notify = notify

    async def add(self, caller: Caller, new: NewDocument) -> tuple[Document, bool]:
        """Takes a document in, to be ingested soon; False if its source has these bytes already."""
        row = {
            "uuid": uuid7(),
            "title": new.title,
            "source": new.source,
            "media_type": new.media_type,
            "bytes": len(new.content),
            "sha256": await asyncio.to_thread(lambda: sha256(new.content).hexdigest()),
            "metadata": orjson.dumps(new.metadata).decode(),
        }
        stored, is_new = await self._database.run(
            caller, lambda queries: _insert(queries, row, new.content)
        )
        self._notify()
        return Document.model_validate(stored), is_new

    async def get(self, caller: Caller, uuid: UUID) -> Document:
        """A document that the caller may see; NotFound otherwise."""
        row = await self._database.query(caller, "get_document", uuid=uuid)
        if row is None:
            raise NotFound("There is no such document.")
        return Document.model_validate(row)

    async def page(
        self,
        caller: Caller,
        limit: int,
        before: UUID | None = None,
        status: DocumentStatus | None = None,
    ) -> list[Document]:
        """The documents that the caller may see, newest first, at most `limit`."""
        rows = await self._database.query(
            caller, "list_documents", limit=limit, before=before, status=status
        )
        return [Document.model_validate(row) for row in rows]

    async def delete(self, caller: Caller, uuid: UUID) -> None:
        """Takes a document of the caller's out: no search finds it any more; its points go soon."""

        def transaction(queries: Queries) -> bool:
            deleted = queries.delete_document(uuid=uuid) is not None
            if deleted:
                insert_purge(queries, uuid)
            return deleted

        if not await self._database.run(caller, transaction):
            raise NotFound("There is no such document.")
        self._notify()

    async def reindex(self) -> int:
        """Has the index rebuilt from Postgres, whichever process holds it; the number of documents.

        Points of documents that are not there are deleted, those of every other written again.
        """

        def transaction(queries: Queries) -> int:
            queries.insert_job(kind="sweep", document_uuid=NO_DOCUMENT, bytes=0)
            count: int = queries.insert_index_jobs()
            return count

        count = await self._database.run(SERVICE, transaction)
        self._notify()
        return count

    async def jobs_left(self) -> int:
        """How many jobs are still to be done, by whichever worker."""
        left: int = await self._database.query(SERVICE, "count_jobs")
        return left


def insert_purge(queries: Queries, document_uuid: UUID) -> None:
    """Within a transaction: has the points of a document deleted."""
    queries.insert_job(kind="purge", document_uuid=document_uuid, bytes=0)


def _insert(queries: Queries, row: Row, content: bytes) -> tuple[Row, bool]:
    """The newest version of a source counts: a source has one writer at a time."""
    queries.lock_source(source=row["source"])
    there = queries.get_document_version(source=row["source"], sha256=row["sha256"])
    if there is not None:
        for newer in queries.delete_newer_versions(uuid=there["uuid"]):
            insert_purge(queries, newer["uuid"])
        return there, False
    queries.delete_failed_versions(source=row["source"])
    stored = queries.insert_document(**row)
    job_id = queries.insert_job(kind="ingest", document_uuid=row["uuid"], bytes=len(content))
    for ordinal, part in enumerate(_parts(content)):
        queries.insert_content_part(job_id=job_id, ordinal=ordinal, part=part)
    return stored, True


def _parts(content: bytes) -> Iterator[bytes]:
    """At least one: a file without bytes is content too."""
    starts = range(0, max(1, len(content)), CONTENT_PART_BYTES)
    return (content[start : start + CONTENT_PART_BYTES] for start in starts)
