"""Which hosts we answer for, and which sites' pages may ask: what protects people with browsers.

A page of any site can have its visitors' browsers send requests here, also to an address that only
they can reach; and a site can let its own name lead to that address (DNS rebinding).
"""

import re
from collections.abc import Collection
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.constants import ANY_HOST_PATHS, SAFE_METHODS
from app.core.exceptions import Forbidden, MisdirectedRequest
from app.core.handlers import problem_response, refuse
from settings import Settings

LOOPBACK_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]")
LOOPBACK_ORIGIN: Final = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?")
OWN_PAGES: Final = frozenset({"same-origin", "none"})  # none: the address was typed or bookmarked
DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


def allowed_hosts(settings: Settings) -> frozenset[str] | None:
    """The host names that we answer for, without ports; None: any."""
    if settings.ALLOWED_HOSTS is not None:
        return frozenset(_without_port(host) for host in settings.ALLOWED_HOSTS)
    if settings.is_local:
        own = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
        return frozenset({*LOOPBACK_HOSTS, own.lower()})
    if settings.PUBLIC_URL is not None:
        return frozenset({_without_port(urlsplit(settings.PUBLIC_URL).netloc)})
    return None


class AllowedHosts:
    """Refuses requests for a host that is not ours (RFC 9110, 7.4)."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] == "http" and scope["path"] not in ANY_HOST_PATHS:
            host = Headers(scope=scope).get("host")
            is_old = host is None and scope["http_version"] == "1.0"  # no browser, then
            if not is_old and _without_port(host or "") not in self._hosts:
                return await refuse(MisdirectedRequest(), scope, receive, send)
        return await self._app(scope, receive, send)


class OwnPages:
    """Refuses unsafe requests from other sites' pages, with a cookie or without."""

    def __init__(self, app: ASGIApp, origins: "Origins") -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            headers = Headers(scope=scope)
            if not self._is_welcome(headers):
                return await refuse(Forbidden(), scope, receive, send)
        return await self._app(scope, receive, send)

    def _is_welcome(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None:  # no page of another site, unless its browser says so
            return headers.get("sec-fetch-site", "none") in OWN_PAGES
        return self._origins.hold(origin) or _is_of_host(origin, headers.get("host", ""))


class Origins:
    """The origins whose pages may ask: CORS_ORIGINS, PUBLIC_URL and, when local, loopback ones."""

    def __init__(self, settings: Settings) -> None:
        self.listed = settings.CORS_ORIGINS or []
        is_open = settings.is_local and settings.CORS_ORIGINS is None
        self.pattern = LOOPBACK_ORIGIN if is_open else None
        self._own: str | None = None
        if settings.PUBLIC_URL is not None:
            public = urlsplit(settings.PUBLIC_URL)
            self._own = f"{public.scheme}://{public.netloc}".lower()

    def hold(self, origin: str) -> bool:
        """Whether pages of an origin may send unsafe requests."""
        return (
            "*" in self.listed
            or origin in self.listed
            or origin.lower() == self._own
            or (self.pattern is not None and self.pattern.fullmatch(origin) is not None)
        )


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


def _is_of_host(origin: str, host: str) -> bool:
    """Whether an origin is that of the host itself; a proxy may have ended its TLS."""
    scheme, _, place = origin.lower().partition("://")
    port = DEFAULT_PORTS.get(scheme, "")
    return bool(place) and place.removesuffix(port) == host.lower().removesuffix(port)


def _without_port(host: str) -> str:
    """`example.com:8000` and `[::1]:8000` without the port, in lower case."""
    return re.sub(r":\d*$", "", host.lower()) if not host.endswith("]") else host.lower()
