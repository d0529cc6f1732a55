"""The composition root: what serves requests is wired together here."""

import asyncio
import gc
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, TypedDict

from fastapi import FastAPI

from app import version
from app.chat.api import router as chat_router
from app.chat.generations import Generations
from app.chat.messages import MessageService
from app.chat.openapi import EVENT_MODELS
from app.chat.services import CompletionService, QAService
from app.chat.upstream import Upstream
from app.core.api import Counter, Part, Probe
from app.core.api import router as core_router
from app.core.docs import router as docs_router
from app.core.embeddings import create_embedder
from app.core.handlers import add_handlers
from app.core.llm import create_openai
from app.core.logs import configure_logs
from app.core.middlewares import add_middlewares
from app.core.openapi import describe
from app.db import create_database
from app.documents.api import router as documents_router
from app.documents.constants import UPLOAD_OVERHEAD_BYTES, UPLOADS
from app.documents.relevance import Relevance
from app.documents.retrieval import RetrievalService
from app.documents.services import DocumentService
from app.documents.store import create_vector_store
from app.documents.worker import open_worker
from settings import Settings, load_settings

DESCRIPTION: Final = (
    "A basic retrieval-augmented generation API: it answers questions over your own documents, "
    "streams the answers and stores every message. Every error is a problem (RFC 9457)."
)
GC_THRESHOLDS: Final = (20_000, 20, 20)  # of 700, 10, 10: requests leave few cycles behind


class State(TypedDict):
    """What the lifespan opens and requests reach as `request.state`."""

    completion: CompletionService
    qa: QAService
    messages: MessageService
    documents: DocumentService
    retrieval: RetrievalService
    probes: dict[Part, Probe]
    drift: Counter


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[State]:
    """Opens everything that the service needs, and closes it in reverse order."""
    settings: Settings = app.state.settings
    configure_logs(settings)
    async with AsyncExitStack() as stack:
        database = await asyncio.to_thread(create_database, settings)
        stack.push_async_callback(database.close)
        client = await asyncio.to_thread(create_openai, settings)
        stack.push_async_callback(client.close)
        embedder = await asyncio.to_thread(create_embedder, settings)
        stack.callback(embedder.close)
        store = await create_vector_store(settings, embedder.dimensions)
        stack.push_async_callback(store.close)
        messages = MessageService(database)
        generations = Generations(Upstream(client), messages, settings)
        stack.push_async_callback(generations.close)
        await stack.enter_async_context(_background(generations.sweep()))
        relevance = Relevance(database, settings.EMBEDDING_MODEL, settings.RELEVANCE_THRESHOLD)
        await stack.enter_async_context(_background(relevance.watch()))
        worker = await stack.enter_async_context(open_worker(database, embedder, store))
        await stack.enter_async_context(_background(worker.run()))
        retrieval = RetrievalService(embedder, store, database, relevance)
        _settle_garbage_collector()
        yield State(
            completion=CompletionService(generations),
            qa=QAService(generations, retrieval),
            messages=messages,
            documents=DocumentService(database, worker.wake),
            retrieval=retrieval,
            probes={
                "postgres": database.ready,
                "qdrant": store.ready,
                "embeddings": embedder.ready,
            },
            drift=retrieval.drift,
        )


def _settle_garbage_collector() -> None:
    """What is loaded stays: looking through it again and again takes a sixth of an answer's CPU."""
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


@asynccontextmanager
async def _background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; nothing connects or loads before its lifespan begins."""
    settings = settings or load_settings()
    app = FastAPI(
        title=settings.APP_NAME,
        description=DESCRIPTION,
        version=version,
        lifespan=lifespan,
        docs_url=None,  # app.core.docs has a page that needs no other server
        redoc_url=None,  # it refuses OpenAPI 3.2
    )
    app.state.settings = settings
    add_middlewares(app, settings, {UPLOADS: settings.MAX_DOCUMENT_BYTES + UPLOAD_OVERHEAD_BYTES})
    add_handlers(app)
    app.include_router(core_router)
    app.include_router(docs_router)
    app.include_router(chat_router)
    app.include_router(documents_router)
    describe(app, *EVENT_MODELS)
    return app


app = create_app()
