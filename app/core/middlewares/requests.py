"""What every request passes through from its first byte to its last log line."""

import logging
import re
import sys
from collections.abc import Awaitable
from time import perf_counter
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.exceptions import BragError, ConfigurationError, log_error
from app.core.handlers import internal_error
from app.core.logs import request_id
from app.core.metrics.instruments import Metrics
from app.core.middlewares.traces import note_response, request_span, route_of

logger = logging.getLogger("app.access")

ACCEPTED_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


def accepted_request_id(given: str) -> str:
    """The id that a request was given, or a new one."""
    return given if ACCEPTED_REQUEST_ID.fullmatch(given) else uuid4().hex


class RequestContext:
    """Gives each request its id, in the response and in every log line, and logs its end.

    What is put into `scope["response_headers"]` goes out with the response, whatever it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        id_ = accepted_request_id(Headers(scope=scope).get("x-request-id", ""))
        token = request_id.set(id_)
        scope["request_id"] = id_  # for the server: it may refuse the body that is still to come
        start, status = perf_counter(), 499  # the client left before an answer began
        scope["response_headers"] = {}

        def send_with_id(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = str(request_id.get())
                for name, value in scope["response_headers"].items():
                    headers.setdefault(name, value)  # so a renewal undoes no sign-out
            return send(message)

        with request_span(scope) as span:
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                _note_end(scope, status, perf_counter() - start)
                note_response(span, scope, status)
                request_id.reset(token)


def _note_end(scope: Scope, status: int, seconds: float) -> None:
    """Logs a request, and counts it by its route: paths are as many as clients like."""
    logger.info(
        "%s %s %d",
        scope["method"],
        quote(scope["path"]),  # as it was sent: a line break in it forges no line
        status,
        extra={"duration_ms": round(seconds * 1000, 1)},
    )
    metrics: Metrics | None = scope.get("state", {}).get("metrics")
    if metrics is not None:
        metrics.request(scope["method"], route_of(scope), status, seconds)


class InternalErrors:
    """Turns unhandled errors into a problem response, inside the request's context."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun = False

        def watched_send(message: Message) -> Awaitable[None]:
            nonlocal begun
            begun = True
            return send(message)

        try:
            await self._app(scope, receive, watched_send)
        except ClientDisconnect:
            logger.debug("The client left before its request was whole")
        except Exception as error:
            if begun and isinstance(error.__cause__, BragError):
                log_error(error.__cause__)
                return None  # without the end of the body, so that the server cuts it off
            response = internal_error(error)
            if begun:
                raise
            await response(scope, receive, send)
        return None


class StartupErrors:
    """Says in one sentence why the start failed, in place of a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] != "lifespan":
            return await self._app(scope, receive, send)

        async def send_sentence(message: Message) -> None:
            error = sys.exception()
            if message["type"] == "lifespan.startup.failed" and isinstance(
                error, ConfigurationError
            ):
                message["message"] = str(error)
            await send(message)

        return await self._app(scope, receive, send_sentence)
