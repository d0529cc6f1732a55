"""Asking on the page: the answer as it streams, its citations, chats, stopping, coming back."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx2
import pytest
from playwright.async_api import Page, expect

from tests.support.asking_in_browser import answered, answers, ask, opened_by, shown
from tests.support.chat_knowledge import DUCK_QUESTION, PORT, PORT_QUESTION, UNRELATED_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.network import Network
from tests.support.openai_replies import error, stream, text
from tests.support.template import execute

pytestmark = pytest.mark.browser

IS_ABOVE_FIELD = """(answer) => {
  const { top, bottom } = answer.getBoundingClientRect();
  return top > 0 && bottom <= document.getElementById("composer").getBoundingClientRect().top;
}"""


@asynccontextmanager
async def lost_connection(chat: Page, client: httpx2.AsyncClient) -> AsyncIterator[Network]:
    """The network of a page that has seen its connection break, when it showed "Half"."""
    async with Network(("127.0.0.1", client.base_url.port or 0)) as network:
        await chat.goto(f"http://127.0.0.1:{network.port}/")
        await ask(chat, PORT_QUESTION)
        await shown(chat, "Half")
        await network.refuse()
        state = answers(chat).locator(".state")
        await expect(state).to_have_text("The connection was lost. Trying again…")
        yield network


class TestAnswer:
    async def test_cited_answer(self, chat: Page, fake_openai: FakeOpenAI) -> None:
        """A citation opens the passage that it names, highlighted in its document."""
        fake_openai.reply(stream("On **port", " 8000** [1], not [9]."))
        await ask(chat, PORT_QUESTION)
        answer = await answered(chat)
        await expect(answer.locator(".prose")).to_have_text("On port 8000 1, not [9].")
        await expect(answer.locator("strong")).to_have_text("port 8000")
        await expect(answer.locator(".sources li").first).to_contain_text("Ports")
        await expect(answer.locator(".about")).to_contain_text(f"Searched for “{PORT_QUESTION}”")
        document = await opened_by(chat, answer.get_by_role("link", name="Source 1: Ports"))
        await expect(document.locator("mark")).to_have_text(PORT)
        await expect(document.locator("mark")).to_be_in_viewport()
        await expect(document.get_by_role("heading", level=1)).to_have_text("Ports")

    async def test_refusal_while_documents_are_read(
        self, chat: Page, own_database_url: str
    ) -> None:
        """Beside a refusal stands whether documents are still being read."""
        await ask(chat, UNRELATED_QUESTION)
        await expect((await answered(chat)).locator(".state")).to_be_hidden()
        execute(own_database_url, "UPDATE document SET status = 'pending'")
        await ask(chat, UNRELATED_QUESTION)
        state = answers(chat).last.locator(".state")
        await expect(state).to_have_text("Documents are still being read: ask again once they are.")

    async def test_streaming_is_quiet(self, chat: Page, fake_openai: FakeOpenAI) -> None:
        """While an answer comes it is busy and nothing is read out; at its end it is, once."""
        released = asyncio.Event()
        fake_openai.reply(stream("Half", released, " and whole [1]."))
        await ask(chat, PORT_QUESTION)
        await shown(chat, "Half")
        await expect(answers(chat)).to_have_attribute("aria-busy", "true")
        assert await chat.locator("#said").text_content() == ""
        assert await chat.locator(".answer[aria-live], .answer [aria-live]").count() == 0
        released.set()
        await answered(chat)
        await expect(chat.locator("#said")).to_have_text("Half and whole 1.")

    async def test_follow_up(self, chat: Page, fake_openai: FakeOpenAI) -> None:
        """A second question continues the chat, which the first one gave its title."""
        fake_openai.reply(text("Seeds [1]."), text("At dawn [1]."))
        await ask(chat, DUCK_QUESTION)
        await answered(chat)
        await ask(chat, "And when do mallard ducks eat?")
        answer = await answered(chat, 2)
        await expect(answer.locator(".about")).to_contain_text("1 earlier question of this chat")
        await expect(chat.get_by_role("heading", level=1)).to_have_text(DUCK_QUESTION)
        await expect(chat.get_by_role("navigation").get_by_text(DUCK_QUESTION)).to_be_visible()

    async def test_nothing_found(self, chat: Page) -> None:
        """Where the documents say nothing the answer says so, and names no sources and no model."""
        await ask(chat, UNRELATED_QUESTION)
        answer = await answered(chat)
        await expect(answer).to_contain_text("No documents found in context.")
        assert await answer.locator(".sources").count() == 0
        await expect(answer).not_to_contain_text("Answered by")

    async def test_short_answer_is_in_view(self, chat: Page, fake_openai: FakeOpenAI) -> None:
        """Below a long answer, a question and its answer are seen without scrolling."""
        fake_openai.reply(text("\n\n".join(["Long [1]."] * 40)))
        await ask(chat, PORT_QUESTION)
        await answered(chat)
        await ask(chat, UNRELATED_QUESTION)
        answer = await answered(chat, 2)
        await chat.wait_for_function(IS_ABOVE_FIELD, arg=await answer.element_handle())

    async def test_refusal_and_another_try(self, chat: Page, fake_openai: FakeOpenAI) -> None:
        """An error is told in the API's own sentence; trying again asks the same question."""
        fake_openai.reply(error(400, code="content_filter"))
        await ask(chat, PORT_QUESTION)
        problem = answers(chat).last.locator(".problem")
        await expect(problem).to_contain_text("filter")
        await chat.get_by_role("button", name="Try again").click()
        answer = await answered(chat)
        await expect(answer).to_contain_text("Echo:")


class TestStop:
    async def test_stopped_answer_stays(self, chat: Page, fake_openai: FakeOpenAI) -> None:
        """Stopping keeps what there is, says so, and leaves the keyboard at the question."""
        fake_openai.reply(stream("Half", asyncio.Event()))
        await ask(chat, PORT_QUESTION)
        await shown(chat, "Half")
        await chat.get_by_role("button", name="Stop").press("Enter")
        answer = await answered(chat)
        await expect(answer.locator(".state")).to_have_text("Stopped.")
        await expect(answer.locator(".prose")).to_have_text("Half")
        await expect(chat.get_by_label("Your question")).to_be_focused()


class TestComingBack:
    async def test_reload(self, chat: Page, fake_openai: FakeOpenAI) -> None:
        """A reload in the middle of an answer loses nothing of it."""
        released = asyncio.Event()
        fake_openai.reply(stream("Half", released, " and whole."))
        await ask(chat, PORT_QUESTION)
        await shown(chat, "Half")
        await chat.reload()
        await shown(chat, "Half")
        await expect(answers(chat)).to_have_attribute("aria-busy", "true")
        released.set()
        answer = await answered(chat)
        await expect(answer.locator(".prose")).to_have_text("Half and whole.")
        assert len(fake_openai.requests) == 1

    async def test_several_answers(
        self, chat: Page, client: httpx2.AsyncClient, fake_openai: FakeOpenAI
    ) -> None:
        """All answers that are on their way in a chat are taken up, not only the newest."""
        released = asyncio.Event()
        uuid = (await client.post("/v1/chats", json={})).json()["uuid"]
        asking = []
        for word in ("One", "Two"):
            fake_openai.reply(stream(word, released, " whole."))
            question = {"message": PORT_QUESTION, "chat_uuid": uuid}
            asking.append(asyncio.create_task(client.post("/v1/qa-stream", json=question)))
            await fake_openai.arrival()
        await chat.goto(f"{client.base_url}/#chat={uuid}")
        await expect(answers(chat)).to_have_count(2)
        released.set()
        await expect(answers(chat).locator(".prose")).to_have_text(["One whole.", "Two whole."])
        await asyncio.gather(*asking)

    async def test_stop_that_does_not_reach_the_service(
        self, chat: Page, client: httpx2.AsyncClient, fake_openai: FakeOpenAI
    ) -> None:
        """Who stops an answer while the connection is lost is told that it did not work."""
        fake_openai.reply(stream("Half", asyncio.Event()))
        async with lost_connection(chat, client):
            await chat.get_by_role("button", name="Stop").click()
            state = answers(chat).locator(".state")
            await expect(state).to_have_text("The service does not answer. Please try again.")

    async def test_lost_connection(
        self, chat: Page, client: httpx2.AsyncClient, fake_openai: FakeOpenAI
    ) -> None:
        """A lost connection is seen, and the answer goes on after the last event that came."""
        released = asyncio.Event()
        fake_openai.reply(stream("Half", released, " and whole."))
        resumed: list[str] = []
        chat.on("request", lambda sent: resumed.append(sent.headers.get("last-event-id", "")))
        async with lost_connection(chat, client) as network:
            await network.resume()
            released.set()
            answer = await answered(chat)
            await expect(answer.locator(".prose")).to_have_text("Half and whole.")
        assert "3" in resumed

    async def test_other_chat_meanwhile(self, chat: Page, fake_openai: FakeOpenAI) -> None:
        """An answer goes on while another chat is looked at."""
        released = asyncio.Event()
        fake_openai.reply(stream("Half", released, " and whole."), text("Seeds."))
        await ask(chat, PORT_QUESTION)
        await shown(chat, "Half")
        await chat.get_by_role("link", name="New chat").click()
        await expect(chat.get_by_text("Ask your documents")).to_be_visible()
        await ask(chat, DUCK_QUESTION)
        await answered(chat)
        released.set()
        await chat.get_by_role("link", name=PORT_QUESTION).click()
        answer = await answered(chat)
        await expect(answer.locator(".prose")).to_have_text("Half and whole.")


class TestChats:
    async def test_rename(self, chat: Page) -> None:
        """A chat is given another title, which stays."""
        await ask(chat, PORT_QUESTION)
        await answered(chat)
        await chat.get_by_role("button", name="Rename").click()
        await chat.get_by_label("Title of this chat").fill("<b>Ports</b> & more")
        await chat.keyboard.press("Enter")
        await expect(chat.get_by_role("heading", level=1)).to_have_text("<b>Ports</b> & more")
        await chat.reload()
        await expect(chat.get_by_role("heading", level=1)).to_have_text("<b>Ports</b> & more")

    async def test_link_to_one_that_is_gone(self, chat: Page, client: httpx2.AsyncClient) -> None:
        """A link to a chat that was deleted says so."""
        await chat.goto(f"{client.base_url}/#chat={uuid4()}")
        await expect(chat.get_by_role("alert")).to_have_text("There is no such chat.")

    async def test_delete(self, chat: Page, client: httpx2.AsyncClient) -> None:
        """Deleting a chat can be taken back; then it is gone for good."""
        await ask(chat, PORT_QUESTION)
        await answered(chat)
        for way, left in (("Undo", 1), ("Delete now", 0)):
            await chat.get_by_role("button", name="Delete", exact=True).click()
            await expect(chat.locator("#chats li")).to_have_count(0)
            async with chat.expect_response(re.compile("/v1/")):
                await chat.get_by_role("button", name=way).click()
            await expect(chat.locator("#chats li")).to_have_count(left)
            assert len((await client.get("/v1/chats")).json()) == left
