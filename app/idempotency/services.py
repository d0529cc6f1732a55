"""Keys and the answers stored under them, in Postgres."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

import orjson

from app.core.caller import SERVICE, Caller
from app.core.exceptions import DatabaseUnavailable
from app.core.logs import reason
from app.db import Database, DatabaseError, Row
from app.idempotency.constants import (
    EXPIRE_AT_ONCE,
    EXPIRE_SEC,
    KEPT_SEC,
    LEASE_SEC,
    MAX_CLAIMS,
    RENEW_SEC,
)
from app.idempotency.exceptions import IdempotencyKeyReused, RequestUnderWay
from app.idempotency.models import Answer

COMPLETE: Final = "complete"

logger = logging.getLogger(__name__)


class Lease:
    """A key that this process has claimed, until the request is answered."""

    def __init__(self, database: Database, caller: Caller, id: int, lease: UUID) -> None:
        self._database = database
        self._caller = caller
        self._own = {"id": id, "lease": lease}
        self._has_ended = False
        self._release_query = "release_idempotency_key"

    async def keep(self) -> None:
        """Renews the lease until it has ended or is cancelled."""
        while not self._has_ended:
            await asyncio.sleep(RENEW_SEC)
            with suppress(DatabaseUnavailable):
                await self._database.query(
                    self._caller, "renew_idempotency_key", seconds=LEASE_SEC, **self._own
                )

    async def finish(self, answer: Answer) -> None:
        """Commits the answer, unless the lease has ended."""
        await self._end(
            "finish_idempotency_key",
            status=answer.status,
            content_type=answer.content_type,
            headers=orjson.dumps(answer.headers).decode(),
            body=answer.body,
            answer_uuid=answer.answer_uuid,
        )

    async def stand_for(self, message_uuid: UUID, answer: Answer) -> None:
        """Binds the key to a message, whose stream begins: how that ends decides about both."""
        self._release_query = "end_idempotency_lease"
        with suppress(DatabaseUnavailable):
            await self._database.query(
                self._caller,
                "bind_idempotency_key",
                message_uuid=message_uuid,
                status=answer.status,
                content_type=answer.content_type,
                headers=orjson.dumps(answer.headers).decode(),
                **self._own,
            )

    async def release(self) -> None:
        """Gives the key up, or leaves it to its message, unless the lease has ended."""
        await self._end(self._release_query)

    async def _end(self, name: str, **given: Any) -> None:
        """Runs the query that ends the lease; where it fails, the lease runs out by itself.

        It fails where Postgres does, or where the answer's message has just been deleted. The
        client has its answer all the same.
        """
        if self._has_ended:
            return
        try:
            if not await self._database.query(self._caller, name, **self._own, **given):
                logger.warning("An idempotency key was lost to another process, or deleted")
        except (DatabaseUnavailable, DatabaseError) as error:
            logger.warning("An idempotency key is left to run out: %s", reason(error))
        self._has_ended = True


class IdempotencyService:
    """Has requests with the same key carried out one at a time, until one has been answered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, caller: Caller, key: str, fingerprint: bytes) -> Lease | Answer:
        """The key for this request, or the answer that is stored under it.

        Raises RequestUnderWay, IdempotencyKeyReused where it came with another request, or
        DatabaseUnavailable.
        """
        for _ in range(MAX_CLAIMS):
            claimed = await self._database.query(
                caller,
                "claim_idempotency_key",
                key=key,
                fingerprint=fingerprint,
                lease_seconds=LEASE_SEC,
                kept_seconds=KEPT_SEC,
            )
            if claimed is not None:
                return Lease(self._database, caller, **claimed)
            held = await self._database.query(caller, "get_idempotency_key", key=key)
            if held is not None:  # else it was given up in between
                return _answer(held, fingerprint)
        raise RequestUnderWay

    async def expire(self) -> None:
        """Deletes expired keys, again and again."""
        while True:
            deleted = 0
            try:
                deleted = await self._database.query(
                    SERVICE, "delete_expired_idempotency_keys", limit=EXPIRE_AT_ONCE
                )
            except Exception as error:  # noqa: BLE001 - the next try may find it mended
                logger.warning("Could not delete expired keys: %s", reason(error))
            if deleted < EXPIRE_AT_ONCE:
                await asyncio.sleep(EXPIRE_SEC)


def _answer(held: Row, fingerprint: bytes) -> Answer:
    if bytes(held["fingerprint"]) != fingerprint:
        raise IdempotencyKeyReused
    if held["status"] is None or held["message_status"] not in {None, COMPLETE}:
        raise RequestUnderWay
    body, uuid = bytes(held["body"] or b""), held["message_uuid"]
    return Answer(held["status"], held["content_type"], held["headers"], body, uuid)
