"""What proxies before the service say: who asks, and under which prefix a client knows us.

Their headers count from FORWARDED_ALLOW_IPS alone: anybody else can send them too.
"""

from collections.abc import Awaitable
from ipaddress import ip_network
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from settings import Settings
from settings.values import url_prefix

IPV4_IN_IPV6: Final = "::ffff:"  # what a socket of both families calls 127.0.0.1
PREFIX: Final = "brag.prefix"
MAX_PREFIX_CHARS: Final = 2_000


class Forwarded(ProxyHeadersMiddleware):
    """Takes the client's address, the scheme and the prefix from an allowed proxy's headers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        allowed = _in_both_forms(settings.FORWARDED_ALLOW_IPS)
        super().__init__(app, allowed)  # type: ignore[arg-type]  # ASGI types
        self._root_path = settings.root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        """Handles one connection (ASGI)."""
        if scope["type"] == "http":
            if scope["client"]:  # a socket file has no address
                host, port = scope["client"]
                scope["client"] = (host.removeprefix(IPV4_IN_IPV6), port)
            scope[PREFIX] = self._prefix(scope)
        await super().__call__(scope, receive, send)  # type: ignore[arg-type]  # ASGI types

    def _prefix(self, scope: Scope) -> str:
        """The prefix of X-Forwarded-Prefix, which has a part for each proxy.

        ROOT_PATH, unless an allowed proxy has sent one that leads to no other host.
        """
        given = ",".join(Headers(scope=scope).getlist("x-forwarded-prefix"))
        proxy = scope["client"][0] if scope["client"] else None
        if not 0 < len(given) <= MAX_PREFIX_CHARS or proxy not in self.trusted_hosts:
            return self._root_path
        try:
            return "".join(url_prefix(part.strip()) for part in given.split(","))
        except ValueError:
            return self._root_path


def _in_both_forms(proxies: list[str]) -> list[str]:
    """The proxies, those with IPv4 also as a socket of both families writes them (::ffff:…)."""
    networks = [ip_network(proxy) for proxy in proxies if proxy != "*" and ":" not in proxy]
    mapped = [f"{IPV4_IN_IPV6}{net.network_address}/{96 + net.prefixlen}" for net in networks]
    return [*proxies, *mapped]


class Prefix:
    """Puts the prefix before the path again, so that all links and redirects keep it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        prefix = scope[PREFIX]
        place = f"{scope['scheme']}://{Headers(scope=scope).get('host', '')}".encode("latin-1")
        inner = {**scope, "root_path": prefix, "path": prefix + scope["path"]}

        def send_relative(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, value.removeprefix(place) if name == b"location" else value)
                    for name, value in message["headers"]
                ]
            return send(message)

        try:
            return await self._app(inner, receive, send_relative)
        finally:
            scope["route"] = inner.get("route")  # for the metrics, which name a request by it
