"""Every message, in Postgres."""

import asyncio
import logging
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from app.chat.constants import STORE_AGAIN_SEC, SWEEP_SEC, ChatRolesEnum, MessageStatus
from app.chat.events import StartEvent
from app.chat.models import BaseMessage, Message
from app.chat.outcome import AnswerOutcome
from app.core.caller import SERVICE, Caller
from app.core.exceptions import DatabaseUnavailable, NotFound
from app.db import Database
from app.group_commit import GroupCommit
from app.retrieval.models import Source

logger = logging.getLogger(__name__)


class MessageService:
    """Stores questions and answers, and finds them again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._inserts = GroupCommit(database, "insert_messages")
        self._ends = GroupCommit(database, "finish_messages")
        self._retries: set[asyncio.Task[None]] = set()

    async def begin(
        self, caller: Caller, question: BaseMessage, start: StartEvent, sources: list[Source]
    ) -> Message:
        """Commits a question, and the answer to it that is about to be generated; returns that."""
        answer = _row(caller, start.uuid, ChatRolesEnum.ASSISTANT, question, start.model)
        answer["status"] = MessageStatus.GENERATING
        answer["sources"] = [source.model_dump() for source in sources]
        asked = _row(caller, uuid4(), ChatRolesEnum.USER, question, start.model)
        asked["message"] = question.message
        _, stored = await self._inserts.write([asked, answer])
        return Message.model_validate(answer | stored)

    async def finish(self, answer: Message, outcome: AnswerOutcome) -> Message:
        """Commits how an answer ended; returns it as it is now.

        Raises DatabaseUnavailable, and then goes on trying to store it: as partial, since its
        client is told of a failure.
        """
        try:
            return await self._finish(answer, outcome)
        except DatabaseUnavailable:
            logger.warning("Answer %s could not be stored; it is tried again", answer.uuid)
            status = MessageStatus.PARTIAL if outcome.text else MessageStatus.FAILED
            retry = asyncio.create_task(self._retry(answer, replace(outcome, status=status)))
            self._retries.add(retry)
            retry.add_done_callback(self._retries.discard)
            raise

    async def get(self, caller: Caller, uuid: UUID) -> Message:
        """One message of the caller's; NotFound otherwise."""
        row = await self._database.query(caller, "get_message", uuid=uuid)
        if row is None:
            raise NotFound("There is no such message.")
        return Message.model_validate(row)

    async def page(
        self, caller: Caller, limit: int, before: int | None, chat_uuid: UUID | None
    ) -> list[Message]:
        """The caller's messages, newest first, at most `limit`."""
        rows = await self._database.query(
            caller, "list_messages", limit=limit, before=before, chat_uuid=chat_uuid
        )
        return [Message.model_validate(row) for row in rows]

    async def sweep(self, seconds: float) -> None:
        """Fails, again and again, answers that have been generating for longer than `seconds`.

        Their processes have died.
        """
        while True:
            try:
                await self._database.query(SERVICE, "fail_abandoned_messages", seconds=seconds)
            except Exception as error:  # noqa: BLE001 - the next try may find it mended
                logger.warning("Could not look for abandoned answers: %s", type(error).__name__)
            await asyncio.sleep(SWEEP_SEC)

    async def close(self) -> None:
        """Gives up what could not be stored."""
        for retry in self._retries:
            retry.cancel()

    async def _finish(self, answer: Message, outcome: AnswerOutcome) -> Message:
        row = {
            "uuid": answer.uuid,
            "message": outcome.text,
            "status": outcome.status,
            "finish_reason": outcome.finish_reason,
            "usage": outcome.usage.model_dump() if outcome.usage else None,
        }
        await self._ends.write([row])
        return answer.model_copy(update=row | {"usage": outcome.usage})

    async def _retry(self, answer: Message, outcome: AnswerOutcome) -> None:
        while True:
            await asyncio.sleep(STORE_AGAIN_SEC)
            try:
                await self._finish(answer, outcome)
            except DatabaseUnavailable:
                continue
            return


def _row(
    caller: Caller, uuid: UUID, role: ChatRolesEnum, question: BaseMessage, model: str
) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "chat_uuid": question.chat_uuid,
        "user_id": caller.user_id,
        "model": model,
        "role": role,
        "message": "",
        "status": MessageStatus.COMPLETE,
        "finish_reason": None,
        "usage": None,
        "sources": [],
    }
