"""From a document to what can be found of it: parse, cut, embed, index, publish."""

from typing import Final
from uuid import UUID

import orjson

from app.core.caller import SERVICE
from app.db import Database, Queries, Row
from app.documents.constants import EMBED_AT_ONCE
from app.documents.ingestion.chunking import Passage, embedding_text
from app.documents.ingestion.parser_process import DocumentFile, ParsedDocument, Parser
from app.documents.models import default_title, passage_uuid
from app.documents.services import insert_purge
from app.embeddings.embedder import Embedder
from app.jobs.exceptions import LeaseLost
from app.jobs.job import Job
from app.loaders.exceptions import UnreadableDocument
from app.vector_store.base import Payload, Point, VectorStore

INTERNAL_ERROR: Final = "This document could not be ingested: an internal error."


class Pipeline:
    """Does each kind of job on documents, in steps that may be broken off anywhere and done again.

    Raises LeaseLost, DatabaseUnavailable or RetrievalUnavailable.
    """

    def __init__(
        self, embedder: Embedder, store: VectorStore, database: Database, parser: Parser
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._database = database
        self._parser = parser

    async def ingest(self, job: Job) -> None:
        """Makes a document findable in place of its older versions, or failed with the reason."""
        document = await self._database.query(SERVICE, "begin_document", uuid=job.document_uuid)
        if document is not None:  # else it has been deleted
            try:
                parsed = await self._parse(job, document)
            except UnreadableDocument as error:
                await self._fail(job, str(error))
                return
            await self._write(job, document, parsed)
        await self._database.run(SERVICE, lambda queries: _publish(queries, job))

    async def give_up(self, job: Job) -> None:
        """Ends an ingestion that internal errors broke off again and again."""
        await self._fail(job, INTERNAL_ERROR)

    async def index(self, job: Job) -> None:
        """Writes the points of a document again, from its passages in Postgres alone."""
        first = 0
        while rows := await self._passages(job.document_uuid, first):
            texts = {
                row["uuid"]: embedding_text(row["title"], row["headings"], row["text"])
                for row in rows
            }
            await self._upsert(job.document_uuid, rows[0], texts)
            first = rows[-1]["ordinal"] + 1
        await self._database.run(SERVICE, job.finish)

    async def purge(self, job: Job) -> None:
        """Deletes the points of a document that is gone."""
        await self._store.delete(job.document_uuid)
        await self._database.run(SERVICE, job.finish)

    async def sweep(self, job: Job) -> None:
        """Deletes the points of documents that are not there, and has torn ones indexed anew."""
        if indexed := await self._store.documents():
            await self._sweep(indexed)
        await self._database.run(SERVICE, job.finish)

    async def _sweep(self, indexed: dict[UUID, int]) -> None:
        rows = await self._database.query(SERVICE, "select_existing_documents", uuids=list(indexed))
        for uuid in indexed.keys() - {row["uuid"] for row in rows}:
            await self._store.delete(uuid)
        for row in rows:
            uuid, size, passages = row["uuid"], row["bytes"], row["passages"]
            if passages is not None and indexed[uuid] > passages:
                await self._store.delete(uuid)
                await self._database.query(
                    SERVICE, "insert_job", kind="index", document_uuid=uuid, bytes=size
                )

    async def _fail(self, job: Job, reason: str) -> None:
        def transaction(queries: Queries) -> None:
            queries.fail_document(uuid=job.document_uuid, error=reason)
            queries.delete_document_passages(document_uuid=job.document_uuid)
            insert_purge(queries, job.document_uuid)
            job.finish(queries)

        await self._database.run(SERVICE, transaction)

    async def _parse(self, job: Job, document: Row) -> ParsedDocument:
        source, title = document["source"], document["title"]
        given = None if title == default_title(source) else title
        content = await self._content(job)
        parsed = await self._parser.parse(
            DocumentFile(content, source, document["media_type"], given)
        )

        def transaction(queries: Queries) -> None:
            job.hold(queries)
            queries.measure_document(
                uuid=job.document_uuid,
                title=parsed.title,
                media_type=parsed.media_type,
                passages_total=len(parsed.passages),
            )

        await self._database.run(SERVICE, transaction)
        return parsed

    async def _content(self, job: Job) -> bytes:
        """The uploaded bytes; fewer if the lease is lost meanwhile, which `hold` then tells."""
        parts: list[memoryview] = []
        while (part := await self._content_part(job, len(parts))) is not None:
            parts.append(part)
        if not parts:
            raise LeaseLost
        return b"".join(parts)

    async def _content_part(self, job: Job, ordinal: int) -> memoryview | None:
        part: memoryview | None = await self._database.query(
            SERVICE, "get_content_part", job_id=job.id, ordinal=ordinal
        )
        return part

    async def _write(self, job: Job, document: Row, parsed: ParsedDocument) -> None:
        """Points first, then their passages: what is not committed is written again."""
        for first in range(document["passages_done"], len(parsed.passages), EMBED_AT_ONCE):
            batch = parsed.passages[first : first + EMBED_AT_ONCE]
            texts = {
                passage_uuid(job.document_uuid, passage.ordinal): embedding_text(
                    parsed.title, passage.headings, passage.text
                )
                for passage in batch
            }
            await self._upsert(job.document_uuid, document, texts)
            advanced = await self._database.run(
                SERVICE, lambda queries, batch=batch: _insert(queries, job, batch)  # type: ignore[misc]
            )
            if not advanced:
                return  # it has been deleted meanwhile

    async def _passages(self, document_uuid: UUID, first: int) -> list[Row]:
        rows: list[Row] = await self._database.query(
            SERVICE,
            "get_document_passages",
            document_uuid=document_uuid,
            first=first,
            limit=EMBED_AT_ONCE,
        )
        return rows

    async def _upsert(self, document_uuid: UUID, document: Row, texts: dict[UUID, str]) -> None:
        vectors = await self._embedder.embed_passages(list(texts.values()))
        payload = Payload(
            document_uuid, document["user_id"], document["source"], document["metadata"]
        )
        await self._store.upsert(
            [
                Point(uuid, vector, text, payload)
                for (uuid, text), vector in zip(texts.items(), vectors, strict=True)
            ]
        )


def _insert(queries: Queries, job: Job, batch: list[Passage]) -> bool:
    """Commits passages and how far the document has come; False where it has been deleted."""
    job.hold(queries)
    done = batch[-1].ordinal + 1
    if not queries.advance_document(uuid=job.document_uuid, passages_done=done):
        return False
    rows = [
        {
            "uuid": passage_uuid(job.document_uuid, passage.ordinal),
            "ordinal": passage.ordinal,
            "start": passage.start,
            "end": passage.end,
            "page": passage.page,
            "headings": passage.headings,
            "text": passage.text,
        }
        for passage in batch
    ]
    queries.insert_passages(document_uuid=job.document_uuid, rows=orjson.dumps(rows).decode())
    return True


def _publish(queries: Queries, job: Job) -> None:
    """In one transaction the new version can be found and the older ones cannot any more."""
    uuid = job.document_uuid
    queries.lock_source_of_document(uuid=uuid)
    gone = [row["uuid"] for row in queries.delete_older_versions(uuid=uuid)]
    if not queries.publish_document(uuid=uuid):
        queries.discard_document(uuid=uuid)  # deleted, or a newer version was quicker
        gone.append(uuid)
    for deleted in gone:
        insert_purge(queries, deleted)
    job.finish(queries)
