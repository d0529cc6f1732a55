"""The events of a generation as a stream of server-sent events (WHATWG HTML, 9.2)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

import orjson
from async_timeout import timeout
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.chat.cancellation import until_client_leaves
from app.chat.events import Delta, DoneEvent, ErrorEvent, Event, SourcesEvent, StartEvent
from app.chat.generation import EVENTS_AT_ONCE, Generation
from app.core.steps import next_step

PING: Final = b": ping\n\n"
# Ends of lines to Unicode though not to server-sent events: clients that read text line by line
# (httpx's iter_lines, str.splitlines) would tear the JSON. Its own control characters are escaped.
LINE_SEPARATORS: Final = tuple(
    (separator.encode(), b"\\u%04x" % ord(separator)) for separator in ("\x85", "\u2028", "\u2029")
)

Frame = Callable[[int, Event], bytes]  # of the number of an event, and the event

NAMES: Final[dict[type[Event], bytes]] = {
    StartEvent: b"start",
    SourcesEvent: b"sources",
    Delta: b"message",
    DoneEvent: b"done",
    ErrorEvent: b"error",
}


def format_event(number: int, event: Event) -> bytes:
    """One event: its id, its name and one line of JSON."""
    data = one_line(_data(event))
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (number, NAMES[type(event)], data)


def one_line(data: bytes) -> bytes:
    """JSON as one line to every client, whatever it takes for the end of a line."""
    if b"\xe2\x80" in data or b"\xc2\x85" in data:
        for separator, escape in LINE_SEPARATORS:
            data = data.replace(separator, escape)
    return data


def _data(event: Event) -> bytes:
    match event:
        case Delta():  # first: nearly all are
            return orjson.dumps(event)
        case DoneEvent(message):
            return message.model_dump_json().encode()
        case SourcesEvent(sources):
            return orjson.dumps([source.model_dump() for source in sources])
        case ErrorEvent(problem):
            return orjson.dumps(problem)
        case _:
            return orjson.dumps(event)


class EventStream(StreamingResponse):
    """The stream of a generation, from the event after `after` on; `frame` writes each event."""

    def __init__(
        self,
        generation: Generation,
        ping_sec: float,
        after: int = 0,
        frame: Frame = format_event,
    ) -> None:
        super().__init__(
            stream_events(generation, ping_sec, after, frame),
            media_type="text/event-stream; charset=utf-8",
            headers={
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
                "X-Message-UUID": str(generation.start.uuid),
            },
        )
        self._generation = generation

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Sends the events until the generation ends or the client leaves (ASGI)."""
        with self._generation.followed():
            # In a task of its own: each chunk wakes a task through all the frames above it, which
            # are those of every middleware here.
            sending = asyncio.create_task(self.stream_response(send))
            await until_client_leaves(receive, sending)


async def may_begin(generation: Generation, seconds: float) -> None:
    """Returns when the stream of a generation may begin; raises what was refused until then.

    That is when the upstream has accepted the request, or `seconds` later.
    """
    try:
        async with timeout(seconds):
            while not (generation.is_accepted or generation.has_ended):
                await generation.changed()
    except TimeoutError:
        generation.is_promised = True
    if generation.has_ended and not generation.is_accepted:
        await generation.result()


async def stream_events(
    generation: Generation, ping_sec: float, after: int = 0, frame: Frame = format_event
) -> AsyncIterator[bytes]:
    """The events after the first ones, with a ping after so many seconds of silence."""
    sent, pings = after, _PingTimer(generation, ping_sec)
    try:
        while True:
            events = generation.events_after(sent)
            if events:
                yield b"".join([frame(sent + n, event) for n, event in enumerate(events, 1)])
                sent += len(events)
                pings.restart()
                if len(events) >= EVENTS_AT_ONCE:
                    await next_step()  # more are there: others come first
            elif generation.has_ended:
                break
            elif pings.is_due:
                yield PING
                pings.restart()
            else:
                await generation.changed()
        if generation.is_abandoned and generation.last is not None and sent == after:
            # A reader who has had more than the journal is told all the same how it ended, and
            # finds nothing left by this number.
            yield frame(generation.last_number, generation.last)
    finally:
        pings.stop()


class _PingTimer:
    """Wakes the readers of a generation after so many seconds without an event.

    One timer for each stream, set again when it rings: one for each event would cost a tenth of it.
    """

    def __init__(self, generation: Generation, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._generation = generation
        self._seconds = seconds
        self.restart()
        self._timer = self._loop.call_at(self._due, self._ring)

    def restart(self) -> None:
        """Counts the silence from now on."""
        self._due = self._loop.time() + self._seconds
        self.is_due = False

    def stop(self) -> None:
        """Rings no more."""
        self._timer.cancel()

    def _ring(self) -> None:
        if self._loop.time() >= self._due:
            self.is_due = True
            self._generation.wake()
            self._due += self._seconds
        self._timer = self._loop.call_at(self._due, self._ring)
