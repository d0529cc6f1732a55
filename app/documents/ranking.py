"""Orders what the dense and the BM25 search have found by the evidence of both."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from app.documents.models import Source

BM25_SCALE: Final = (
    40.0  # so much BM25 outweighs a cosine of 1: docs/decisions/0011-pairs-of-words.md
)


class Candidate(NamedTuple):
    """A passage found by either search: its cosine, and its BM25 score (0 if BM25 missed it)."""

    id: UUID
    cosine: float
    bm25: float = 0.0

    @property
    def score(self) -> float:
        """What passages are ordered by; comparable within one query only."""
        return self.cosine + self.bm25 / BM25_SCALE


def rank(cosines: Mapping[UUID, float], bm25: Mapping[UUID, float]) -> list[Candidate]:
    """All points that have a cosine, best first; those of equal score in the order of their ids."""
    found = [Candidate(id, cosine, bm25.get(id, 0.0)) for id, cosine in cosines.items()]
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.id))


def rank_by_words(bm25: Mapping[UUID, float]) -> list[Candidate]:
    """The same of points that only BM25 was asked for."""
    return rank(dict.fromkeys(bm25, 0.0), bm25)


def distinct(sources: Iterable[Source]) -> list[Source]:
    """Of passages that a document repeats word for word only its first, at the best one's place."""
    first: dict[tuple[UUID, str], Source] = {}
    for source in sources:
        repeated = (source.document_uuid, source.text)
        first[repeated] = min(first.get(repeated, source), source, key=lambda each: each.ordinal)
    return list(first.values())
