"""When an answer is cancelled: its time is over, its client has left, or the service stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from async_timeout import timeout_at
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.chat.exceptions import GenerationCancelled, StreamTimeoutException


class Deadline:
    """Bounds the time of one generation, in those of its steps that may be broken off."""

    def __init__(self, seconds: float) -> None:
        self.is_cancelled = False
        self.ends_at = asyncio.get_running_loop().time() + seconds
        self._timeout: asyncio.Timeout | None = None  # of the step under way

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[None]:
        """Breaks the block off when the time is over or the generation is cancelled.

        Raises StreamTimeoutException or GenerationCancelled.
        """
        if asyncio.get_running_loop().time() >= self.ends_at:
            raise self._error()  # a timeout would ring at an `await` only
        step = timeout_at(self.ends_at)
        try:
            async with step:
                self._timeout = step
                yield
        except TimeoutError:
            if not step.expired():
                raise  # the block's own
            raise self._error() from None
        finally:
            self._timeout = None

    def cancel(self) -> None:
        """Breaks off the step under way, and every further one."""
        self.is_cancelled = True
        self.ends_at = asyncio.get_running_loop().time()
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(self.ends_at)

    def _error(self) -> Exception:
        return GenerationCancelled() if self.is_cancelled else StreamTimeoutException()


@asynccontextmanager
async def cancelled_when_client_leaves(receive: Receive, deadline: Deadline) -> AsyncIterator[None]:
    """Cancels the generation when its client leaves during the block, or the block raises.

    Raises ClientDisconnect in place of an error that no client is there to be told of.
    """
    watcher = asyncio.create_task(_cancel_when_client_leaves(receive, deadline))
    try:
        yield
    except BaseException as error:
        # OSError: how servers of ASGI 2.4 answer a `send` to a client that has left.
        nobody_listens = watcher.done() or isinstance(error, GenerationCancelled | OSError)
        deadline.cancel()
        if nobody_listens and isinstance(error, Exception):
            raise ClientDisconnect from None
        raise
    finally:
        watcher.cancel()


async def _cancel_when_client_leaves(receive: Receive, deadline: Deadline) -> None:
    await _client_leaves(receive)
    deadline.cancel()


async def _client_leaves(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def until_client_leaves(receive: Receive, sending: asyncio.Task[None]) -> None:
    """Returns when all is sent; ClientDisconnect if the client leaves before that."""
    watcher = asyncio.create_task(_client_leaves(receive))
    watcher.add_done_callback(lambda _: sending.cancel())
    try:
        await asyncio.wait([sending])
        if sending.cancelled() and watcher.done():
            raise ClientDisconnect
        await sending
    except OSError:  # how servers of ASGI 2.4 answer a `send` to a client that has left
        raise ClientDisconnect from None
    finally:
        watcher.cancel()
        sending.cancel()
