"""The cookie of a session (RFC 6265)."""

import re

from starlette.datastructures import Headers

from app.users.constants import SECURE_COOKIE, SESSION, SESSION_COOKIE
from settings import Settings


class SessionCookie:
    """The cookie that a session is kept in."""

    def __init__(self, settings: Settings) -> None:
        self.name = SESSION_COOKIE if settings.is_local else SECURE_COOKIE
        self._secure = "" if settings.is_local else "; Secure"
        # Searched for by itself: a dict of all cookies of a 64 KB header takes ten times as long.
        self._cookie = re.compile(rf"(?:^|;)\s*{self.name}\s*=([^;]*)")

    def set(self, token: str) -> str:
        """The value of `Set-Cookie` that keeps a session (RFC 6265, 4.1)."""
        return self._value(token, int(SESSION.total_seconds()))

    def clear(self) -> str:
        """The value of `Set-Cookie` that ends it."""
        return self._value("", 0)

    def read(self, headers: Headers) -> str | None:
        """The token of the session that a request was sent with."""
        found = self._cookie.findall("; ".join(headers.getlist("cookie")))
        return found[-1].strip() or None if found else None

    def _value(self, token: str, seconds: int) -> str:
        attributes = f"Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax{self._secure}"
        return f"{self.name}={token}; {attributes}"
