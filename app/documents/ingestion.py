"""From a document to what can be found of it: parse, cut, embed, index, publish."""

from uuid import UUID

import orjson

from app.core.embeddings import Embedder
from app.db import Database, Queries, Row
from app.documents.chunking import Chunk, embedding_text
from app.documents.constants import EMBED_AT_ONCE
from app.documents.exceptions import LostWork
from app.documents.models import default_title, passage_uuid
from app.documents.parsing import Parsed, Parser, Raw
from app.documents.store import Payload, Point, VectorStore
from app.documents.work import Work


class Ingestion:
    """Does each kind of work, in steps that may be broken off anywhere and done again."""

    def __init__(
        self, embedder: Embedder, store: VectorStore, database: Database, parser: Parser
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._database = database
        self._parser = parser

    async def do(self, work: Work) -> None:
        """Does one piece of work; raises LostWork or UnreadableDocument, or what is unavailable."""
        match work.kind:
            case "ingest":
                await self._ingest(work)
            case "index":
                await self._index(work)
            case "purge":
                await self._store.delete(work.document_uuid)
            case "sweep":
                await self._sweep()
            case _:  # a newer version's: that one has to do it
                raise ValueError(f"There is no work of the kind {work.kind}.")
        if work.kind != "ingest":
            await self._database.run(work.finish)

    async def fail(self, work: Work, reason: str) -> None:
        """Ends an ingestion for good, and says why."""

        def transaction(queries: Queries) -> None:
            queries.fail_document(uuid=work.document_uuid, error=reason)
            queries.delete_passages(document_uuid=work.document_uuid)
            queries.insert_work(kind="purge", document_uuid=work.document_uuid)
            work.finish(queries)

        await self._database.run(transaction)

    async def _ingest(self, work: Work) -> None:
        document = await self._database.query("begin_document", uuid=work.document_uuid)
        if document is not None:
            parsed = await self._parse(work, document)
            await self._write(work, document, parsed)
        await self._database.run(lambda queries: _publish(queries, work))

    async def _parse(self, work: Work, document: Row) -> Parsed:
        source, title = document["source"], document["title"]
        given = None if title == default_title(source) else title
        raw = Raw(await self._content(work), source, document["media_type"], given)
        parsed = await self._parser.parse(raw)
        document["title"] = parsed.title

        def transaction(queries: Queries) -> None:
            work.hold(queries)
            queries.measure_document(
                uuid=work.document_uuid,
                title=parsed.title,
                media_type=parsed.media_type,
                passages_total=len(parsed.chunks),
            )

        await self._database.run(transaction)
        return parsed

    async def _content(self, work: Work) -> bytes:
        """The uploaded bytes; not all of them if the work is lost meanwhile, as `hold` will say."""
        pieces: list[memoryview] = []
        while (piece := await self._piece(work, len(pieces))) is not None:
            pieces.append(piece)
        if not pieces:
            raise LostWork
        return b"".join(pieces)

    async def _piece(self, work: Work, ordinal: int) -> memoryview | None:
        piece: memoryview | None = await self._database.query(
            "get_content_piece", work_id=work.id, ordinal=ordinal
        )
        return piece

    async def _write(self, work: Work, document: Row, parsed: Parsed) -> None:
        """Points first, then their passages: what is not committed is written again."""
        for first in range(document["passages_done"], len(parsed.chunks), EMBED_AT_ONCE):
            batch = parsed.chunks[first : first + EMBED_AT_ONCE]
            texts = {
                passage_uuid(work.document_uuid, chunk.ordinal): embedding_text(parsed.title, chunk)
                for chunk in batch
            }
            await self._upsert(work.document_uuid, document, texts)
            advanced = await self._database.run(
                lambda queries, batch=batch: _insert(queries, work, batch)  # type: ignore[misc]
            )
            if not advanced:
                return  # it has been deleted meanwhile

    async def _index(self, work: Work) -> None:
        """Writes the points of a document again, from its passages alone."""
        first = 0
        while rows := await self._passages(work.document_uuid, first):
            texts = {
                row["uuid"]: embedding_text(
                    row["title"], Chunk(row["ordinal"], 0, 0, row["text"], tuple(row["headings"]))
                )
                for row in rows
            }
            await self._upsert(work.document_uuid, rows[0], texts)
            first = rows[-1]["ordinal"] + 1

    async def _sweep(self) -> None:
        """Deletes the points of documents that are not there, and has torn ones indexed anew."""
        indexed = await self._store.documents()
        if not indexed:
            return
        rows = await self._database.query("select_existing_documents", uuids=list(indexed))
        there = {row["uuid"]: row["passages"] for row in rows}
        for uuid in indexed.keys() - there.keys():
            await self._store.delete(uuid)
        for uuid, passages in there.items():
            if passages is not None and indexed[uuid] > passages:
                await self._store.delete(uuid)
                await self._database.query("insert_work", kind="index", document_uuid=uuid)

    async def _passages(self, document_uuid: UUID, first: int) -> list[Row]:
        rows: list[Row] = await self._database.query(
            "get_document_passages", document_uuid=document_uuid, first=first, limit=EMBED_AT_ONCE
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


def _insert(queries: Queries, work: Work, batch: list[Chunk]) -> bool:
    """Commits passages and how far the document has come; False where it has been deleted."""
    work.hold(queries)
    done = batch[-1].ordinal + 1
    if not queries.advance_document(uuid=work.document_uuid, passages_done=done):
        return False
    rows = [
        {
            "uuid": passage_uuid(work.document_uuid, chunk.ordinal),
            "ordinal": chunk.ordinal,
            "start": chunk.start,
            "end": chunk.end,
            "headings": chunk.headings,
            "text": chunk.text,
        }
        for chunk in batch
    ]
    queries.insert_passages(document_uuid=work.document_uuid, rows=orjson.dumps(rows).decode())
    return True


def _publish(queries: Queries, work: Work) -> None:
    """In one transaction the new version can be found and the older ones cannot any more."""
    uuid = work.document_uuid
    queries.lock_source_of_document(uuid=uuid)
    gone = [row["uuid"] for row in queries.delete_older_versions(uuid=uuid)]
    if not queries.publish_document(uuid=uuid):
        queries.discard_document(uuid=uuid)  # deleted, or a newer version was quicker
        gone.append(uuid)
    for each in gone:
        queries.insert_work(kind="purge", document_uuid=each)
    work.finish(queries)
