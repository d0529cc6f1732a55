"""Users of Postgres that are no superusers: they migrate, and the policies bind them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from app.db import create_database
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.migrations import migrate
from app.embedded.postgres import EmbeddedPostgres
from settings import Settings
from tests.support.template import execute


@pytest.fixture
def fresh_url() -> Iterator[str]:
    """A Postgres of the test's own, in which no role was made yet."""
    with TemporaryDirectory(prefix="brag-") as folder, EmbeddedPostgres(Path(folder)) as url:
        yield url


def owned_database(url: str, owner: str, may: str = "") -> str:
    """The URL of an empty database for its owner, a new role."""
    execute(url, f"CREATE ROLE {owner} LOGIN {may}", f"CREATE DATABASE {owner} OWNER {owner}")
    parts = urlsplit(url)
    return parts._replace(netloc=f"{owner}@", path=f"/{owner}").geturl()


async def serves(url: str) -> bool:
    """Whether a service with AUTH_REQUIRED would start on this database."""
    settings = Settings(DATABASE_URL=SecretStr(url), AUTH_REQUIRED=True)
    database = await asyncio.to_thread(create_database, settings)
    await database.require_policies()
    await database.ready()
    await database.close()
    return True


class TestRoles:
    async def test_owner_who_may_make_roles(self, fresh_url: str) -> None:
        """Who owns the database and may make roles migrates and serves without an operator."""
        url = await asyncio.to_thread(owned_database, fresh_url, "clerk", "CREATEROLE")
        await asyncio.to_thread(migrate, url)
        assert await serves(url)

    async def test_owner_who_may_not(self, fresh_url: str) -> None:
        """Who may not is told what an operator has to run, and migrates after that."""
        url = await asyncio.to_thread(owned_database, fresh_url, "tenant")
        with pytest.raises(EmbeddedStartFailed, match=r"Have an operator run: .*GRANT brag_app TO"):
            await asyncio.to_thread(migrate, url)
        create = "DO $$ BEGIN CREATE ROLE brag_app; EXCEPTION WHEN duplicate_object THEN END $$"
        await asyncio.to_thread(execute, fresh_url, create, "GRANT brag_app TO tenant")
        await asyncio.to_thread(migrate, url)
        assert await serves(url)
