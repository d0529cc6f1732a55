"""How far the index is from what Postgres says."""

from app.core.caller import SERVICE
from app.core.models import IndexState
from app.db import Database
from app.vector_store.base import VectorStore


async def index_state(database: Database, store: VectorStore) -> IndexState:
    """The drift of the index, and whether documents are being indexed anew.

    What jobs under way do not even out, `python -m app.documents reindex` does.
    """
    reindexing: bool = await database.query(SERVICE, "is_reindexing")
    return IndexState(drift=await drift(database, store), reindexing=reindexing)


async def drift(database: Database, store: VectorStore) -> int:
    """Points in the index less passages in Postgres; a few while documents are ingested."""
    passages: int = await database.query(SERVICE, "count_passages")
    return await store.count() - passages
