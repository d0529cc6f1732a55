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
    "with_payload",  # False, since no payload is read; the engine's defaults for the rest
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
        self.params = models.CollectionParams(
            vectors=request.vectors,
            sparse_vectors=request.sparse_vectors,
            shard_number=request.shard_number,
            replication_factor=request.replication_factor,
        )
        self.index_params: dict[str, dict[str, Any]] = {}
        self.metadata = request.metadata
        self.shard = edge.EdgeShard.create(str(path), _config(request))

    def update(self, operation: edge.UpdateOperation) -> dict[str, Any]:
        """Applies what a request asks for; Refusal if the engine does not."""
        try:
            self.shard.update(operation)
        except Exception as error:
            raise Refusal(400, f"Wrong input: {error}") from error
        return {"operation_id": 0, "status": "completed"}

    def info(self, _: bytes) -> dict[str, Any]:
        """models.CollectionInfo."""
        info = self.shard.info()
        schema = {
            key: {
                "data_type": repr(index.data_type).split(".")[-1].lower(),
                "points": index.points,
                "params": self.index_params.get(key),
            }
            for key, index in info.payload_schema.items()
        }
        return {
            "status": "green",
            "optimizer_status": "ok",
            "points_count": info.points_count,
            "segments_count": info.segments_count,
            "config": CONFIG
            | {"params": self.params.model_dump(mode="json", exclude_none=True)}
            | {"metadata": self.metadata},
            "payload_schema": schema,
        }

    def index(self, body: bytes) -> dict[str, Any]:
        """models.CreateFieldIndex in, models.UpdateResult out."""
        request = models.CreateFieldIndex.model_validate_json(body)
        field_schema = request.field_schema
        if isinstance(field_schema, models.KeywordIndexParams):
            self.index_params[request.field_name] = field_schema.model_dump(mode="json")
            field_schema = models.PayloadSchemaType.KEYWORD
        assert isinstance(field_schema, models.PayloadSchemaType)
        schema = getattr(edge.PayloadSchemaType, field_schema.value.capitalize())
        return self.update(edge.UpdateOperation.create_field_index(request.field_name, schema))

    def upsert(self, body: bytes) -> dict[str, Any]:
        """models.PointsList in, models.UpdateResult out."""
        points = models.PointsList.model_validate_json(body).points
        edge_points = [
            edge.Point(point.id, {n: _vector(v) for n, v in point.vector.items()}, point.payload)
            for point in points
            if isinstance(point.vector, dict)
        ]
        return self.update(edge.UpdateOperation.upsert_points(edge_points))

    def delete(self, body: bytes) -> dict[str, Any]:
        """models.FilterSelector in, models.UpdateResult out."""
        where = models.FilterSelector.model_validate_json(body).filter
        return self.update(edge.UpdateOperation.delete_points_by_filter(_filter(where)))

    def count(self, body: bytes) -> dict[str, Any]:
        """models.CountRequest in, models.CountResult out."""
        request = models.CountRequest.model_validate_json(body)
        assert request.filter is None
        return {"count": self.shard.count(edge.CountRequest(bool(request.exact)))}

    def facet(self, body: bytes) -> dict[str, Any]:
        """models.FacetRequest in, models.FacetResponse out."""
        request = models.FacetRequest.model_validate_json(body)
        assert request.filter is None
        answer = self.shard.facet(
            edge.FacetRequest(request.key, request.limit or 10, bool(request.exact))
        )
        return {"hits": [{"value": hit.value, "count": hit.count} for hit in answer.hits]}

    def query(self, body: bytes) -> list[dict[str, Any]]:
        """models.QueryRequestBatch in, a models.QueryResponse for each out."""
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


def _config(request: models.CreateCollection) -> edge.EdgeConfig:
    vectors, sparse = request.vectors, request.sparse_vectors or {}
    if isinstance(vectors, dict):
        return edge.EdgeConfig(
            vectors={name: _dense(vector) for name, vector in vectors.items()},
            sparse_vectors={name: _sparse(vector) for name, vector in sparse.items()} or None,
        )
    assert isinstance(vectors, models.VectorParams)
    return edge.EdgeConfig(vectors=_dense(vectors))


def _dense(vector: models.VectorParams) -> edge.EdgeVectorParams:
    return edge.EdgeVectorParams(vector.size, getattr(edge.Distance, vector.distance))


def _sparse(vector: models.SparseVectorParams) -> edge.EdgeSparseVectorParams:
    idf = vector.modifier == models.Modifier.IDF
    return edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf if idf else None)


def _search(query: models.QueryRequest | models.Prefetch) -> dict[str, Any]:
    assert {name for name, value in query if value is not None} <= UNDERSTOOD
    prefetches = query.prefetch or []
    if isinstance(prefetches, models.Prefetch):
        prefetches = [prefetches]
    vector = query.query.nearest if isinstance(query.query, models.NearestQuery) else query.query
    return {
        "query": edge.Query.Nearest(_vector(vector), using=query.using),
        "prefetches": [edge.Prefetch(one.limit or 10, **_search(one)) for one in prefetches],
        "filter": query.filter and _filter(query.filter),
    }


def _vector(vector: Any) -> Any:
    if isinstance(vector, models.SparseVector):
        return edge.SparseVector(vector.indices, vector.values)
    return vector


def _filter(where: models.Filter) -> edge.Filter:
    return edge.Filter(
        must=_conditions(where.must),
        should=_conditions(where.should),
        must_not=_conditions(where.must_not),
    )


def _conditions(clause: Any) -> list[Any] | None:
    return None if clause is None else [_condition(condition) for condition in clause]


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
