"""Who can use the page: by keyboard alone, on a narrow screen, in the dark, behind a proxy."""

from typing import Any

import httpx2
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Route, ViewportSize, expect

from tests.conftest import SettingsFactory
from tests.support.asking_in_browser import answered, ask, opened_by
from tests.support.chat_knowledge import PORT, PORT_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import error, text
from tests.support.server import serve
from tests.support.uploads import ended, post_text

pytestmark = pytest.mark.browser

SCREENS = [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
RICH = "## Ports\n\nOn **8000** [1]:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nPORT=1\n```\n"


async def require_access(page: Page) -> None:
    """What axe-core finds, and whether the page is wider than its screen."""
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


class TestAxe:
    @pytest.mark.parametrize(("width", "scheme"), SCREENS)
    async def test_every_view(
        self,
        browser: Browser,
        client: httpx2.AsyncClient,
        fake_openai: FakeOpenAI,
        width: int,
        scheme: Any,
    ) -> None:
        """No view has a violation that axe-core knows, and none is wider than its screen."""
        fake_openai.reply(text(RICH), error(400))
        screen = ViewportSize(width=width, height=700)
        context = await browser.new_context(viewport=screen, color_scheme=scheme)
        page = await context.new_page()
        await page.goto(f"{client.base_url}/")
        await expect(page.get_by_text("Begin with a document")).to_be_visible()
        await require_access(page)
        document = await ended(client, await post_text(client, PORT, title="W" * 90))
        await ask(page, PORT_QUESTION)
        await answered(page)
        await ask(page, PORT_QUESTION)
        await expect(page.locator(".answer .problem")).to_be_visible()
        await require_access(page)
        await page.get_by_role("button", name="Rename").click()
        await require_access(page)
        if width < 400:
            await page.get_by_role("button", name="Menu").click()
            await require_access(page)
        await page.get_by_role("link", name="Documents").click()
        await page.get_by_role("button", name="Delete W").click()
        await require_access(page)
        await page.get_by_role("button", name="Undo").click()
        await page.goto(f"{client.base_url}/d/{document['uuid']}#passage=0")
        await expect(page.locator("mark")).to_be_visible()
        await require_access(page)
        await page.goto(f"{client.base_url}/login")
        await require_access(page)
        await context.close()


class TestKeyboard:
    async def test_whole_way(self, chat: Page, fake_openai: FakeOpenAI) -> None:
        """Without a mouse: to the question, to a citation, through the menu to the documents."""
        fake_openai.reply(text("On 8000 [1]."))
        await chat.keyboard.press("Tab")
        await expect(chat.locator("#skip")).to_be_focused()
        await chat.keyboard.press("Enter")
        await expect(chat.get_by_label("Your question")).to_be_focused()
        await chat.keyboard.type(PORT_QUESTION)
        await chat.keyboard.press("Shift+Enter")
        await chat.keyboard.type("Please.")
        await chat.keyboard.press("Enter")
        await answered(chat)
        await expect(chat.locator(".asked")).to_have_text(f"{PORT_QUESTION}\nPlease.")
        await expect(chat.get_by_label("Your question")).to_be_focused()
        for _ in range(4):  # back over the sources
            await chat.keyboard.press("Shift+Tab")
            if await chat.locator(".citation:focus").count():
                break
        await expect(chat.locator(".citation")).to_be_focused()
        async with chat.expect_popup() as opening:
            await chat.keyboard.press("Enter")
        await expect((await opening.value).locator("mark")).to_be_visible()
        await chat.get_by_role("link", name="Documents").press("Enter")
        await expect(chat.locator("#documents-title")).to_be_focused()
        await chat.keyboard.press("Tab")
        await expect(chat.locator("#files")).to_be_focused()

    async def test_menu_of_a_narrow_screen(self, chat: Page) -> None:
        """The menu opens by its button, and closes by Escape, which leaves the keyboard there."""
        await chat.set_viewport_size({"width": 320, "height": 600})
        menu = chat.get_by_role("button", name="Menu")
        await expect(chat.get_by_role("navigation")).to_be_hidden()
        await menu.press("Enter")
        await expect(chat.get_by_role("link", name="Documents")).to_be_visible()
        await chat.keyboard.press("Tab")
        await chat.keyboard.press("Escape")
        await expect(menu).to_be_focused()
        await expect(chat.get_by_role("navigation")).to_be_hidden()


class TestPrefix:
    async def test_page_behind_a_proxy(
        self, page: Page, make_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """Behind a proxy that strips a prefix all of the page works, links and requests."""
        fake_openai.reply(text("On 8000 [1]."))
        async with serve(make_settings(ROOT_PATH="/rag")) as client:
            await ended(client, await post_text(client, PORT, title="Ports"))

            async def strip(route: Route) -> None:
                await route.continue_(url=route.request.url.replace("/rag/", "/"))

            await page.context.route("**/*", strip)
            seen: list[str] = []
            page.context.on("request", lambda sent: seen.append(sent.url))
            await page.goto(f"{client.base_url}/rag/".replace("//rag", "/rag"))
            await ask(page, PORT_QUESTION)
            answer = await answered(page)
            tab = await opened_by(page, answer.locator(".citation"))
            await expect(tab.locator("mark")).to_have_text(PORT)
            assert [url for url in seen if "/rag/" not in url] == []
