"""Every message, in Postgres."""

import asyncio
import logging
from dataclasses import replace
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from pydantic import BaseModel

from app.chat.constants import (
    LONGEST_STORE_AGAIN_SEC,
    STORE_AGAIN_SEC,
    ChatRolesEnum,
    MessageStatus,
)
from app.chat.context import PromptContext
from app.chat.events import ErrorEvent, StartEvent
from app.chat.journal import Journal
from app.chat.models import BaseMessage, Message
from app.chat.outcome import AnswerOutcome
from app.chat.transcript import Transcript
from app.core.caller import Caller
from app.core.exceptions import DatabaseUnavailable, NotFound
from app.db import Database, DatabaseError
from app.group_commit import GroupCommit

FOREIGN_KEY_VIOLATION: Final = "23503"
DELETED: Final = "The chat, or its user, was deleted meanwhile."

logger = logging.getLogger(__name__)


class Page(NamedTuple):
    """Some messages, and whether there are more after them."""

    messages: list[Message]
    has_next: bool


class MessageService:
    """Stores questions and answers, and finds them again."""

    def __init__(self, database: Database, journal: Journal, process_uuid: UUID) -> None:
        self.journal = journal
        self._database = database
        self._process_uuid = process_uuid
        self._inserts = GroupCommit(database, "insert_messages")
        self._ends = GroupCommit(database, "finish_messages")
        self._retries: set[asyncio.Task[None]] = set()
        self.unstored: set[UUID] = set()  # answers that have ended

    async def begin(
        self, caller: Caller, question: BaseMessage, start: StartEvent, context: PromptContext
    ) -> Message:
        """Commits a question, and the answer to it that is about to be generated; returns that.

        NotFound where its chat, or its user, has been deleted meanwhile.
        """
        asked = _row(caller, uuid4(), ChatRolesEnum.USER, question, start.model)
        asked["message"] = question.message
        answer = _row(caller, start.uuid, ChatRolesEnum.ASSISTANT, question, start.model) | {
            "question_uuid": asked["uuid"],
            "status": MessageStatus.GENERATING,
            # With what no client is shown, so that the prompt can be made again.
            "sources": [dict(source) for source in context.sources or []],
            "retrieval_queries": context.retrieval_queries,
            "turns": _dumped(context.turn_counts),
            "parameters": question.parameters | context.client.named_parameters,
            "prompt_mark": context.mark if context.sources else None,
            "prompt_sha256": context.prompt_sha256,
            "process_uuid": self._process_uuid,
        }
        try:
            _, stored = await self._inserts.write([asked, answer])
        except DatabaseError as error:
            if error.code != FOREIGN_KEY_VIOLATION:
                raise
            raise NotFound(DELETED) from None
        return Message.model_validate(answer | stored)

    async def finish(
        self, answer: Message, outcome: AnswerOutcome, transcript: Transcript | None = None
    ) -> Message:
        """Commits how an answer ended, and the transcript of its stream; returns it as it is now.

        NotFound where it has been deleted with its chat or its user meanwhile. Raises
        DatabaseUnavailable, and then goes on trying to store it: as partial, since its client is
        told of a failure.
        """
        try:
            return await self._finish(answer, outcome, transcript)
        except DatabaseUnavailable as error:
            logger.warning("Answer %s could not be stored; it is tried again", answer.uuid)
            status = MessageStatus.PARTIAL if outcome.text else MessageStatus.FAILED
            outcome = replace(outcome, status=status, error=outcome.error or error)
            self.unstored.add(answer.uuid)
            retry = asyncio.create_task(self._retry(answer, outcome, transcript))
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
    ) -> Page:
        """The caller's messages, newest first, at most `limit`, and fewer where they are long."""
        rows = await self._database.query(
            caller, "list_messages", limit=limit, before=before, chat_uuid=chat_uuid
        )
        messages = [Message.model_validate(row) for row in rows]
        return Page(messages, has_next=bool(rows) and rows[-1]["has_next"])

    async def request_cancellation(self, caller: Caller, uuid: UUID) -> bool:
        """Asks the process that generates an answer of the caller's to cancel it, if one does."""
        return bool(await self._database.query(caller, "request_cancellation", uuid=uuid))

    async def close(self) -> None:
        """Gives up what could not be stored."""
        for retry in self._retries:
            retry.cancel()

    async def _finish(
        self, answer: Message, outcome: AnswerOutcome, transcript: Transcript | None
    ) -> Message:
        row = {
            "uuid": answer.uuid,
            "model": outcome.model or answer.model,
            "message": outcome.text,
            "status": outcome.status,
            "finish_reason": outcome.finish_reason,
            "usage": _dumped(outcome.usage),
            "turns": _dumped(answer.turns),
            "prompt_sha256": answer.prompt_sha256,
        }
        if not await self._ends.write([row | _journal(outcome, transcript)]):
            raise NotFound(DELETED)
        return answer.model_copy(update=row | {"usage": outcome.usage, "turns": answer.turns})

    async def _retry(
        self, answer: Message, outcome: AnswerOutcome, transcript: Transcript | None
    ) -> None:
        delay = STORE_AGAIN_SEC
        while True:
            await asyncio.sleep(delay)
            try:
                await self._finish(answer, outcome, transcript)
            except DatabaseUnavailable:
                delay = min(2 * delay, LONGEST_STORE_AGAIN_SEC)
                continue
            except NotFound:
                pass  # nobody needs it any more
            self.unstored.discard(answer.uuid)
            return


def _journal(outcome: AnswerOutcome, transcript: Transcript | None) -> dict[str, Any]:
    """What is kept of a stream, so that it can be sent once more with the same bytes."""
    if transcript is None:
        return {}
    error = outcome.error and ErrorEvent.of(outcome.error).problem
    return {"deltas": transcript.dump(0, len(transcript)), "error": error}


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
        "question_uuid": None,
        "retrieval_queries": None,
        "turns": None,
        "parameters": None,
        "prompt_mark": None,
        "prompt_sha256": None,
        "process_uuid": None,
    }


def _dumped(value: BaseModel | None) -> dict[str, Any] | None:
    return None if value is None else value.model_dump()
