"""A service that mails, which the tests of a module share."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from pydantic import SecretStr

from settings import Settings
from tests.support.fake_openai import refusing_url
from tests.support.psql import sql
from tests.support.server import serve
from tests.support.smtp_server import SmtpServer
from tests.support.template import Template


@pytest.fixture(scope="module")
def smtp() -> Iterator[SmtpServer]:
    """The SMTP server that mails go through."""
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="module")
def mailing(
    template: Template, tmp_path_factory: pytest.TempPathFactory, smtp: SmtpServer
) -> Iterator[Settings]:
    """Settings of one service for the whole module, which mails and has no model."""
    with template.copied() as url:
        yield Settings(
            DATABASE_URL=SecretStr(url),
            DATA_DIR=tmp_path_factory.mktemp("mailing"),
            OPENAI_BASE_URL=refusing_url(),
            AUTH_REQUIRED=True,
            RATE_LIMIT_PER_MINUTE=0,
            LOGIN_MAILS_PER_HOUR=0,
            SMTP_URL=SecretStr(f"smtp://127.0.0.1:{smtp.port}"),
            PUBLIC_URL="http://brag.test/prefix",
            ALLOWED_HOSTS=["127.0.0.1"],
        )


@pytest.fixture(scope="module")
async def client(mailing: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of it."""
    async with serve(mailing) as client:
        yield client


@pytest.fixture(autouse=True)
async def emptied(mailing: Settings, client: httpx2.AsyncClient, smtp: SmtpServer) -> None:
    """Each test begins without people, mails and cookies."""
    # No TRUNCATE: it waits for all tables at once, and the service writes to some every second.
    await sql(mailing, "DELETE FROM users; DELETE FROM magic_link; DELETE FROM job")
    client.cookies.clear()
    smtp.emails.clear()
    smtp.answer = None
