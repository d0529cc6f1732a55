"""A small service that says who asks, behind the limits; gunicorn can run it too."""

from collections.abc import AsyncIterator, Callable
from time import monotonic
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.caller import Caller
from app.core.handlers import add_handlers
from app.core.middlewares.proxies import Forwarded
from app.core.middlewares.requests import InternalErrors, RequestContext
from app.rate_limits.middleware import RateLimits
from settings import load_settings


class Clock:
    """A clock that a test sets."""

    seconds = 1000.0

    def __call__(self) -> float:
        """The time, in seconds."""
        return self.seconds


class CallerByHeaders:
    """Takes the headers `user` and `key` at their word."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            user, key = headers.get("user"), headers.get("key")
            caller = Caller(int(user) if user else None, key_uuid=UUID(key) if key else None)
            scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)


def create_service(per_minute: int, now: Callable[[], float] = monotonic) -> FastAPI:
    """A service with this limit."""
    app = FastAPI()
    add_handlers(app)
    app.add_middleware(InternalErrors)
    app.add_middleware(RateLimits, per_minute=per_minute, now=now)
    app.add_middleware(CallerByHeaders)
    app.add_middleware(RequestContext)
    app.add_middleware(Forwarded, settings=load_settings())
    app.get("/healthcheck")(_healthcheck)
    app.api_route("/v1/client", methods=["GET", "POST"])(_client)
    app.get("/v1/stream")(_stream)
    app.get("/v1/broken")(_broken)
    return app


async def _healthcheck() -> None:
    pass


async def _client(request: Request) -> str:
    await request.body()
    assert request.client
    return request.client.host


async def _stream() -> StreamingResponse:
    async def pieces() -> AsyncIterator[str]:
        yield "a"
        yield "b"

    return StreamingResponse(pieces())


async def _broken() -> None:
    raise ZeroDivisionError


app = create_service(per_minute=2)
