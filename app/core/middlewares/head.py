"""HEAD wherever GET works: the same response without its body (RFC 9110, 9.3.2)."""

from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OF_GET_ALONE: Final = (b"range", b"if-range")  # RFC 9110, 14.2


class Head:
    """Answers HEAD as GET is answered; monitors and balancers ask so.

    The body is not read to its end: a download or a stream is broken off after its beginning.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await self._app(scope, receive, send)
        headers = [header for header in scope["headers"] if header[0] not in OF_GET_ALONE]

        async def send_head(message: Message) -> None:
            is_body = message["type"] == "http.response.body"
            await send({"type": "http.response.body", "body": b""} if is_body else message)
            if is_body and message.get("more_body"):
                raise ClientDisconnect  # who asks so reads no further

        return await self._app({**scope, "method": "GET", "headers": headers}, receive, send_head)
