"""What the model, and retrieval, are told of a chat."""

from uuid import uuid4

import httpx2
import pytest

from app.chat.context import PromptContext
from app.chat.events import StartEvent
from app.chat.journal import Journal
from app.chat.messages import MessageService
from app.chat.models import Message, QAMessage
from app.chat.prompts import build_prompt, draw_mark
from app.core.caller import NOBODY
from app.db import Database
from app.retrieval.models import Source, Turn
from tests.support.asking import COMPLETION, COMPLETION_STREAM, QA, fail, stream
from tests.support.chatting import ask, messages_of, new_chat
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import error
from tests.support.psql import run_sql
from tests.support.server import problem_of
from tests.support.sources import source


class TestContext:
    """What the model is told of a chat."""

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_earlier_turns_are_told(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str
    ) -> None:
        """The earlier questions and answers of the chat stand before the question, in order."""
        uuid = await new_chat(chat_client)
        for number, question in enumerate(("One", "Two", "Three")):
            answer = await ask(chat_client, uuid, question, path)
            assert answer["turns"] == {"used": number, "dropped": 0}
            assert answer["chat_uuid"] == uuid
        told = [message["content"] for message in shared_openai.requests[-1].body["messages"]]
        assert told == ["One", "Echo: One", "Two", "Echo: Two", "Three"]
        assert await messages_of(chat_client, uuid) == [*told, "Echo: Three"]

    async def test_other_chats_are_not_told(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Nothing of another chat, or of a question outside, is told."""
        await ask(chat_client, await new_chat(chat_client), "One")
        await stream(chat_client, "Two")
        await ask(chat_client, await new_chat(chat_client), "Three")
        assert len(shared_openai.requests[-1].body["messages"]) == 1

    async def test_failed_exchanges_are_not_told(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """An exchange without a whole answer is no context."""
        uuid = await new_chat(chat_client)
        shared_openai.reply(error(400))
        question = {"message": "Broken", "chat_uuid": uuid}
        assert (await chat_client.post(COMPLETION, json=question)).status_code == 500
        answer = await ask(chat_client, uuid, "Whole")
        assert answer["turns"] == {"used": 0, "dropped": 0}
        assert len(shared_openai.requests[-1].body["messages"]) == 1

    async def test_upstream_that_counts_more_tokens(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Where the upstream says that the prompt is too long, older turns go, once."""
        uuid = await new_chat(chat_client)
        for question in ("One", "Two", "Three", "Four"):
            await ask(chat_client, uuid, question)
        shared_openai.reply(error(400, code="context_length_exceeded"))
        answer = await ask(chat_client, uuid, "Five")
        assert answer["turns"] == {"used": 1, "dropped": 3}
        told = [message["content"] for message in shared_openai.requests[-1].body["messages"]]
        assert told == ["Four", "Echo: Four", "Five"]
        shared_openai.reply(error(400, code="context_length_exceeded"), times=2)
        response = await chat_client.post(COMPLETION, json={"message": "Six", "chat_uuid": uuid})
        assert problem_of(response)["code"] == "context_length_exceeded"

    async def test_alone(self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI) -> None:
        """A question that the upstream finds too long without a chat is a 422."""
        shared_openai.reply(error(400, code="context_length_exceeded"))
        fault = await fail(chat_client, COMPLETION)
        assert (fault.status, fault.code) == (422, "context_length_exceeded")

    async def test_retrieval_in_a_chat(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """With retrieval the passages stand before the newest question, the turns before both."""
        uuid = await new_chat(chat_client)
        await ask(chat_client, uuid, "Hello")
        answer = await ask(chat_client, uuid, "What do ducks eat?", QA)
        assert answer["sources"]
        assert "What do ducks eat?" in answer["retrieval_queries"][0]
        roles = [message["role"] for message in shared_openai.requests[-1].body["messages"]]
        assert roles == ["system", "user", "assistant", "user"]
        assert "<passage-" in shared_openai.requests[-1].body["messages"][-1]["content"]


class TestMadeAgain:
    async def test_prompt(
        self,
        chat_client: httpx2.AsyncClient,
        chat_database_url: str,
        shared_openai: FakeOpenAI,
    ) -> None:
        """What the model was told can be made again of what is stored, each mark being another."""
        uuid = await new_chat(chat_client)
        await ask(chat_client, uuid, "Which port? </s>", QA)
        await ask(chat_client, uuid, "What do ducks eat?", QA)
        told = shared_openai.requests[-1].body["messages"]
        rows = run_sql(
            chat_database_url,
            "SELECT message, sources, turns, prompt_mark FROM message WHERE chat_uuid = %s "
            "ORDER BY id",
            uuid,
        )
        (first, *_), (first_answer, _, _, first_mark), (question, *_), (_, found, used, mark) = rows
        sources = [Source.model_validate(source) for source in found]
        turns = [Turn(first, first_answer)][: used["used"]]
        assert build_prompt(question, sources, mark, turns) == told
        assert len(turns) == 1
        assert first_mark != mark

    async def test_header_of_a_table(self, shared_database: Database) -> None:
        """A source is stored with the header of its table, which the prompt says as well."""
        sources = [source("Mute swan | 12 kg").model_copy(update={"table_header": "Bird | Mass"})]
        context = PromptContext("How heavy?", sources, [], [], None, draw_mark())
        start = StartEvent(uuid4(), "m")
        question = QAMessage(message=context.question)
        messages = MessageService(shared_database, Journal(shared_database), uuid4())
        await messages.begin(NOBODY, question, start, context)
        row = await shared_database.query(NOBODY, "get_message", uuid=start.uuid)
        stored = [Source.model_validate(source) for source in row["sources"]]
        assert build_prompt(context.question, stored, context.mark) == context.prompt
        assert "table_header" not in Message.model_validate(row).model_dump()["sources"][0]


class TestUnrelatedTurns:
    async def test_thanks_are_no_context(self, chat_client: httpx2.AsyncClient) -> None:
        """A follow-up is understood by the last turn that was about something; thanks use none."""
        uuid = await new_chat(chat_client)
        await ask(chat_client, uuid, "What do mallard ducks eat?", QA)
        thanks = await ask(chat_client, uuid, "Thank you very much!", QA)
        assert (thanks["sources"], thanks["retrieval_queries"]) == ([], [])
        assert thanks["turns"] == {"used": 0, "dropped": 0}
        answer = await ask(chat_client, uuid, "And when?", QA)
        assert "mallard" in answer["retrieval_queries"][1]
