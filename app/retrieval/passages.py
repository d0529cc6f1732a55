"""Passages that a search finds and the caller may see."""

from dataclasses import replace
from unicodedata import normalize
from uuid import UUID

from app.core.caller import SERVICE, Caller
from app.db import Database
from app.retrieval.constants import CANDIDATES, MAX_SEARCHES
from app.retrieval.conversation import UnderstoodQuestion
from app.retrieval.judging import RetrievedPassage
from app.retrieval.models import Filter, Source
from app.vector_store.base import Candidate, SearchFilter, VectorStore


class PassageSearch:
    """Dense and BM25 candidates from the store, their texts from Postgres."""

    def __init__(self, store: VectorStore, database: Database) -> None:
        self._store = store
        self._database = database

    async def find(
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
        scope = scope_of(caller, filter)
        hidden: set[UUID] = set()
        missed: set[UUID] = set()
        for _ in range(MAX_SEARCHES):
            where = replace(scope, hidden=hidden)
            found = await self._store.query(understood.search, where, candidates=count)
            candidates = found[:best]
            if understood.cosines:
                candidates = [understood.with_cosine(candidate) for candidate in candidates]
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


def scope_of(caller: Caller, filter: Filter | None) -> SearchFilter:
    """What the caller may see of the passages that a filter lets in."""
    given = filter.model_dump() if filter else {}
    if given.get("source"):
        given["source"] = normalize("NFC", given["source"])  # as sources are stored
    return SearchFilter(user_id=caller.user_id, **given)
