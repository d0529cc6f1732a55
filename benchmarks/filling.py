"""Fills DATABASE_URL and DATA_DIR with made-up passages, as ingestion would have left them."""

import asyncio
import sys
from collections.abc import Sequence
from hashlib import sha256
from uuid import uuid4

import orjson

from app.core.caller import SERVICE
from app.db import Database, Queries, create_database
from app.embeddings.embedder import create_embedder
from app.vector_store.base import DenseVector, Point, batched
from app.vector_store.edge.store import EdgeVectorStore
from benchmarks.passages import OWNERS, documents, subjects
from settings import Settings

AT_ONCE = 50  # documents
NEVER = 10**9


async def fill(settings: Settings, passages: int) -> None:
    """Writes so many passages, their rows and their points, and then the search graph."""
    path = settings.DATA_DIR / "qdrant" / settings.QDRANT_COLLECTION_NAME
    embedder = create_embedder(settings)
    directions = await embedder.embed_passages(subjects())
    embedder.close()
    dense = DenseVector.of_model(settings.EMBEDDING_MODEL, embedder.dimensions)
    database = create_database(settings)
    for number in range(OWNERS):
        email = f"{number}@example.com"
        await database.query(SERVICE, "upsert_user", uuid=uuid4(), email=email)
    store = await EdgeVectorStore.open(path, dense, optimize_after=NEVER)
    for some in batched(list(documents(passages, directions)), AT_ONCE):
        await _write_rows(database, some)
        await store.upsert([point for document in some for point in document])
    await store.close()
    await database.close()
    optimizing = await EdgeVectorStore.open(path, dense)
    await optimizing.optimized()
    await optimizing.close()


async def _write_rows(database: Database, some: Sequence[list[Point]]) -> None:
    def transaction(queries: Queries) -> None:
        for document in some:
            _insert(queries, document)

    await database.run(SERVICE, transaction)


def _insert(queries: Queries, document: list[Point]) -> None:
    payload = document[0].payload
    source = payload.source or ""
    uuid = payload.document_uuid
    queries.insert_document(
        uuid=uuid,
        user_id=payload.user_id,
        title=f"Chapter {source}",
        given_title=None,
        source=source,
        media_type="text/markdown",
        file_name=None,
        declared_type=None,
        is_sample=False,
        bytes=sum(len(point.text) for point in document),
        sha256=sha256(source.encode()).hexdigest(),
        metadata=orjson.dumps(payload.metadata).decode(),
    )
    rows = [
        {"uuid": point.id, "ordinal": ordinal, "start": 0, "end": len(point.text), "page": None}
        | {"headings": ["Chapter"], "text": point.text}
        for ordinal, point in enumerate(document)
    ]
    queries.insert_passages(document_uuid=uuid, rows=orjson.dumps(rows).decode())
    queries.advance_document(uuid=uuid, passages_done=len(document))
    queries.publish_document(uuid=uuid)


if __name__ == "__main__":
    asyncio.run(fill(Settings(), int(sys.argv[1])))
