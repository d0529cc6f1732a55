"""The jobs that mail."""

import httpx2
import pytest

from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.login_mails import ANN, code_in, consume, mail_to_ann, mailed, token_in
from tests.support.psql import sql
from tests.support.server import serve
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import until


class TestMail:
    """The job that mails."""

    async def test_outage(
        self, client: httpx2.AsyncClient, smtp: SmtpServer, mailing: Settings
    ) -> None:
        """A mail that the server could not take is sent when it can."""
        smtp.answer = "451 later"
        await client.post("/v1/users", json=ANN)

        async def tried() -> bool:
            return await sql(mailing, "SELECT attempts FROM job WHERE lease IS NULL") == [(1,)]

        await until(tried)
        smtp.answer = None
        await sql(mailing, "UPDATE job SET run_at = now()")
        assert (await mailed(smtp))["To"] == "ann@example.com"

    async def test_refused_for_good(
        self, client: httpx2.AsyncClient, smtp: SmtpServer, mailing: Settings
    ) -> None:
        """A mail that the server will never take is not tried again."""
        smtp.answer = "550 no"
        await client.post("/v1/users", json=ANN)

        async def done() -> bool:
            return await sql(mailing, "SELECT 1 FROM job") == []

        await until(done)
        assert smtp.emails == []

    async def test_secrets_are_not_stored(
        self, client: httpx2.AsyncClient, smtp: SmtpServer, mailing: Settings
    ) -> None:
        """Neither the token, nor the code, nor the cookie stands in the database."""
        mail = await mail_to_ann(client, smtp)
        [stored] = await sql(mailing, "SELECT token_hash, code_hash FROM magic_link")
        response = await consume(client, token=token_in(mail))
        cookie = response.cookies["brag_session"]
        stored += (await sql(mailing, "SELECT token_hash FROM session"))[0]
        held = b"".join(map(bytes, stored))
        for secret in (token_in(mail), code_in(mail), cookie):
            assert secret.encode() not in held

    async def test_locally_the_link_is_in_the_log(
        self, make_settings: SettingsFactory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Without an SMTP server a developer finds the link in the log."""
        async with serve(make_settings()) as client:
            await client.post("/v1/users", json=ANN)
            log = ""

            def is_told() -> bool:
                nonlocal log
                log += capsys.readouterr().err
                return "/login#token=" in log

            await until(is_told)
