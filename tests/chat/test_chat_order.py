"""Questions that come to one chat at the same time."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from app.chat.chats import ChatOrder, ChatService
from app.chat.models import BaseMessage, QAMessage
from app.chat.services import AnswerService
from app.core.caller import NOBODY
from app.db import Database
from app.main import create_app
from tests.conftest import SettingsFactory
from tests.support.databases import opened
from tests.support.shared import shared_embedder, shared_parser
from tests.support.users import ANN


@pytest.fixture
async def shared_database_of_chats(chat_database_url: str) -> AsyncIterator[Database]:
    """The database of the services of these tests."""
    async with opened(chat_database_url, timeout_sec=5) as database:
        yield database


class TestOrder:
    @pytest.fixture
    async def answers(self, make_chat_settings: SettingsFactory) -> AsyncIterator[AnswerService]:
        """What answers questions, without endpoints."""
        app = create_app(make_chat_settings(), embedder=shared_embedder(), parser=shared_parser())
        async with app.router.lifespan_context(app) as state:
            assert state is not None
            yield state["answers"]

    async def test_questions_at_the_same_time(
        self, answers: AnswerService, shared_database_of_chats: Database
    ) -> None:
        """Questions that come at the same time are stored in the order of their coming."""
        chat = (await ChatService(shared_database_of_chats, lambda: None).create(NOBODY, None)).uuid
        # Every other one is retrieved for, which takes longer: without an order it would be late.
        questions = [
            (QAMessage if number % 2 == 0 else BaseMessage)(
                message=f"What do ducks eat on day {number}?", chat_uuid=chat
            )
            for number in range(8)
        ]
        generations = [answers.start(NOBODY, question) for question in questions]
        for generation in generations:
            assert (await generation.result()).status == "complete"
        stored = await shared_database_of_chats.query(
            NOBODY, "list_messages", limit=20, before=None, chat_uuid=chat
        )
        asked = [row["message"] for row in reversed(stored) if row["role"] == "user"]
        assert asked == [question.message for question in questions]

    async def test_later_one_that_ends_first(self) -> None:
        """Questions that end before they are stored neither harm those before nor let others by."""
        order, uuid = ChatOrder(), uuid4()
        with order.turn(NOBODY, uuid) as first:
            with order.turn(NOBODY, uuid) as second:
                assert second is not None
            with order.turn(NOBODY, uuid) as third:
                assert first is None
                assert third is not None
                assert not third.done()
                with order.turn(ANN, uuid) as of_a_stranger:
                    assert of_a_stranger is None
        await asyncio.wait([second, third], timeout=1)
        assert second.done()
        assert third.done()
        with order.turn(NOBODY, uuid) as later:
            assert later is None
