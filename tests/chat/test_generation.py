"""A generation: an answer under way, and how it ends."""

import asyncio
import tracemalloc

import pytest

from app.chat.events import Delta, DoneEvent, ErrorEvent
from app.chat.exceptions import GenerationCancelled, OpenAIException
from app.chat.generation import Generation
from tests.support.generations import DELTA, MESSAGE, end


class TestResult:
    """What a client gets that waits for the end."""

    async def test_message_is_returned(self) -> None:
        """The result is the message that was committed."""
        generation = Generation("m", 60)
        message, _ = await asyncio.gather(generation.result(), end(generation))
        assert message is MESSAGE

    async def test_error_is_raised(self) -> None:
        """The error that ended a generation is raised."""
        generation = Generation("m", 60)
        error = OpenAIException()
        with pytest.raises(OpenAIException) as raised:
            await asyncio.gather(generation.result(), end(generation, error=error))
        assert raised.value is error

    async def test_cancelled_has_no_result(self) -> None:
        """A generation that was cancelled before anything was stored has no result."""
        generation = Generation("m", 60)
        await end(generation, error=GenerationCancelled())
        with pytest.raises(GenerationCancelled):
            await generation.result()

    async def test_result_stays_after_the_end(self) -> None:
        """The result is there also for a client that asks after the end."""
        generation = Generation("m", 60)
        await end(generation)
        assert await generation.result() is MESSAGE


class TestRun:
    """The last event, and what is logged of it."""

    async def test_done_is_the_last_event(self) -> None:
        """The last event of a stored answer is a DoneEvent with the message."""
        generation = Generation("m", 60)
        generation.publish(DELTA)
        await end(generation)
        assert generation.events_after(0) == [generation.start, DELTA, DoneEvent(MESSAGE)]

    async def test_fault_of_ours_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        """The cause of a fault of ours is logged, and clients are told no more than that."""
        generation = Generation("m", 60)
        await end(generation, error=ZeroDivisionError("by secret zero"))
        event = generation.last
        assert isinstance(event, ErrorEvent)
        assert event.problem["code"] == "internal_server_error"
        assert event.problem["detail"] == "Something went wrong on our side."
        assert "ZeroDivisionError: by secret zero" in caplog.text

    async def test_cancelled_before_it_began_says_so(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Of a generation that was cancelled before anything was stored no stream ends cleanly."""
        generation = Generation("m", 60)
        await end(generation, error=GenerationCancelled())
        start, event = generation.events_after(0)
        assert start == generation.start
        assert isinstance(event, ErrorEvent)
        assert event.problem["code"] == "conflict"
        assert caplog.records == []


class TestMemory:
    """What a generation holds of its deltas."""

    async def test_stays_small_while_nothing_is_written(self) -> None:
        """100,000 deltas take less than 1 MB also if the journal cannot take any."""
        generation = Generation("m", 60)
        tracemalloc.start()
        try:
            for position in range(100_000):
                generation.publish(Delta("1", 2, "m", f"{position % 10_000:04}", None))
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert held < 2**20
