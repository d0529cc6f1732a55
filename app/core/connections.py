"""Connections to an upstream, through firewalls that forget them without a word.

See docs/decisions/0033-connections-that-somebody-forgot.md.
"""

import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from copy import copy
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import httpx2
from openai import DefaultAioHttpClient
from openai._vendor.httpx_aiohttp.transport import AiohttpTransport

KEEP_IDLE_SEC: Final = 15
# By TCP itself: what stays unanswered this long is dead, and firewalls see that the rest is alive.
TCP_OPTIONS: Final = {
    "TCP_KEEPIDLE": 20,
    "TCP_KEEPALIVE": 20,  # what macOS calls TCP_KEEPIDLE
    "TCP_KEEPINTVL": 10,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 10_000,  # milliseconds
}
RETRY_HEADER: Final = "x-stainless-retry-count"
# Gateways answer with longer headers, and with more of them, than aiohttp takes by itself.
MAX_HEADER_BYTES: Final = 65_536
MAX_HEADERS: Final = 1000
MAX_REFUSAL_BYTES: Final = 2**18  # decompressed: the client reads these whole
ENCODING: Final = "content-encoding"


class UpstreamHttpClient(DefaultAioHttpClient):
    """An HTTP client for which neither a dead connection nor a moved service fails a request."""

    def _redirect_method(self, request: httpx2.Request, response: httpx2.Response) -> str:
        """The method stays: as a browser reads 301, a POST of http would become a GET of https."""
        return "GET" if response.status_code == HTTPStatus.SEE_OTHER else request.method

    def _init_transport(self, *args: Any, **kwargs: Any) -> httpx2.AsyncBaseTransport:
        return _Transport(super()._init_transport(*args, **kwargs))

    def _init_proxy_transport(
        self, proxy: httpx2.Proxy, *args: Any, **kwargs: Any
    ) -> httpx2.AsyncBaseTransport:
        if not proxy.url.scheme.startswith("http"):
            raise ValueError("SOCKS proxies are not supported")  # aiohttp says so with each call
        return _Transport(super()._init_proxy_transport(proxy, *args, **kwargs))


class _Transport(httpx2.AsyncBaseTransport):
    """Sends a request again, on a new connection, if its own died before an answer came."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        assert isinstance(transport, AiohttpTransport)
        self._kept, self._new = transport, copy(transport)
        self._kept.client = partial(_open_session, transport, keepalive_timeout=KEEP_IDLE_SEC)
        self._new.client = partial(_open_session, transport, force_close=True)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._send(request)
        return response if response.is_success else _shortened(response)

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        if request.headers.get(RETRY_HEADER, "0") != "0":
            return await self._new.handle_async_request(request)
        try:
            return await self._kept.handle_async_request(request)
        except httpx2.TransportError as error:
            if not _has_died(error.__cause__):
                raise
        return await self._new.handle_async_request(request)

    async def aclose(self) -> None:
        await self._kept.aclose()
        await self._new.aclose()


def _shortened(response: httpx2.Response) -> httpx2.Response:
    """A refusal of which no more than MAX_REFUSAL_BYTES is read, however it is compressed."""
    headers = [(name, value) for name, value in response.headers.multi_items() if name != ENCODING]
    return httpx2.Response(
        response.status_code,
        headers=headers,
        stream=_Beginning(response),
        extensions=response.extensions,
    )


class _Beginning(httpx2.AsyncByteStream):
    """The beginning of a body."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_REFUSAL_BYTES
        async for part in self._response.aiter_bytes():
            yield part[:left]
            left -= len(part)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._response.aclose()


def _has_died(error: BaseException | None) -> bool:
    """Whether a connection was there, and is no more."""
    is_lost = isinstance(error, aiohttp.ClientOSError | aiohttp.ServerDisconnectedError)
    return is_lost and not isinstance(error, aiohttp.ClientConnectorError)


def _open_session(transport: AiohttpTransport, **options: Any) -> aiohttp.ClientSession:
    # 0 is aiohttp's word for no limit: the 101st call would wait for another's end.
    connector = aiohttp.TCPConnector(
        limit=0, ssl=transport.ssl_context, socket_factory=open_socket, **options
    )
    return aiohttp.ClientSession(
        connector=connector,
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
        max_headers=MAX_HEADERS,
    )


def open_socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket that notices when the other side is gone."""
    family, kind, protocol, *_ = address
    connection = socket.socket(family, kind, protocol)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in TCP_OPTIONS.items():
        with suppress(AttributeError, OSError):  # each system has its own
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return connection
