"""Server-sent events out of the events of a generation."""

import asyncio
from uuid import UUID

import pytest
from async_timeout import timeout
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.chat.events import Delta, DoneEvent, ErrorEvent, Event, SourcesEvent, StartEvent
from app.chat.exceptions import GenerationCancelled, OpenAIException, StreamTimeoutException
from app.chat.generation import Generation
from app.chat.streaming import EventStream, format_event, may_begin, stream_events
from tests.support.generations import DELTA, MESSAGE, end
from tests.support.server import parse_events
from tests.support.sources import source
from tests.support.waiting import Stopwatch, until

UUID_1 = UUID(int=1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SOURCE = source("a\nb")


class TestFormatEvent:
    """One event."""

    @given(content=TEXT)
    def test_delta_is_one_line(self, content: str) -> None:
        """Whatever a delta holds, its data is one line that decodes to the same text."""
        block = format_event(7, Delta("1", 2, "m", content, None))
        assert len(block.splitlines()) == 4
        [event] = parse_events(block)
        assert (event["id"], event["event"]) == (7, "message")
        assert event["data"] == {
            "id": "1",
            "created": 2,
            "model": "m",
            "content": content,
            "finish_reason": None,
        }

    @given(st.text(st.sampled_from("a\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029\u2019")))
    def test_line_separators_are_escaped(self, content: str) -> None:
        """Data is one line also to clients that know all of Unicode's ends of lines."""
        events: list[Event] = [
            Delta("c", 1, "m", content, None),
            SourcesEvent([SOURCE.model_copy(update={"text": content})]),
            DoneEvent(MESSAGE.model_copy(update={"message": content})),
        ]
        blocks = [format_event(1, event) for event in events]
        assert [len(block.decode().splitlines()) for block in blocks] == [4, 4, 4]
        [delta], [sources], [done] = map(parse_events, blocks)
        assert delta["data"]["content"] == content
        assert sources["data"][0]["text"] == content
        assert done["data"]["message"] == content

    def test_event_has_the_form_of_the_contract(self) -> None:
        """An event has the form of the contract, to the byte."""
        assert format_event(1, StartEvent(UUID_1, "m")) == (
            b"id: 1\nevent: start\n"
            b'data: {"uuid":"00000000-0000-0000-0000-000000000001","model":"m"}\n\n'
        )

    def test_event_has_its_name_and_data(self) -> None:
        """Each event has its name and its data."""
        events: list[Event] = [
            StartEvent(UUID_1, "m"),
            SourcesEvent([SOURCE]),
            DELTA,
            DoneEvent(MESSAGE),
            ErrorEvent.of(StreamTimeoutException()),
        ]
        framed = parse_events(b"".join(format_event(1, event) for event in events))
        names = ["start", "sources", "message", "done", "error"]
        assert [event["event"] for event in framed] == names
        assert framed[1]["data"] == [SOURCE.model_dump(mode="json")]
        assert framed[3]["data"] == MESSAGE.model_dump(mode="json")
        assert framed[4]["data"] == {
            "code": "stream_timeout",
            "detail": "Stream timed out",
            "status": 504,
            "request_id": None,
        }


class TestMayBegin:
    """When the stream of a generation begins."""

    async def test_begins_when_accepted(self) -> None:
        """A stream begins as soon as the upstream has accepted."""
        generation = Generation("m", 60)
        asyncio.get_running_loop().call_soon(generation.accept)
        async with timeout(1):
            await may_begin(generation, 60)

    async def test_begins_after_the_given_time(self) -> None:
        """A stream begins after the given time, and no sooner, when nothing happens."""
        generation = Generation("m", 60)
        with Stopwatch() as watch:
            await may_begin(generation, 0.05)
        assert 0.04 < watch.seconds < 1

    async def test_refusal_is_raised(self) -> None:
        """What fails before the upstream has accepted is raised."""
        generation = Generation("m", 60)
        with pytest.raises(StreamTimeoutException):
            await asyncio.gather(
                may_begin(generation, 60), end(generation, error=StreamTimeoutException())
            )

    async def test_later_failure_is_left_to_the_stream(self) -> None:
        """What fails after the upstream has accepted is for the stream to say."""
        generation = Generation("m", 60)
        generation.accept()
        await end(generation, error=OpenAIException())
        async with timeout(1):
            await may_begin(generation, 60)

    async def test_begins_when_ended(self) -> None:
        """The stream of an answer that is there without an upstream call begins at once."""
        generation = Generation("m", 60)
        generation.publish(DELTA)
        async with timeout(1):
            await asyncio.gather(may_begin(generation, 60), end(generation))

    async def test_cancelled_never_begins(self) -> None:
        """The stream of a generation that was cancelled before anything was stored never begins."""
        generation = Generation("m", 60)
        with pytest.raises(GenerationCancelled):
            await asyncio.gather(
                may_begin(generation, 60), end(generation, error=GenerationCancelled())
            )


class TestStreamEvents:
    """The stream of one generation."""

    async def test_events_together_are_sent_together(self) -> None:
        """Events that are there together are sent together."""
        generation = Generation("m", 60)
        generation.publish(DELTA)
        await end(generation)
        [data] = [data async for data in stream_events(generation, 60)]
        assert [event["id"] for event in parse_events(data)] == [1, 2, 3]

    async def test_reader_that_paused_gets_one_piece_after_another(self) -> None:
        """What has come while a reader paused is sent piece by piece, and whole."""
        generation = Generation("m", 60)
        for _ in range(1_000):
            generation.publish(DELTA)
        assert len(generation.transcript) == 1_000  # what is old is kept otherwise
        for _ in range(1_000):
            generation.publish(DELTA)
        await end(generation)
        pieces = [data async for data in stream_events(generation, 60)]
        assert max(map(len, pieces)) < 2**16
        assert [event["id"] for event in parse_events(b"".join(pieces))] == [*range(1, 2_003)]

    async def test_silence_is_pinged(self) -> None:
        """A stream is pinged while nothing happens."""
        generation = Generation("m", 60)
        stream = stream_events(generation, 0.001)
        assert (await anext(stream)).startswith(b"id: 1\n")
        async with timeout(1):
            assert await anext(stream) == b": ping\n\n"
        await end(generation)
        assert (await anext(stream)).startswith(b"id: 2\n")
        assert [data async for data in stream] == []

    async def test_every_reader_gets_every_event(self) -> None:
        """Every reader gets every event."""
        generation = Generation("m", 60)

        async def read() -> bytes:
            return b"".join([data async for data in stream_events(generation, 60)])

        async def answer() -> None:
            generation.publish(DELTA)
            await end(generation)

        first, second, _ = await asyncio.gather(read(), read(), answer())
        assert first == second
        assert len(parse_events(first)) == 3

    async def test_cancelled_stream_ends(self) -> None:
        """The stream of a cancelled generation ends with what there was."""
        generation = Generation("m", 60)
        stream = stream_events(generation, 60)
        assert (await anext(stream)).startswith(b"id: 1\n")
        generation.publish(DELTA)
        await end(generation, error=GenerationCancelled())
        [data] = [data async for data in stream]
        assert [event["event"] for event in parse_events(data)] == ["message", "error"]


class TestEventStream:
    """A client that leaves in the moment in which its stream begins."""

    async def test_leaving_before_the_first_event_cancels(self) -> None:
        """The generation of a client that leaves is cancelled, although no event was sent."""
        generation = Generation("m", 60)

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            """Nobody is there."""

        stream = EventStream(generation, ping_sec=60)
        streaming = asyncio.create_task(stream({"type": "http"}, receive, send))
        await until(lambda: generation.deadline.is_cancelled)
        with pytest.raises(ClientDisconnect):
            await asyncio.wait_for(streaming, 1)

    async def test_leaving_as_asgi_2_4_has_it_cancels(self) -> None:
        """An OSError with which a server says that the client has left cancels the generation."""
        generation = Generation("m", 60)

        async def receive() -> Message:
            await asyncio.Event().wait()
            return {}

        async def send(message: Message) -> None:
            raise ConnectionResetError

        stream = EventStream(generation, ping_sec=60)
        with pytest.raises(ClientDisconnect):
            await stream({"type": "http"}, receive, send)
        assert generation.deadline.is_cancelled
