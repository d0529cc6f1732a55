"""Rows of concurrent callers in one commit."""

import asyncio
from typing import Any
from uuid import uuid4

import orjson
import pytest

from app import group_commit
from app.core.caller import SERVICE, Caller
from app.core.exceptions import DatabaseUnavailable
from app.db import Database
from app.group_commit import MAX_GROUP, GroupCommit
from tests.support.databases import execute, message, stored

COMMITS = "SELECT DISTINCT CAST(xmin AS text) FROM message WHERE model = :model"


class SlowDatabase(Database):
    """A Postgres that has time for no more than three rows of a statement."""

    async def query(self, caller: Caller, name: str, /, **parameters: Any) -> Any:
        """Stores a few rows."""
        if len(orjson.loads(parameters["rows"])) > 3:
            raise DatabaseUnavailable
        return await super().query(caller, name, **parameters)


class TestGroupCommit:
    """Rows of concurrent callers in one commit."""

    async def test_rows_keep_their_order(self, shared_database: Database) -> None:
        """Rows are stored in the order in which they came, and callers get their own."""
        group = GroupCommit(shared_database, "insert_messages")
        rows = [message(f"{n}") for n in range(2 * MAX_GROUP)]
        written = await asyncio.gather(*(group.write(rows[n : n + 2]) for n in range(0, 400, 2)))
        returned = [row for pair in written for row in pair]
        assert [row["uuid"] for row in returned] == [row["uuid"] for row in rows]
        ids = [row["id"] for row in returned]
        assert ids == sorted(ids)

    async def test_many_callers_share_few_commits(self, shared_database: Database) -> None:
        """Many callers share a few commits."""
        group, model = GroupCommit(shared_database, "insert_messages"), uuid4().hex
        rows = [message() | {"model": model} for _ in range(100)]
        await asyncio.gather(*(group.write([row]) for row in rows))
        commits = await shared_database.run(
            SERVICE, lambda queries: execute(queries, COMMITS, model=model)
        )
        assert len(commits) <= 2

    async def test_much_text_is_several_commits(
        self, shared_database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Rows share a commit up to so many bytes; one that is more has its own."""
        monkeypatch.setattr(group_commit, "MAX_GROUP_BYTES", 3000)
        group, model = GroupCommit(shared_database, "insert_messages"), uuid4().hex
        sizes = [1000, 1000, 5000, 10, 10]
        rows = [message("x" * size) | {"model": model} for size in sizes]
        await asyncio.gather(*(group.write([row]) for row in rows))
        commits = await shared_database.run(
            SERVICE, lambda queries: execute(queries, COMMITS, model=model)
        )
        assert len(commits) == 3

    async def test_too_much_is_split(
        self, shared_database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was too much at once is stored when its callers try again."""
        monkeypatch.setattr(shared_database, "__class__", SlowDatabase)
        group, left = GroupCommit(shared_database, "insert_messages"), [message() for _ in range(9)]
        for _ in range(4):
            writes = [group.write([row]) for row in left]
            results = await asyncio.gather(*writes, return_exceptions=True)
            left = [
                row
                for row, result in zip(left, results, strict=True)
                if isinstance(result, DatabaseUnavailable)
            ]
        assert left == []

    @pytest.mark.parametrize(
        "bad",
        [{"role": "king"}, {"message": "a\x00b"}, {"message": None}, {"usage": {"total": 10**30}}],
        ids=["refused by a constraint", "NUL", "null", "a number without a JSON form"],
    )
    async def test_bad_row_fails_its_caller_only(
        self, shared_database: Database, bad: dict[str, Any]
    ) -> None:
        """A bad row fails its own caller only."""
        group = GroupCommit(shared_database, "insert_messages")
        good = [message() for _ in range(4)]
        writes = [group.write([row]) for row in good]
        writes.insert(2, group.write([message() | bad]))
        results = await asyncio.gather(*writes, return_exceptions=True)
        assert [isinstance(result, Exception) for result in results] == [0, 0, 1, 0, 0]
        assert all([await stored(shared_database, row["uuid"]) for row in good])

    async def test_missing_row_is_left_out(self, shared_database: Database) -> None:
        """Of an update of a row that is not there nothing is returned; others are updated."""
        row = message()
        await GroupCommit(shared_database, "insert_messages").write([row])
        group = GroupCommit(shared_database, "finish_messages")
        gone = {"uuid": uuid4(), "message": "", "status": "failed"}
        there = {"uuid": row["uuid"], "message": "Bye", "status": "partial"}
        missed, written = await asyncio.gather(group.write([gone]), group.write([there]))
        assert (missed, [row["uuid"] for row in written]) == ([], [row["uuid"]])
        assert (await stored(shared_database, row["uuid"]) or {})["message"] == "Bye"

    async def test_cancelled_caller_takes_nothing_from_others(
        self, shared_database: Database
    ) -> None:
        """A caller that leaves takes nothing from the others."""
        group = GroupCommit(shared_database, "insert_messages")
        rows = [message() for _ in range(3)]
        writes = [asyncio.create_task(group.write([row])) for row in rows]
        await asyncio.sleep(0)
        writes[1].cancel()
        results = await asyncio.gather(*writes, return_exceptions=True)
        assert isinstance(results[1], asyncio.CancelledError)
        assert await stored(shared_database, rows[0]["uuid"])
        assert await stored(shared_database, rows[2]["uuid"])

    async def test_nothing_is_stored_for_a_caller_that_left(
        self, shared_database: Database
    ) -> None:
        """Nothing is stored for a caller that leaves before the rows are tried one by one."""
        group, rows = GroupCommit(shared_database, "insert_messages"), [message() for _ in range(3)]
        rows[0] |= {"role": "king"}
        writes = [asyncio.create_task(group.write([row])) for row in rows]
        for _ in range(3):  # all have come, and their rows are on the way
            await asyncio.sleep(0)
        writes[1].cancel()
        await asyncio.gather(*writes, return_exceptions=True)
        assert await stored(shared_database, rows[1]["uuid"]) is None
        assert await stored(shared_database, rows[2]["uuid"])

    async def test_next_caller_is_served_when_all_have_left(
        self, shared_database: Database
    ) -> None:
        """When all callers have left, the next one is served as ever."""
        group = GroupCommit(shared_database, "insert_messages")
        writes = [asyncio.create_task(group.write([message()])) for _ in range(3)]
        await asyncio.sleep(0)
        for write in writes:
            write.cancel()
        row = message()
        await group.write([row])
        assert await stored(shared_database, row["uuid"])
