"""How many bytes of uploads may come at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

from async_timeout import timeout
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.exceptions import Overloaded
from app.core.handlers import refuse
from app.core.middlewares.bodies import body_length, body_limit

SLOW_SEC: Final = 30.0  # an upload that is still coming after so long gives way to others


class _Upload:
    """One upload under way; it can be broken off while it is coming."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.is_coming = True
        self.has_given_way = False
        self._since = monotonic()
        self._limit: asyncio.Timeout | None = None

    @property
    def is_slow(self) -> bool:
        """Whether it has been coming for so long that others need not wait for it."""
        return self.is_coming and monotonic() - self._since > SLOW_SEC

    def limited(self) -> asyncio.Timeout:
        """A block that ends with a TimeoutError when the upload gives way."""
        self._limit = timeout(None)
        return self._limit

    def give_way(self) -> None:
        """Breaks the upload off, by a TimeoutError in the block of `limited`."""
        if self._limit is not None and not self.has_given_way:
            self.has_given_way = True
            self._limit.reschedule(asyncio.get_running_loop().time())

    def watched(self, receive: Receive) -> Receive:
        """The same `receive`, which also notes when the upload has come."""

        async def receive_watched() -> Message:
            message = await receive()
            self.is_coming = self.is_coming and bool(message.get("more_body"))
            return message

        return receive_watched


class UploadBudget:
    """Takes uploads to a path in while their bodies have no more than `budget` bytes together.

    The next one waits for `wait_sec`, and is then refused unread. One that does not say how long
    it is counts as the longest that may come; one that is longer than the budget comes alone.
    """

    def __init__(
        self, app: ASGIApp, path: str, max_bytes: int, budget: int, wait_sec: float
    ) -> None:
        self._app = app
        self._path = path
        self._max_bytes = max_bytes
        self._budget = budget
        self._wait_sec = wait_sec
        self._under_way: list[_Upload] = []
        self._changed = asyncio.Condition()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        is_upload = scope["type"] == "http" and scope["method"] == "POST"
        if not is_upload or scope["path"] != self._path:
            return await self._app(scope, receive, send)
        upload = _Upload(min(self._size(Headers(scope=scope)), self._budget))
        try:
            async with self._room(upload), upload.limited():
                await self._app(scope, upload.watched(receive), send)
        except Overloaded as error:
            await refuse(error, scope, receive, send)
        except TimeoutError:
            if not upload.has_given_way:
                raise
            await refuse(_overloaded(), scope, receive, send)

    def _size(self, headers: Headers) -> int:
        length = body_length(headers)
        return body_limit(headers, self._max_bytes) if length is None else length

    @asynccontextmanager
    async def _room(self, upload: _Upload) -> AsyncIterator[None]:
        async with self._changed:
            try:
                async with timeout(self._wait_sec):
                    await self._changed.wait_for(lambda: self._has_room(upload))
            except TimeoutError:
                raise _overloaded() from None
            self._under_way.append(upload)
        try:
            yield
        finally:
            async with self._changed:
                self._under_way.remove(upload)
                self._changed.notify_all()

    def _has_room(self, upload: _Upload) -> bool:
        others = self._under_way
        if sum(other.size for other in others) + upload.size <= self._budget:
            return True
        for other in others:
            if other.is_slow:
                other.give_way()
        return False


def _overloaded() -> Overloaded:
    return Overloaded("Too much is being uploaded at once. Please try again.")
