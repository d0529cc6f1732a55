"""From a document to what can be found of it: parse, cut, embed, index, publish."""

from typing import Final
from uuid import UUID

from app.core.caller import SERVICE
from app.db import Database, Queries, Row
from app.documents.constants import EMBED_AT_ONCE
from app.documents.ingestion.chunking import Passage, embedding_text
from app.documents.ingestion.parser_process import DocumentFile, ParsedDocument, Parser
from app.documents.ingestion.transactions import (
    advance,
    fail,
    in_batches,
    measure,
    publish,
    replace,
)
from app.documents.models import default_title, passage_uuid
from app.embeddings.embedder import Embedder
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
            parsed = await self._parse(job, document)
            if parsed is None:
                return
            done = await self._begin(job, document, parsed)
            await self._write(job, document, parsed, done)
        await self._database.run(SERVICE, lambda queries: publish(queries, job))

    async def reingest(self, job: Job) -> None:
        """Reads a document that is ready anew; it is found as it was until all of it is new.

        What cannot be read any more fails.
        """
        document = await self._database.query(SERVICE, "get_ready_document", uuid=job.document_uuid)
        if document is None:  # it has been deleted
            await self._database.run(SERVICE, job.finish)
            return
        parsed = await self._parse(job, document)
        if parsed is None:
            return
        points: list[Point] = []
        for batch in in_batches(parsed.passages):
            points += await self._points(document, _texts(job, parsed, batch))
        await self._store.upsert(points)
        gone = range(len(points), document["passages_done"])
        await self._store.delete_points([passage_uuid(job.document_uuid, n) for n in gone])
        await self._database.run(SERVICE, lambda queries: replace(queries, job, parsed))

    async def give_up(self, job: Job) -> None:
        """Ends an ingestion that internal errors broke off again and again."""
        await self._fail(job, INTERNAL_ERROR)

    async def leave(self, job: Job) -> None:
        """Leaves a document as it is found: internal errors broke reading it anew off."""
        await self._database.run(SERVICE, job.finish)

    async def index(self, job: Job) -> None:
        """Writes the points of a document again, from its passages in Postgres alone."""
        first = 0
        while rows := await self._passages(job.document_uuid, first):
            texts = {
                row["uuid"]: embedding_text(
                    row["title"], row["headings"], row["text"], row["table_header"]
                )
                for row in rows
            }
            await self._store.upsert(
                await self._points(rows[0] | {"uuid": job.document_uuid}, texts)
            )
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
        await self._database.run(SERVICE, lambda queries: fail(queries, job, reason))

    async def _parse(self, job: Job, document: Row) -> ParsedDocument | None:
        """What the original says; None for a document that failed, which ends the job."""
        source, title = document["source"], document["title"]
        file = DocumentFile(
            await self._file(job),
            source,
            document["file_name"],
            document["declared_type"],
            None if title == default_title(source) else title,
        )
        try:
            return await self._parser.parse(file)
        except UnreadableDocument as error:
            await self._fail(job, str(error))
            return None

    async def _file(self, job: Job) -> bytes:
        """The original bytes; fewer if the document is deleted meanwhile, which its writes tell."""
        parts: list[memoryview] = []
        while (part := await self._file_part(job, len(parts))) is not None:
            parts.append(part)
        return b"".join(parts)

    async def _file_part(self, job: Job, ordinal: int) -> memoryview | None:
        part: memoryview | None = await self._database.query(
            SERVICE, "get_file_part", document_uuid=job.document_uuid, ordinal=ordinal
        )
        return part

    async def _begin(self, job: Job, document: Row, parsed: ParsedDocument) -> int:
        """Notes what was read; how many passages of this very text are there already."""
        is_same = document["text_sha256"] == parsed.text_sha256
        done: int = document["passages_done"] if is_same else 0

        def transaction(queries: Queries) -> None:
            job.hold(queries)
            if not done:
                queries.delete_document_passages(document_uuid=job.document_uuid)
            measure(queries, job, parsed, done)

        await self._database.run(SERVICE, transaction)
        return done

    async def _write(self, job: Job, document: Row, parsed: ParsedDocument, done: int) -> None:
        """Points first, then their passages: what is not committed is written again."""
        for batch in in_batches(parsed.passages[done:]):
            await self._store.upsert(await self._points(document, _texts(job, parsed, batch)))
            advanced = await self._database.run(
                SERVICE, lambda queries, batch=batch: advance(queries, job, batch)  # type: ignore[misc]
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

    async def _points(self, document: Row, texts: dict[UUID, str]) -> list[Point]:
        vectors = await self._embedder.embed_passages(list(texts.values()))
        payload = Payload(
            document["uuid"], document["user_id"], document["source"], document["metadata"]
        )
        return [
            Point(uuid, vector, text, payload)
            for (uuid, text), vector in zip(texts.items(), vectors, strict=True)
        ]


def _texts(job: Job, parsed: ParsedDocument, batch: list[Passage]) -> dict[UUID, str]:
    """What is embedded for each passage, by its uuid."""
    return {
        passage_uuid(job.document_uuid, passage.ordinal): embedding_text(
            parsed.title, passage.headings, passage.text, passage.table_header
        )
        for passage in batch
    }
