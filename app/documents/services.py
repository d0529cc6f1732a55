"""Ingestion: documents in, passages in Postgres and their points in Qdrant."""

from collections.abc import Callable
from dataclasses import asdict
from uuid import UUID, uuid5

import orjson

from app.core.embeddings import Embedder
from app.db import Database, Queries, Row
from app.documents.chunking import Chunk, embedding_text, split
from app.documents.constants import EMBED_AT_ONCE
from app.documents.models import NewDocument
from app.documents.store import Payload, Point, VectorStore


class IngestionService:
    """Puts documents into the knowledge base, and takes them out."""

    def __init__(self, embedder: Embedder, store: VectorStore, database: Database) -> None:
        self._embedder = embedder
        self._store = store
        self._database = database

    async def ingest(self, document: NewDocument, progress: Callable[[int, int], None]) -> int:
        """Ingests a document in place of the older one from its source.

        Returns how many passages it has; 0 where the same document is there already.
        Points come first and are invisible until the rows are committed, all at once.
        """
        old = await self._database.run(
            lambda queries: queries.get_document_by_source(
                source=document.source, user_id=document.user_id
            )
        )
        if old is not None and old["uuid"] == document.uuid:
            return 0
        chunks = split(document.text, self._embedder.tokenizer, title=document.title)
        for first in range(0, len(chunks), EMBED_AT_ONCE):
            progress(first, len(chunks))
            await self._upsert(document, chunks[first : first + EMBED_AT_ONCE])
        await self._database.run(lambda queries: _replace(queries, old, document, chunks))
        progress(len(chunks), len(chunks))
        if old is not None:
            await self._store.delete(old["uuid"])
        return len(chunks)

    async def documents(self) -> list[Row]:
        """Every document, newest first: uuid, title, source, passages."""
        return await self._database.run(lambda queries: list(queries.list_documents()))

    async def _upsert(self, document: NewDocument, chunks: list[Chunk]) -> None:
        texts = [embedding_text(document.title, chunk) for chunk in chunks]
        vectors = await self._embedder.embed_passages(texts)
        payload = Payload(document.uuid, document.user_id, document.source)
        await self._store.upsert(
            [
                Point(passage_uuid(document.uuid, chunk.ordinal), vector, text, payload)
                for chunk, vector, text in zip(chunks, vectors, texts, strict=True)
            ]
        )


def passage_uuid(document_uuid: UUID, ordinal: int) -> UUID:
    """The uuid of a passage, and of its point."""
    return uuid5(document_uuid, str(ordinal))


def _replace(
    queries: Queries, old: Row | None, document: NewDocument, chunks: list[Chunk]
) -> None:
    """Within one transaction: nobody sees both documents, or neither."""
    if old is not None:
        queries.delete_document(uuid=old["uuid"])
    queries.insert_document(**asdict(document), uuid=document.uuid, metadata="{}")
    rows = [asdict(chunk) | {"uuid": passage_uuid(document.uuid, chunk.ordinal)} for chunk in chunks]
    queries.insert_passages(document_uuid=document.uuid, rows=orjson.dumps(rows).decode())
