"""Connections that a firewall has forgotten, and what is repeated where it has."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
from sqlalchemy import exc

import app.db.database
import app.db.engine
from app.core.caller import NOBODY, SERVICE
from app.core.constants import ROOT
from app.core.exceptions import DatabaseUnavailable
from app.core.models import uuid7
from app.db import Database, Queries
from app.db.database import REPEATABLE
from app.db.repetition import repeat
from tests.support.databases import execute, message, opened, stored, to_json
from tests.support.postgres_proxy import PostgresProxy
from tests.support.waiting import Stopwatch


@pytest.fixture
async def network(database_url: str) -> AsyncIterator[PostgresProxy]:
    """A network that can forget its connections."""
    async with PostgresProxy(database_url) as network:
        yield network


@pytest.fixture
async def database(network: PostgresProxy) -> AsyncIterator[Database]:
    """The database behind it, all of whose connections are open."""
    async with opened(network.url) as database:
        await asyncio.gather(*(database.ready() for _ in range(20)))
        yield database


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection counts as one that has been idle for long."""
    monkeypatch.setattr(app.db.engine, "IDLE_SEC", -1)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection counts as idle."""
    monkeypatch.setattr(app.db.engine, "IDLE_SEC", 3600)


class TestIdle:
    """Connections that have been idle are asked before they are used."""

    @pytest.mark.usefixtures("idle")
    async def test_reset_goes_unnoticed(self, database: Database, network: PostgresProxy) -> None:
        """Where a firewall answers with a reset nothing fails, whatever is asked."""
        network.forget()
        title = {"uuid": uuid7(), "title": None}
        assert await database.query(NOBODY, "insert_chat", **title) is not None
        await asyncio.gather(*(database.ready() for _ in range(20)))

    @pytest.mark.usefixtures("idle")
    async def test_silence_goes_unnoticed(
        self, database: Database, network: PostgresProxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where a firewall drops what is sent without a word, another connection is taken soon."""
        monkeypatch.setattr(app.db.database, "NO_ANSWER_SEC", 0.05)
        network.hang()
        network.fail_over()
        with Stopwatch() as watch:
            await database.ready()
        assert watch.seconds < 1

    async def test_connection_in_use_is_not_asked(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A connection that was used a moment ago is not asked: that would cost a round trip."""
        pings = []
        monkeypatch.setattr("app.db.work.Work.ping", lambda *_: pings.append(1))
        await database.ready()
        await database.ready()
        assert pings == []


@pytest.mark.usefixtures("busy")
class TestRepetition:
    """What is repeated where a connection breaks that was in use just now."""

    async def test_question_is_stored(self, database: Database, network: PostgresProxy) -> None:
        """A question is stored once."""
        network.forget()
        row = message()
        await database.query(SERVICE, "insert_messages", rows=to_json([row]))
        found = await stored(database, row["uuid"])
        assert found
        assert found["message"] == "Hello"

    async def test_transaction_is_repeated(
        self, database: Database, network: PostgresProxy
    ) -> None:
        """A transaction that was not committed runs once more from its beginning."""
        runs = []

        def work(queries: Queries) -> int:
            runs.append(1)
            return int(execute(queries, "SELECT '1'")[0])

        network.forget()
        assert await database.run(SERVICE, work) == 1
        assert len(runs) == 2

    async def test_what_may_not_happen_twice_fails(
        self, database: Database, network: PostgresProxy
    ) -> None:
        """What would count twice is not repeated: its first attempt may have arrived."""
        network.forget()
        with pytest.raises(DatabaseUnavailable):
            await database.query(SERVICE, "delete_expired")
        assert await database.query(SERVICE, "delete_expired") is not None

    def test_repeatable_queries_exist(self) -> None:
        """Every query that may be repeated is there."""
        names = {file.stem for file in (ROOT / "db" / "queries").glob("*/*.sql")}
        assert names >= REPEATABLE


class TestRepeat:
    """The second attempt."""

    @staticmethod
    def failing(*errors: Exception) -> list[Exception | str]:
        """What the attempts come to, in turn."""
        return [*errors, "done"]

    @staticmethod
    def attempt(outcomes: list[Exception | str]) -> str:
        """One attempt."""
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def test_row_that_is_there_was_the_first_attempts(self) -> None:
        """Where the first attempt had arrived, the second's conflict is not what is told."""
        dead = exc.OperationalError("", {}, ValueError(), connection_invalidated=True)
        conflict = exc.IntegrityError("", {}, ValueError())
        with pytest.raises(exc.OperationalError):
            repeat(partial(self.attempt, self.failing(dead, conflict)))

    def test_other_errors_are_not_repeated(self) -> None:
        """An error of a connection that lives is told at once."""
        outcomes = self.failing(exc.OperationalError("", {}, ValueError()))
        with pytest.raises(exc.OperationalError):
            repeat(partial(self.attempt, outcomes))
        assert outcomes == ["done"]
