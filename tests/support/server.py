"""The service as clients meet it: the whole application behind a real HTTP server."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import orjson
import uvicorn
from starlette.types import ASGIApp

from app.core.serving.protocol import HttpProtocol
from app.embeddings.embedder import Embedder
from app.main import create_app
from settings import Settings
from tests.support.shared import shared_embedder, shared_parser

Event = dict[str, Any]
OF_OPENAI = ("/v1/models", "/v1/chat/", "/v1/embeddings")  # whose problems have an `error` as well


@asynccontextmanager
async def serve(
    settings: Settings, embedder: Embedder | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application, which runs in this event loop on a free port."""
    embedder = embedder or await asyncio.to_thread(shared_embedder)
    app = create_app(settings, embedder=embedder, parser=shared_parser())
    async with serve_app(app) as url, connect(url) as client:
        yield client


def connect(url: str) -> httpx2.AsyncClient:
    """A client of a service; loading certificates would take longer than most tests."""
    return httpx2.AsyncClient(base_url=url, timeout=20, verify=False)


@asynccontextmanager
async def serve_app(
    app: ASGIApp, grace_sec: int = 5, protocol: type[HttpProtocol] = HttpProtocol
) -> AsyncIterator[str]:
    """The URL of an application that runs in this event loop; `grace_sec` is its time to end."""
    config = uvicorn.Config(
        app,
        port=0,
        http=protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        proxy_headers=False,  # the application reads them
        timeout_graceful_shutdown=grace_sec,
    )
    server = _Server(config)
    running = asyncio.create_task(server.run_until_told())
    try:
        yield f"http://127.0.0.1:{await server.listening}"
    finally:
        server.tell_to_exit()
        await running


class StartFailed(Exception):
    """The application refused to start; its log says why."""


class _Server(uvicorn.Server):
    """A uvicorn that tells where it listens and leaves the signals to pytest."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._told = asyncio.Event()

    async def run_until_told(self) -> None:
        """Serves; a failed start is an error of the test, not the end of pytest."""
        try:
            await self._serve()
        except SystemExit:
            self.listening.set_exception(StartFailed("The application did not start."))

    def tell_to_exit(self) -> None:
        """What SIGTERM does: streams in flight are finished, then the application is closed."""
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        """Waits to be told, where uvicorn looks every tenth of a second."""
        await self.on_tick(0)
        await self._told.wait()

    async def startup(self, sockets: Any = None) -> None:
        """Starts, and tells the port that was free."""
        await super().startup(sockets)
        self.listening.set_result(self.servers[0].sockets[0].getsockname()[1])


def problem_of(response: httpx2.Response) -> dict[str, Any]:
    """The problem (RFC 9457) that a response is, checked for its form."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem: dict[str, Any] = response.json()
    fields = {"type", "title", "status", "detail", "code", "request_id"}
    fields |= {"errors"} if response.status_code == 422 else set()
    fields |= {"error"} if response.request.url.path.startswith(OF_OPENAI) else set()
    assert problem.keys() == fields
    assert problem["status"] == response.status_code
    assert problem["request_id"] == response.headers["x-request-id"]
    return problem


def parse_events(body: bytes) -> list[Event]:
    """The events of a stream, comments left out: id, event and decoded data of each."""
    blocks = [block for block in body.split(b"\n\n") if block and not block.startswith(b":")]
    return [_parse_event(block) for block in blocks]


async def follow(response: httpx2.Response) -> AsyncGenerator[Event]:
    """The events of a stream, each as soon as it is there."""
    rest = b""
    async for data in response.aiter_bytes():
        *blocks, rest = (rest + data).split(b"\n\n")
        for event in parse_events(b"\n\n".join(blocks)):
            yield event


def _parse_event(block: bytes) -> Event:
    fields = dict(line.split(b": ", 1) for line in block.split(b"\n"))
    return {
        "id": int(fields[b"id"]),
        "event": fields[b"event"].decode(),
        "data": orjson.loads(fields[b"data"]),
    }


def content_of(events: list[Event]) -> str:
    """What a client has read once it has put the deltas together."""
    deltas = [event["data"]["content"] for event in events if event["event"] == "message"]
    return "".join(deltas)
