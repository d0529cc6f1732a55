"""Waiting for a condition, in place of sleeping for long enough."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from time import perf_counter
from typing import Self

POLL_SEC = 0.01


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float = 5
) -> None:
    """Returns as soon as the condition holds; TimeoutError if it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not await _holds(condition):
            await asyncio.sleep(POLL_SEC)


async def _holds(condition: Callable[[], bool] | Callable[[], Awaitable[bool]]) -> bool:
    value = condition()
    return await value if isawaitable(value) else value


class Stopwatch:
    """Measures the block: `with Stopwatch() as watch: ...`, then `watch.seconds`."""

    seconds: float

    def __enter__(self) -> Self:
        self._start = perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = perf_counter() - self._start
