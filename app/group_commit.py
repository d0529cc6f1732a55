"""Commits that concurrent callers share: docs/decisions/0002-nothing-blocks-the-event-loop.md."""

import asyncio
from collections import deque
from contextvars import Context
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
from async_timeout import timeout

from app.core.caller import SERVICE
from app.core.exceptions import DatabaseUnavailable
from app.core.tracing.spans import POSTGRES, storage_span
from app.db import Database, Row

MAX_GROUP: Final = 200  # callers
MAX_GROUP_BYTES: Final = 4 * 2**20  # but for a caller whose own rows are more


@dataclass(frozen=True, slots=True)
class _Writing:
    """The rows of one caller, in JSON, and where it waits."""

    uuids: list[UUID]
    rows: bytes
    done: asyncio.Future[list[Row]]


class GroupCommit:
    """Writes the rows of concurrent callers in one statement and one commit.

    A caller waits for the commit in flight and then shares the next with everyone who came
    meanwhile; alone, it waits for nothing. One bad row fails its own caller only. After a group
    that was too much for Postgres the next ones are half as large.
    """

    def __init__(self, database: Database, query: str) -> None:
        """`query` takes a JSON array of rows as `rows`, and returns each with its uuid."""
        self._database = database
        self._query = query
        self._waiting: deque[_Writing] = deque()
        self._at_once = MAX_GROUP
        self._writer: asyncio.Task[None] | None = None

    async def write(self, rows: list[Row]) -> list[Row]:
        """Commits `rows` together; returns what the query returns of them, in order.

        A row of which the query returns nothing is left out: it has been deleted.

        Raises DatabaseUnavailable, or what is wrong with these rows.
        """
        done: asyncio.Future[list[Row]] = asyncio.get_running_loop().create_future()
        uuids = [row["uuid"] for row in rows]
        self._waiting.append(_Writing(uuids, orjson.dumps(rows)[1:-1], done))
        if self._writer is None or self._writer.done():
            # In an empty context: it writes for others too, and is no part of this request.
            self._writer = asyncio.create_task(self._write_all(), context=Context())
        with storage_span(POSTGRES, self._query):
            return await self._written(done)

    async def _written(self, done: asyncio.Future[list[Row]]) -> list[Row]:
        try:
            # Including the wait for the commit in flight.
            async with timeout(self._database.timeout_sec):
                return await done
        except TimeoutError:
            raise DatabaseUnavailable from None

    async def _write_all(self) -> None:
        while self._waiting:
            group = self._next_group()
            if group:
                await self._write_group(group)

    def _next_group(self) -> list[_Writing]:
        """Those who came first, but for whoever has left."""
        group: list[_Writing] = []
        size = 0
        while self._waiting and len(group) < self._at_once:
            size += len(self._waiting[0].rows)
            if group and size > MAX_GROUP_BYTES:
                break
            writing = self._waiting.popleft()
            if not writing.done.cancelled():
                group.append(writing)
        return group

    async def _write_group(self, group: list[_Writing]) -> None:
        try:
            returned = await self._write(group)
        except DatabaseUnavailable as error:
            self._at_once = max(1, len(group) // 2)
            _fail(group, error)
        except Exception as error:  # noqa: BLE001 - its callers must not wait for ever
            if len(group) == 1:
                return _fail(group, error)
            for writing in group:
                if not writing.done.done():  # one that has left was told that nothing is stored
                    await self._write_group([writing])
        else:
            self._at_once = min(2 * self._at_once, MAX_GROUP)
            for writing in group:
                if not writing.done.done():
                    writing.done.set_result(
                        [returned[uuid] for uuid in writing.uuids if uuid in returned]
                    )

    async def _write(self, group: list[_Writing]) -> dict[UUID, Row]:
        document = f"[{b','.join(writing.rows for writing in group).decode()}]"
        written = await self._database.query(SERVICE, self._query, rows=document)
        return {row["uuid"]: row for row in written}


def _fail(group: list[_Writing], error: Exception) -> None:
    for writing in group:
        if not writing.done.done():
            writing.done.set_exception(error)
