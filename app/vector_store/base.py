"""What a vector store does for bRAG, whichever Qdrant engine holds the vectors."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol, TypeVar
from uuid import UUID

from app.core.exceptions import ConfigurationError
from app.core.models import Metadata
from app.embeddings.embedder import Vector

BM25_VECTOR: Final = "bm25-pairs"  # another name than before pairs were in it

Scores = dict[UUID, float]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Payload:
    """What filters need to know of a point; a `user_id` of None is shared with everyone."""

    document_uuid: UUID
    user_id: int | None = None
    source: str | None = None
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """A passage as the index sees it: its embedding, the text that BM25 reads, its payload."""

    id: UUID
    dense: Vector
    text: str
    payload: Payload


class Candidate(NamedTuple):
    """A passage that either search found; `bm25` is 0 where the BM25 search missed it.

    The score is what passages are ordered by: comparable within one query only.
    """

    id: UUID
    cosine: float
    bm25: float
    score: float


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is searched for: a unit vector, and texts with the weight of the words of each.

    A cosine counts `cosine_weight` times: the sum of two searches is one search by the sum of their
    vectors, whose length this is.
    """

    vector: Vector
    texts: Mapping[str, float]
    cosine_weight: float = 1.0

    @classmethod
    def of(cls, vector: Vector, text: str) -> "SearchQuery":
        """A search for one text, of which this is the embedding."""
        return cls(vector, {text: 1.0})


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Which points a user may find; all given parts must hold, an empty list matches nothing.

    A user finds their own points and the shared ones; without a user only the shared ones are
    found. The points of `hidden` documents are passed over.
    """

    user_id: int | None = None
    document_uuids: Collection[UUID] | None = None
    source: str | None = None
    metadata: Metadata | None = None
    hidden: Collection[UUID] = ()


@dataclass(frozen=True, slots=True)
class DenseVector:
    """The named vector of a collection: named after its embedding model, as fastembed does."""

    name: str
    dimensions: int

    @classmethod
    def of_model(cls, model: str, dimensions: int) -> "DenseVector":
        """The vector for an EMBEDDING_MODEL."""
        return cls(f"fast-{model.rpartition('/')[2].lower()}", dimensions)

    def check(self, collection: str, dense: Mapping[str, int], sparse: Collection[str]) -> None:
        """Raises ConfigurationError unless a collection with these vectors holds what we need."""
        is_of_model = dense.get(self.name) == self.dimensions
        if is_of_model and BM25_VECTOR in sparse:
            return
        set_back = "" if is_of_model else "set EMBEDDING_MODEL back, or "
        held = [f"{name} ({size} dimensions)" for name, size in dense.items()]
        raise ConfigurationError(
            f"The Qdrant collection {collection} holds {', '.join([*held, *sparse]) or 'nothing'}, "
            f"but EMBEDDING_MODEL needs {self.name} ({self.dimensions} dimensions) and "
            f"{BM25_VECTOR}: {set_back}choose another QDRANT_COLLECTION_NAME and run "
            "`brag reindex`."
        )


class Hit(Protocol):
    """What both engines call a ScoredPoint."""

    @property
    def id(self) -> int | str | UUID:
        """The point's, which is a UUID here."""

    @property
    def score(self) -> float:
        """The cosine, or BM25's."""


class VectorStore(Protocol):
    """An index of points. Every method raises RetrievalUnavailable if Qdrant does not answer."""

    async def upsert(self, points: Sequence[Point]) -> None:
        """Writes points, replacing those with the same id; durable when it returns."""

    async def query(
        self, query: SearchQuery, where: SearchFilter, *, candidates: int
    ) -> list[Candidate]:
        """The nearest `candidates` points and as many of the best by BM25, in `rank`'s order."""

    async def delete(self, document_uuid: UUID) -> None:
        """Deletes the points of a document; nothing happens where there are none."""

    async def delete_points(self, ids: Sequence[UUID]) -> None:
        """Deletes these points; nothing happens where they are not there."""

    async def index_uuid(self) -> UUID:
        """Which index this is, for whoever opens it: another folder or collection has another."""

    async def count(self) -> int:
        """How many points there are."""

    async def documents(self) -> dict[UUID, int]:
        """How many points each document has: to compare with Postgres, not for requests."""

    async def ready(self) -> None:
        """Returns when the store can answer queries."""

    async def close(self) -> None:
        """Writes everything to disk and lets go of it; closing twice is harmless."""


def scores(hits: Iterable[Hit]) -> Scores:
    """The score of each point; Edge makes a new UUID at each look at a hit's."""
    return {_to_uuid(hit.id): hit.score for hit in hits}


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cuts a sequence into batches of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _to_uuid(id: int | str | UUID) -> UUID:
    return id if isinstance(id, UUID) else UUID(str(id))
