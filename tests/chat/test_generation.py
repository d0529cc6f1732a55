"""An answer under way, without its upstream."""

import asyncio
from collections.abc import Callable

import pytest

from app.chat.events import Failed, Finished, Piece
from app.chat.exceptions import GenerationCancelled, OpenAIException, StreamTimeoutException
from app.chat.generation import Generation
from tests.chat.test_streaming import MESSAGE
from tests.waiting import Stopwatch


async def bounded(generation: Generation, at_the_end: Callable[[], None] = lambda: None) -> None:
    """Waits for ever, within the deadline of a generation."""
    async with generation.deadline():
        try:
            await asyncio.Event().wait()
        finally:
            at_the_end()


class TestResult:
    """The end, for who waits for it."""

    async def test_message(self) -> None:
        """It is the message that was committed."""
        generation = Generation("m", 60)
        waiting = asyncio.create_task(generation.result())
        generation.publish(Finished(MESSAGE))
        assert await waiting is MESSAGE

    async def test_error(self) -> None:
        """Or the error that ended it is raised."""
        generation = Generation("m", 60)
        generation.publish(Failed(OpenAIException()))
        with pytest.raises(OpenAIException):
            await generation.result()


class TestOpened:
    """When a stream can begin."""

    async def test_accepted(self) -> None:
        """It begins as soon as the upstream has accepted."""
        generation = Generation("m", 60)
        opening = asyncio.create_task(generation.opened(60))
        generation.accept()
        await asyncio.wait_for(opening, 1)

    async def test_waited(self) -> None:
        """Or after the given time, and no sooner."""
        generation = Generation("m", 60)
        with Stopwatch() as watch:
            await generation.opened(0.05)
        assert 0.04 < watch.seconds < 1

    async def test_refused(self) -> None:
        """What fails before that is raised."""
        generation = Generation("m", 60)
        generation.publish(Failed(StreamTimeoutException()))
        with pytest.raises(StreamTimeoutException):
            await generation.opened(60)

    async def test_failed_after_it_was_accepted(self) -> None:
        """What fails after that is for the stream to say."""
        generation = Generation("m", 60)
        generation.accept()
        generation.publish(Failed(OpenAIException()))
        await asyncio.wait_for(generation.opened(60), 1)

    async def test_ended(self) -> None:
        """An answer that is there without an upstream call is streamed too."""
        generation = Generation("m", 60)
        generation.publish(Piece("1", 2, "m", "Hi", "stop"), Finished(MESSAGE))
        await asyncio.wait_for(generation.opened(60), 1)


class TestDeadline:
    """The bound on a whole generation, and its cancellation."""

    async def test_time(self) -> None:
        """It ends after the given time."""
        with pytest.raises(StreamTimeoutException):
            await bounded(Generation("m", 0.001))

    async def test_other_timeout(self) -> None:
        """Something else that took too long is not taken for its own end."""
        with pytest.raises(TimeoutError, match="the network"):
            async with Generation("m", 60).deadline():
                raise TimeoutError("the network")

    async def test_cancel(self) -> None:
        """It ends at once when it is cancelled."""
        generation = Generation("m", 60)
        asyncio.get_running_loop().call_soon(generation.cancel)
        with pytest.raises(GenerationCancelled):
            await bounded(generation)

    async def test_cancelled_before(self) -> None:
        """Nothing even begins if it was cancelled before."""
        generation = Generation("m", 60)
        generation.cancel()
        begun = False
        with pytest.raises(GenerationCancelled):
            async with generation.deadline():
                begun = True
        assert not begun

    async def test_cancelled_twice(self) -> None:
        """Cancelling again, while the first cancellation still takes effect, is harmless."""
        generation = Generation("m", 60)
        generation.cancel()
        with pytest.raises(GenerationCancelled):
            await bounded(generation, at_the_end=generation.cancel)

    async def test_cancelled_after(self) -> None:
        """As it is when everything is over."""
        generation = Generation("m", 60)
        async with generation.deadline():
            pass
        generation.cancel()
        assert generation.cancelled
