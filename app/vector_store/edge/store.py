"""The vector store in the process: Qdrant Edge, for one process on one machine."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, Self
from uuid import UUID

import qdrant_edge as edge

from app.core.tracing.spans import QDRANT, storage_span
from app.vector_store.base import (
    BM25_VECTOR,
    Candidate,
    DenseVector,
    Point,
    Scores,
    SearchFilter,
    SearchQuery,
    batched,
    scores,
)
from app.vector_store.bm25 import encode_passage, encode_texts
from app.vector_store.edge.engine import EdgeEngine
from app.vector_store.edge.folder import EdgeFolder
from app.vector_store.filters import (
    DOCUMENT,
    METADATA,
    SOURCE,
    USER,
    FilterTypes,
    build_document_filter,
    build_filter,
    to_payload,
)
from app.vector_store.fusion import rank

BATCH_SIZE: Final = 16  # 2 ms in the engine, for which the event loop stands still
OPTIMIZE_AFTER: Final = 5_000  # points outside the graph cost a query 0.2 ms for each thousand
MAX_DOCUMENTS: Final = 10**9

INDEXES: Final = {
    DOCUMENT: edge.PayloadSchemaType.Uuid,
    USER: edge.PayloadSchemaType.Integer,
    SOURCE: edge.PayloadSchemaType.Keyword,
    METADATA: edge.PayloadSchemaType.Keyword,
}
FILTERS: Final = FilterTypes(edge.Filter, edge.FieldCondition, edge.MatchAny, edge.MatchValue)
# Candidates are looked for among 8-bit copies of the vectors, and scored on the vectors.
LOOK: Final = edge.SearchParams(quantization=edge.QuantizationSearchParams(rescore=True))
SCORE: Final = edge.SearchParams(quantization=edge.QuantizationSearchParams(ignore=True))


class EdgeVectorStore:
    """A VectorStore in a folder that this process alone holds."""

    def __init__(
        self, folder: EdgeFolder, engine: EdgeEngine, dense: DenseVector, index_uuid: UUID
    ) -> None:
        self._folder = folder
        self._index_uuid = index_uuid
        self._engine = engine
        self._dense = dense

    @classmethod
    async def open(
        cls, path: Path, dense: DenseVector, optimize_after: int = OPTIMIZE_AFTER
    ) -> Self:
        """Opens or makes the collection in a folder; ConfigurationError if it is not ours."""
        folder = await asyncio.to_thread(EdgeFolder, path)
        await asyncio.to_thread(folder.lock)
        try:
            await asyncio.to_thread(_prepare, folder, path.name, dense)
            index_uuid = await asyncio.to_thread(folder.read_uuid)
            engine = await EdgeEngine.start(folder, _config(dense), optimize_after)
        except BaseException:
            folder.release()
            raise
        return cls(folder, engine, dense, index_uuid)

    async def upsert(self, points: Sequence[Point]) -> None:
        """Writes points in small batches, between which queries have their turn.

        StoreFull where there is no room for them.
        """
        await asyncio.to_thread(self._folder.require_space)
        for batch in batched(points, BATCH_SIZE):
            operation = await asyncio.to_thread(self._upsert_operation, batch)
            await self._engine.update(operation, len(batch))
        await self._engine.sync()

    async def query(
        self, query: SearchQuery, where: SearchFilter, *, candidates: int
    ) -> list[Candidate]:
        """Both searches and the cosines of all that they find; no write comes between them."""
        with storage_span(QDRANT, "query"):
            return await self._engine.run(partial(self._query, query, where, candidates))

    async def delete(self, document_uuid: UUID) -> None:
        """Deletes the points of a document."""
        await self._delete(build_document_filter(document_uuid, FILTERS))

    async def delete_points(self, ids: Sequence[UUID]) -> None:
        """Deletes these points."""
        if ids:
            await self._delete(edge.Filter(must=[edge.HasIdCondition({*ids})]))

    async def index_uuid(self) -> UUID:
        """That of the folder."""
        return self._index_uuid

    async def count(self) -> int:
        """How many points there are."""
        return await self._engine.run(lambda shard: shard.info().points_count)

    async def documents(self) -> dict[UUID, int]:
        """How many points each document has."""
        request = edge.FacetRequest(DOCUMENT, limit=MAX_DOCUMENTS, exact=True)
        hits = (await self._engine.run(lambda shard: shard.facet(request))).hits
        return {UUID(str(hit.value)): hit.count for hit in hits if hit.count}

    async def ready(self) -> None:
        """Returns when the engine answers; StoreFull where it could not write."""
        await self.count()
        await asyncio.to_thread(self._folder.require_space)

    async def optimized(self) -> None:
        """Returns when no optimization is under way."""
        await self._engine.optimized()

    async def close(self) -> None:
        """Writes everything to disk and gives the folder back."""
        await self._engine.close()
        self._folder.release()

    async def _delete(self, where: edge.Filter) -> None:
        await self._engine.update(edge.UpdateOperation.delete_points_by_filter(where))
        await self._engine.sync()

    def _upsert_operation(self, points: Sequence[Point]) -> edge.UpdateOperation:
        return edge.UpdateOperation.upsert_points([self._to_edge(point) for point in points])

    def _to_edge(self, point: Point) -> edge.Point:
        sparse = encode_passage(point.text)
        vectors = {self._dense.name: point.dense.tolist(), BM25_VECTOR: sparse}
        return edge.Point(point.id, vectors, to_payload(point.payload))

    def _query(
        self,
        query: SearchQuery,
        where: SearchFilter,
        candidates: int,
        shard: edge.EdgeShard,
    ) -> list[Candidate]:
        visible = build_filter(where, FILTERS)
        sparse = edge.Query.Nearest(encode_texts(query.texts), using=BM25_VECTOR)
        by_words = edge.QueryRequest(candidates, query=sparse, filter=visible)
        dense = edge.Query.Nearest(query.vector.tolist(), using=self._dense.name)
        by_meaning = edge.QueryRequest(candidates, query=dense, filter=visible, params=LOOK)
        nearest, lexical = shard.query_batch(edge.QueryBatchRequest([by_meaning, by_words]))
        cosines, bm25 = scores(nearest), scores(lexical)
        cosines |= _score(shard, dense, bm25.keys() - cosines.keys())
        return rank(cosines, bm25, query.cosine_weight)


def _score(shard: edge.EdgeShard, dense: edge.Query, ids: set[UUID]) -> Scores:
    """The cosines of these points; asking for them costs less than both searches once more."""
    if not ids:
        return {}
    only = edge.Filter(must=[edge.HasIdCondition({*ids})])
    return scores(shard.query(edge.QueryRequest(len(ids), query=dense, filter=only, params=SCORE)))


def _prepare(folder: EdgeFolder, collection: str, dense: DenseVector) -> None:
    """Makes the first shard of an empty folder, or checks what the current one holds."""
    folder.restore_link()
    folder.sweep()
    if folder.current is not None:
        config = folder.read_config()
        sizes = {name: vector["size"] for name, vector in config["vectors"].items()}
        dense.check(collection, sizes, config["sparse_vectors"])
        return
    path = folder.new_shard()
    shard = edge.EdgeShard.create(str(path), _config(dense))
    for key, schema in INDEXES.items():
        shard.update(edge.UpdateOperation.create_field_index(key, schema))
    shard.close()
    folder.make_current(path)


def _config(dense: DenseVector) -> edge.EdgeConfig:
    vector = edge.EdgeVectorParams(dense.dimensions, edge.Distance.Cosine)
    return edge.EdgeConfig(
        vectors={dense.name: vector},
        sparse_vectors={
            BM25_VECTOR: edge.EdgeSparseVectorParams(
                modifier=edge.Modifier.Idf,
                memory=edge.Memory.Cached,  # as fast as Pinned, and the kernel can take it back
            )
        },
        quantization_config=edge.ScalarQuantizationConfig(
            edge.ScalarType.Int8, quantile=0.99, memory=edge.Memory.Pinned
        ),
        optimizers=edge.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1_000),
        max_search_threads=1,  # a second thread costs more than it saves at this size
    )
