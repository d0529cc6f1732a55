"""Generations that no upstream answers: how they end is up to a test."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from app.chat.constants import ChatRolesEnum, MessageStatus
from app.chat.events import Delta
from app.chat.generation import Generation
from app.chat.models import Message

DELTA = Delta("1", 2, "m", "Hi", "stop")
MESSAGE = Message(
    id=1,
    uuid=UUID(int=1),
    chat_uuid=None,
    model="m",
    role=ChatRolesEnum.ASSISTANT,
    message="Hi\r\nthere",
    status=MessageStatus.COMPLETE,
    finish_reason="stop",
    usage=None,
    sources=[],
    created_at=datetime(2026, 11, 22, tzinfo=UTC),
)


async def end(generation: Generation, *, error: Exception | None = None) -> None:
    """Ends a generation with MESSAGE, or with an error."""

    async def answer() -> Message:
        if error is not None:
            raise error
        return MESSAGE

    await generation.run(answer())


def under_way() -> int:
    """How many generations run in this process."""
    return sum("coro=<Generation.run()" in repr(task) for task in asyncio.all_tasks())
