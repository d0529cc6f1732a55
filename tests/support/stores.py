"""Both kinds of store, for the tests of what they have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from app.vector_store.base import SearchFilter, VectorStore
from settings import Settings
from tests.support.points import asked, axis, point
from tests.support.qdrant_double import QdrantDouble

KINDS = ["edge", "qdrant"]
EVERYTHING = SearchFilter()

FILTERED = [
    point(1, source="a.md", metadata={"lang": "en", "draft": True}),
    point(2, text="fox", user_id=7, source="a.md", metadata={"lang": "en", "draft": 1}),
    point(3, document=2, user_id=8, metadata={"lang": "de", "draft": "True"}),
    point(4, text="fox", document=3, source="b.md", metadata={'a."b[0]': "ü", "n": -(2**70)}),
]


@contextmanager
def settings_for(kind: str, path: Path) -> Iterator[Settings]:
    """The settings of a process with this kind of store."""
    if kind == "edge":
        yield Settings(DATA_DIR=path)
        return
    with QdrantDouble(path) as double:
        yield Settings(DATA_DIR=path, QDRANT_URL=double.url)


async def found(store: VectorStore, where: SearchFilter = EVERYTHING) -> set[UUID]:
    """The ids of all points that a filter lets through."""
    candidates = await store.query(asked(axis(1), ""), where, candidates=100)
    return {candidate.id for candidate in candidates}


async def empty(store: VectorStore) -> None:
    """Deletes every document that the store has points of."""
    for document in await store.documents():
        await store.delete(document)
    assert await store.count() == 0


def shards(collection: Path) -> list[Path]:
    """The shards in the folder of a collection in Edge."""
    return list(collection.glob("shard-*"))
