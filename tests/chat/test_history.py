"""What was said in a chat, as it is read from Postgres."""

import asyncio
from uuid import UUID

import pytest

from app.chat.chats import ChatService
from app.core.caller import NOBODY
from app.db import Database
from tests.support.stored_messages import long_answers


class TestHistory:
    @pytest.mark.parametrize(("count", "chars", "newest"), [(2, 1_200_000, 1), (23, 10, 20)])
    async def test_read_in_parts(
        self, shared_database: Database, database_url: str, count: int, chars: int, newest: int
    ) -> None:
        """It comes in parts of so many exchanges, of which each holds fewer if they are long."""
        chat = await asyncio.to_thread(long_answers, database_url, count, chars)
        history = await ChatService(shared_database, lambda: None).ask(NOBODY, UUID(chat), "Hi")
        assert (len(history.newest), history.count) == (newest, count)
        answers = [exchange.answer async for exchange in history.exchanges()]
        assert answers == ["x" * chars] * count
