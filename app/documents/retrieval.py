"""A question in, the passages that bear on it out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from app.core.embeddings import Embedder, Vector
from app.db import Database
from app.documents.constants import CANDIDATES, JUDGED, MAX_SEARCHES, READ_FOR_EACH
from app.documents.evidence import evidence
from app.documents.models import Filter, Source
from app.documents.ranking import Candidate, distinct
from app.documents.relevance import Relevance
from app.documents.store import SearchFilter, VectorStore


class Found(NamedTuple):
    """A passage, and the evidence by which it was found."""

    candidate: Candidate
    source: Source


class RetrievalService:
    """Hybrid search: dense and BM25 candidates from the store, their texts from Postgres."""

    def __init__(
        self, embedder: Embedder, store: VectorStore, database: Database, relevance: Relevance
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._database = database
        self._relevance = relevance

    async def search(
        self, query: str, *, limit: int, filter: Filter | None = None, user_id: int | None = None
    ) -> list[Source]:
        """The best `limit` passages that the user may see, best first."""
        found = await self.find(query, filter, user_id, best=READ_FOR_EACH * limit)
        return distinct(each.source for each in found)[:limit]

    async def relevant(
        self, query: str, *, limit: int, filter: Filter | None = None, user_id: int | None = None
    ) -> list[Source]:
        """The same, but nothing unless the evidence for one of the best reaches the threshold.

        Not their score: that says which passage is better, not whether any is good.
        """
        found = await self.find(query, filter, user_id, best=READ_FOR_EACH * limit)
        if not any(each >= self._relevance.threshold for each in self.evidence(query, found)):
            return []
        return distinct(each.source for each in found)[:limit]

    def evidence(self, query: str, found: Sequence[Found]) -> Iterator[float]:
        """How much speaks for each of the best, from the first on."""
        best = found[:JUDGED]
        return evidence(query, ((each.candidate, _readable(each.source)) for each in best))

    async def drift(self) -> int:
        """Points in Qdrant less passages in Postgres: work under way or `reindex` evens it out."""
        return await drift(self._database, self._store)

    async def find(
        self,
        query: str,
        filter: Filter | None = None,
        user_id: int | None = None,
        *,
        best: int | None = None,
    ) -> list[Found]:
        """What either search finds and the user may see, best first: all, or the `best`."""
        vector = await self._embedder.embed_query(query)
        return await self.find_by(vector, query, filter, user_id, best=best)

    async def find_by(
        self,
        vector: Vector | None,
        text: str,
        filter: Filter | None = None,
        user_id: int | None = None,
        *,
        best: int | None = None,
    ) -> list[Found]:
        """What is found by a question's vector and words, or, without one of them, by the other.

        Postgres has the last word: what is deleted or somebody else's is not there to be read.

        Where a candidate may not be found (deleted, replaced, not ready yet), the search is made
        again without such documents: they take the place of no other.
        """
        enough = max(CANDIDATES, best or 0)
        scope = SearchFilter(user_id=user_id, **(filter.model_dump() if filter else {}))
        hidden: set[UUID] = set()
        missed: set[UUID] = set()
        for _ in range(MAX_SEARCHES):
            where = replace(scope, hidden=hidden)
            candidates = await self._store.query(vector, text, where, candidates=enough)
            ranked = candidates[:best]
            found = await self._read(ranked, user_id)
            missing = {each.id for each in ranked} - {each.candidate.id for each in found}
            if not missing and not hidden:
                break
            before, hidden = hidden, await self._hidden()
            # What has come out of hiding since may have replaced what is missing or gone.
            if missing <= missed and before <= hidden:
                break
            missed = missing
        return found

    async def _hidden(self) -> set[UUID]:
        rows = await self._database.query("select_hidden_documents")
        return {row["document_uuid"] for row in rows}

    async def _read(self, ranked: list[Candidate], user_id: int | None) -> list[Found]:
        """The candidates that the user may see."""
        if not ranked:
            return []
        # As Postgres writes an array: a list would be as many parameters, and a new statement.
        uuids = f"{{{','.join(str(each.id) for each in ranked)}}}"
        rows = await self._database.query("get_passages", uuids=uuids, user_id=user_id)
        visible = {row.pop("uuid"): row for row in rows if row.pop("visible")}
        return [
            Found(each, Source.model_validate(visible[each.id] | {"score": each.score}))
            for each in ranked
            if each.id in visible
        ]


async def drift(database: Database, store: VectorStore) -> int:
    """How many points more there are than passages; while documents are ingested, a few."""
    passages: int = await database.query("count_passages")
    return await store.count() - passages


def _readable(source: Source) -> str:
    return f"{source.title}\n{source.text}"
