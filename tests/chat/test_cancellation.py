"""When an answer is broken off: its time is over, or its client has left."""

import asyncio
from collections.abc import Callable

import pytest
from async_timeout import timeout
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.chat.cancellation import Deadline, cancelled_when_client_leaves
from app.chat.exceptions import GenerationCancelled, OpenAIException, StreamTimeoutException


async def wait(deadline: Deadline, at_the_end: Callable[[], None] = lambda: None) -> None:
    """Waits for ever, within a deadline."""
    async with deadline.limit():
        try:
            await asyncio.Event().wait()
        finally:
            at_the_end()


async def stay() -> Message:
    """What a client sends that stays: nothing."""
    await asyncio.Event().wait()
    return {}


async def leave() -> Message:
    """What a server says of a client that has left."""
    return {"type": "http.disconnect"}


class TestDeadline:
    """The bound on a whole generation, and its cancellation."""

    async def test_step_ends_with_the_time(self) -> None:
        """A step is broken off when the given time is over."""
        with pytest.raises(StreamTimeoutException):
            await wait(Deadline(0.001))

    async def test_no_step_begins_out_of_time(self) -> None:
        """A step does not even begin when the time is over."""
        begun = False
        with pytest.raises(StreamTimeoutException):
            async with Deadline(0).limit():
                begun = True
        assert not begun

    async def test_steps_share_the_time(self) -> None:
        """The time that one step has taken is missing from the next."""
        deadline = Deadline(0.001)
        with pytest.raises(StreamTimeoutException):
            await wait(deadline)
        with pytest.raises(StreamTimeoutException):
            await wait(deadline)

    async def test_other_timeout_is_not_the_deadline(self) -> None:
        """Something within a step that takes too long by itself is not taken for the deadline."""
        with pytest.raises(TimeoutError, match="the network"):
            async with Deadline(60).limit():
                raise TimeoutError("the network")

    async def test_cancelling_ends_the_step(self) -> None:
        """A step is broken off at once when the generation is cancelled."""
        deadline = Deadline(60)
        asyncio.get_running_loop().call_soon(deadline.cancel)
        with pytest.raises(GenerationCancelled):
            await wait(deadline)

    async def test_no_step_begins_when_cancelled(self) -> None:
        """A step does not even begin when the generation was cancelled before."""
        deadline = Deadline(60)
        deadline.cancel()
        begun = False
        with pytest.raises(GenerationCancelled):
            async with deadline.limit():
                begun = True
        assert not begun

    async def test_cancelling_twice_is_harmless(self) -> None:
        """Cancelling again, while the first cancellation still takes effect, is harmless."""
        deadline = Deadline(60)
        asyncio.get_running_loop().call_soon(deadline.cancel)
        with pytest.raises(GenerationCancelled):
            await wait(deadline, at_the_end=deadline.cancel)

    async def test_cancelling_between_steps_ends_the_next(self) -> None:
        """Cancelling after a step breaks off nothing but a further step."""
        deadline = Deadline(60)
        async with deadline.limit():
            pass
        deadline.cancel()
        assert deadline.is_cancelled
        with pytest.raises(GenerationCancelled):
            await wait(deadline)


class TestCancelledWhenClientLeaves:
    """What becomes of a generation whose client is watched."""

    async def test_leaving_cancels(self) -> None:
        """A client that leaves cancels the generation, and no error is told in its place."""
        deadline = Deadline(60)
        with pytest.raises(ClientDisconnect):
            async with cancelled_when_client_leaves(leave, deadline):
                await wait(deadline)
        assert deadline.is_cancelled

    async def test_other_messages_are_passed_over(self) -> None:
        """A client that sends more of its request has not left."""
        deadline, passed_over = Deadline(60), asyncio.Event()
        messages: list[Message] = [{"type": "http.request"}]

        async def receive() -> Message:
            if messages:
                return messages.pop()
            passed_over.set()
            return await stay()

        async with timeout(1), cancelled_when_client_leaves(receive, deadline):
            await passed_over.wait()
        assert not deadline.is_cancelled

    async def test_error_is_told_to_a_client_that_stays(self) -> None:
        """An error is raised as it is for a client that stays."""
        deadline = Deadline(60)
        with pytest.raises(OpenAIException):
            async with cancelled_when_client_leaves(stay, deadline):
                raise OpenAIException

    async def test_answer_in_time_is_not_cancelled(self) -> None:
        """A generation is not cancelled when its client has waited for the end."""
        deadline = Deadline(60)
        async with timeout(1), cancelled_when_client_leaves(stay, deadline):
            pass
        assert not deadline.is_cancelled

    async def test_cancelled_request_cancels(self) -> None:
        """A generation is cancelled with the task that handles its request."""
        deadline = Deadline(60)

        async def handle() -> None:
            async with cancelled_when_client_leaves(stay, deadline):
                asyncio.get_running_loop().call_soon(handling.cancel)
                await asyncio.Event().wait()

        handling = asyncio.create_task(handle())
        await asyncio.wait([handling])
        assert handling.cancelled()
        assert deadline.is_cancelled
