"""Who a request is made for, and whether it needs a caller: plain ASGI.

A request is refused before its body is read, and also on a path that no endpoint has.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.caller import NOBODY, Caller
from app.core.constants import METRICS_PATH, PUBLIC_FOLDERS, PUBLIC_PATHS
from app.core.exceptions import BragError, NotAuthenticated
from app.core.handlers import refuse
from app.users.constants import KEY_PREFIX
from app.users.cookies import SessionCookie
from app.users.credentials import Credentials
from settings import Settings


class Authentication:
    """Puts the caller into the request's state: a user by session or key, or nobody.

    Where AUTH_REQUIRED is off, a Bearer token that does not begin with `brag_` is ignored: clients
    of the OpenAI API always send one.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._is_required = settings.requires_auth
        self._cookie = SessionCookie(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] == "http":
            state = scope["state"]
            try:
                caller = await self._identify(scope, state["credentials"])
            except BragError as error:
                return await refuse(error, scope, receive, send)
            state["caller"] = caller or NOBODY
            state["is_refused"] = caller is None
        return await self._app(scope, receive, send)

    async def _identify(self, scope: Scope, credentials: Credentials) -> Caller | None:
        """The caller; None where one is needed, or where a `brag_` key is wrong."""
        path: str = scope["path"]
        if path in PUBLIC_PATHS or path.startswith(PUBLIC_FOLDERS):
            return NOBODY
        if path == METRICS_PATH:
            return NOBODY  # its endpoint asks for a token of its own
        headers = Headers(scope=scope)
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and (self._is_required or key.startswith(KEY_PREFIX)):
            return await credentials.of_api_key(key.strip())
        if "cookie" in headers and (token := self._cookie.read(headers)):
            session = await credentials.of_session(token)
            if session is not None:
                if session.is_renewed:
                    scope["response_headers"]["Set-Cookie"] = self._cookie.set(token)
                return session.caller
        return None if self._is_required else NOBODY


class LoginRequired:
    """Refuses every request that needs a caller and has none: all but the public ones."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] == "http" and scope["state"]["is_refused"]:
            return await refuse(NotAuthenticated(), scope, receive, send)
        return await self._app(scope, receive, send)
