"""HTTP/1.0, which old clients speak, and nginx to what stands behind it unless told otherwise."""

from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class Http10:
    """Answers without chunks (RFC 9112, 6.1): what has no length ends with the connection."""

    def __init__(self, app: ASGIApp, cycle: RequestResponseCycle) -> None:
        self._app = app
        self._cycle = cycle
        self._is_unframed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request (ASGI)."""

        async def send_as_asked(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self._begin(message)
            elif self._is_unframed:  # uvicorn counts down to the length that it knows
                self._cycle.expected_content_length += len(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, send_as_asked)

    def _begin(self, message: MutableMapping[str, Any]) -> None:
        headers = list(message.get("headers", ()))
        if b"content-length" not in {name.lower() for name, _ in headers}:
            self._is_unframed = True
            self._cycle.chunked_encoding = False
            self._cycle.keep_alive = False
        elif self._cycle.keep_alive:
            message["headers"] = [*headers, (b"connection", b"keep-alive")]
