"""The service under test, and what it must be at rest."""

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from app.db import Database
from app.users.login import LoginService
from app.vector_store.filters import DOCUMENT
from settings import Settings
from tests.faults.dependencies import Dependencies
from tests.support.links import Traffic
from tests.support.waiting import until

SETTLE_SEC: Final = 6.0
# What is not there when nothing is under way; planning it takes ten times as long as running it.
UNSETTLED: Final = """
PREPARE unsettled AS
SELECT 'a job', kind || ' ' || document_uuid FROM job
UNION ALL
SELECT 'a question without an answer', CAST(uuid AS text) FROM message AS question
WHERE role = 'user' AND NOT EXISTS (
    SELECT FROM message AS answer WHERE answer.question_uuid = question.uuid
)
UNION ALL
SELECT 'an answer without an end', CAST(uuid AS text) FROM message WHERE status = 'generating'
UNION ALL
SELECT 'a document without an end', CAST(uuid AS text) FROM document
WHERE status NOT IN ('ready', 'failed')
UNION ALL
SELECT 'a journal without an end', CAST(message_uuid AS text) FROM journal WHERE text IS NOT NULL
UNION ALL
SELECT 'a transaction without an end', CAST(pid AS text) FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""
PASSAGES: Final = """
SELECT CAST(document_uuid AS text), count(*) FROM passage GROUP BY document_uuid
"""
FACET: Final = json.dumps({"key": DOCUMENT, "limit": 100_000, "exact": True}).encode()


@dataclass
class Service(Dependencies):
    """The service between its dependencies; `person` is logged in."""

    settings: Settings
    person: httpx2.AsyncClient
    database: Database
    logins: LoginService
    stack: AsyncExitStack  # what is open as long as the service is
    temporary: Path
    acknowledged: dict[str, str] = field(default_factory=dict)  # the text of each answer
    resting: Counter[str] = field(default_factory=Counter)
    reported: list[object] = field(default_factory=list)
    arranged: dict[object, dict[str, Any]] = field(default_factory=dict)  # what is only read

    async def settle(self) -> None:
        """Returns once nothing is under way, or left behind, any more; fails with what is."""
        left: list[object] = []

        async def is_settled() -> bool:
            left[:] = await self.left_behind()
            return not left

        try:
            await until(is_settled, SETTLE_SEC)
        except TimeoutError:
            self.reported += left  # other cases are not to blame
            pytest.fail(f"After {SETTLE_SEC} s there is still {left}")

    async def left_behind(self) -> list[object]:
        """What is not there when nothing is under way, but for what was reported before."""
        left: list[object] = (
            [*(self.tasks() - self.resting)]
            or await asyncio.to_thread(self._left_in_stores)
            or [*self.temporary.iterdir()]
            or ["a connection of the pool"] * self._checked_out()
        )
        return [one for one in left if one not in self.reported]

    def traffic(self) -> dict[str, Traffic]:
        """What has gone through each network so far."""
        return {name: replace(network.traffic) for name, network in self.networks.items()}

    async def sql(self, statement: str, *values: object) -> list[Any]:
        """The rows of a statement, beside the service and its network."""
        return await asyncio.to_thread(self._sql, statement, values)

    def tasks(self) -> Counter[str]:
        """The tasks of the service, by the names of their coroutines."""
        names = (
            getattr(task.get_coro(), "__qualname__", "")
            for task in asyncio.all_tasks() - {asyncio.current_task()}
        )
        return Counter(name for name in names if not name.startswith("Network."))

    def _sql(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        with self.postgres.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    def _left_in_stores(self) -> list[object]:
        return self._sql("EXECUTE unsettled", ()) or self._torn_points()

    def _torn_points(self) -> list[object]:
        """Documents of which Qdrant has other points than Postgres has passages."""
        hits = self.qdrant.answer("POST /collections/demo/facet", None, FACET)["hits"]
        points = {hit["value"]: hit["count"] for hit in hits if hit["count"]}
        return [*(points.items() ^ dict(self._sql(PASSAGES, ())).items())]

    def _checked_out(self) -> int:
        pool: Any = self.database._engine.pool  # noqa: SLF001
        count: int = pool.checkedout()
        return count
