"""From a session's cookie or an API key to the caller."""

from time import monotonic
from typing import NamedTuple

from app.core.caller import SERVICE, Caller, Scope
from app.db import Database
from app.users.constants import CACHE_SEC, MAX_CACHED, SESSION
from app.users.tokens import TokenHasher, hash_key, is_api_key


class Session(NamedTuple):
    """Who is signed in. After a renewal the cookie has to be sent again."""

    caller: Caller
    is_renewed: bool


class Credentials:
    """Looks up the caller of a session or an API key, and remembers it for CACHE_SEC."""

    def __init__(self, database: Database, hasher: TokenHasher) -> None:
        self._database = database
        self._hasher = hasher
        self._known: dict[bytes, tuple[Caller, float]] = {}
        self._revocations = 0

    async def of_session(self, token: str) -> Session | None:
        """The user of a session that lasts, renewed when less than half of it is left."""
        token_hash = self._hasher.hash(token)
        if (caller := self._cached(token_hash)) is not None:
            return Session(caller, is_renewed=False)
        seconds, asked = SESSION.total_seconds(), self._moment()
        row = await self._database.query(
            SERVICE, "get_session", token_hash=token_hash, seconds=seconds
        )
        if row is None:
            return None
        if row["is_half_over"]:
            await self._database.query(
                SERVICE, "renew_session", token_hash=token_hash, seconds=seconds
            )
        caller = self._remember(token_hash, Caller(row["user_id"]), asked)
        return Session(caller, is_renewed=row["is_half_over"])

    async def of_api_key(self, key: str) -> Caller | None:
        """The user of a key that was not ended and has not expired, and what it may do."""
        if not is_api_key(key):
            return None
        key_hash = hash_key(key)
        if (caller := self._cached(key_hash)) is not None:
            return caller
        asked = self._moment()
        row = await self._database.query(SERVICE, "get_api_key", key_hash=key_hash)
        if row is None:
            return None
        if row["is_use_stale"]:
            await self._database.query(SERVICE, "touch_api_key", key_hash=key_hash)
        caller = Caller(row["user_id"], frozenset(map(Scope, row["scopes"])), row["uuid"])
        return self._remember(key_hash, caller, asked, row["seconds_left"])

    async def end_session(self, token: str) -> None:
        """Ends a session, here at once and in other processes within CACHE_SEC."""
        await self._database.query(SERVICE, "delete_session", token_hash=self._hasher.hash(token))
        self.forget()

    def forget(self) -> None:
        """Asks Postgres again from now on: something was revoked."""
        self._revocations += 1  # what is being looked up just now may be what was revoked
        self._known.clear()

    def _cached(self, secret_hash: bytes) -> Caller | None:
        caller, until = self._known.get(secret_hash, (None, 0.0))
        return caller if monotonic() < until else None

    def _moment(self) -> tuple[float, int]:
        """The time, and how often something has been revoked: `_remember` needs both of a query."""
        return monotonic(), self._revocations

    def _remember(
        self,
        secret_hash: bytes,
        caller: Caller,
        asked: tuple[float, int],
        seconds_left: float | None = None,
    ) -> Caller:
        since, revocations = asked
        seconds = CACHE_SEC if seconds_left is None else min(CACHE_SEC, seconds_left)
        if len(self._known) >= MAX_CACHED:
            self._known.clear()
        if revocations == self._revocations:
            self._known[secret_hash] = caller, since + seconds
        return caller
