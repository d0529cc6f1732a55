"""A question in, the passages that bear on it out."""

from uuid import UUID

from app.core.embeddings import Embedder
from app.db import Database
from app.documents.constants import CANDIDATES
from app.documents.models import Filter, Source
from app.documents.ranking import Candidate, rank
from app.documents.store import SearchFilter, VectorStore


class RetrievalService:
    """Hybrid search: dense and BM25 candidates from the store, their texts from Postgres."""

    def __init__(
        self, embedder: Embedder, store: VectorStore, database: Database, threshold: float
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._database = database
        self._threshold = threshold

    async def search(
        self, query: str, *, limit: int, filter: Filter | None = None, user_id: int | None = None
    ) -> list[Source]:
        """The best `limit` passages that the user may see, best first."""
        ranked = await self._ranked(query, filter, user_id)
        return await self._read(ranked, limit, user_id)

    async def relevant(
        self, query: str, *, limit: int, filter: Filter | None = None, user_id: int | None = None
    ) -> list[Source]:
        """The same, but nothing unless a passage is as near to the question as RELEVANCE_THRESHOLD.

        Nearness is the dense cosine: a fused score says which passage is better, not whether any
        is good.
        """
        ranked = await self._ranked(query, filter, user_id)
        if not any(each.cosine >= self._threshold for each in ranked):
            return []
        return await self._read(ranked, limit, user_id)

    async def _ranked(
        self, query: str, filter: Filter | None, user_id: int | None
    ) -> list[Candidate]:
        vector = await self._embedder.embed_query(query)
        scope = SearchFilter(user_id=user_id, **(filter.model_dump() if filter else {}))
        found = await self._store.query(vector, query, scope, candidates=CANDIDATES)
        return rank(Candidate(each.id, each.cosine, each.bm25) for each in found)

    async def _read(
        self, ranked: list[Candidate], limit: int, user_id: int | None
    ) -> list[Source]:
        """Postgres has the last word: what is deleted or somebody else's is not there to be read."""
        if not ranked:
            return []
        uuids = [each.passage for each in ranked]
        rows = await self._database.run(
            lambda queries: list(queries.get_passages(uuids=uuids, user_id=user_id))
        )
        found: dict[UUID, dict[str, object]] = {row.pop("uuid"): row for row in rows}
        sources = [
            Source.model_validate(found[each.passage] | {"score": each.score})
            for each in ranked
            if each.passage in found
        ]
        return sources[:limit]
