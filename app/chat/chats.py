"""Chats: conversations whose questions are understood by those before them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, Self
from uuid import UUID

from app.chat.constants import NO_DOCUMENTS_FOUND
from app.chat.models import Chat, Usage
from app.core.caller import Caller
from app.core.exceptions import NotFound
from app.core.models import uuid7
from app.db import Database, Row
from app.retrieval.conversation import is_courtesy
from app.retrieval.models import Turn

NEWEST: Final = 20  # exchanges, which most chats do not exceed
OLDER_AT_ONCE: Final = 200
TITLE_CHARS: Final = 80

ChatOfCaller = tuple[int | None, UUID]


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

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> Self:
        """What a client has told of its chat, the oldest turn first."""
        exchanges = [Exchange(*turn, "", None) for turn in reversed(turns)]
        return cls(exchanges[:NEWEST], len(exchanges), _in_turn(exchanges[NEWEST:]))

    @property
    def last_turn(self) -> Turn | None:
        """The newest exchange that was about something, if there is one."""
        for question, answer, *_ in self.newest:
            if answer != NO_DOCUMENTS_FOUND and not is_courtesy(question):
                return Turn(question, answer)
        return None

    async def exchanges(self) -> AsyncIterator[Exchange]:
        """All complete exchanges, newest first."""
        for exchange in self.newest:
            yield exchange
        async for exchange in self._older:
            yield exchange


class ChatService:
    """The chats of callers, and what was said in them."""

    def __init__(self, database: Database, when_deleted: Callable[[], None]) -> None:
        """`when_deleted` is called after each deletion: answers may be under way there."""
        self._database = database
        self._when_deleted = when_deleted

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
        """Deletes a chat with its messages; NotFound if it is not the caller's.

        An answer that is being generated is cancelled.
        """
        if not await self._database.query(caller, "delete_chat", uuid=uuid):
            raise NoSuchChat
        self._when_deleted()

    async def ask(self, caller: Caller, uuid: UUID, question: str) -> History:
        """What was said in a chat before this question; its first question gives it a title.

        NotFound if it is not the caller's.
        """
        title = title_of(question)
        if not await self._database.query(caller, "touch_chat", uuid=uuid, title=title):
            raise NoSuchChat
        rows = await self._read(caller, uuid, None, NEWEST)
        count = rows[0]["exchanges"] if rows else 0
        return History(list(map(_exchange, rows)), count, self._older(caller, uuid, rows))

    async def _older(self, caller: Caller, uuid: UUID, rows: list[Row]) -> AsyncIterator[Exchange]:
        while rows and rows[-1]["has_next"]:
            rows = await self._read(caller, uuid, rows[-1]["id"], OLDER_AT_ONCE)
            for row in rows:
                yield _exchange(row)

    async def _read(self, caller: Caller, uuid: UUID, before: int | None, limit: int) -> list[Row]:
        rows: list[Row] = await self._database.query(
            caller, "list_exchanges", chat_uuid=uuid, before=before, limit=limit
        )
        return rows


async def _in_turn(exchanges: list[Exchange]) -> AsyncIterator[Exchange]:
    for exchange in exchanges:
        await asyncio.sleep(0)  # whoever counts the tokens of so many holds others up
        yield exchange


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
        self._last: dict[ChatOfCaller, asyncio.Future[None]] = {}

    @contextmanager
    def turn(self, caller: Caller, chat_uuid: UUID | None) -> Iterator[asyncio.Future[None] | None]:
        """The block is a question's way until it is stored.

        It may be stored once the future is done: those before it are stored, or never will be.
        """
        if chat_uuid is None:
            yield None
            return
        chat = caller.user_id, chat_uuid  # a stranger who names it has no place in it
        before = self._last.get(chat)
        over = self._last[chat] = asyncio.get_running_loop().create_future()
        try:
            yield before
        finally:
            if before is None or before.done():
                self._end(chat, over)
            else:  # broken off: the next one still waits for those before
                before.add_done_callback(lambda _: self._end(chat, over))

    def _end(self, chat: ChatOfCaller, over: asyncio.Future[None]) -> None:
        over.set_result(None)
        if self._last.get(chat) is over:
            del self._last[chat]
