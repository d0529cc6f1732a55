"""Magic links: made, and used once."""

from uuid import uuid4

from app.core.caller import SERVICE
from app.core.links import base_url
from app.db import Database, Queries, Row
from app.users.constants import MAGIC_LINK_MINUTES, SESSION, TYPED_CODES
from app.users.exceptions import LoginLinkInvalid
from app.users.models import LoginConsumption, User
from app.users.tokens import TokenHasher, new_code, new_token
from settings import Settings


def login_url(settings: Settings) -> str:
    """The address of the login page."""
    base = settings.PUBLIC_URL or base_url(settings.HOST, settings.PORT)
    return f"{base.rstrip('/')}/login"


class LoginService:
    """Makes links for people, and lets those in who come back with one."""

    def __init__(self, database: Database, hasher: TokenHasher, settings: Settings) -> None:
        self._database = database
        self._hasher = hasher
        self._url = login_url(settings)

    async def link(self, email: str) -> tuple[str, str]:
        """A new link for an address, and the code that does the same."""
        token, code = new_token(), new_code()
        await self._database.query(
            SERVICE,
            "insert_magic_link",
            token_hash=self._hasher.hash(token),
            code_hash=self._hasher.hash(code),
            email=email,
            minutes=MAGIC_LINK_MINUTES,
        )
        return f"{self._url}#token={token}", code

    async def consume(self, given: LoginConsumption) -> tuple[User, str]:
        """The user, and the token of a new session; LoginLinkInvalid for what is used or wrong."""
        session = new_token()
        user = await self._database.run(
            SERVICE, lambda queries: self._log_in(queries, given, session)
        )
        if user is None:
            raise LoginLinkInvalid
        return User.model_validate(user), session

    def _log_in(self, queries: Queries, given: LoginConsumption, session: str) -> Row | None:
        email = self._consume(queries, given)
        if email is None:
            return None
        user: Row = queries.upsert_user(uuid=uuid4(), email=email)
        queries.insert_session(
            token_hash=self._hasher.hash(session),
            owner_id=user["id"],
            seconds=SESSION.total_seconds(),
        )
        return user

    def _consume(self, queries: Queries, given: LoginConsumption) -> str | None:
        """The address whose link or code this is, None where it is invalid; a typed code counts."""
        email: str | None
        if given.token is not None:
            email = queries.consume_token(token_hash=self._hasher.hash(given.token))
            return email
        assert given.code is not None
        # Before it is compared: guesses at the same time wait for each other's count.
        queries.count_code(email=given.email)
        code_hash = self._hasher.hash(given.code)
        email = queries.consume_code(email=given.email, code_hash=code_hash, most=TYPED_CODES)
        return email
