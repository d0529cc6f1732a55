"""From a document to what can be found of it: parse, cut, embed, index, publish."""

from typing import Final
from uuid import UUID

from app.core.caller import SERVICE
from app.db import Database, Row
from app.documents.constants import EMBED_AT_ONCE, LONG_WRITE_SEC, NOT_READ_ANEW
from app.documents.ingestion.answers import ParsedDocument
from app.documents.ingestion.chunking import Passage, embedding_text
from app.documents.ingestion.parser_process import DocumentFile, Parser, ParserDied
from app.documents.ingestion.transactions import (
    advance,
    begin,
    fail,
    in_batches,
    leave,
    publish,
    replace,
)
from app.documents.models import passage_uuid
from app.embeddings.embedder import Embedder
from app.jobs.job import Job
from app.loaders.exceptions import UnreadableDocument
from app.vector_store.base import Payload, Point, VectorStore

INTERNAL_ERROR: Final = "This document could not be ingested: an internal error."


class Pipeline:
    """Does each kind of job on documents, in steps that may be broken off anywhere and done again.

    Raises LeaseLost, DatabaseUnavailable, RetrievalUnavailable or ParserDied.
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
                parsed = await self._read(job, document)
            except UnreadableDocument as error:
                await self._fail(job, str(error))
                return
            done = await self._begin(job, document, parsed)
            await self._write(job, document, parsed, done)
        await self._database.run(SERVICE, lambda queries: publish(queries, job))

    async def reingest(self, job: Job) -> None:
        """Reads a document that is ready anew; it is found as it was until all of it is new.

        What cannot be read any more fails. A parser that died may not have been the document's
        fault: ParserDied is raised, and it is tried again.
        """
        document = await self._database.query(SERVICE, "get_ready_document", uuid=job.document_uuid)
        if document is None:  # it has been deleted
            await self._database.run(SERVICE, job.finish)
            return
        try:
            parsed = await self._read(job, document)
        except ParserDied:
            raise
        except UnreadableDocument as error:
            await self._fail(job, str(error))
            return
        await self._rewrite(job, document, parsed)

    async def _rewrite(self, job: Job, document: Row, parsed: ParsedDocument) -> None:
        """Embeds all passages before any is written: then points, and then text and passages."""
        points: list[Point] = []
        for batch in in_batches(parsed.passages):
            points += await self._points(document, _texts(job, parsed, batch))
        await self._store.upsert(points)
        await self._delete_surplus(job, document, parsed)
        await self._database.run(
            SERVICE, lambda queries: replace(queries, job, parsed), timeout_sec=LONG_WRITE_SEC
        )

    async def give_up(self, job: Job) -> None:
        """Ends an ingestion that internal errors broke off again and again."""
        await self._fail(job, INTERNAL_ERROR)

    async def leave(self, job: Job) -> None:
        """Leaves a document as it was, whatever internal errors broke reading it anew off."""
        await self._store.delete(job.document_uuid)
        await self._database.run(SERVICE, lambda queries: leave(queries, job, NOT_READ_ANEW))

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
        """Deletes the points of a document that is gone or failed; not if it has come back."""
        there = await self._database.query(
            SERVICE, "select_existing_documents", uuids=[job.document_uuid]
        )
        if not there:
            await self._store.delete(job.document_uuid)
        await self._database.run(SERVICE, job.finish)

    async def sweep(self, job: Job) -> None:
        """Deletes the points of documents that are not there, and of torn ones.

        The index jobs that are queued with it wait for its end, and write the latter again.
        """
        if indexed := await self._store.documents():
            await self._sweep(indexed)
        await self._database.run(SERVICE, job.finish)

    async def _sweep(self, indexed: dict[UUID, int]) -> None:
        rows = await self._database.query(SERVICE, "select_existing_documents", uuids=list(indexed))
        passages = {row["uuid"]: row["passages"] for row in rows}
        for uuid, points in indexed.items():
            is_torn = passages.get(uuid) is not None and points > passages[uuid]
            if uuid not in passages or is_torn:
                await self._store.delete(uuid)

    async def _fail(self, job: Job, reason: str) -> None:
        await self._database.run(SERVICE, lambda queries: fail(queries, job, reason))

    async def _read(self, job: Job, document: Row) -> ParsedDocument:
        """What the original says; UnreadableDocument with the reason where nobody can tell."""
        file = DocumentFile(
            await self._file(job),
            document["source"],
            document["file_name"],
            document["declared_type"],
            document["given_title"],
        )
        return await self._parser.parse(file)

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
        """How many passages of this very text are there already; else notes what was read."""
        before = document["text_sha256"], document["passages_total"]
        if before == (parsed.text_sha256, len(parsed.passages)):
            done: int = document["passages_done"]
            return done
        await self._delete_surplus(job, document, parsed)
        await self._database.run(
            SERVICE, lambda queries: begin(queries, job, parsed), timeout_sec=LONG_WRITE_SEC
        )
        return 0

    async def _delete_surplus(self, job: Job, document: Row, parsed: ParsedDocument) -> None:
        """Deletes the points of passages that there are no more."""
        gone = range(len(parsed.passages), document["passages_done"])
        await self._store.delete_points([passage_uuid(job.document_uuid, n) for n in gone])

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
