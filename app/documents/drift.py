"""How far the index is from what Postgres says."""

from typing import Final

from app.core.caller import SERVICE
from app.core.models import IndexState
from app.db import Database
from app.documents.constants import OTHER_INDEX
from app.vector_store.base import VectorStore

EMPTY: Final = (
    "The index is empty, and Postgres has {} passages, none of which is found: run `brag reindex`."
)


async def index_state(database: Database, store: VectorStore) -> IndexState:
    """The drift of the index, and whether documents are being indexed anew.

    What jobs under way do not even out, `brag reindex` does.
    """
    if await is_other_index(database, store):
        return IndexState(is_other=True, advice=OTHER_INDEX)
    reindexing: bool = await database.query(SERVICE, "is_reindexing")
    passages, points = await _counts(database, store)
    is_lost = passages and not points and not reindexing
    advice = EMPTY.format(passages) if is_lost else None
    return IndexState(drift=points - passages, reindexing=reindexing, advice=advice)


async def is_other_index(database: Database, store: VectorStore) -> bool:
    """Whether the index of the database is another one than this process has."""
    index_uuid = await store.index_uuid()
    is_other: bool = await database.query(SERVICE, "is_other_index", index_uuid=index_uuid)
    return is_other


async def drift(database: Database, store: VectorStore) -> int:
    """Points in the index less passages in Postgres; a few while documents are ingested."""
    passages, points = await _counts(database, store)
    return points - passages


async def _counts(database: Database, store: VectorStore) -> tuple[int, int]:
    passages: int = await database.query(SERVICE, "count_passages")
    return passages, await store.count()
