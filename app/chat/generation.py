"""A generation: one answer under way, whose events any number of readers follow."""

import asyncio
import logging
from collections.abc import Awaitable
from uuid import uuid4

from app.chat.cancellation import Deadline
from app.chat.events import Delta, DoneEvent, ErrorEvent, Event, StartEvent
from app.chat.exceptions import GenerationCancelled
from app.chat.models import Message
from app.core.exceptions import BragError, log_error

logger = logging.getLogger(__name__)


class Generation:
    """The events of one answer, in their order. It never waits for a reader.

    The last event is an ErrorEvent or a DoneEvent, the latter also for an answer that was cancelled
    after its question was stored. One that was cancelled before that has neither.
    """

    def __init__(self, model: str, seconds: float) -> None:
        self.start = StartEvent(uuid4(), model)
        self.events: list[Event] = [self.start]
        self.deadline = Deadline(seconds)
        self.is_accepted = False  # by the upstream
        self.has_ended = False
        self._readers: list[asyncio.Future[None]] = []

    @property
    def deltas(self) -> list[Delta]:
        """The answer so far."""
        return [event for event in self.events if isinstance(event, Delta)]

    async def run(self, answer: Awaitable[Message]) -> None:
        """Awaits the stored answer, and publishes it or the error that ended it."""
        try:
            self.events.append(DoneEvent(await answer))
        except GenerationCancelled:
            pass  # nothing is stored, and its readers have left
        except BragError as error:
            self._fail(error)
        except Exception:
            logger.exception("A generation failed")
            self._fail(BragError())
        finally:
            self.has_ended = True
            self.wake()

    def publish(self, event: Event) -> None:
        """Adds an event, and wakes the readers."""
        self.events.append(event)
        self.wake()

    def accept(self) -> None:
        """Notes that the upstream has accepted the request, and wakes the readers."""
        self.is_accepted = True
        self.wake()

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

    async def result(self) -> Message:
        """Waits for the end: the committed answer; raises the error that ended it."""
        while not self.has_ended:
            await self.changed()
        match self.events[-1]:
            case DoneEvent(message):
                return message
            case ErrorEvent(error):
                raise error
        raise GenerationCancelled

    def _fail(self, error: BragError) -> None:
        """The error is logged here, once, however many readers are told of it."""
        log_error(error)
        error.logged = True
        self.events.append(ErrorEvent(error))
