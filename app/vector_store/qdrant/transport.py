"""How requests reach Qdrant: also where a connection was forgotten by a firewall or the server."""

from typing import Final

import httpx

BROKEN: Final = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
# Shorter than any firewall remembers a connection that says nothing.
KEPT: Final = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=5)
NOT_KEPT: Final = httpx.Limits(max_connections=None, max_keepalive_connections=0)


class RepeatingTransport(httpx.AsyncBaseTransport):
    """Sends a request once more, on a new connection, where the one that was kept breaks.

    Whatever bRAG asks of Qdrant has the same effect twice as once.
    """

    def __init__(self) -> None:
        certificates = httpx.create_ssl_context()
        self._kept = httpx.AsyncHTTPTransport(verify=certificates, limits=KEPT)
        self._new = httpx.AsyncHTTPTransport(verify=certificates, limits=NOT_KEPT)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response of the first connection that works, of two."""
        try:
            return await self._kept.handle_async_request(request)
        except BROKEN:
            return await self._new.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._kept.aclose()
        await self._new.aclose()
