"""A question in, the passages that bear on it out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from app.core.caller import Caller
from app.core.metrics.instruments import Metrics
from app.core.tracing.generative import retrieval_span
from app.db import Database
from app.embeddings.embedder import Embedder
from app.retrieval import rarity
from app.retrieval.constants import (
    CANDIDATES,
    FEWEST_READ,
    JUDGED,
    READ_AMONG_REPEATS,
    READ_FOR_EACH,
)
from app.retrieval.conversation import (
    UnderstoodQuestion,
    combine,
    context_of,
    is_courtesy,
    weight_of_context,
)
from app.retrieval.identifiers import Identifier, find_identifiers
from app.retrieval.judging import Finding, best_sources, evidence_of_each
from app.retrieval.models import Filter, JudgedSource, Source, Turn
from app.retrieval.parts import LONG_CHARS, parts_of
from app.retrieval.passages import PassageSearch, scope_of
from app.retrieval.relevance import Relevance
from app.vector_store.base import SearchQuery, VectorStore

T = TypeVar("T")


class RelevantSources(NamedTuple):
    """The passages that an answer may rest on, and the texts that were searched for."""

    sources: list[Source]
    queries: list[str]


class RetrievalService:
    """Hybrid search, and whether what it finds bears on the question."""

    def __init__(
        self,
        embedder: Embedder,
        store: VectorStore,
        database: Database,
        relevance: Relevance,
        metrics: Metrics | None = None,
    ) -> None:
        self._embedder = embedder
        self.passages = PassageSearch(store, database)
        self._store = store
        self._relevance = relevance
        self._metrics = metrics or Metrics()

    async def search(
        self, caller: Caller, query: str, *, limit: int, filter: Filter | None = None
    ) -> list[Source]:
        """The best `limit` passages that the caller may see, best first."""
        found = await self._search(caller, query, filter, limit)
        return await _aside(found, lambda: best_sources(found, limit))

    async def judged(
        self, caller: Caller, query: str, *, limit: int, filter: Filter | None = None
    ) -> list[JudgedSource]:
        """The same, and what each is judged by."""
        found = await self._search(caller, query, filter, limit)
        sources = await _aside(found, lambda: best_sources(found, limit))
        evidence = await _aside(found, lambda: [*evidence_of_each(sources, found)])
        return [self._relevance.judge(*pair) for pair in zip(sources, evidence, strict=True)]

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
        chat the question is understood by the turn before it. Of a long one each part is judged,
        of a short one only where the whole of it is not relevant.
        """
        if is_courtesy(question):
            return RelevantSources([], [])
        found: list[Finding] = []
        queries: dict[str, None] = {}
        with self._metrics.retrieval.time(), retrieval_span(limit):
            async for part, finding in self._findings(caller, question, last_turn, filter, limit):
                queries |= dict.fromkeys(part.search.texts)
                if await self._is_relevant(finding):
                    found.append(finding)
        sources = await _aside(found, lambda: best_sources(found, limit))
        return RelevantSources(sources, [*queries])

    async def _findings(
        self,
        caller: Caller,
        question: str,
        last_turn: Turn | None,
        filter: Filter | None,
        limit: int,
    ) -> AsyncIterator[tuple[UnderstoodQuestion, Finding]]:
        """What is found for the whole of a question and, if that is not relevant, for its parts."""
        missing: Sequence[Identifier] = ()
        texts = await _parts(question)
        for text in texts:
            if missing and find_identifiers(text) == missing:
                continue  # it names what stands nowhere, as the whole does
            turn = last_turn if text == question else None
            part = await self._understand(caller, text, turn, filter)
            finding = await self._find(caller, part, filter, limit)
            yield part, finding
            if text == question and len(texts) > 1:
                if await self._is_relevant(finding):
                    return
                missing = finding.missing_identifiers

    async def understand(
        self,
        caller: Caller,
        question: str,
        last_turn: Turn | None = None,
        filter: Filter | None = None,
    ) -> list[UnderstoodQuestion]:
        """What is to be searched for: the question, or each part of a long one."""
        return [
            await self._understand(caller, text, last_turn if text == question else None, filter)
            for text in await _parts(question)
        ]

    async def _understand(
        self, caller: Caller, question: str, last_turn: Turn | None, filter: Filter | None
    ) -> UnderstoodQuestion:
        if last_turn is not None:
            return await self._understand_in_chat(caller, question, last_turn, filter)
        return await self._understand_alone(question)

    async def _understand_alone(self, question: str) -> UnderstoodQuestion:
        vector = await self._embedder.embed_query(question)
        return UnderstoodQuestion(question, SearchQuery.of(vector, question), {})

    async def _understand_in_chat(
        self, caller: Caller, question: str, last_turn: Turn, filter: Filter | None
    ) -> UnderstoodQuestion:
        """The question and, as far as it leans on it, the turn before.

        How near a passage is to the question alone says how far.
        """
        alone = await self._understand_alone(question)
        where = scope_of(caller, filter)
        candidates = await self._store.query(alone.search, where, candidates=CANDIDATES)
        cosines = {candidate.id: candidate.cosine for candidate in candidates}
        weight = weight_of_context(max(cosines.values(), default=0.0))
        if not weight:
            return alone
        context = context_of(question, last_turn)
        context_vector = await self._embedder.embed_query(context)
        search = combine(question, alone.search.vector, context, context_vector, weight)
        return UnderstoodQuestion(question, search, cosines)

    async def _search(
        self, caller: Caller, query: str, filter: Filter | None, limit: int
    ) -> list[Finding]:
        """What is found for each part of a query; for those that are relevant, if any is."""
        findings = self._findings(caller, query, None, filter, limit)
        with self._metrics.retrieval.time(), retrieval_span(limit):
            found = [finding async for _, finding in findings]
        if len(found) == 1:
            return found
        return [one for one in found if await self._is_relevant(one)] or found

    async def _find(
        self, caller: Caller, part: UnderstoodQuestion, filter: Filter | None, limit: int
    ) -> Finding:
        """Passages for so many sources; more of them where they are repeats of few."""
        best = max(READ_FOR_EACH * limit, FEWEST_READ)
        found = Finding(part.text, await self.passages.find(caller, part, filter, best=best))
        if len(found.passages) < best:
            return found
        if len(await _aside([found], lambda: found.sources(limit))) == limit:
            return found
        more = await self.passages.find(caller, part, filter, best=READ_AMONG_REPEATS)
        return Finding(part.text, more)

    async def _is_relevant(self, finding: Finding) -> bool:
        best = islice(finding.evidence(), JUDGED)
        return await _aside([finding], lambda: self._relevance.is_met(best))


async def _aside(findings: Sequence[Finding], look: Callable[[], T]) -> T:
    """What a look at findings returns; it is taken in a thread where they have many passages."""
    count = sum(len(finding.passages) for finding in findings)
    return await asyncio.to_thread(look) if count > FEWEST_READ else look()


async def _parts(question: str) -> list[str]:
    """The question, or the parts that a message is looked at in; a long one is cut in a thread."""
    await rarity.load()
    is_long = len(question) > LONG_CHARS
    return await asyncio.to_thread(parts_of, question) if is_long else parts_of(question)
