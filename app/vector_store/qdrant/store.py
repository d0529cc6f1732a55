"""The vector store on a Qdrant server or Qdrant Cloud, for any number of processes."""

import asyncio
from collections.abc import Sequence
from typing import Final, Self
from uuid import UUID

from qdrant_client import models
from qdrant_edge import SparseVector

from app.core.tracing.spans import QDRANT, storage_span
from app.vector_store.base import (
    BM25_VECTOR,
    Candidate,
    DenseVector,
    Point,
    SearchFilter,
    SearchQuery,
    batched,
    scores,
)
from app.vector_store.bm25 import encode_passage, encode_texts
from app.vector_store.filters import (
    DOCUMENT,
    FilterTypes,
    build_document_filter,
    build_filter,
    to_server_payload,
)
from app.vector_store.fusion import rank
from app.vector_store.qdrant.collection import QdrantCollection
from settings import Settings

BATCH_SIZE: Final = 32  # the client writes its JSON on the event loop: a few ms for so many
MAX_DOCUMENTS: Final = 1_000_000

FILTERS: Final = FilterTypes(
    models.Filter, models.FieldCondition, models.MatchAny, models.MatchValue
)
# Candidates are looked for among 8-bit copies of the vectors, and scored on the vectors.
LOOK: Final = models.SearchParams(quantization=models.QuantizationSearchParams(rescore=False))
SCORE: Final = models.SearchParams(quantization=models.QuantizationSearchParams(ignore=True))


class QdrantVectorStore:
    """A VectorStore over HTTP, which the application may outlive: it recovers by itself."""

    def __init__(self, collection: QdrantCollection, dense: DenseVector) -> None:
        self._collection = collection
        self._name = collection.name
        self._dense = dense

    @classmethod
    async def open(cls, settings: Settings, dense: DenseVector) -> Self:
        """Connects if Qdrant answers; ConfigurationError if it holds something else."""
        return cls(await QdrantCollection.open(settings, dense), dense)

    async def upsert(self, points: Sequence[Point]) -> None:
        """Writes points in small batches, each applied by Qdrant before the next is sent."""
        for batch in batched(points, BATCH_SIZE):
            structs = await asyncio.to_thread(self._to_structs, batch)
            async with self._collection.request() as client:
                await client.upsert(self._name, structs, wait=True)

    async def query(
        self, query: SearchQuery, where: SearchFilter, *, candidates: int
    ) -> list[Candidate]:
        """Both searches and the cosines of all that they find, in one request."""
        requests = self._query_requests(query, where, candidates)
        with storage_span(QDRANT, "query"):
            async with self._collection.request() as client:
                by_words, by_both = await client.query_batch_points(self._name, requests)
        return rank(scores(by_both.points), scores(by_words.points), query.cosine_weight)

    async def delete(self, document_uuid: UUID) -> None:
        """Deletes the points of a document."""
        await self._delete(build_document_filter(document_uuid, FILTERS))

    async def delete_points(self, ids: Sequence[UUID]) -> None:
        """Deletes these points."""
        if ids:
            await self._delete(models.Filter(must=[models.HasIdCondition(has_id=[*map(str, ids)])]))

    async def index_uuid(self) -> UUID:
        """That of the collection, which Qdrant is asked for once."""
        return await self._collection.index_uuid()

    async def count(self) -> int:
        """How many points there are."""
        async with self._collection.request() as client:
            return (await client.count(self._name, exact=True)).count

    async def documents(self) -> dict[UUID, int]:
        """How many points each document has."""
        async with self._collection.request() as client:
            facet = await client.facet(self._name, DOCUMENT, limit=MAX_DOCUMENTS, exact=True)
        return {UUID(str(hit.value)): hit.count for hit in facet.hits if hit.count}

    async def ready(self) -> None:
        """Returns when Qdrant answers for the collection."""
        async with self._collection.request() as client:
            await client.get_collection(self._name)

    async def close(self) -> None:
        """Closes the connections."""
        await self._collection.close()

    async def _delete(self, where: models.Filter) -> None:
        selector = models.FilterSelector(filter=where)
        async with self._collection.request() as client:
            await client.delete(self._name, selector, wait=True)

    def _to_structs(self, points: Sequence[Point]) -> list[models.PointStruct]:
        return [
            models.PointStruct(
                id=point.id,
                vector={
                    self._dense.name: point.dense.tolist(),
                    BM25_VECTOR: _to_model(encode_passage(point.text)),
                },
                payload=to_server_payload(point.payload),
            )
            for point in points
        ]

    def _query_requests(
        self, query: SearchQuery, where: SearchFilter, candidates: int
    ) -> list[models.QueryRequest]:
        visible = build_filter(where, FILTERS)
        bm25 = _to_model(encode_texts(query.texts))
        by_words = models.QueryRequest(
            query=bm25, using=BM25_VECTOR, filter=visible, limit=candidates
        )
        name, dense = self._dense.name, query.vector.tolist()
        both = [
            models.Prefetch(query=dense, using=name, filter=visible, limit=candidates, params=LOOK),
            models.Prefetch(query=bm25, using=BM25_VECTOR, filter=visible, limit=candidates),
        ]
        by_both = models.QueryRequest(
            query=dense, using=name, prefetch=both, limit=2 * candidates, params=SCORE
        )
        return [by_words, by_both]


def _to_model(vector: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=vector.indices, values=vector.values)
