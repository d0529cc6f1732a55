"""Chats: conversations whose questions are understood by those before them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple
from uuid import UUID

from app.chat.models import Chat, Usage
from app.core.caller import Caller
from app.core.exceptions import NotFound
from app.core.models import uuid7
from app.db import Database, Row
from app.retrieval.models import Turn

NEWEST: Final = 20  # exchanges, which most chats do not exceed
OLDER_AT_ONCE: Final = 200
TITLE_CHARS: Final = 80


class Exchange(NamedTuple):
    """A question of a chat and its whole answer, as they are stored."""

    question: str
    answer: str
    model: str
    usage: Usage | None


class History:
    """What was said in a chat: its newest exchanges, and the others as they are asked for."""

    def __init__(self, newest: list[Exchange], count: int, older: AsyncIterator[Exchange]) -> None:
        self.newest = newest
        self.count = count
        self._older = older

    @property
    def last_turn(self) -> Turn | None:
        """The newest exchange, if there is one."""
        if not self.newest:
            return None
        return Turn(self.newest[0].question, self.newest[0].answer)

    async def exchanges(self) -> AsyncIterator[Exchange]:
        """All complete exchanges, newest first."""
        for exchange in self.newest:
            yield exchange
        async for exchange in self._older:
            yield exchange


class ChatService:
    """The chats of callers, and what was said in them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, caller: Caller, title: str | None) -> Chat:
        """A new chat without messages."""
        row = await self._database.query(caller, "insert_chat", uuid=uuid7(), title=title)
        return Chat.model_validate(row)

    async def get(self, caller: Caller, uuid: UUID) -> Chat:
        """A chat of the caller's; NotFound otherwise."""
        row = await self._database.query(caller, "get_chat", uuid=uuid)
        if row is None:
            raise NoSuchChat
        return Chat.model_validate(row)

    async def page(self, caller: Caller, limit: int, before: UUID | None) -> list[Chat]:
        """The caller's chats, newest first, at most `limit`."""
        rows = await self._database.query(caller, "list_chats", limit=limit, before=before)
        return [Chat.model_validate(row) for row in rows]

    async def rename(self, caller: Caller, uuid: UUID, title: str) -> Chat:
        """Gives a chat another title; NotFound if it is not the caller's."""
        row = await self._database.query(caller, "rename_chat", uuid=uuid, title=title)
        if row is None:
            raise NoSuchChat
        return Chat.model_validate(row)

    async def delete(self, caller: Caller, uuid: UUID) -> None:
        """Deletes a chat with its messages, also one that is being generated."""
        if not await self._database.query(caller, "delete_chat", uuid=uuid):
            raise NoSuchChat

    async def ask(self, caller: Caller, uuid: UUID, question: str) -> History:
        """What was said in a chat before this question; its first question gives it a title.

        NotFound if it is not the caller's.
        """
        title = title_of(question)
        is_there, rows, count = await asyncio.gather(
            self._database.query(caller, "touch_chat", uuid=uuid, title=title),
            self._read(caller, uuid, None, NEWEST),
            self._database.query(caller, "count_exchanges", chat_uuid=uuid),
        )
        if not is_there:
            raise NoSuchChat
        return History(list(map(_exchange, rows)), count, self._older(caller, uuid, rows))

    async def _older(self, caller: Caller, uuid: UUID, rows: list[Row]) -> AsyncIterator[Exchange]:
        most = NEWEST
        while len(rows) == most:
            most = OLDER_AT_ONCE
            rows = await self._read(caller, uuid, rows[-1]["id"], most)
            for row in rows:
                yield _exchange(row)

    async def _read(self, caller: Caller, uuid: UUID, before: int | None, limit: int) -> list[Row]:
        rows: list[Row] = await self._database.query(
            caller, "list_exchanges", chat_uuid=uuid, before=before, limit=limit
        )
        return rows


def _exchange(row: Row) -> Exchange:
    return Exchange(
        row["question"],
        row["answer"],
        row["model"],
        Usage.model_validate(row["usage"]) if row["usage"] else None,
    )


class NoSuchChat(NotFound):
    """The chat is not there, or is somebody else's."""

    detail = "There is no such chat."


def title_of(question: str) -> str:
    """The first words of a question, at most 80 characters."""
    words = " ".join(question.split())
    if len(words) <= TITLE_CHARS:
        return words
    cut, _, _ = words[:TITLE_CHARS].rpartition(" ")
    return f"{cut or words[: TITLE_CHARS - 1]}…"


class ChatOrder:
    """Has questions of one chat that come at the same time stored in the order of their coming."""

    def __init__(self) -> None:
        self._last: dict[UUID, asyncio.Event] = {}

    @contextmanager
    def turn(self, chat_uuid: UUID | None) -> Iterator[asyncio.Event]:
        """The block is a question's way until it is stored; the event says when it may be."""
        if chat_uuid is None:
            yield ALWAYS
            return
        before, over = self._last.get(chat_uuid), asyncio.Event()
        self._last[chat_uuid] = over
        try:
            yield before or ALWAYS
        finally:
            over.set()
            if self._last[chat_uuid] is over:
                del self._last[chat_uuid]


ALWAYS: Final = asyncio.Event()
ALWAYS.set()
