"""How the dense and the BM25 search become one list: docs/decisions/0011-pairs-of-words.md."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from app.vector_store.base import Candidate

BM25_SCALE: Final = 40.0  # a BM25 score of 40 weighs as much as a cosine of 1


def rank(
    cosines: Mapping[UUID, float], bm25: Mapping[UUID, float], cosine_weight: float = 1.0
) -> list[Candidate]:
    """All points that have a cosine, best first; those of equal score in the order of their ids."""
    candidates = []
    for id, cosine in cosines.items():
        words = bm25.get(id, 0.0)
        candidates.append(Candidate(id, cosine, words, cosine_weight * cosine + words / BM25_SCALE))
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.id))
