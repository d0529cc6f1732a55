"""Points to fill a store with."""

from typing import Any
from uuid import UUID

import numpy as np

from app.embeddings.embedder import Vector
from app.vector_store.base import DenseVector, Payload, Point, SearchQuery

DIMENSIONS = 8
DENSE = DenseVector("fast-test", DIMENSIONS)


def uuid_of(number: int) -> UUID:
    """A UUID that is easy to recognise."""
    return UUID(int=number)


def axis(*weights: float) -> Vector:
    """The unit vector in the direction of these coordinates, and zeros."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[: len(weights)] = weights
    return vector / np.linalg.norm(vector)


def point(
    number: int, vector: Vector | None = None, text: str = "", *, document: int = 1, **payload: Any
) -> Point:
    """The point with this number; the rest is its payload's."""
    dense = axis(1) if vector is None else vector
    return Point(uuid_of(number), dense, text, Payload(uuid_of(document), **payload))


def random_points(count: int, dimensions: int = DIMENSIONS, *, document: int = 1) -> list[Point]:
    """Points in all directions, with words that a few of them share."""
    vectors = np.random.default_rng(document).standard_normal((count, dimensions), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        point(document * 10_000 + n, vector, f"word{n % 7} term{n % 50}", document=document)
        for n, vector in enumerate(vectors)
    ]


def asked(vector: Vector, text: str) -> SearchQuery:
    """A search for one text, of which this is the embedding."""
    return SearchQuery.of(vector, text)
