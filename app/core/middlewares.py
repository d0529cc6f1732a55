"""What every request passes through: plain ASGI, since a stream passes here chunk by chunk."""

import logging
import re
import sys
from collections.abc import Awaitable, Mapping
from http import HTTPStatus
from time import perf_counter
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.constants import JSON_ESCAPING, MAX_BODY_BYTES
from app.core.exceptions import ConfigurationError, PayloadTooLarge
from app.core.handlers import error_response, internal_error, problem_response
from app.core.logs import request_id
from settings import Settings

logger = logging.getLogger("app.access")

ACCEPTED_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
EXPOSED_HEADERS: Final = ("X-Request-ID", "X-Message-UUID", "Link", "Retry-After")


class RequestContext:
    """Gives each request its id, in the response and in every log line, and logs its end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        given = Headers(scope=scope).get("x-request-id", "")
        token = request_id.set(given if ACCEPTED_REQUEST_ID.fullmatch(given) else uuid4().hex)
        start, status = perf_counter(), 499  # the client left before an answer began

        def send_with_id(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = str(request_id.get())
            return send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            logger.info(
                "%s %s %d",
                scope["method"],
                quote(scope["path"]),  # as it was sent: a line break in it forges no line
                status,
                extra={"duration_ms": round((perf_counter() - start) * 1000, 1)},
            )
            request_id.reset(token)


class BodyLimit:
    """Refuses a body over MAX_BODY_BYTES, or what a path allows, unread if it says how long it is.

    FastAPI's own limit answers in text/plain, and cannot be told otherwise.
    """

    def __init__(self, app: ASGIApp, by_path: Mapping[str, int]) -> None:
        self._app = app
        self._by_path = by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        limit = self._by_path.get(scope["path"], MAX_BODY_BYTES)
        if scope["path"] in self._by_path and _is_json(headers):
            limit *= JSON_ESCAPING
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            response = error_response(PayloadTooLarge())
            return await response(scope, receive, send)
        return await self._app(scope, _counted(receive, limit), send)


def _is_json(headers: Headers) -> bool:
    return headers.get("content-type", "").lower().startswith("application/json")


def _counted(receive: Receive, limit: int) -> Receive:
    received = 0

    async def receive_counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(PayloadTooLarge.status)
        return message

    return receive_counted


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
            response = internal_error(error)
            if begun:
                raise
            await response(scope, receive, send)


class Cors(CORSMiddleware):
    """CORS (Fetch, 3.2), whose refusals are problems like any other."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Says what the page may do."""
        response = super().preflight_response(request_headers)
        if response.status_code != HTTPStatus.BAD_REQUEST:
            return response
        reason = bytes(response.body).decode()
        problem = problem_response(response.status_code, f"{reason}.")
        for name, value in response.headers.items():
            problem.headers.setdefault(name, value)
        return problem


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


def add_middlewares(app: FastAPI, settings: Settings, body_limits: Mapping[str, int]) -> None:
    """Adds the middlewares, the innermost first; `body_limits` are bytes by path."""
    app.add_middleware(BodyLimit, by_path=body_limits)
    app.add_middleware(InternalErrors)
    origins = settings.CORS_ORIGINS
    if origins is None:
        origins = ["*"] if settings.is_local else []
    if origins:
        app.add_middleware(
            Cors,
            allow_origins=origins,
            allow_methods=["*"],
            allow_headers=["*"],
            allow_credentials="*" not in origins,
            expose_headers=EXPOSED_HEADERS,
        )
    app.add_middleware(RequestContext)
    app.add_middleware(StartupErrors)
