"""The streams of answers, to whoever comes back: from here or out of the journal."""

import asyncio
import logging
from contextlib import suppress
from functools import partial
from math import inf
from time import monotonic
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from async_timeout import timeout

from app.chat.constants import ABANDONED, CANCELLED, ChatRolesEnum, MessageStatus
from app.chat.events import DoneEvent, ErrorEvent, SourcesEvent
from app.chat.exceptions import GenerationCancelled
from app.chat.generation import Generation
from app.chat.messages import DELETED, MessageService
from app.chat.models import Message
from app.chat.under_way import GenerationsUnderWay
from app.core.caller import Caller
from app.core.exceptions import BragError, Conflict, DatabaseUnavailable, NotFound
from app.db import Database, Row

logger = logging.getLogger(__name__)

POLL_SEC: Final = 0.2  # as often as journals are written
FOLLOWS_SEC: Final = 2.0  # between two words to the process that generates
REPLAYS_AT_ONCE: Final = 4  # the journal of a long answer is some MB of numbers
NO_STREAM: Final = (
    "There is no stream of this message (any more): GET /v1/messages/{uuid} has what is stored."
)
HAS_ENDED: Final = "This message is not being generated (any more)."
BROKEN_OFF: Final = "The process that generated this answer has ended. What there was is stored."


class ResumableStreams:
    """Finds the generations of this process, and builds all others anew out of the journal."""

    def __init__(
        self, database: Database, messages: MessageService, under_way: GenerationsUnderWay
    ) -> None:
        self._database = database
        self._messages = messages
        self._under_way = under_way
        self._feeds: set[asyncio.Task[None]] = set()
        self._followed: dict[UUID, Generation] = {}  # of other processes: their readers share them
        self._turns = asyncio.Semaphore(REPLAYS_AT_ONCE)
        self._ended: WeakValueDictionary[tuple[int | None, UUID], Generation]
        self._ended = WeakValueDictionary()  # those that somebody is reading: the same for all

    async def open(self, caller: Caller, uuid: UUID) -> Generation:
        """The generation of a streamed answer of the caller's, which goes on to its end.

        NotFound where there is none, or its journal is not kept any more.
        """
        generation = self._under_way.find(caller, uuid)
        if generation is None:
            return await self._replay_in_turn(caller, uuid)
        if not generation.is_streamed:  # its client alone waits for it
            raise NotFound(NO_STREAM)
        return generation

    async def cancel(self, caller: Caller, uuid: UUID) -> Message:
        """Cancels an answer of the caller's; returns what there is of it.

        Conflict where it has ended before, NotFound where there is none.
        """
        generation = self._under_way.find(caller, uuid)
        if generation is not None:
            await self._cancel(generation)
        elif await self._messages.request_cancellation(caller, uuid):
            await self._ended_elsewhere(caller, uuid)
        else:
            await self._messages.get(caller, uuid)
            raise Conflict(HAS_ENDED)
        message = await self._messages.get(caller, uuid)
        if message.finish_reason != CANCELLED:
            raise Conflict(HAS_ENDED)
        return message

    async def close(self) -> None:
        """Stops following other processes."""
        for feed in self._feeds:
            feed.cancel()

    async def _cancel(self, generation: Generation) -> None:
        """Cancels one of this process; DatabaseUnavailable where its end could not be stored."""
        generation.deadline.cancel()
        try:
            await generation.result()
        except DatabaseUnavailable:
            raise
        except (BragError, GenerationCancelled):
            pass  # what is stored says so

    async def _replay_in_turn(self, caller: Caller, uuid: UUID) -> Generation:
        async with self._turns:
            return await self._replay(caller, uuid)

    async def _replay(self, caller: Caller, uuid: UUID) -> Generation:
        message = await self._messages.get(caller, uuid)
        if message.role is not ChatRolesEnum.ASSISTANT:
            raise NotFound(NO_STREAM)
        if message.status is MessageStatus.GENERATING:
            return self._followed.get(uuid) or self._follow(caller, _begin(message))
        ended = self._ended.get((caller.user_id, uuid))
        if ended is not None:
            return ended
        generation = _begin(message)
        _end(generation, message, await self._rows(caller, generation))
        return self._ended.setdefault((caller.user_id, uuid), generation)

    def _follow(self, caller: Caller, generation: Generation) -> Generation:
        feed = asyncio.create_task(self._feed(caller, generation))
        generation.when_unfollowed = partial(self._stop, feed)
        self._feeds.add(feed)
        self._followed[generation.start.uuid] = generation
        feed.add_done_callback(partial(self._unfollow, generation))
        return generation

    def _stop(self, feed: asyncio.Task[None], generation: Generation) -> None:
        """Whoever comes in this moment begins another feed."""
        feed.cancel()
        self._forget(generation)

    def _unfollow(self, generation: Generation, feed: asyncio.Task[None]) -> None:
        """Here, as a task that is cancelled before it has begun runs none of its code."""
        self._feeds.discard(feed)
        self._forget(generation)
        generation.has_ended = True
        generation.wake()

    def _forget(self, generation: Generation) -> None:
        if self._followed.get(generation.start.uuid) is generation:
            del self._followed[generation.start.uuid]

    async def _ended_elsewhere(self, caller: Caller, uuid: UUID) -> None:
        """Returns when the answer is no longer generated: its process hears of it, or is dead.

        DatabaseUnavailable where nothing is heard of that.
        """
        try:
            async with timeout(2 * self._database.timeout_sec):
                generation = await self._replay_in_turn(caller, uuid)
                with generation.followed():
                    await generation.ended()
        except NotFound:
            pass  # it has just ended, and was not streamed
        except TimeoutError:
            raise DatabaseUnavailable from None

    async def _feed(self, caller: Caller, generation: Generation) -> None:
        """Publishes what the process that generates writes, until the end.

        What breaks it off ends the stream without a last event: its reader comes back.
        """
        told_at = -inf
        try:
            while not generation.has_ended:
                if monotonic() - told_at > FOLLOWS_SEC:
                    await self._tell(caller, generation)
                    told_at = monotonic()
                await self._feed_some(caller, generation)
                await asyncio.sleep(POLL_SEC)
        except NotFound as error:  # it has been deleted, or was not streamed
            generation.end(ErrorEvent.of(error))
        except Exception:
            logger.exception("A stream of another process could not be followed")

    async def _feed_some(self, caller: Caller, generation: Generation) -> None:
        with suppress(DatabaseUnavailable):
            rows = await self._rows(caller, generation)
            if rows[0]["status"] == MessageStatus.GENERATING:
                _load(generation, rows)
            else:
                message = await self._messages.get(caller, generation.start.uuid)
                _end(generation, message, rows)

    async def _tell(self, caller: Caller, generation: Generation) -> None:
        """Tells the process that generates of a follower."""
        with suppress(DatabaseUnavailable):
            await self._database.query(caller, "note_follower", uuid=generation.start.uuid)

    async def _rows(self, caller: Caller, generation: Generation) -> list[Row]:
        """What the journal has that the generation does not have yet; NotFound if it is deleted."""
        rows: list[Row] = await self._database.query(
            caller,
            "follow_journal",
            uuid=generation.start.uuid,
            position=len(generation.transcript),
        )
        if not rows:
            raise NotFound(DELETED)
        return rows


def _begin(message: Message) -> Generation:
    generation = Generation(message.model, inf, message.uuid)
    generation.accept()
    if message.retrieval_queries is not None:
        generation.publish(SourcesEvent(message.sources))
    return generation


def _load(generation: Generation, rows: list[Row]) -> None:
    for row in rows:
        if row["text"] is not None:
            generation.transcript.load(row["text"], row["deltas"])
    generation.wake()


def _end(generation: Generation, message: Message, rows: list[Row]) -> None:
    generation.start.model = rows[0]["asked_model"]  # the message has the one that answered
    whole = next((row for row in rows if row["text"] is None and row["deltas"]), None)
    if whole is not None:
        generation.transcript.clear()
        generation.transcript.load(message.message, whole["deltas"])
        error = whole["error"]
        generation.end(DoneEvent(message) if error is None else ErrorEvent(error))
    elif message.finish_reason == ABANDONED:
        _load(generation, rows)
        generation.is_abandoned = True
        generation.end(ErrorEvent.of(BragError(BROKEN_OFF)))
    else:
        raise NotFound(NO_STREAM)
    generation.has_ended = True
    generation.wake()
