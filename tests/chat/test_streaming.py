"""Server-sent events out of the events of a generation."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.chat.constants import ChatRolesEnum, MessageStatus
from app.chat.events import Event, Failed, Finished, Piece, SourcesFound, Started
from app.chat.exceptions import StreamTimeoutException
from app.chat.generation import Generation
from app.chat.models import Message
from app.chat.streaming import format_event, stream_events
from app.documents.models import Source
from tests.server import parse_events

UUID_1 = UUID(int=1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
MESSAGE = Message(
    id=1,
    uuid=UUID_1,
    chat_uuid=None,
    model="m",
    role=ChatRolesEnum.ASSISTANT,
    message="Hi\r\nthere",
    status=MessageStatus.COMPLETE,
    finish_reason="stop",
    usage=None,
    sources=[],
    created_at=datetime(2026, 11, 22, tzinfo=UTC),
)
SOURCE = Source(
    document_uuid=UUID_1,
    title="T",
    source="s",
    ordinal=0,
    start=0,
    end=2,
    text="a\nb",
    score=0.5,
)


class TestFormatEvent:
    """One event."""

    @given(content=TEXT)
    def test_one_line_of_data(self, content: str) -> None:
        """Whatever a piece holds, its data is one line that decodes to the same."""
        block = format_event(7, Piece("1", 2, "m", content, None))
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
    def test_one_line_of_text(self, content: str) -> None:
        """Nor is there another one for clients that know all of Unicode's ends of lines."""
        events: list[Event] = [
            Piece("c", 1, "m", content, None),
            SourcesFound([SOURCE.model_copy(update={"text": content})]),
            Finished(MESSAGE.model_copy(update={"message": content})),
        ]
        sent = [format_event(1, event) for event in events]
        assert [len(each.decode().splitlines()) for each in sent] == [4, 4, 4]
        [piece], [sources], [done] = map(parse_events, sent)
        assert piece["data"]["content"] == content
        assert sources["data"][0]["text"] == content
        assert done["data"]["message"] == content

    def test_bytes(self) -> None:
        """The form is that of the contract, to the byte."""
        assert format_event(1, Started(UUID_1, "m")) == (
            b"id: 1\nevent: start\n"
            b'data: {"uuid":"00000000-0000-0000-0000-000000000001","model":"m"}\n\n'
        )

    def test_names(self) -> None:
        """Each event has its name."""
        events: list[Event] = [
            Started(UUID_1, "m"),
            SourcesFound([SOURCE]),
            Piece("1", 2, "m", "Hi", None),
            Finished(MESSAGE),
            Failed(StreamTimeoutException()),
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


class TestStreamEvents:
    """The stream of one generation."""

    async def test_at_once(self) -> None:
        """Events that are there together are sent together."""
        generation = Generation("m", 60)
        generation.publish(Piece("1", 2, "m", "Hi", "stop"), Finished(MESSAGE))
        [data] = [data async for data in stream_events(generation, 60)]
        assert [event["id"] for event in parse_events(data)] == [1, 2, 3]

    async def test_ping(self) -> None:
        """In a silence there are pings."""
        generation = Generation("m", 60)
        stream = stream_events(generation, 0.001)
        assert (await anext(stream)).startswith(b"id: 1\n")
        assert await anext(stream) == b": ping\n\n"
        generation.publish(Finished(MESSAGE))
        assert (await anext(stream)).startswith(b"id: 2\n")
        assert [data async for data in stream] == []

    async def test_two_readers(self) -> None:
        """Every reader gets every event."""
        generation = Generation("m", 60)

        async def read() -> bytes:
            return b"".join([data async for data in stream_events(generation, 60)])

        readers = [asyncio.create_task(read()) for _ in range(2)]
        generation.publish(Piece("1", 2, "m", "Hi", "stop"))
        generation.publish(Finished(MESSAGE))
        first, second = await asyncio.gather(*readers)
        assert first == second
        assert len(parse_events(first)) == 3
