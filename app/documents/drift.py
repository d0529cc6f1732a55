"""How far the index is from what Postgres says."""

from app.db import Database
from app.vector_store.base import VectorStore


async def drift(database: Database, store: VectorStore) -> int:
    """Points in the index less passages in Postgres; a few while documents are ingested.

    What jobs under way do not even out, `python -m app.documents reindex` does.
    """
    passages: int = await database.query("count_passages")
    return await store.count() - passages
