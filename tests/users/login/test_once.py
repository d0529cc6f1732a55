"""A link works once, for 15 minutes."""

import asyncio

import httpx2
import pytest

from settings import Settings
from tests.support.login_mails import (
    ANN,
    assert_invalid,
    code_in,
    consume,
    mail_to_ann,
    token_in,
)
from tests.support.psql import sql
from tests.support.server import problem_of
from tests.support.smtp_server import SmtpServer


class TestOnce:
    """A link works once, for 15 minutes."""

    async def test_link_works_once(self, client: httpx2.AsyncClient, smtp: SmtpServer) -> None:
        """A link that was used is worth nothing, and neither is its code."""
        mail = await mail_to_ann(client, smtp)
        assert (await consume(client, token=token_in(mail))).status_code == 200
        assert_invalid(await consume(client, token=token_in(mail)))
        assert_invalid(await consume(client, email=ANN["email"], code=code_in(mail)))

    async def test_expired(
        self, client: httpx2.AsyncClient, smtp: SmtpServer, mailing: Settings
    ) -> None:
        """A link that has expired is worth nothing, and neither is its code."""
        mail = await mail_to_ann(client, smtp)
        [(minutes,)] = await sql(
            mailing, "SELECT round(extract(epoch FROM expires_at - now()) / 60) FROM magic_link"
        )
        assert minutes == 15
        await sql(mailing, "UPDATE magic_link SET expires_at = now()")
        assert_invalid(await consume(client, token=token_in(mail)))
        assert_invalid(await consume(client, email=ANN["email"], code=code_in(mail)))

    async def test_opening_the_page_uses_nothing_up(
        self, client: httpx2.AsyncClient, smtp: SmtpServer
    ) -> None:
        """A scanner that opens the link by GET or HEAD leaves it as it is."""
        mail = await mail_to_ann(client, smtp)
        for method in ("GET", "HEAD"):
            page = await client.request(method, "/login", params={"token": token_in(mail)})
            assert page.status_code == 200
        assert (await client.get("/v1/login/consume")).status_code == 405
        assert (await consume(client, token=token_in(mail))).status_code == 200

    async def test_many_at_once(self, client: httpx2.AsyncClient, smtp: SmtpServer) -> None:
        """Of many who use one link at the same time one is let in."""
        token = token_in(await mail_to_ann(client, smtp))
        answers = await asyncio.gather(*(consume(client, token=token) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19

    async def test_guesses_at_once(self, client: httpx2.AsyncClient, smtp: SmtpServer) -> None:
        """Of many codes at the same time no more than five are looked at."""
        code = code_in(await mail_to_ann(client, smtp))
        for _ in range(5):
            await consume(client, email=ANN["email"], code="0" * 8)
        guesses = ("1" * 8, code, "2" * 8, code)
        answers = await asyncio.gather(
            *(consume(client, email=ANN["email"], code=guess) for guess in guesses)
        )
        assert {answer.status_code for answer in answers} == {401}

    async def test_five_wrong_codes_end_it(
        self, client: httpx2.AsyncClient, smtp: SmtpServer
    ) -> None:
        """After five wrong codes the right one is refused; the link still works."""
        mail = await mail_to_ann(client, smtp)
        for _ in range(5):
            assert_invalid(await consume(client, email=ANN["email"], code="00000000"))
        assert_invalid(await consume(client, email=ANN["email"], code=code_in(mail)))
        assert (await consume(client, token=token_in(mail))).status_code == 200

    async def test_code_of_another_address(
        self, client: httpx2.AsyncClient, smtp: SmtpServer
    ) -> None:
        """A code lets nobody in at another address."""
        code = code_in(await mail_to_ann(client, smtp))
        assert_invalid(await consume(client, email="bob@example.com", code=code))

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"email": "ann@example.com"},
            {"code": "ABCDEFGH"},
            {"token": "t", "email": "ann@example.com", "code": "ABCDEFGH"},
        ],
    )
    async def test_neither_form(self, client: httpx2.AsyncClient, given: dict[str, str]) -> None:
        """A body that is neither a token nor an address with a code is a 422."""
        assert problem_of(await consume(client, **given))["code"] == "validation_error"
