"""Sessions and their cookies."""

import httpx2
import pytest

from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.login_mails import ANN, consume
from tests.support.people import login_token
from tests.support.psql import sql
from tests.support.server import serve


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
