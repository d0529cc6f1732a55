"""Commits that concurrent callers share: docs/decisions/0002-nothing-blocks-the-event-loop.md."""

import asyncio
from typing import Final
from uuid import UUID

import orjson
from async_timeout import timeout

from app.core.caller import SERVICE
from app.core.exceptions import DatabaseUnavailable
from app.db import Database, Row

MAX_GROUP: Final = 200


class GroupCommit:
    """Writes the rows of concurrent callers in one statement and one commit.

    A caller waits for the commit in flight and then shares the next with everyone who came
    meanwhile; alone, it waits for nothing. One bad row fails its own caller only.
    """

    def __init__(self, database: Database, query: str) -> None:
        """`query` takes a JSON array of rows as `rows`, and returns each with its uuid."""
        self._database = database
        self._query = query
        self._waiting: list[tuple[list[Row], asyncio.Future[list[Row]]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def write(self, rows: list[Row]) -> list[Row]:
        """Commits `rows` together; returns what the query returns of them, in order.

        A row of which the query returns nothing is left out: it has been deleted.

        Raises DatabaseUnavailable, or what is wrong with these rows.
        """
        done: asyncio.Future[list[Row]] = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        try:
            # Including the wait for the commit in flight.
            async with timeout(self._database.timeout_sec):
                return await done
        except TimeoutError:
            raise DatabaseUnavailable from None

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
            group = [(rows, done) for rows, done in group if not done.cancelled()]
            if group:
                await self._write_group(group)

    async def _write_group(self, group: list[tuple[list[Row], asyncio.Future[list[Row]]]]) -> None:
        try:
            returned = await self._write([row for rows, _ in group for row in rows])
            answers = [
                [returned[row["uuid"]] for row in rows if row["uuid"] in returned]
                for rows, _ in group
            ]
        except DatabaseUnavailable as error:
            _fail(group, error)
        except Exception as error:  # noqa: BLE001 - its callers must not wait for ever
            if len(group) == 1:
                return _fail(group, error)
            for rows, done in group:
                if not done.done():  # a caller that has left was told that nothing is stored
                    await self._write_group([(rows, done)])
        else:
            for (_, done), answer in zip(group, answers, strict=True):
                if not done.done():
                    done.set_result(answer)

    async def _write(self, rows: list[Row]) -> dict[UUID, Row]:
        document = orjson.dumps(rows).decode()
        written = await self._database.query(SERVICE, self._query, rows=document)
        return {row["uuid"]: row for row in written}


def _fail(group: list[tuple[list[Row], asyncio.Future[list[Row]]]], error: Exception) -> None:
    for _, done in group:
        if not done.done():
            done.set_exception(error)
