"""A real browser, Debian's chromium, as a person uses the service: `make test-browser`."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.conftest import SettingsFactory
from tests.support.chat_knowledge import PORT
from tests.support.knowledge import DUCKS
from tests.support.server import serve
from tests.support.uploads import ended, post_text

CHROMIUM = Path("/usr/bin/chromium")
POLICY = re.compile("Security Policy|Trusted")  # what the browser refuses by the page's policy


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The program, which must be there."""
    if not CHROMIUM.exists():
        pytest.exit("These tests need a browser: apt-get install chromium", returncode=1)
    return CHROMIUM


@pytest.fixture(scope="session")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """The browser, started once."""
    async with async_playwright() as playwright:
        # Without a sandbox: that of chromium refuses root, and the pages are our own.
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A profile of a person's own: no cookies yet."""
    context = await browser.new_context()
    yield context
    await context.close()


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A tab; what the browser complains of fails the test."""
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if POLICY.search(said.text) else None,
    )
    yield page
    assert complaints == []


@pytest.fixture
async def client(make_settings: SettingsFactory) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a service where nobody signs in, which says where it listens."""
    async with serve(make_settings()) as client:
        yield client


@pytest.fixture
async def chat(page: Page, client: httpx2.AsyncClient) -> Page:
    """The page of a service that knows a document about ports, and one about ducks."""
    for title, text in (("Ports", PORT), ("Ducks", DUCKS)):
        await ended(client, await post_text(client, text, title=title))
    await page.goto(f"{client.base_url}/")
    return page
