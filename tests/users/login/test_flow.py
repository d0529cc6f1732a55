"""Registration and login, through a real SMTP server."""

import httpx2
import pytest

from tests.support.login_mails import ANN, code_in, consume, mail_to_ann, mailed, token_in
from tests.support.server import problem_of
from tests.support.smtp_server import SmtpServer


class TestFlow:
    async def test_register_mail_click_log_out(
        self, client: httpx2.AsyncClient, smtp: SmtpServer
    ) -> None:
        """Who registers is mailed a link, is logged in by it, and logs out again."""
        mail = await mail_to_ann(client, smtp)
        assert mail["To"] == "ann@example.com"
        assert (await client.get("/v1/me")).status_code == 401
        logged_in = await consume(client, token=token_in(mail))
        assert logged_in.json()["email"] == "ann@example.com"
        assert (await client.get("/v1/me")).json() == logged_in.json()
        assert (await client.post("/v1/logout")).status_code == 204
        assert (await client.get("/v1/me")).status_code == 401

    async def test_code_on_another_device(
        self, client: httpx2.AsyncClient, smtp: SmtpServer
    ) -> None:
        """The code of the mail does the same, however it is typed."""
        code = code_in(await mail_to_ann(client, smtp))
        typed = f" {code[:4].lower()}-{code[4:]} "
        response = await consume(client, email="Ann@Example.COM", code=typed)
        assert response.json()["email"] == "ann@example.com"

    async def test_login_mails_nothing_to_a_stranger(
        self, client: httpx2.AsyncClient, smtp: SmtpServer
    ) -> None:
        """A login answers alike for every address, and mails a link to known ones alone."""
        stranger = await client.post("/v1/login", json={"email": "eve@example.com"})
        await consume(client, token=token_in(await mail_to_ann(client, smtp)))
        known = await client.post("/v1/login", json=ANN)
        assert (stranger.status_code, stranger.content) == (known.status_code, known.content)
        assert (await mailed(smtp, 2))["To"] == "ann@example.com"

    async def test_tags_are_kept_and_case_is_not(
        self, client: httpx2.AsyncClient, smtp: SmtpServer
    ) -> None:
        """An address is stored in lower case, with its tag."""
        await client.post("/v1/users", json={"email": "Ann+Brag@Example.com"})
        user = await consume(client, token=token_in(await mailed(smtp)))
        assert user.json()["email"] == "ann+brag@example.com"

    async def test_user_stays_the_same(self, client: httpx2.AsyncClient, smtp: SmtpServer) -> None:
        """Registering again logs the same user in."""
        first = await consume(client, token=token_in(await mail_to_ann(client, smtp)))
        again = await consume(client, token=token_in(await mail_to_ann(client, smtp)))
        assert again.json() == first.json()

    @pytest.mark.parametrize("path", ["/v1/users", "/v1/login"])
    @pytest.mark.parametrize(
        "email",
        [
            "",
            "ann",
            "ann@",
            "a@b@c.de",
            "ann@example.com\nBcc: eve@example.com",
            "=?utf-8?q?x=0ABcc=3A_y=40z?=@example.com",
            "x" * 250 + "@example.com",
        ],
    )
    async def test_no_address(self, client: httpx2.AsyncClient, path: str, email: str) -> None:
        """What is no address is refused, and named."""
        problem = problem_of(await client.post(path, json={"email": email}))
        assert problem["errors"][0]["loc"] == ["body", "email"]
