"""Documents on the page: dropping them in, why one failed, taking one out, reading one."""

import re

import httpx2
import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.support.knowledge import DUCKS
from tests.support.uploads import ended, post_text, uuids
from tests.support.waiting import until

pytestmark = pytest.mark.browser

DROP = """
(files) => {
    const transfer = new DataTransfer();
    for (const [name, text] of files) transfer.items.add(new File([text], name));
    for (const type of ["dragover", "drop"]) {
        const how = { dataTransfer: transfer, bubbles: true, cancelable: true };
        document.body.dispatchEvent(new DragEvent(type, how));
    }
}
"""
OLD_AND_NEW = "\ufeffOld \U0001f986 words.\r\n\r\n" + "Between.\n\n" * 400
ASTRAL = OLD_AND_NEW + "# Ducks \U0001f986\n\nMallard \U0001f4a7 ducks dive."


@pytest.fixture
async def documents(page: Page, client: httpx2.AsyncClient) -> Page:
    """The view of documents, of which there are none."""
    await page.goto(f"{client.base_url}/#documents")
    await expect(page.get_by_text("There are no documents yet.")).to_be_visible()
    return page


class TestPuttingIn:
    async def test_drop(self, documents: Page) -> None:
        """What is dropped anywhere is sent and read; a file that cannot be read says why."""
        await documents.goto(f"{documents.url.partition('#')[0]}#")
        await documents.evaluate(DROP, [["ducks.txt", DUCKS], ["bad.pdf", "%PDF-1.7 broken"]])
        rows = documents.locator("#documents .row")
        await expect(rows).to_have_count(2)
        await expect(rows.filter(has_text="ducks.txt")).to_contain_text("1 passage")
        await expect(rows.filter(has_text="bad.pdf").locator(".problem")).to_have_text(
            re.compile(r"PDF.*\.$")
        )

    async def test_choose(self, documents: Page) -> None:
        """A file that is chosen goes in; a refusal is told in the API's own sentence."""
        ducks = FilePayload(name="ducks.txt", mimeType="text/plain", buffer=DUCKS.encode())
        empty = FilePayload(name="none.bin", mimeType="", buffer=bytes(range(256)) * 20)
        await documents.get_by_label("Drop files here").set_input_files([ducks, empty])
        await expect(documents.locator("#documents .row")).to_have_count(1)
        refused = documents.locator("#uploads .row")
        await expect(refused.locator(".problem")).to_have_text(re.compile(r"^[A-Z].*\.$"))
        await refused.get_by_role("button", name="Close").click()
        await expect(refused).to_have_count(0)


class TestTakingOut:
    async def test_undo(self, documents: Page, client: httpx2.AsyncClient) -> None:
        """Deleting can be taken back; only then, or later, is the document gone."""
        await ended(client, await post_text(client, DUCKS, title="Ducks"))
        await documents.reload()
        delete = documents.get_by_role("button", name="Delete Ducks")
        await delete.click()
        await expect(delete).to_have_count(0)
        await expect(documents.get_by_role("button", name="Undo")).to_be_focused()
        await documents.keyboard.press("Enter")
        await expect(delete).to_be_focused()
        assert len(await uuids(client)) == 1
        await documents.keyboard.press("Enter")
        async with documents.expect_response(re.compile("/v1/documents/")):
            await documents.get_by_role("button", name="Delete now").click()
        assert await uuids(client) == []
        await expect(documents.get_by_text("There are no documents yet.")).to_be_visible()

    async def test_leaving_deletes(self, documents: Page, client: httpx2.AsyncClient) -> None:
        """Who leaves the page has deleted: nothing comes back by itself."""
        await ended(client, await post_text(client, DUCKS, title="Ducks"))
        await documents.reload()
        await documents.get_by_role("button", name="Delete Ducks").click()
        await documents.goto("about:blank")

        async def is_gone() -> bool:
            return await uuids(client) == []

        await until(is_gone)


class TestReading:
    async def test_passage_by_itself(self, page: Page, client: httpx2.AsyncClient) -> None:
        """An address with a passage opens it, whatever characters stand before it."""
        document = await ended(client, await post_text(client, ASTRAL, title="Birds"))
        last = document["passages_total"] - 1
        path = f"/v1/documents/{document['uuid']}/passages/{last}"
        passage = (await client.get(path)).json()
        await page.goto(f"{client.base_url}/d/{document['uuid']}#passage={last}")
        await expect(page.locator("mark")).to_be_in_viewport()
        shown = await page.locator("mark").text_content()
        assert shown == passage["text"]
        assert "ducks dive." in (shown or "")
        whole = await page.locator("#text").text_content()
        assert whole == ASTRAL

    @pytest.mark.parametrize(
        ("path", "told"),
        [
            ("00000000-0000-0000-0000-000000000000", "There is no such document."),
            ("none", "path.uuid: "),
            ("{uuid}#passage=99", "There is no such passage."),
        ],
    )
    async def test_what_is_not_there(
        self, page: Page, client: httpx2.AsyncClient, path: str, told: str
    ) -> None:
        """What cannot be shown is told in the API's own sentence."""
        document = await ended(client, await post_text(client, DUCKS))
        await page.goto(f"{client.base_url}/d/{path.format(uuid=document['uuid'])}")
        await expect(page.get_by_role("alert")).to_contain_text(told)
