"""Both kinds of store, for the tests of what they have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from app.documents.store import SearchFilter, VectorStore
from settings import Settings
from tests.documents.points import axis, point
from tests.qdrant_double import QdrantDouble

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
    return {each.id for each in await store.query(axis(1), "", where, candidates=100)}
