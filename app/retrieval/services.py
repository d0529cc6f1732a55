"""A question in, the passages that bear on it out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from app.core.caller import SERVICE, Caller
from app.db import Database
from app.embeddings.embedder import Embedder
from app.retrieval.constants import CANDIDATES, JUDGED, MAX_SEARCHES, READ_FOR_EACH
from app.retrieval.deduplication import distinct
from app.retrieval.models import Filter, Source
from app.retrieval.relevance import Relevance, evidence
from app.vector_store.base import Candidate, SearchFilter, VectorStore


class RetrievedPassage(NamedTuple):
    """A passage as both searches scored it, and as Postgres holds it."""

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
        self, caller: Caller, query: str, *, limit: int, filter: Filter | None = None
    ) -> list[Source]:
        """The best `limit` passages that the caller may see, best first."""
        passages = await self.retrieve(caller, query, filter, best=READ_FOR_EACH * limit)
        return distinct(passage.source for passage in passages)[:limit]

    async def relevant(
        self, caller: Caller, query: str, *, limit: int, filter: Filter | None = None
    ) -> list[Source]:
        """The same, but nothing unless the evidence of one of the best reaches the threshold.

        The rank cannot decide this: it says which passage is better, not whether any is good.
        """
        passages = await self.retrieve(caller, query, filter, best=READ_FOR_EACH * limit)
        if not self._relevance.is_met(self.evidence(query, passages)):
            return []
        return distinct(passage.source for passage in passages)[:limit]

    def evidence(self, query: str, passages: Sequence[RetrievedPassage]) -> Iterator[float]:
        """The evidence of each of the best passages, best first."""
        for candidate, source in passages[:JUDGED]:
            yield evidence(query, candidate.cosine, f"{source.title}\n{source.text}")

    async def retrieve(
        self,
        caller: Caller,
        query: str,
        filter: Filter | None = None,
        *,
        best: int | None = None,
    ) -> list[RetrievedPassage]:
        """What either search finds and the caller may see, best first: all, or the `best`.

        Postgres has the last word: what is deleted or somebody else's is not there to be read.
        Where it misses a candidate (deleted, replaced, not ready yet), the search is made again
        without such documents, so that they take the place of no other.
        """
        vector = await self._embedder.embed_query(query)
        count = max(CANDIDATES, best or 0)
        scope = SearchFilter(user_id=caller.user_id, **(filter.model_dump() if filter else {}))
        hidden: set[UUID] = set()
        missed: set[UUID] = set()
        for _ in range(MAX_SEARCHES):
            where = replace(scope, hidden=hidden)
            candidates = (await self._store.query(vector, query, where, candidates=count))[:best]
            passages = await self._read(caller, candidates)
            read = {passage.candidate.id for passage in passages}
            missing = {candidate.id for candidate in candidates} - read
            if not missing and not hidden:
                break
            before, hidden = hidden, await self._hidden()
            # A document that has become visible meanwhile may have replaced a missing one.
            if missing <= missed and before <= hidden:
                break
            missed = missing
        return passages

    async def _hidden(self) -> set[UUID]:
        rows = await self._database.query(SERVICE, "select_hidden_documents")
        return {row["document_uuid"] for row in rows}

    async def _read(self, caller: Caller, candidates: list[Candidate]) -> list[RetrievedPassage]:
        """The candidates that the caller may see."""
        if not candidates:
            return []
        # As Postgres writes an array: a list would be as many parameters, and a new statement.
        uuids = f"{{{','.join(str(candidate.id) for candidate in candidates)}}}"
        rows = await self._database.query(caller, "get_passages", uuids=uuids)
        visible = {row.pop("uuid"): row for row in rows if row.pop("visible")}
        return [
            RetrievedPassage(
                candidate,
                Source.model_validate(visible[candidate.id] | {"score": candidate.score}),
            )
            for candidate in candidates
            if candidate.id in visible
        ]
