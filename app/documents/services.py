"""The knowledge base as its users see it: documents put in, looked at, taken out."""

import asyncio
from collections.abc import Callable, Collection
from hashlib import sha256
from math import inf
from time import monotonic
from typing import NamedTuple, TypeVar
from unicodedata import normalize
from uuid import UUID

import orjson

from app.core.caller import SERVICE, Caller
from app.core.exceptions import DatabaseUnavailable, NotFound
from app.core.models import uuid7
from app.db import Database, Queries, Row
from app.documents.constants import LONG_WRITE_SEC, NOT_READ_ANEW, UPLOADS_WRITTEN_AT_ONCE
from app.documents.contents import insert_content
from app.documents.models import Document, DocumentStatus, NewDocument, Passage, default_title
from app.jobs.constants import NO_DOCUMENT

T = TypeVar("T")


class Reingestion(NamedTuple):
    """The documents that are read anew, and those of which there is no original."""

    queued: list[UUID]
    without_original: list[UUID]


class DocumentService:
    """Keeps documents in Postgres; their ingestion is a job, of which `notify` tells the worker."""

    def __init__(self, database: Database, notify: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._notify = notify
        self._writing = asyncio.Semaphore(UPLOADS_WRITTEN_AT_ONCE)
        self._failed_at = -inf  # when Postgres did not answer, by the monotonic clock

    async def add(self, caller: Caller, new: NewDocument) -> tuple[Document, bool]:
        """Takes a document in, to be ingested soon; False if its source has these bytes already.

        A name has one spelling, NFC: Apple's systems take an umlaut for two characters.
        """
        title, source = normalize("NFC", new.title), normalize("NFC", new.source)
        row = {
            "uuid": uuid7(),
            "title": title,
            "given_title": None if title == default_title(source) else title,
            "source": source,
            "media_type": new.media_type,
            "file_name": new.file_name and normalize("NFC", new.file_name),
            "declared_type": new.declared_type,
            "bytes": len(new.content),
            "sha256": await asyncio.to_thread(lambda: sha256(new.content).hexdigest()),
            "metadata": orjson.dumps(new.metadata).decode(),
            "is_sample": new.is_sample,
        }
        stored, is_new = await self._write_in_turn(
            caller, lambda queries: _insert(queries, row, new.content)
        )
        self._notify()
        return Document.model_validate(stored), is_new

    async def _write_in_turn(self, caller: Caller, insert: Callable[[Queries], T]) -> T:
        """A few at a time; where Postgres does not answer one, all that wait are told at once."""
        asked_at = monotonic()
        async with self._writing:
            if self._failed_at > asked_at:
                raise DatabaseUnavailable
            try:
                return await self._database.run(caller, insert, timeout_sec=LONG_WRITE_SEC)
            except DatabaseUnavailable:
                self._failed_at = monotonic()
                raise

    async def get(self, caller: Caller, uuid: UUID) -> Document:
        """A document that the caller may see; NotFound otherwise."""
        row = await self._database.query(caller, "get_document", uuid=uuid)
        if row is None:
            raise NotFound("There is no such document.")
        return Document.model_validate(row)

    async def passage(self, caller: Caller, uuid: UUID, ordinal: int) -> Passage:
        """A passage of a document that the caller may see; NotFound where there is none."""
        row = await self._database.query(caller, "get_passage", document_uuid=uuid, ordinal=ordinal)
        if row is None:
            raise NotFound("There is no such passage.")
        return Passage.model_validate(row)

    async def of_source(self, caller: Caller, source: str) -> list[UUID]:
        """All versions of a source of the caller's own, in the spelling that is kept."""
        rows = await self._database.query(
            caller, "find_documents_of_source", source=normalize("NFC", source)
        )
        return [row["uuid"] for row in rows]

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

    async def reindex(self, take_over: Callable[[Queries], object] = lambda _: None) -> int:
        """Has the index rebuilt from Postgres, whichever process holds it; the number of documents.

        Points of documents that are not there are deleted, those of every other written again.
        With `take_over` another index is rebuilt from then on.
        """

        def transaction(queries: Queries) -> int:
            take_over(queries)
            queries.insert_job(kind="sweep", document_uuid=NO_DOCUMENT, bytes=0)
            count: int = queries.insert_index_jobs()
            return count

        count = await self._database.run(SERVICE, transaction)
        self._notify()
        return count

    async def reingest(self, uuids: Collection[UUID] | None = None) -> Reingestion:
        """Has the kept originals of these documents, or of all, read anew; those that can be.

        A document that is ready stays to be found meanwhile.
        """
        chosen = None if uuids is None else _array(uuids)

        def transaction(queries: Queries) -> Reingestion:
            missing = [
                row["uuid"] for row in queries.select_documents_without_original(uuids=chosen)
            ]
            ready = [row["uuid"] for row in queries.insert_reingest_jobs(uuids=chosen)]
            failed = [row["uuid"] for row in queries.retry_documents(uuids=chosen)]
            return Reingestion(ready + failed, missing)

        queued = await self._database.run(SERVICE, transaction)
        self._notify()
        return queued

    async def failed(self, uuids: Collection[UUID]) -> list[Document]:
        """Those of these documents, of any owner, that failed or were not read anew."""
        rows = await self._database.query(
            SERVICE,
            "select_failed_documents",
            uuids=_array(uuids),
            not_read_anew=NOT_READ_ANEW,
        )
        return [Document.model_validate(row) for row in rows]

    async def jobs_left(self) -> int:
        """How many jobs are still to be done, by whichever worker."""
        left: int = await self._database.query(SERVICE, "count_jobs")
        return left


def _array(uuids: Collection[UUID]) -> str:
    """As Postgres writes an array: a list would be as many parameters."""
    return f"{{{','.join(map(str, uuids))}}}"


def insert_purge(queries: Queries, document_uuid: UUID) -> None:
    """Within a transaction: has the points of a document deleted."""
    queries.insert_job(kind="purge", document_uuid=document_uuid, bytes=0)


def _insert(queries: Queries, row: Row, content: bytes) -> tuple[Row, bool]:
    """The newest version of a source counts: a source has one writer at a time."""
    if not row["is_sample"]:
        queries.delete_samples()
    queries.lock_source(source=row["source"])
    there = queries.get_document_version(source=row["source"], sha256=row["sha256"])
    if there is not None:
        for newer in queries.delete_newer_versions(uuid=there["uuid"]):
            insert_purge(queries, newer["uuid"])
        _keep_original(queries, there["uuid"], row, content)
        return there, False
    queries.delete_failed_versions(source=row["source"])
    stored = queries.insert_document(**row)
    insert_content(queries, row["uuid"], "file", content)
    queries.insert_job(kind="ingest", document_uuid=row["uuid"], bytes=len(content))
    return stored, True


def _keep_original(queries: Queries, uuid: UUID, row: Row, content: bytes) -> None:
    """What was taken in before originals were kept gets its own, and a text, when it comes again.

    `label_original` finds it only where it is the caller's, and its original is not there.
    """
    names = {"file_name": row["file_name"], "declared_type": row["declared_type"]}
    if queries.label_original(uuid=uuid, **names):
        insert_content(queries, uuid, "file", content)
        queries.insert_job(kind="reingest", document_uuid=uuid, bytes=len(content))
