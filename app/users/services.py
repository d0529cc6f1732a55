"""What people and operators do with users and their keys."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from app.core.caller import SERVICE, Caller
from app.core.exceptions import Conflict, NotAuthenticated, NotFound
from app.core.logs import reason
from app.db import Database, Queries
from app.users.constants import EXPIRE_SEC, KEY_PREFIX, MAX_API_KEYS, SHOWN_CHARS
from app.users.credentials import Credentials
from app.users.export import export
from app.users.models import ApiKey, CreatedApiKey, NewApiKey, User
from app.users.tokens import hash_key, new_api_key

logger = logging.getLogger(__name__)

PAGE: Final = 200
BATCH: Final = 500  # rows that are deleted or given away in one statement


class Adoption(NamedTuple):
    """How many documents and messages a user was given, and how many documents stay shared."""

    documents: int
    messages: int
    left: int


class UserService:
    """Users, for themselves and for operators."""

    def __init__(self, database: Database, when_deleted: Callable[[], None] = lambda: None) -> None:
        """`when_deleted` is called after each deletion: answers of theirs may be under way."""
        self._database = database
        self._when_deleted = when_deleted

    async def me(self, caller: Caller) -> User:
        """The user that the caller is; NotAuthenticated where it is nobody."""
        row = await self._database.query(caller, "get_user")
        if row is None:
            raise NotAuthenticated
        return User.model_validate(row)

    async def create(self, email: str) -> User:
        """The user of an address, who is made if there is none."""
        return User.model_validate(
            await self._database.query(SERVICE, "upsert_user", uuid=uuid4(), email=email)
        )

    async def find(self, email: str) -> Caller:
        """The user of an address, as a caller; NotFound if there is none."""
        row = await self._database.query(SERVICE, "get_user_by_email", email=email)
        if row is None:
            raise NotFound(f"There is no user {email}.")
        return Caller(row["id"])

    async def everyone(self) -> list[User]:
        """All users, in the order in which they came."""
        users: list[User] = []
        after = 0
        while rows := await self._database.query(SERVICE, "list_users", after=after, limit=PAGE):
            users += map(User.model_validate, rows)
            after = rows[-1]["id"]
        return users

    async def delete(self, caller: Caller) -> None:
        """Deletes a user and all that is theirs; their points go by purge jobs, soon.

        Messages and documents, of which there may be many, go first and in batches: a statement may
        take DATABASE_TIMEOUT_SEC.
        """
        for query in ("delete_some_messages", "delete_some_contents", "delete_some_documents"):
            await self._in_batches(query, caller)
        await self._database.query(SERVICE, "delete_user", owner_id=caller.user_id)
        self._when_deleted()

    async def adopt(self, caller: Caller) -> Adoption:
        """Gives a user what has no owner; the points of documents learn of it by jobs."""
        documents = 0
        while adopted := await self._database.run(SERVICE, partial(_adopt, caller)):
            documents += adopted
        await self._database.query(SERVICE, "adopt_chats", owner_id=caller.user_id)
        messages = await self._in_batches("adopt_messages", caller)
        left = await self._database.query(SERVICE, "count_shared_documents")
        return Adoption(documents, messages, left)

    async def _in_batches(self, query: str, caller: Caller) -> int:
        """Runs a query until it changes nothing more; returns how many rows it has changed."""
        changed = 0
        while some := await self._database.query(
            SERVICE, query, owner_id=caller.user_id, most=BATCH
        ):
            changed += some
        return changed

    def export(self, caller: Caller) -> AsyncIterator[bytes]:
        """All that is the caller's, as JSON lines."""
        return export(self._database, caller)

    async def expire(self) -> None:
        """Deletes, again and again, the links, sessions and keys that expired."""
        while True:
            try:
                await self._database.query(SERVICE, "delete_expired")
            except Exception as error:  # noqa: BLE001 - the next try may find it mended
                logger.warning("Could not delete what expired: %s", reason(error))
            await asyncio.sleep(EXPIRE_SEC)


def _adopt(caller: Caller, queries: Queries) -> int:
    """Gives a user a batch of documents, whose points jobs write anew; returns how many it was."""
    documents = list(queries.adopt_documents(owner_id=caller.user_id, most=BATCH))
    for row in documents:
        queries.adopt_passages(owner_id=caller.user_id, document_uuid=row["uuid"])
        if row["status"] == "ready":
            queries.insert_job(kind="index", document_uuid=row["uuid"], bytes=row["bytes"])
    return len(documents)


class ApiKeyService:
    """The API keys of users."""

    def __init__(self, database: Database, credentials: Credentials) -> None:
        self._database = database
        self._credentials = credentials

    async def create(self, caller: Caller, new: NewApiKey) -> CreatedApiKey:
        """A new key, which nobody sees again; Conflict where the user has MAX_API_KEYS."""
        key = new_api_key()
        row = await self._database.query(
            caller,
            "insert_api_key",
            uuid=uuid4(),
            name=new.name,
            scopes=",".join(sorted(new.scopes)),
            prefix=key[: len(KEY_PREFIX) + SHOWN_CHARS],
            last_four=key[-SHOWN_CHARS:],
            key_hash=hash_key(key),
            expires_at=new.expires_at,
            most=MAX_API_KEYS,
        )
        if row is None:
            raise Conflict(f"A user may have {MAX_API_KEYS} keys: delete one first.")
        return CreatedApiKey.model_validate(row | {"key": key})

    async def list(self, caller: Caller) -> list[ApiKey]:
        """The caller's keys, newest first."""
        rows = await self._database.query(caller, "list_api_keys")
        return [ApiKey.model_validate(row) for row in rows]

    async def delete(self, caller: Caller, uuid: UUID) -> None:
        """Ends a key of the caller's; NotFound if there is none."""
        if not await self._database.query(caller, "delete_api_key", uuid=uuid):
            raise NotFound("There is no such key.")
        self._credentials.forget()
