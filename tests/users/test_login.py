"""Registration and login, through a real SMTP server."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from email.message import EmailMessage

import httpx2
import pytest
from pydantic import SecretStr

from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.fake_openai import refusing_url
from tests.support.people import login_token
from tests.support.psql import sql
from tests.support.server import problem_of, serve
from tests.support.smtp_server import SmtpServer
from tests.support.template import Template
from tests.support.waiting import until

ANN = {"email": "ann@example.com"}


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
    await sql(mailing, "TRUNCATE users, magic_link, job CASCADE")
    client.cookies.clear()
    smtp.emails.clear()
    smtp.answer = None


async def mailed(smtp: SmtpServer, count: int = 1) -> EmailMessage:
    """The newest of so many mails."""
    await until(lambda: len(smtp.emails) >= count)
    assert len(smtp.emails) == count
    return smtp.emails[-1]


def token_in(mail: EmailMessage) -> str:
    """The token of the link in a mail."""
    [token] = re.findall(
        r"^http://brag\.test/prefix/login#token=(\S+)$", mail.get_content(), re.MULTILINE
    )
    return str(token)


def code_in(mail: EmailMessage) -> str:
    """The code in a mail."""
    [code] = re.findall(r": ([0-9A-Z]{8})$", mail.get_content(), re.MULTILINE)
    return str(code)


async def mail_to_ann(client: httpx2.AsyncClient, smtp: SmtpServer) -> EmailMessage:
    """What Ann is mailed when she registers."""
    count = len(smtp.emails)
    assert (await client.post("/v1/users", json=ANN)).status_code == 202
    return await mailed(smtp, count + 1)


async def consume(client: httpx2.AsyncClient, **given: str) -> httpx2.Response:
    """Uses up what a mail held."""
    return await client.post("/v1/login/consume", json=given)


def assert_invalid(response: httpx2.Response) -> None:
    """The link or code is refused, and no session begins."""
    problem = problem_of(response)
    assert (problem["status"], problem["code"]) == (401, "login_link_invalid")
    assert response.headers["www-authenticate"] == "Bearer"
    assert "set-cookie" not in response.headers


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


class TestSession:
    """The cookie."""

    async def test_local_cookie(self, mailing: Settings, client: httpx2.AsyncClient) -> None:
        """Locally the cookie goes over HTTP as well, and no script reads it."""
        token = await login_token(mailing, ANN["email"])
        cookie = (await consume(client, token=token)).headers["set-cookie"]
        assert cookie.startswith("brag_session=")
        assert cookie.endswith("; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax")

    async def test_cookie_in_production(self, make_settings: SettingsFactory) -> None:
        """Elsewhere it is of this host alone, and goes over TLS alone."""
        settings = make_settings(
            ENVIRONMENT="production",
            SECRET_KEY="s" * 32,
            PUBLIC_URL="https://127.0.0.1",
        )
        async with serve(settings) as client:
            token = await login_token(settings, ANN["email"])
            cookie = (await consume(client, token=token)).headers["set-cookie"]
        assert cookie.startswith("__Host-brag_session=")
        assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax; Secure")

    async def test_new_id_at_each_login(
        self, mailing: Settings, client: httpx2.AsyncClient
    ) -> None:
        """Each login has a session of its own."""
        cookies = set()
        for _ in range(2):
            token = await login_token(mailing, ANN["email"])
            cookies.add((await consume(client, token=token)).cookies["brag_session"])
        assert len(cookies) == 2

    @pytest.mark.parametrize(("days_left", "lasts"), [(16, 16), (14, 30)])
    async def test_slides(
        self, mailing: Settings, client: httpx2.AsyncClient, days_left: int, lasts: int
    ) -> None:
        """A session of which less than half is left lasts 30 days again, and its cookie as well."""
        await consume(client, token=await login_token(mailing, ANN["email"]))
        await sql(
            mailing, "UPDATE session SET expires_at = now() + make_interval(days => %s)", days_left
        )
        response = await client.get("/v1/me")
        assert ("set-cookie" in response.headers) == (lasts == 30)
        [(days,)] = await sql(
            mailing, "SELECT round(extract(epoch FROM expires_at - now()) / 86400) FROM session"
        )
        assert days == lasts

    @pytest.mark.parametrize(
        "beside", ['prefs={"a":1}', "a@b=1", "näme=1", "path=/", "=x", "expires=1", "x"]
    )
    async def test_cookies_of_others(
        self, mailing: Settings, client: httpx2.AsyncClient, beside: str
    ) -> None:
        """Whatever cookies others have set for this host, the session counts."""
        token = await login_token(mailing, ANN["email"])
        session = (await consume(client, token=token)).cookies["brag_session"]
        client.cookies.clear()
        for cookies in (f"{beside}; brag_session={session}", f"brag_session={session}; {beside}"):
            response = await client.get("/v1/me", headers={b"Cookie": cookies.encode()})
            assert response.status_code == 200, cookies

    async def test_renewed_while_it_ends(
        self, mailing: Settings, client: httpx2.AsyncClient
    ) -> None:
        """A session that would be renewed is ended all the same by a logout."""
        await consume(client, token=await login_token(mailing, ANN["email"]))
        await sql(mailing, "UPDATE session SET expires_at = now() + '1 day'")
        response = await client.post("/v1/logout")
        assert "Max-Age=0" in response.headers["set-cookie"]
        assert await sql(mailing, "SELECT 1 FROM session") == []

    async def test_expires(self, mailing: Settings, client: httpx2.AsyncClient) -> None:
        """A session that has expired is none."""
        await consume(client, token=await login_token(mailing, ANN["email"]))
        await sql(mailing, "UPDATE session SET expires_at = now()")
        assert (await client.get("/v1/me")).status_code == 401

    async def test_another_secret_key_ends_it(self, make_settings: SettingsFactory) -> None:
        """Changing SECRET_KEY ends every session."""
        first, second = (make_settings(AUTH_REQUIRED=True, SECRET_KEY=key * 32) for key in "ab")
        async with serve(first) as client:
            token = await login_token(first, ANN["email"])
            session = (await consume(client, token=token)).cookies["brag_session"]
        cookie = {"Cookie": f"brag_session={session}"}
        for settings, status in ((first, 200), (second, 401)):
            async with serve(settings) as client:
                assert (await client.get("/v1/me", headers=cookie)).status_code == status
