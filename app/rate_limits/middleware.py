"""How often a client may ask; what it has left is in every answer that counts."""

from collections.abc import Callable, Hashable
from math import ceil
from time import monotonic
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.caller import Caller
from app.core.exceptions import RateLimited
from app.core.handlers import refuse
from app.rate_limits.addresses import UNKNOWN, client_network
from app.rate_limits.windows import MovingWindow

COUNTED: Final = ("/v1/", "/mcp")
WINDOW_SEC: Final = 60


class RateLimits:
    """Refuses, unread, what a key, user or address asks beyond `per_minute`; 0 refuses nothing.

    An outer middleware has put `caller` into the request's state. The fields of the answer are
    those of draft-ietf-httpapi-ratelimit-headers.
    """

    def __init__(self, app: ASGIApp, per_minute: int, now: Callable[[], float] = monotonic) -> None:
        self._app = app
        self._is_on = per_minute > 0
        self._window = MovingWindow(per_minute, WINDOW_SEC, now)
        self._policy = f'"default";q={per_minute};w={WINDOW_SEC}'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if not self._is_on or scope["type"] != "http" or not scope["path"].startswith(COUNTED):
            return await self._app(scope, receive, send)
        allowance = self._window.hit(_who_asks(scope))
        scope["response_headers"] |= {
            "RateLimit-Policy": self._policy,
            "RateLimit": f'"default";r={allowance.remaining};t={ceil(allowance.wait_sec)}',
        }
        if allowance.is_granted:
            return await self._app(scope, receive, send)
        return await refuse(RateLimited(retry_after=allowance.wait_sec), scope, receive, send)


def _who_asks(scope: Scope) -> Hashable:
    """The key, else the user, else the address: no two kinds are ever equal."""
    caller: Caller = scope["state"]["caller"]
    if caller.key_uuid is not None:
        return caller.key_uuid
    if caller.user_id is not None:
        return caller.user_id
    return client_network(scope["client"][0]) if scope["client"] else UNKNOWN
