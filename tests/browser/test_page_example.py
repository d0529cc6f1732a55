"""The stream that docs/ask.md has a page read."""

import pytest
from playwright.async_api import Page

from tests.support.chat_knowledge import PORT_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import stream
from tests.support.pages import blocks, page

pytestmark = pytest.mark.browser


class TestStream:
    async def test_answer_is_shown_as_it_comes(self, chat: Page, fake_openai: FakeOpenAI) -> None:
        """The function shows every part once, and gives the whole message."""
        [function] = blocks(page("ask"), "js")
        fake_openai.reply(stream("On ", "port", " 8000."))
        call = f"""async (question) => {{
            {function}
            const shown = [];
            const message = await ask(question, (text) => shown.push(text));
            return [shown.join(""), message.message];
        }}"""
        shown, message = await chat.evaluate(call, PORT_QUESTION)
        assert shown == message == "On port 8000."
