"""The composition root: what serves requests is wired together here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final, TypedDict

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import Tracer

from app import version
from app.chat.api import router as chat_router
from app.chat.chats import ChatService
from app.chat.constants import CHATS, QUESTION_OVERHEAD_BYTES, QUESTIONS, STREAM
from app.chat.journal import Journal
from app.chat.messages import MessageService
from app.chat.openapi import EVENT_MODELS
from app.chat.processes import Process
from app.chat.receipts import ReceiptService
from app.chat.resuming import ResumableStreams
from app.chat.services import AnswerService
from app.chat.upstream import open_upstream
from app.compat.api import router as compat_router
from app.compat.constants import COMPLETIONS
from app.compat.errors import OpenAIErrors
from app.compat.openapi import CHUNK_MODELS
from app.compat.services import EmbeddingService
from app.core.api import IndexProbe, Part, Probe
from app.core.api import router as core_router
from app.core.background import background
from app.core.caller import SERVICE
from app.core.description import DESCRIPTION, describe
from app.core.docs import router as docs_router
from app.core.handlers import add_handlers
from app.core.logs import configure_logs
from app.core.memory import settle_memory
from app.core.metrics.api import JobCount
from app.core.metrics.api import router as metrics_router
from app.core.metrics.instruments import Metrics, open_metrics
from app.core.middlewares import Prefix, UploadBudget, add_middlewares
from app.core.otlp import receiver_url
from app.core.tracing.export import open_tracing
from app.db import Database, open_database
from app.db.engine import POOL_SIZE
from app.documents.api import router as documents_router
from app.documents.constants import UPLOAD_OVERHEAD_BYTES, UPLOADS
from app.documents.contents import ContentService
from app.documents.drift import index_state
from app.documents.index_version import upgrade_index_when_possible
from app.documents.ingestion.parser_process import Parser
from app.documents.ingestion.worker import open_worker
from app.documents.services import DocumentService
from app.embeddings.embedder import Embedder, open_embedder
from app.idempotency.middleware import Idempotency
from app.idempotency.services import IdempotencyService
from app.mcp.api import route as mcp_route
from app.mcp.server import Endpoint, open_mcp
from app.mcp.services import ToolService
from app.rate_limits.mails import MailLimits
from app.rate_limits.middleware import RateLimits
from app.retrieval.api import router as retrieval_router
from app.retrieval.relevance import Relevance
from app.retrieval.services import RetrievalService
from app.start import say_settings, say_state
from app.users.api import router as users_router
from app.users.authentication import Authentication, LoginRequired
from app.users.constants import MAILS
from app.users.cookies import SessionCookie
from app.users.credentials import Credentials
from app.users.login import LoginService
from app.users.mails import LoginMailQueue, open_mail_queue
from app.users.secret_key import load_secret_key
from app.users.services import ApiKeyService, UserService
from app.users.tokens import TokenHasher
from app.vector_store.factory import open_vector_store
from app.web.api import router as web_router
from settings import Settings, load_settings

ROUTERS: Final = (
    chat_router,  # first: a request is held against one route after the other
    core_router,
    metrics_router,
    docs_router,
    retrieval_router,
    compat_router,
    documents_router,
    users_router,
    web_router,
)
IDEMPOTENT_PATHS: Final = (*QUESTIONS, COMPLETIONS, CHATS, UPLOADS, *MAILS)
# FastAPI's own traces hold the queries of requests, and its logs what errors say: texts.
NO_TELEMETRY: Final = TelemetryConfig(
    tracing=False, metrics=False, logs=False, auto_configure=False
)


class State(TypedDict):
    """What the lifespan opens and requests reach as `request.state`."""

    answers: AnswerService
    messages: MessageService
    receipts: ReceiptService
    streams: ResumableStreams
    chats: ChatService
    documents: DocumentService
    contents: ContentService
    retrieval: RetrievalService
    embeddings: EmbeddingService
    mcp: Endpoint | None
    credentials: Credentials
    logins: LoginService
    login_mails: LoginMailQueue
    users: UserService
    api_keys: ApiKeyService
    idempotency: IdempotencyService
    probes: dict[Part, Probe]
    index: IndexProbe
    metrics: Metrics
    tracer: Tracer | None
    job_count: JobCount


@asynccontextmanager
async def lifespan(
    settings: Settings, embedder: Embedder | None, parser: Parser | None, _: FastAPI
) -> AsyncIterator[State]:
    """Opens everything that the service needs, and closes it in reverse order."""
    configure_logs(settings)
    say_settings(settings)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        tracer = await enter(open_tracing(settings.APP_NAME, receiver_url(settings)))
        metrics = await enter(open_metrics(settings.known_models))
        database = await enter(open_database(settings))
        if settings.requires_auth:
            await database.require_policies()
        hasher = TokenHasher(await asyncio.to_thread(load_secret_key, settings))
        credentials = Credentials(database, hasher)
        logins = LoginService(database, hasher, settings)
        count = MailLimits(settings.LOGIN_MAILS_PER_HOUR).hit
        login_mails = await enter(open_mail_queue(database, logins, settings, count, metrics))
        upstream = await enter(open_upstream(settings))
        embedder = await enter(open_embedder(settings, embedder))
        store = await enter(open_vector_store(settings, embedder.dimensions))
        relevance = Relevance(database, settings.EMBEDDING_MODEL, settings.RELEVANCE_THRESHOLD)
        await enter(background(relevance.watch()))
        retrieval = RetrievalService(embedder, store, database, relevance, metrics)
        process = Process(database, settings.GENERATION_TIMEOUT_SEC)
        stack.push_async_callback(process.end)
        users = UserService(database, process.wake)
        await enter(background(users.expire()))
        journal = Journal(database)
        messages = MessageService(database, journal, process.uuid)
        stack.push_async_callback(messages.close)
        await enter(background(journal.prune()))
        chats, idempotency = ChatService(database, process.wake), IdempotencyService(database)
        await enter(background(idempotency.expire()))
        answers = AnswerService(upstream, messages, retrieval, chats, settings, metrics)
        await enter(background(journal.run()))
        await enter(background(process.live(answers.under_way, messages.unstored)))
        streams = ResumableStreams(database, messages, answers.under_way)
        stack.push_async_callback(answers.under_way.close)
        stack.push_async_callback(streams.close)
        worker = await enter(open_worker(database, embedder, store, parser, metrics))
        await enter(background(worker.run()))
        collection = settings.QDRANT_COLLECTION_NAME
        upgrading = upgrade_index_when_possible(database, store, collection, worker.wake)
        await enter(background(upgrading))
        index = partial(index_state, database, store)
        await enter(background(say_state(database, index)))
        documents, contents = DocumentService(database, worker.wake), ContentService(database)
        mcp = await enter(open_mcp(settings, ToolService(retrieval, documents, contents)))
        _watch(metrics, database, answers)
        settle_memory()
        yield State(
            answers=answers,
            messages=messages,
            receipts=ReceiptService(database),
            streams=streams,
            chats=chats,
            documents=documents,
            contents=contents,
            retrieval=retrieval,
            embeddings=EmbeddingService(embedder),
            mcp=mcp,
            credentials=credentials,
            logins=logins,
            login_mails=login_mails,
            users=users,
            api_keys=ApiKeyService(database, credentials),
            idempotency=idempotency,
            probes={
                "postgres": database.ready,
                "qdrant": store.ready,
                "embeddings": embedder.ready,
            },
            index=index,
            metrics=metrics,
            tracer=tracer,
            job_count=partial(database.query, SERVICE, "count_jobs"),
        )


def _watch(metrics: Metrics, database: Database, answers: AnswerService) -> None:
    """Shows how much is under way, and how much of it waits."""
    watch = metrics.watch
    watch("brag_generations_in_flight", "Answers under way.", lambda: answers.in_flight)
    watch("brag_generations_waiting", "Questions that wait for a place.", lambda: answers.waiting)
    about = "Calls of Postgres, under way or waiting for a connection."
    watch("brag_database_calls", about, lambda: database.calls)
    watch("brag_database_connections_max", "Calls that can be under way.", lambda: POOL_SIZE)


def body_limits(settings: Settings) -> dict[str, int]:
    """Bytes by path, before JSON escapes them: a character has four at most."""
    question = 4 * settings.MAX_MESSAGE_CHARS + QUESTION_OVERHEAD_BYTES
    upload = settings.MAX_DOCUMENT_BYTES + UPLOAD_OVERHEAD_BYTES
    return dict.fromkeys((*QUESTIONS, COMPLETIONS), question) | {UPLOADS: upload}


def create_app(
    settings: Settings | None = None,
    *,
    embedder: Embedder | None = None,
    parser: Parser | None = None,
) -> FastAPI:
    """The application; nothing connects or loads before its lifespan begins.

    A given embedder or parser is used in place of its own, and left open: several applications of
    one process can share them.
    """
    settings = settings or load_settings()
    app = FastAPI(
        title=settings.APP_NAME,
        description=DESCRIPTION,
        version=version,
        lifespan=partial(lifespan, settings, embedder, parser),
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,  # app.core.docs has a page that needs no other server
        redoc_url=None,  # it refuses OpenAPI 3.2
        telemetry=NO_TELEMETRY,
    )
    app.state.settings = settings
    app.add_middleware(Prefix)
    app.add_middleware(
        Idempotency, paths=IDEMPOTENT_PATHS, stream_path=STREAM, own_streams=[COMPLETIONS]
    )
    limits = body_limits(settings)
    app.add_middleware(
        UploadBudget,
        path=UPLOADS,
        max_bytes=limits[UPLOADS],
        budget=settings.MAX_UPLOAD_BYTES_AT_ONCE,
        wait_sec=settings.QUEUE_TIMEOUT_SEC,
    )
    app.add_middleware(LoginRequired)
    app.add_middleware(RateLimits, per_minute=settings.rate_limit_per_minute)
    app.add_middleware(Authentication, settings=settings)
    add_middlewares(app, settings, limits)
    app.add_middleware(OpenAIErrors)
    add_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    if settings.MCP_ENABLED:
        app.router.routes.append(mcp_route)
    describe(
        app,
        (*EVENT_MODELS, *CHUNK_MODELS),
        IDEMPOTENT_PATHS,
        session_cookie=SessionCookie(settings).name,
        settings=settings,
    )
    return app


app = create_app()
