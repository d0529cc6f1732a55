"""Every message, in Postgres."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from app.chat.constants import ChatRolesEnum, MessageStatus
from app.chat.events import Started
from app.chat.models import BaseMessage, Message, Usage
from app.core.exceptions import NotFound
from app.db import Database
from app.documents.models import Source
from app.group_commit import GroupCommit


@dataclass
class End:
    """How an answer ended."""

    answer: Message
    text: str
    status: MessageStatus
    finish_reason: str | None
    usage: Usage | None


class MessageService:
    """Stores questions and answers, and finds them again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._inserts = GroupCommit(database, "insert_messages")
        self._finishes = GroupCommit(database, "finish_messages")

    async def ask(self, question: BaseMessage, answered: Started, sources: list[Source]) -> Message:
        """Commits a question, and the answer to it that is about to be generated; returns that."""
        answer = _row(answered.uuid, ChatRolesEnum.ASSISTANT, question, answered.model)
        answer["status"] = MessageStatus.GENERATING
        answer["sources"] = [source.model_dump() for source in sources]
        asked = _row(uuid4(), ChatRolesEnum.USER, question, answered.model)
        asked["message"] = question.message
        _, stored = await self._inserts.write([asked, answer])
        return Message.model_validate(answer | stored)

    async def finish(self, end: End) -> Message:
        """Commits how an answer ended; returns it as it is now."""
        row = {
            "uuid": end.answer.uuid,
            "message": end.text,
            "status": end.status,
            "finish_reason": end.finish_reason,
            "usage": end.usage.model_dump() if end.usage else None,
        }
        await self._finishes.write([row])
        return end.answer.model_copy(update=row | {"usage": end.usage})

    async def get(self, uuid: UUID, *, user_id: int | None) -> Message:
        """One message of the user's; NotFound otherwise."""
        row = await self._database.query("get_message", uuid=uuid, user_id=user_id)
        if row is None:
            raise NotFound("There is no such message.")
        return Message.model_validate(row)

    async def page(
        self, limit: int, before: int | None, chat_uuid: UUID | None, *, user_id: int | None
    ) -> list[Message]:
        """The user's messages, newest first, at most `limit`."""
        rows = await self._database.query(
            "list_messages", user_id=user_id, limit=limit, before=before, chat_uuid=chat_uuid
        )
        return [Message.model_validate(row) for row in rows]

    async def fail_abandoned(self, seconds: float) -> int:
        """Ends the answers that have been generating for longer than `seconds`; says how many."""
        ended: int = await self._database.query("fail_abandoned_messages", seconds=seconds)
        return ended


def _row(uuid: UUID, role: ChatRolesEnum, question: BaseMessage, model: str) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "chat_uuid": question.chat_uuid,
        "user_id": None,
        "model": model,
        "role": role,
        "message": "",
        "status": MessageStatus.COMPLETE,
        "finish_reason": None,
        "usage": None,
        "sources": [],
    }
