"""Calls that concurrent callers share."""

import asyncio
from collections.abc import Sequence

import pytest

from app.core.batching import Batcher
from app.core.exceptions import BragError


class Doubler:
    """Doubles numbers, once it may; notes which it was given together."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.may_answer = asyncio.Event()

    async def __call__(self, numbers: list[int]) -> Sequence[int]:
        """The doubles of `numbers`; 0 cannot be doubled, and with 13 nothing can."""
        self.calls.append(numbers)
        await self.may_answer.wait()
        if 13 in numbers:
            raise BragError
        if 0 in numbers:
            raise ZeroDivisionError
        return [2 * each for each in numbers]


@pytest.fixture
async def doubler() -> Doubler:
    """The function of a test."""
    return Doubler()


async def ask(doubler: Doubler, *numbers: int, limit: int = 10) -> list[int | BaseException]:
    """What each of concurrent callers gets: the first asks alone, the others meanwhile."""
    batcher = Batcher(doubler, limit)
    first = asyncio.create_task(batcher.submit(numbers[0]))
    while not doubler.calls:
        await asyncio.sleep(0)
    others = [batcher.submit(each) for each in numbers[1:]]
    waiting = asyncio.gather(first, *others, return_exceptions=True)
    await asyncio.sleep(0)
    doubler.may_answer.set()
    return await waiting


class TestBatcher:
    async def test_sharing(self, doubler: Doubler) -> None:
        """Who comes during a call shares the next; each gets what it asked for."""
        assert await ask(doubler, 1, 2, 3, 4) == [2, 4, 6, 8]
        assert doubler.calls == [[1], [2, 3, 4]]

    async def test_limit(self, doubler: Doubler) -> None:
        """No call takes more than it may."""
        assert await ask(doubler, 1, 2, 3, 4, limit=2) == [2, 4, 6, 8]
        assert doubler.calls == [[1], [2, 3], [4]]

    async def test_bad_item(self, doubler: Doubler) -> None:
        """An item that cannot be served fails its own caller only."""
        one, bad, two = await ask(doubler, 1, 0, 2)
        assert (one, two) == (2, 4)
        assert isinstance(bad, ZeroDivisionError)

    async def test_failure_of_the_service(self, doubler: Doubler) -> None:
        """What is no item's fault fails all at once, and is not tried again for each."""
        _, *others = await ask(doubler, 1, 13, 2)
        assert all(isinstance(each, BragError) for each in others)
        assert doubler.calls == [[1], [13, 2]]

    async def test_cancelled_caller(self, doubler: Doubler) -> None:
        """A caller that leaves takes nothing from the others, and nothing is done for it."""
        batcher = Batcher(doubler, 10)
        callers = [asyncio.create_task(batcher.submit(each)) for each in (1, 2, 3)]
        await asyncio.sleep(0)
        callers[1].cancel()
        doubler.may_answer.set()
        assert await callers[0] == 2
        assert await callers[2] == 6
        assert doubler.calls == [[1, 3]]
