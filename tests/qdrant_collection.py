"""What the double of a Qdrant server has of a collection: Qdrant's REST bodies on an Edge shard.

Each method takes a request's body, which the models of Qdrant's own client must accept, and gives
the result for the answer. What bRAG does not use is not here.
"""

from pathlib import Path
from typing import Any, Final

import qdrant_edge as edge
from qdrant_client import models

CONFIG: Final = {
    "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000},
    "optimizer_config": {"default_segment_number": 0, "flush_interval_sec": 5},
}

UNDERSTOOD: Final = {"query", "using", "prefetch", "filter", "limit", "params"} | {
    "with_payload",  # False, since nobody reads payloads; the engine's defaults for the rest
    "with_vector",
}


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class CollectionDouble:
    """What the server has of a collection, in an Edge shard."""

    def __init__(self, path: Path, request: models.CreateCollection) -> None:
        assert isinstance(request.vectors, dict)
        self.params = models.CollectionParams(
            vectors=request.vectors, sparse_vectors=request.sparse_vectors
        )
        vectors = {
            name: edge.EdgeVectorParams(vector.size, getattr(edge.Distance, vector.distance))
            for name, vector in request.vectors.items()
        }
        sparse = {
            name: edge.EdgeSparseVectorParams(
                modifier=edge.Modifier.Idf if vector.modifier == models.Modifier.IDF else None
            )
            for name, vector in (request.sparse_vectors or {}).items()
        }
        self.shard = edge.EdgeShard.create(
            str(path), edge.EdgeConfig(vectors=vectors, sparse_vectors=sparse or None)
        )

    def update(self, operation: edge.UpdateOperation) -> dict[str, Any]:
        try:
            self.shard.update(operation)
        except Exception as error:
            raise Refusal(400, f"Wrong input: {error}") from error
        return {"operation_id": 0, "status": "completed"}

    def info(self, _: bytes) -> dict[str, Any]:
        info = self.shard.info()
        schema = {
            key: {"data_type": repr(index.data_type).split(".")[-1].lower(), "points": index.points}
            for key, index in info.payload_schema.items()
        }
        return {
            "status": "green",
            "optimizer_status": "ok",
            "points_count": info.points_count,
            "segments_count": info.segments_count,
            "config": {"params": self.params.model_dump(mode="json", exclude_none=True)} | CONFIG,
            "payload_schema": schema,
        }

    def index(self, body: bytes) -> dict[str, Any]:
        request = models.CreateFieldIndex.model_validate_json(body)
        assert isinstance(request.field_schema, models.PayloadSchemaType)
        schema = getattr(edge.PayloadSchemaType, request.field_schema.value.capitalize())
        return self.update(edge.UpdateOperation.create_field_index(request.field_name, schema))

    def upsert(self, body: bytes) -> dict[str, Any]:
        points = models.PointsList.model_validate_json(body).points
        edge_points = [
            edge.Point(point.id, {n: _vector(v) for n, v in point.vector.items()}, point.payload)
            for point in points
            if isinstance(point.vector, dict)
        ]
        return self.update(edge.UpdateOperation.upsert_points(edge_points))

    def delete(self, body: bytes) -> dict[str, Any]:
        where = models.FilterSelector.model_validate_json(body).filter
        return self.update(edge.UpdateOperation.delete_points_by_filter(_filter(where)))

    def count(self, body: bytes) -> dict[str, Any]:
        request = models.CountRequest.model_validate_json(body)
        assert request.filter is None
        return {"count": self.shard.count(edge.CountRequest(bool(request.exact)))}

    def facet(self, body: bytes) -> dict[str, Any]:
        request = models.FacetRequest.model_validate_json(body)
        assert request.filter is None
        answer = self.shard.facet(
            edge.FacetRequest(request.key, request.limit or 10, bool(request.exact))
        )
        return {"hits": [{"value": hit.value, "count": hit.count} for hit in answer.hits]}

    def query(self, body: bytes) -> list[dict[str, Any]]:
        batch = models.QueryRequestBatch.model_validate_json(body)
        requests = [
            edge.QueryRequest(query.limit or 10, **_search(query)) for query in batch.searches
        ]
        try:
            answers = self.shard.query_batch(edge.QueryBatchRequest(requests))
        except Exception as error:
            raise Refusal(400, f"Wrong input: {error}") from error
        return [
            {"points": [{"id": str(p.id), "version": 0, "score": p.score} for p in points]}
            for points in answers
        ]


def _search(query: models.QueryRequest | models.Prefetch) -> dict[str, Any]:
    assert {name for name, value in query if value is not None} <= UNDERSTOOD
    prefetches = query.prefetch or []
    if isinstance(prefetches, models.Prefetch):
        prefetches = [prefetches]
    vector = query.query.nearest if isinstance(query.query, models.NearestQuery) else query.query
    return {
        "query": edge.Query.Nearest(_vector(vector), using=query.using),
        "prefetches": [edge.Prefetch(each.limit or 10, **_search(each)) for each in prefetches],
        "filter": query.filter and _filter(query.filter),
    }


def _vector(vector: Any) -> Any:
    if isinstance(vector, models.SparseVector):
        return edge.SparseVector(vector.indices, vector.values)
    return vector


def _filter(where: models.Filter) -> edge.Filter:
    return edge.Filter(must=_conditions(where.must), should=_conditions(where.should))


def _conditions(clause: Any) -> list[Any] | None:
    return None if clause is None else [_condition(each) for each in clause]


def _condition(condition: Any) -> Any:
    if isinstance(condition, models.Filter):
        return _filter(condition)
    assert isinstance(condition, models.FieldCondition)
    match = condition.match
    if isinstance(match, models.MatchValue):
        return edge.FieldCondition(condition.key, match=edge.MatchValue(match.value))
    if isinstance(match, models.MatchAny):
        return edge.FieldCondition(condition.key, match=edge.MatchAny(match.any))
    assert match is None
    return edge.FieldCondition(condition.key, is_null=condition.is_null)
