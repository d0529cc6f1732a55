"""An answer under way: one task generates it, any number of readers follow its events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from async_timeout import timeout, timeout_at

from app.chat.events import Event, Failed, Finished, Started
from app.chat.exceptions import GenerationCancelled, StreamTimeoutException
from app.chat.models import Message


class Generation:
    """The events of one answer, in their order; it ends with Finished or Failed.

    It goes on when a reader is slow or gone, and stops when it is cancelled or `seconds` are over.
    """

    def __init__(self, model: str, seconds: float) -> None:
        self.started = Started(uuid4(), model)
        self.events: list[Event] = [self.started]
        self.accepted = False
        self.cancelled = False
        self._waiting: list[asyncio.Future[None]] = []
        self._ends_at = asyncio.get_running_loop().time() + seconds
        self._deadline: asyncio.Timeout | None = None

    @property
    def ended(self) -> bool:
        """Whether the last event is there."""
        return isinstance(self.events[-1], Finished | Failed)

    def publish(self, *events: Event) -> None:
        """Adds events and wakes the readers."""
        if events:
            self.events.extend(events)
            self.wake()

    def accept(self) -> None:
        """Notes that the upstream has accepted the request."""
        if not self.accepted:
            self.accepted = True
            self.wake()

    async def changed(self) -> None:
        """Returns at the next event, or when the upstream accepts."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

    def cancel(self) -> None:
        """Stops what is under its deadline at once; what there is of the answer is stored."""
        self.cancelled = True
        self._ends_at = asyncio.get_running_loop().time()
        if self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(self._ends_at)

    @asynccontextmanager
    async def deadline(self) -> AsyncIterator[None]:
        """Raises StreamTimeoutException when its time is over, GenerationCancelled when it is."""
        if asyncio.get_running_loop().time() >= self._ends_at:
            raise self._over()  # also where nothing is waited for
        try:
            async with timeout_at(self._ends_at) as self._deadline:
                yield
        except TimeoutError:
            if self._deadline is None or not self._deadline.expired():
                raise  # somebody else's
            raise self._over() from None
        finally:
            self._deadline = None

    def _over(self) -> Exception:
        return GenerationCancelled() if self.cancelled else StreamTimeoutException()

    async def result(self) -> Message:
        """Waits for the end: the committed answer, or the error that ended it is raised."""
        while not self.ended:
            await self.changed()
        last = self.events[-1]
        if isinstance(last, Failed):
            raise last.error
        assert isinstance(last, Finished)
        return last.message

    async def opened(self, seconds: float) -> None:
        """Waits until a stream of it can begin; raises what failed before.

        That is when the upstream has accepted, or `seconds` later.
        """
        with suppress(TimeoutError):
            async with timeout(seconds):
                while not (self.accepted or self.ended):
                    await self.changed()
        last = self.events[-1]
        if isinstance(last, Failed) and not self.accepted:
            raise last.error

    def wake(self) -> None:
        """Has the readers look again."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():  # its reader may have left
                waiter.set_result(None)
