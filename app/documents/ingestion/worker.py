"""The worker that brings the index to what Postgres says of documents."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from app.core.metrics.instruments import Metrics
from app.db import Database
from app.documents.constants import SMALL_BYTES
from app.documents.ingestion.parser_process import Parser, open_parser
from app.documents.ingestion.pipeline import Pipeline
from app.embeddings.embedder import Embedder
from app.jobs.worker import Handler, Worker
from app.vector_store.base import VectorStore

# Two jobs at once: one document is parsed while another is embedded. One of the two leaves large
# documents to the other, so that small ones do not wait for those; each has a parser process.
SIZES: Final = (None, SMALL_BYTES)


@asynccontextmanager
async def open_worker(
    database: Database,
    embedder: Embedder,
    store: VectorStore,
    given: Parser | None = None,
    metrics: Metrics | None = None,
) -> AsyncIterator[Worker]:
    """A worker for every kind of job on documents, with the given parser or one of its own."""
    async with open_parser(embedder.tokenizer, len(SIZES), given) as parser:
        pipeline = Pipeline(embedder, store, database, parser)
        handlers = {
            "ingest": Handler(pipeline.ingest, pipeline.give_up),
            "reingest": Handler(pipeline.reingest, pipeline.leave),
            "index": Handler(pipeline.index),
            "purge": Handler(pipeline.purge),
            "sweep": Handler(pipeline.sweep),
        }
        yield Worker(database, handlers, SIZES, store.index_uuid, metrics)
