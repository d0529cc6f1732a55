"""The OpenAPI document, asked by schemathesis from end to end: `make test-contract`.

It sends what the document allows and what it forbids, follows its links, and holds every answer
and every event of a stream against it.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx2
import pytest

from app.core.constants import ROOT
from app.users.cookies import SessionCookie
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.people import logged_in, make_key
from tests.support.server import serve

pytestmark = pytest.mark.contract

PROGRAM: Final = Path(sys.executable).with_name("schemathesis")
CONFIG: Final = Path(__file__).with_name("schemathesis.toml")
# What ends the session that all other requests have.
ENDS: Final = ("--exclude-path", "/v1/logout", "--exclude-name", "DELETE /v1/me")


@pytest.fixture
def closed(make_settings: SettingsFactory) -> Settings:
    """Settings of a service that is for users alone, and counts nobody's requests."""
    return make_settings(AUTH_REQUIRED=True, RATE_LIMIT_PER_MINUTE=0, LOGIN_MAILS_PER_HOUR=0)


@pytest.fixture
async def person(closed: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of it, which has a session."""
    async with serve(closed) as client, logged_in(closed, client, "ann@example.com") as person:
        yield person


def configured(folder: Path, scheme: str, kind: str, secret: str) -> Path:
    """The configuration of one who has this secret."""
    config = folder / "schemathesis.toml"
    config.write_text(f'{CONFIG.read_text()}\n[auth.openapi.{scheme}]\n{kind} = "{secret}"\n')
    return config


async def check(client: httpx2.AsyncClient, config: Path, *given: str) -> None:
    """Fails with all that schemathesis finds."""
    document = f"{client.base_url}/openapi.json"
    command = [str(PROGRAM), "--config-file", str(config), "run", document, "--no-color", *given]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=STDOUT)
    try:
        told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, told.decode()


class TestContract:
    """Whoever asks: no fault of ours, no answer that is not described, nothing open."""

    async def test_nobody(self, make_settings: SettingsFactory) -> None:
        """Nobody, where nobody has to be anybody, is answered as the document says."""
        async with serve(make_settings(LOGIN_MAILS_PER_HOUR=0)) as client:
            await check(client, CONFIG)

    async def test_person(
        self, closed: Settings, person: httpx2.AsyncClient, tmp_path: Path
    ) -> None:
        """A person is answered as the document says, and nobody is without the session."""
        session = person.cookies[SessionCookie(closed).name]
        await check(person, configured(tmp_path, "session", "api_key", session), *ENDS)

    async def test_program(self, person: httpx2.AsyncClient, tmp_path: Path) -> None:
        """A program with a key is answered as the document says, and nobody is without the key."""
        key = await make_key(person)
        await check(person, configured(tmp_path, "api_key", "bearer", key))
