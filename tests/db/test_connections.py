"""The connections to Postgres: whether they answer, how they are set, and when they break."""

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest

from app.core.caller import SERVICE
from app.core.exceptions import DatabaseUnavailable, DatabaseUnusable
from app.db import Database
from app.db.engine import ROLE
from tests.support.databases import execute, opened
from tests.support.fake_openai import refusing_url
from tests.support.psql import run_sql
from tests.support.template import Template
from tests.support.template import execute as alter

END_THE_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE application_name = 'test_db_connections' AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def named_database(database_url: str) -> AsyncIterator[Database]:
    """The shared database, over connections that Postgres knows by a name."""
    async with opened(f"{database_url}&application_name=test_db_connections") as database:
        yield database


@pytest.fixture
def url_in_tokyo(template: Template) -> Iterator[str]:
    """A database that has settings of its own."""
    with template.copied() as url:
        name = urlsplit(url).path.removeprefix("/")
        for setting in ("timezone = 'Asia/Tokyo'", "statement_timeout = 0"):
            alter(url, f'ALTER DATABASE "{name}" SET {setting}')
        yield url


class TestReady:
    """Whether Postgres answers, and has what this version needs."""

    async def test_missing_server_is_unavailable(self) -> None:
        """Where no server listens the database is unavailable."""
        address = refusing_url().removeprefix("http://").removesuffix("/v1")
        async with opened(f"postgresql://{address}/postgres") as database:
            with pytest.raises(DatabaseUnavailable):
                await database.ready()

    async def test_role_without_a_look_at_migrations_is_ready(self, url_in_tokyo: str) -> None:
        """A role that may not read which migrations there are does its work nevertheless."""
        alter(url_in_tokyo, f"REVOKE SELECT ON schema_migrations FROM {ROLE}")
        async with opened(url_in_tokyo) as database:
            await database.ready()

    async def test_database_without_migrations_is_not_ready(self, url_in_tokyo: str) -> None:
        """A database without the newest migration, or without any, is not ready, and says so."""
        async with opened(url_in_tokyo) as database:
            await database.ready()
            alter(url_in_tokyo, "DELETE FROM schema_migrations")
            with pytest.raises(DatabaseUnusable, match=r"run `make migrate` \(it is at None"):
                await database.ready()
            alter(url_in_tokyo, "DROP TABLE schema_migrations")
            with pytest.raises(DatabaseUnusable, match="run `make migrate`"):
                await database.ready()


class TestConnections:
    """The pool."""

    @pytest.fixture
    def many_files(self) -> Iterator[None]:
        """A process that has more than 1024 files open."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1500), hard))
        files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
        yield
        for file in files:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    @pytest.mark.usefixtures("many_files")
    async def test_many_open_files_do_no_harm(self, named_database: Database) -> None:
        """Connections work, and are used again, however many files the process has open."""
        for _ in range(3):
            await named_database.ready()

    async def test_closed_connections_are_replaced(
        self, named_database: Database, database_url: str
    ) -> None:
        """Connections that the server has closed are replaced before they are used."""
        await asyncio.gather(*(named_database.ready() for _ in range(20)))
        await asyncio.to_thread(run_sql, database_url, END_THE_OTHERS)
        assert await asyncio.gather(*(named_database.ready() for _ in range(20))) == [None] * 20

    async def test_session_speaks_utf8(self, database_url: str) -> None:
        """Every character arrives, whatever encoding the URL or the environment asks for."""
        async with opened(f"{database_url}&client_encoding=LATIN1") as database:
            duck = partial(execute, statement="SELECT '\N{DUCK}'")
            assert await database.run(SERVICE, duck) == ["\N{DUCK}"]

    async def test_session_has_a_timeout_and_utc(self, url_in_tokyo: str) -> None:
        """Postgres itself gives up in time and speaks UTC, whatever the database is set to."""
        async with opened(url_in_tokyo, timeout_sec=1.5) as database:
            for name, expected in (("statement_timeout", "1500ms"), ("timezone", "UTC")):
                show = partial(execute, statement=f"SHOW {name}")
                assert await database.run(SERVICE, show) == [expected]
