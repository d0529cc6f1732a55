"""Searches in one process, of a store that `benchmarks.filling` has filled: Timings as JSON."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from time import perf_counter, process_time
from typing import Any

import numpy as np
import orjson
import psutil

from app.core.caller import NOBODY
from app.core.loop import Loop
from app.db import create_database
from app.embeddings.embedder import Embedder, create_embedder
from app.retrieval.constants import CANDIDATES
from app.retrieval.relevance import Relevance
from app.retrieval.services import RetrievalService
from app.vector_store.base import SearchFilter, SearchQuery, VectorStore
from app.vector_store.factory import create_vector_store
from benchmarks.passages import payload_of, questions
from settings import Settings

CALLERS = 16
LIMIT = 3  # passages, as of /v1/qa-create
OWNER = 2

Call = Callable[[str], Awaitable[Any]]


@dataclass(frozen=True)
class Timings:
    """Milliseconds of each search, CPU milliseconds of those made at once, and resident memory."""

    alone: dict[str, list[float]]
    embedding: list[float]
    new: list[float]
    repeated: list[float]
    embedding_cpu: list[float]
    search_cpu: list[float]
    memory_mb: float


@dataclass(frozen=True)
class Knowledge:
    """What is searched."""

    embedder: Embedder
    store: VectorStore
    retrieval: RetrievalService


@asynccontextmanager
async def open_knowledge(settings: Settings) -> AsyncIterator[Knowledge]:
    """All of it in this process, as in the server's."""
    async with AsyncExitStack() as stack:
        database = create_database(settings)
        stack.push_async_callback(database.close)
        embedder = create_embedder(settings)
        stack.callback(embedder.close)
        store = await create_vector_store(settings, embedder.dimensions)
        stack.push_async_callback(store.close)
        relevance = Relevance(database, settings.EMBEDDING_MODEL, settings.RELEVANCE_THRESHOLD)
        yield Knowledge(embedder, store, RetrievalService(embedder, store, database, relevance))


def filters() -> dict[str, SearchFilter]:
    """One of each kind, of documents that are shared or the owner's."""
    some = [payload_of(number) for number in range(0, 200, 2)]
    uuids = [payload.document_uuid for payload in some]
    return {
        "none": SearchFilter(),
        "owner": SearchFilter(user_id=OWNER),
        "source": SearchFilter(source=some[0].source),
        "1 document": SearchFilter(document_uuids=uuids[:1]),
        "100 documents": SearchFilter(document_uuids=uuids),
        "metadata": SearchFilter(metadata={"language": "en"}),
        "rare metadata": SearchFilter(metadata={"rare": True}),
    }


async def measure(knowledge: Knowledge, searches: int, rounds: int) -> Timings:
    """So many searches of each kind; no question is asked twice but to see what that costs."""
    rng = np.random.default_rng(2)

    async def search(question: str) -> None:
        if len(await knowledge.retrieval.search(NOBODY, question, limit=LIMIT)) != LIMIT:
            raise RuntimeError(f"Not {LIMIT} passages for {question!r}.")

    async def embed_alone(question: str) -> None:
        await knowledge.embedder.embed_passages([question])  # past the cache of questions

    embed = knowledge.embedder.embed_query
    await _each(search, questions(rng, 20))
    alone = {
        name: await _alone(knowledge, where, questions(rng, searches))
        for name, where in filters().items()
    }
    asked = questions(rng, searches)
    embedding = await _each(embed, questions(rng, searches))
    new, repeated = await _each(search, asked), await _each(search, asked)
    embedding_cpu, search_cpu = [], []
    for _ in range(rounds):
        embedding_cpu.append(await _cpu_of_each(embed_alone, questions(rng, searches), callers=1))
        search_cpu.append(await _cpu_of_each(search, questions(rng, searches)))
    memory_mb = psutil.Process().memory_info().rss / 2**20
    return Timings(alone, embedding, new, repeated, embedding_cpu, search_cpu, memory_mb)


async def _alone(knowledge: Knowledge, where: SearchFilter, asked: list[str]) -> list[float]:
    vectors = iter([await knowledge.embedder.embed_query(question) for question in asked])

    async def search(question: str) -> None:
        vector = next(vectors)
        await knowledge.store.query(SearchQuery.of(vector, question), where, candidates=CANDIDATES)

    return await _each(search, asked)


async def _each(call: Call, asked: Iterable[str]) -> list[float]:
    """Milliseconds of each call, made one after the other."""
    timings = []
    for question in asked:
        start = perf_counter()
        await call(question)
        timings.append(1000 * (perf_counter() - start))
    return timings


async def _cpu_of_each(call: Call, asked: list[str], callers: int = CALLERS) -> float:
    """CPU milliseconds of a call, by so many callers at once."""
    remaining = iter(asked)

    async def caller() -> None:
        for question in remaining:
            await call(question)

    start = process_time()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return 1000 * (process_time() - start) / len(asked)


async def main(searches: int, rounds: int) -> None:
    """Measures, and writes what was measured to stdout."""
    async with open_knowledge(Settings()) as knowledge:
        timings = await measure(knowledge, searches, rounds)
    sys.stdout.buffer.write(orjson.dumps(asdict(timings)))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main(*map(int, sys.argv[1:])))
