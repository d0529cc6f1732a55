"""One call for what many callers ask at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from app.core.exceptions import BragError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Hands a function the items of concurrent callers together, at most `limit` at a time.

    A caller waits for the call in flight and then shares the next with everyone who came
    meanwhile; alone, it waits for nothing. An item that the call fails for fails its caller only.
    """

    def __init__(
        self, call: Callable[[list[Item]], Awaitable[Sequence[Result]]], limit: int
    ) -> None:
        self._call = call
        self._limit = limit
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """What the call returns for this item; raises what it raises for it."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await done

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
            batch = [(item, done) for item, done in batch if not done.cancelled()]
            if batch:
                await self._serve(batch)

    async def _serve(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._call([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 # whatever an item is, nobody waits for ever
            if len(batch) > 1 and not isinstance(error, BragError):  # which is no item's fault
                for each in batch:
                    await self._serve([each])
                return
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
        else:
            for (_, done), result in zip(batch, results, strict=True):
                if not done.done():
                    done.set_result(result)
