"""How long the body of a request may be."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.constants import JSON_ESCAPING, MAX_BODY_BYTES
from app.core.exceptions import PayloadTooLarge
from app.core.handlers import error_response


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
