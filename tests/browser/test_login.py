"""Register, open the link of the mail, ask, log out: through a real SMTP server and browser."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from playwright.async_api import Page, expect

from settings import Settings
from tests.browser.test_access import require_access
from tests.conftest import SettingsFactory
from tests.support.asking_in_browser import answered, ask
from tests.support.psql import sql
from tests.support.server import serve
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import until

pytestmark = pytest.mark.browser

FETCH = """
async ([method, path, body]) => {
    const headers = body ? { "Content-Type": "application/json" } : {};
    const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : null };
}
"""


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    """The SMTP server that mails go through."""
    with SmtpServer() as server:
        yield server


@pytest.fixture
def mailing(make_settings: SettingsFactory, smtp: SmtpServer) -> Settings:
    """Settings of a service that mails."""
    return make_settings(AUTH_REQUIRED=True, SMTP_URL=f"smtp://127.0.0.1:{smtp.port}")


@pytest.fixture
async def client(mailing: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of it, which says where it listens."""
    async with serve(mailing) as client:
        yield client


async def fetch(page: Page, method: str, path: str, body: object = None) -> dict[str, Any]:
    """What a script of a page gets."""
    answer: dict[str, Any] = await page.evaluate(FETCH, [method, path, body])
    return answer


async def mailed_link(smtp: SmtpServer, client: httpx2.AsyncClient) -> str:
    """The link in the only mail, at the port that the service has in this test."""
    await until(lambda: len(smtp.emails) == 1)
    [fragment] = re.findall(r"/login(#token=\S+)", smtp.emails[0].get_content())
    return f"{client.base_url}/login{fragment}".replace("//login", "/login")


class TestLogin:
    async def test_whole_flow(
        self, page: Page, client: httpx2.AsyncClient, smtp: SmtpServer, mailing: Settings
    ) -> None:
        """A person registers, opens the link of the mail, asks a question and logs out."""
        await page.goto(f"{client.base_url}/login")
        await expect(page.get_by_role("button")).to_have_text("Sign in with the code")
        registered = await fetch(page, "POST", "/v1/users", {"email": "ann@example.com"})
        assert registered["status"] == 202
        link = await mailed_link(smtp, client)
        await client.get(link)  # as a scanner of mails does
        await page.goto("about:blank")
        await page.goto(link)
        assert "token" not in page.url  # nor in the history, nor in a referrer
        assert await sql(mailing, "SELECT count(*) FROM session") == [(0,)]
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("status")).to_have_text(
            "You are signed in as ann@example.com."
        )
        answer = await fetch(page, "POST", "/v1/completion", {"message": "Hello"})
        assert (answer["status"], answer["body"]["message"]) == (200, "Echo: Hello")
        assert await page.evaluate("document.cookie") == ""  # no script reads the session
        assert (await fetch(page, "POST", "/v1/logout"))["status"] == 204
        assert (await fetch(page, "GET", "/v1/me"))["status"] == 401

    async def test_code(self, page: Page, client: httpx2.AsyncClient, smtp: SmtpServer) -> None:
        """On another device the code of the mail signs a person in, after a slip as well."""
        await client.post("/v1/users", json={"email": "ann@example.com"})
        await until(lambda: len(smtp.emails) == 1)
        [code] = re.findall(r": ([0-9A-Z]{8})$", smtp.emails[0].get_content(), re.MULTILINE)
        await page.goto(f"{client.base_url}/login")
        for typed, told in (("00000000", "has been used"), (code.lower(), "You are signed in")):
            await page.get_by_label("Address").fill("ann@example.com")
            await page.get_by_label("Code").fill(typed)
            await page.get_by_role("button").click()
            await expect(page.get_by_role("status")).to_contain_text(told)

    async def test_page_asks_who_is_there(
        self, page: Page, client: httpx2.AsyncClient, smtp: SmtpServer
    ) -> None:
        """The page of chats is for who is signed in by the link of a mail, until they leave."""
        await page.goto(f"{client.base_url}/")
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await require_access(page)
        await page.get_by_label("Address").fill("ann@example.com")
        await page.keyboard.press("Enter")
        await expect(page.locator("#sign-in-told")).to_contain_text("it is on its way")
        await page.goto(await mailed_link(smtp, client))
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("link", name="Ask a question").click()
        await ask(page, "Hello?")
        await answered(page)
        await expect(page.get_by_text("ann@example.com")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await expect(page.get_by_text("Hello?")).to_have_count(0)

    async def test_session_that_ends(
        self, page: Page, client: httpx2.AsyncClient, smtp: SmtpServer
    ) -> None:
        """Where a session has ended the page asks to sign in again; the code of a mail does it."""
        await page.goto(f"{client.base_url}/")
        for label in ("first", "again"):
            await page.get_by_label("Address").fill("ann@example.com")
            await page.get_by_role("button", name="Mail me a link").click()
            await until(lambda: len(smtp.emails) == 1)
            [code] = re.findall(r": ([0-9A-Z]{8})$", smtp.emails.pop().get_content(), re.MULTILINE)
            await page.get_by_label("Code").fill(code)
            await page.keyboard.press("Enter")
            await expect(page.get_by_text("ann@example.com")).to_be_visible()
            await page.request.post(f"{client.base_url}/v1/logout")
            await ask(page, label)
            await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    async def test_other_tabs(
        self, page: Page, client: httpx2.AsyncClient, smtp: SmtpServer
    ) -> None:
        """Where somebody signs in or out in one tab, another does not go on for who was there."""
        await page.goto(f"{client.base_url}/")
        await page.get_by_label("Address").fill("ann@example.com")
        await page.keyboard.press("Enter")
        link = await mailed_link(smtp, client)
        other = await page.context.new_page()
        await other.goto(link)
        await other.get_by_role("button", name="Sign in").click()
        await ask(page, "Hello?")
        await answered(page)
        await other.get_by_role("link", name="Ask a question").click()
        await other.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await expect(page.get_by_text("Hello?")).to_have_count(0)

    async def test_link_that_was_used(
        self, page: Page, client: httpx2.AsyncClient, smtp: SmtpServer
    ) -> None:
        """The page says why a link does not work any more."""
        await client.post("/v1/users", json={"email": "ann@example.com"})
        link = await mailed_link(smtp, client)
        for told in ("You are signed in", "has been used"):
            await page.goto("about:blank")
            await page.goto(link)
            await page.get_by_role("button", name="Sign in").click()
            await expect(page.get_by_role("status")).to_contain_text(told)
