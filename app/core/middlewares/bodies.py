"""How long the body of a request may be, and in which encoding."""

from collections.abc import Mapping
from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.constants import JSON_ESCAPING, MAX_BODY_BYTES
from app.core.exceptions import BadRequest, PayloadTooLarge
from app.core.handlers import error_response

MAX_DIGITS: Final = 18
UTF_8: Final = (b"utf-8", b"utf8")
MAX_TYPE_CHARS: Final = 1_000
OTHER_CHARSET: Final = "Bodies are read as UTF-8, and this Content-Type names another charset."


class BodyLimit:
    """Refuses a body over MAX_BODY_BYTES, or what a path allows, unread if it says how long it is.

    FastAPI's own limit answers in text/plain, and cannot be told otherwise. A body that is not in
    UTF-8 by its Content-Type is refused as well: a form of 900 KB in Python's punycode took 44 s.
    """

    def __init__(self, app: ASGIApp, by_path: Mapping[str, int]) -> None:
        self._app = app
        self._by_path = by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        limit = MAX_BODY_BYTES
        if scope["path"] in self._by_path:
            limit = body_limit(headers, self._by_path[scope["path"]])
        length = body_length(headers)
        if length is not None and length > limit:
            response = error_response(PayloadTooLarge())
            return await response(scope, receive, send)
        if not _is_utf8(headers.get("content-type", "")):
            response = error_response(BadRequest(OTHER_CHARSET))
            return await response(scope, receive, send)
        return await self._app(scope, _counted(receive, limit), send)


def body_length(headers: Headers) -> int | None:
    """How long the body is, if that is said."""
    length = headers.get("content-length", "").lstrip("0") or "0"
    if "content-length" not in headers or not length.isdecimal():
        return None
    return int(length[:MAX_DIGITS])  # Python reads no number of thousands


def body_limit(headers: Headers, limit: int) -> int:
    """How long a body may be, in the form in which it comes."""
    is_json = headers.get("content-type", "").lower().startswith("application/json")
    return limit * JSON_ESCAPING if is_json else limit


def _is_utf8(content_type: str) -> bool:
    if len(content_type) > MAX_TYPE_CHARS:  # which takes long to read
        return False
    _, options = parse_options_header(content_type)  # as the parser of forms does
    return options.get(b"charset", b"utf-8").lower() in UTF_8


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
