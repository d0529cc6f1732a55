"""A generation: one answer under way, whose events any number of readers follow."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from math import inf
from time import perf_counter
from typing import Final
from uuid import UUID, uuid4

from app.chat.cancellation import Deadline
from app.chat.events import Delta, DoneEvent, ErrorEvent, Event, SourcesEvent, StartEvent
from app.chat.exceptions import GenerationCancelled
from app.chat.models import Message
from app.chat.transcript import Transcript
from app.core.exceptions import BragError, Conflict, log_error

logger = logging.getLogger(__name__)

# A reader that has paused does not get all at once that has come meanwhile: it would be held twice.
EVENTS_AT_ONCE: Final = 256
LOST_EVENTS: Final = 2**20  # more than a process that dies has sent beyond its journal
NOT_BEGUN: Final = "This answer was cancelled before it had begun. Nothing of it is stored."


class Generation:
    """The events of one answer, in their order. It never waits for a reader.

    The last event is an ErrorEvent or a DoneEvent, the latter also for an answer that was cancelled
    after its question was stored.
    """

    def __init__(self, model: str, seconds: float, uuid: UUID | None = None) -> None:
        self.start = StartEvent(uuid or uuid4(), model)
        self.deadline = Deadline(seconds)
        self.started_at = perf_counter()
        self.is_accepted = False  # by the upstream
        self.is_promised = False  # its stream has begun, and told its client the uuid
        self.is_stored = False  # its row is committed: if that is gone, it has been deleted
        self.has_ended = False
        self.is_streamed = True
        self.is_followed = True
        self.followed_elsewhere_at = -inf  # when another process said so, by the loop's clock
        self.is_abandoned = False  # by a process that has died: its readers may know more of it
        self.when_unfollowed: Callable[[Generation], None] = _cancel
        self._first: list[Event] = [self.start]
        self._transcript = Transcript()  # the deltas, but for the newest
        self._newest: list[Delta] = []
        self.last: DoneEvent | ErrorEvent | None = None
        self._error: BragError | None = None
        self._readers: list[asyncio.Future[None]] = []
        self._followers = 0

    def events_after(self, number: int) -> list[Event]:
        """The events after the first `number` ones; of very many, only some."""
        first = self._first[number:]
        position = max(0, number - len(self._first))
        start = position - len(self._transcript)  # among the newest
        stop = start + EVENTS_AT_ONCE
        if start < 0:
            return [
                *first,
                *self._transcript.deltas(position, position + min(-start, EVENTS_AT_ONCE)),
            ]
        events = [*first, *self._newest[start:stop]]
        if self.last is not None and start <= len(self._newest) <= stop:
            events.append(self.last)
        return events

    @property
    def count(self) -> int:
        """How many events there are."""
        deltas = len(self._transcript) + len(self._newest)
        return len(self._first) + deltas + (self.last is not None)

    @property
    def last_number(self) -> int:
        """That of the last event, as whoever has seen it may name it."""
        return self.count + (LOST_EVENTS if self.is_abandoned else 0)

    @property
    def transcript(self) -> Transcript:
        """All deltas so far."""
        self._fold()
        return self._transcript

    async def run(self, answer: Awaitable[Message]) -> None:
        """Awaits the stored answer, and publishes it or the error that ended it."""
        try:
            self.end(DoneEvent(await answer))
        except GenerationCancelled:
            self.end(ErrorEvent.of(Conflict(NOT_BEGUN)))  # for readers who have not left
        except BragError as error:
            self._fail(error)
        except Exception:
            logger.exception("A generation failed")
            self._fail(BragError())
        finally:
            self.has_ended = True
            self.wake()

    def publish(self, event: Delta | SourcesEvent) -> None:
        """Adds an event, and wakes the readers."""
        if isinstance(event, Delta):
            self._newest.append(event)
            if len(self._newest) >= EVENTS_AT_ONCE:  # the journal may be waiting for Postgres
                self._fold()
        else:
            self._first.append(event)
        self.wake()

    def end(self, event: DoneEvent | ErrorEvent) -> None:
        """Adds the last event."""
        self.last = event

    def accept(self) -> None:
        """Notes that the upstream has accepted the request, and wakes the readers."""
        self.is_accepted = True
        self.wake()

    @contextmanager
    def followed(self) -> Iterator[None]:
        """The block follows the stream; when nobody does any more, `when_unfollowed` is called."""
        self._followers += 1
        self.is_followed = True
        try:
            yield
        finally:
            self._followers -= 1
            if not self._followers and not self.has_ended:
                self.is_followed = False
                self.when_unfollowed(self)

    async def changed(self) -> None:
        """Returns when `wake` is called next."""
        reader = asyncio.get_running_loop().create_future()
        self._readers.append(reader)
        await reader

    def wake(self) -> None:
        """Has the readers look again."""
        readers, self._readers = self._readers, []
        for reader in readers:
            if not reader.done():  # it may have left
                reader.set_result(None)

    async def ended(self) -> None:
        """Returns at the end."""
        while not self.has_ended:
            await self.changed()

    async def result(self) -> Message:
        """Waits for the end: the committed answer; raises the error that ended it."""
        await self.ended()
        if isinstance(self.last, DoneEvent):
            return self.last.message
        raise self._error or GenerationCancelled

    def _fold(self) -> None:
        if self._newest:
            self._transcript.append(self._newest)
            self._newest.clear()

    def _fail(self, error: BragError) -> None:
        """The error is logged here, once, however many readers are told of it."""
        log_error(error)
        error.logged = True
        self._error = error.with_traceback(None)  # whose frames hold this generation
        self.end(ErrorEvent.of(error))


def _cancel(generation: Generation) -> None:
    generation.deadline.cancel()
