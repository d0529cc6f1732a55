"""A small service behind the middleware: it counts what it carries out, and answers when it may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import httpx2
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.caller import NOBODY, Caller
from app.core.handlers import add_handlers
from app.core.middlewares.bodies import BodyLimit
from app.core.middlewares.requests import InternalErrors, RequestContext
from app.db import Database
from app.idempotency.middleware import Idempotency
from app.idempotency.services import IdempotencyService
from tests.support.psql import run_sql
from tests.support.server import connect, serve_app
from tests.support.users import ANN, BOB

ANSWERS: Final = "/answers"
FORMS: Final = "/forms"
STREAMS: Final = "/streams"
PATIENT: Final = "/patient"
STUBBORN: Final = "/stubborn"
EMPTY: Final = "/empty"
PIECES: Final = "/pieces"
FAULTY: Final = "/faulty"
ELSEWHERE: Final = "/elsewhere"
REPLAYS: Final = "/messages/{uuid}/stream"
PATHS: Final = (ANSWERS, FORMS, STREAMS, PATIENT, STUBBORN, EMPTY, PIECES, FAULTY)
MAX_BYTES: Final = 2 * 2**20

CALLERS: Final = {"ann": ANN, "bob": BOB, "nobody": NOBODY}
QUESTION: Final = {"message": "Hello", "model": "m"}

START: Final = b'id: 1\nevent: start\ndata: {"uuid":"u"}\n\n'
PIECE: Final = b'id: 2\nevent: message\ndata: {"content":"event: done\\n\\n"}\n\n'
DONE: Final = b'id: 3\nevent: done\ndata: {"message":"Hi"}\n\n'
INSERT_MESSAGE: Final = """
    INSERT INTO message (uuid, model, role, message, status)
    VALUES (%s, 'm', 'assistant', '', 'generating') RETURNING id
"""
END_MESSAGE: Final = "UPDATE message SET status = %s WHERE uuid = %s RETURNING id"


@dataclass
class Endpoints:
    """What the endpoints do, as a test says it."""

    status: int = 200
    chunks: list[bytes] = field(default_factory=lambda: [START, PIECE, DONE])
    asked: int = 0
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    client_left: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_go_on.set()

    def hold(self) -> None:
        """From now on whatever is asked waits."""
        self.may_go_on.clear()

    async def answer(self, request: Request) -> Response:
        """An answer in JSON, whoever still waits for it."""
        self.asked += 1
        content = {"number": self.asked, "bytes": len(await request.body())}
        await self.may_go_on.wait()
        headers = {"X-Message-UUID": f"uuid-{content['number']}", "Set-Cookie": "a=b"}
        return JSONResponse(content, self.status, headers)

    async def take_form(self, request: Request) -> dict[str, Any]:
        """The names and sizes of what a form holds."""
        self.asked += 1
        async with request.form() as form:
            sizes = {
                name: value if isinstance(value, str) else value.size
                for name, value in form.items()
            }
        return {"number": self.asked, "sizes": sizes}

    async def stream(self) -> Response:
        """The chunks as the stream of a message that is being generated, the first at once."""
        self.asked += 1
        return self._stream(str(UUID(int=self.asked)))

    async def stream_again(self, uuid: str) -> Response:
        """The chunks of the same stream, for a request that has come again."""
        return self._stream(uuid)

    def _stream(self, uuid: str) -> Response:
        headers = {"Cache-Control": "no-store", "X-Message-UUID": uuid}
        return StreamingResponse(
            self._chunks(), self.status, headers, media_type="text/event-stream; charset=utf-8"
        )

    async def wait_for_client(self, request: Request) -> None:
        """Ends when the client leaves, without an answer."""
        await self.answer_nobody(request)
        self.client_left.set()
        raise ConnectionError

    async def answer_nobody(self, request: Request) -> dict[str, int]:
        """Answers when the client has left."""
        self.asked += 1
        await request.body()
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return {"number": self.asked}

    async def say_nothing(self) -> Response:
        """A success without a body."""
        self.asked += 1
        return Response(status_code=204)

    async def answer_in_pieces(self) -> Response:
        """An answer that is no stream of events, and comes in several chunks."""
        self.asked += 1
        return StreamingResponse(self._chunks(), media_type="application/json")

    async def fail(self) -> None:
        """A fault of ours."""
        self.asked += 1
        raise LookupError

    async def _chunks(self) -> AsyncIterator[bytes]:
        for number, chunk in enumerate(self.chunks):
            if number:
                await self.may_go_on.wait()
            yield chunk


class AsCaller:
    """Sets the state as the whole application does."""

    def __init__(self, app: ASGIApp, service: IdempotencyService) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] == "http":
            named = dict(scope["headers"]).get(b"x-caller", b"nobody").decode()
            scope["state"] = {"caller": _caller(named), "idempotency": self._service}
        await self._app(scope, receive, send)


def _caller(named: str) -> Caller:
    return CALLERS[named]


def make_app(endpoints: Endpoints, database: Database) -> FastAPI:
    """The endpoints with their middlewares, the innermost first."""
    app = FastAPI()
    app.add_middleware(Idempotency, paths=PATHS, stream_path=REPLAYS)
    app.add_middleware(BodyLimit, by_path=dict.fromkeys(PATHS, MAX_BYTES))
    app.add_middleware(InternalErrors)
    app.add_middleware(AsCaller, service=IdempotencyService(database))
    app.add_middleware(RequestContext)
    add_handlers(app)
    for path, endpoint in (
        (ANSWERS, endpoints.answer),
        (ELSEWHERE, endpoints.answer),
        (FORMS, endpoints.take_form),
        (STREAMS, endpoints.stream),
        (PATIENT, endpoints.wait_for_client),
        (STUBBORN, endpoints.answer_nobody),
        (EMPTY, endpoints.say_nothing),
        (PIECES, endpoints.answer_in_pieces),
        (FAULTY, endpoints.fail),
    ):
        app.add_api_route(path, endpoint, methods=["POST"], response_model=None)
    app.add_api_route(REPLAYS, endpoints.stream_again, methods=["GET"], response_model=None)
    return app


@dataclass
class Service:
    """The service, a client of it, and its database."""

    endpoints: Endpoints
    client: httpx2.AsyncClient
    database_url: str

    async def post(
        self, path: str = ANSWERS, key: str = "k", caller: str = "nobody", **sent: Any
    ) -> httpx2.Response:
        """Sends a request with a key; the question, if nothing else is given."""
        sent = sent or {"json": QUESTION}
        headers = {"Idempotency-Key": key, "X-Caller": caller} | sent.pop("headers", {})
        return await self.client.post(path, headers=headers, **sent)

    def begin(self, *args: Any, **given: Any) -> "asyncio.Task[httpx2.Response]":
        """Sends a request without waiting for its answer."""
        return asyncio.create_task(self.post(*args, **given))

    async def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What an operator would do with psql."""
        return await asyncio.to_thread(run_sql, self.database_url, statement, *values)

    async def begin_message(self, number: int = 1) -> None:
        """Stores the message of the first stream, or of another, as under way."""
        await self.sql(INSERT_MESSAGE, str(UUID(int=number)))

    async def end_message(self, status: str, number: int = 1) -> None:
        """Stores how the message of a stream has ended."""
        await self.sql(END_MESSAGE, status, str(UUID(int=number)))

    async def is_stored(self) -> bool:
        """Whether an answer is stored."""
        return bool(await self.sql("SELECT key FROM idempotency_key WHERE status IS NOT NULL"))

    async def is_released(self) -> bool:
        """Whether there is no key."""
        return not await self.sql("SELECT key FROM idempotency_key")


@asynccontextmanager
async def open_service(database: Database, database_url: str) -> AsyncIterator[Service]:
    """The service behind a real server."""
    endpoints = Endpoints()
    async with (
        serve_app(make_app(endpoints, database)) as url,
        connect(url) as client,
    ):
        yield Service(endpoints, client, database_url)


def is_replay(response: httpx2.Response) -> bool:
    """Whether the service says that it has answered so before."""
    return response.headers.get("idempotency-replayed") == "true"
