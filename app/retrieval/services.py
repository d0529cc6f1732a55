"""A question in, the passages that bear on it out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from unicodedata import normalize
from uuid import UUID

from app.core.caller import SERVICE, Caller
from app.db import Database
from app.embeddings.embedder import Embedder
from app.retrieval.constants import CANDIDATES, JUDGED, MAX_SEARCHES, READ_FOR_EACH
from app.retrieval.conversation import combine, context_of, is_courtesy, weight_of_context
from app.retrieval.deduplication import distinct
from app.retrieval.models import Filter, Source, Turn
from app.retrieval.relevance import Relevance, evidence
from app.vector_store.base import Candidate, SearchFilter, SearchQuery, VectorStore


class RetrievedPassage(NamedTuple):
    """A passage as both searches scored it, and as Postgres holds it."""

    candidate: Candidate
    source: Source


class RelevantSources(NamedTuple):
    """The passages that an answer may rest on, and the texts that were searched for."""

    sources: list[Source]
    queries: list[str]


class UnderstoodQuestion(NamedTuple):
    """What is searched for, and the cosines that passages have to the question alone."""

    search: SearchQuery
    cosines: Mapping[UUID, float]

    def with_cosine(self, candidate: Candidate) -> Candidate:
        """The candidate with the greater of its cosines: to the question, or in its chat."""
        alone = self.cosines.get(candidate.id, candidate.cosine)
        return candidate._replace(cosine=max(alone, candidate.cosine))


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
        understood = await self.understand(caller, query)
        passages = await self.retrieve(caller, understood, filter, best=READ_FOR_EACH * limit)
        return distinct(passage.source for passage in passages)[:limit]

    async def relevant(
        self,
        caller: Caller,
        question: str,
        last_turn: Turn | None = None,
        *,
        limit: int,
        filter: Filter | None = None,
    ) -> RelevantSources:
        """The same, but nothing unless the evidence of one of the best reaches the threshold.

        The rank cannot decide this: it says which passage is better, not whether any is good. In a
        chat the question is understood by the turn before it.
        """
        if is_courtesy(question):
            return RelevantSources([], [])
        query = await self.understand(caller, question, last_turn, filter)
        passages = await self.retrieve(caller, query, filter, best=READ_FOR_EACH * limit)
        is_met = self._relevance.is_met(self.evidence(question, passages))
        sources = distinct(passage.source for passage in passages)[:limit] if is_met else []
        return RelevantSources(sources, [*query.search.texts])

    def evidence(self, query: str, passages: Sequence[RetrievedPassage]) -> Iterator[float]:
        """The evidence of each of the best passages, best first."""
        for candidate, source in passages[:JUDGED]:
            read = "\n".join(filter(None, (source.title, source.table_header, source.text)))
            yield evidence(query, candidate.cosine, read)

    async def understand(
        self,
        caller: Caller,
        question: str,
        last_turn: Turn | None = None,
        filter: Filter | None = None,
    ) -> UnderstoodQuestion:
        """What is to be searched for: the question and, as far as it leans on it, the turn before.

        How near a passage is to the question alone says how far.
        """
        vector = await self._embedder.embed_query(question)
        alone = SearchQuery.of(vector, question)
        if last_turn is None:
            return UnderstoodQuestion(alone, {})
        where = _scope(caller, filter)
        candidates = await self._store.query(alone, where, candidates=CANDIDATES)
        cosines = {candidate.id: candidate.cosine for candidate in candidates}
        weight = weight_of_context(max(cosines.values(), default=0.0))
        if not weight:
            return UnderstoodQuestion(alone, {})
        context = context_of(question, last_turn)
        context_vector = await self._embedder.embed_query(context)
        return UnderstoodQuestion(
            combine(question, vector, context, context_vector, weight), cosines
        )

    async def retrieve(
        self,
        caller: Caller,
        understood: UnderstoodQuestion,
        filter: Filter | None = None,
        *,
        best: int | None = None,
    ) -> list[RetrievedPassage]:
        """What either search finds and the caller may see, best first: all, or the `best`.

        Postgres has the last word: what is deleted or somebody else's is not there to be read.
        Where it misses a candidate (deleted, replaced, not ready yet), the search is made again
        without such documents, so that they take the place of no other.
        """
        count = max(CANDIDATES, best or 0)
        scope = _scope(caller, filter)
        hidden: set[UUID] = set()
        missed: set[UUID] = set()
        for _ in range(MAX_SEARCHES):
            where = replace(scope, hidden=hidden)
            found = await self._store.query(understood.search, where, candidates=count)
            candidates = [understood.with_cosine(candidate) for candidate in found[:best]]
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


def _scope(caller: Caller, filter: Filter | None) -> SearchFilter:
    given = filter.model_dump() if filter else {}
    if given.get("source"):
        given["source"] = normalize("NFC", given["source"])  # as sources are stored
    return SearchFilter(user_id=caller.user_id, **given)
