"""Events as server-sent events (WHATWG HTML, 9.2)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson

from app.chat.events import Event, Failed, Finished, Piece, SourcesFound, Started
from app.chat.generation import Generation
from app.core.exceptions import BragError
from app.core.logs import request_id

PING: Final = b": ping\n\n"
# Ends of lines to Unicode though not to server-sent events: clients that read text line by line
# (httpx's iter_lines, str.splitlines) would tear the JSON. Its own control characters are escaped.
LINE_SEPARATORS: Final = tuple(
    (each.encode(), b"\\u%04x" % ord(each)) for each in ("\x85", "\u2028", "\u2029")
)

NAMES: Final[dict[type[Event], bytes]] = {
    Started: b"start",
    SourcesFound: b"sources",
    Piece: b"message",
    Finished: b"done",
    Failed: b"error",
}


async def stream_events(generation: Generation, ping_sec: float) -> AsyncIterator[bytes]:
    """Frames the events of a generation, all that are there at once, with pings in silences."""
    sent, silence = 0, _Silence(generation, ping_sec)
    try:
        while not sent or sent < len(generation.events) or not generation.ended:
            events = generation.events[sent:]
            if events:
                yield b"".join(format_event(sent + n, event) for n, event in enumerate(events, 1))
                sent += len(events)
                silence.broken()
            elif silence.too_long:
                yield PING
                silence.broken()
            else:
                await generation.changed()
    finally:
        silence.end()


class _Silence:
    """Wakes the readers of a generation after so long without an event.

    One timer for each stream, set again when it rings: one for each event would cost a tenth of it.
    """

    def __init__(self, generation: Generation, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._generation = generation
        self._seconds = seconds
        self.too_long = False
        self.broken()
        self._timer = self._loop.call_at(self._due, self._ring)

    def broken(self) -> None:
        """Something was sent."""
        self._due = self._loop.time() + self._seconds
        self.too_long = False

    def end(self) -> None:
        """Nothing more will be sent."""
        self._timer.cancel()

    def _ring(self) -> None:
        if self._loop.time() >= self._due:
            self.too_long = True
            self._generation.wake()
            self._due += self._seconds
        self._timer = self._loop.call_at(self._due, self._ring)


def format_event(number: int, event: Event) -> bytes:
    """One event: its id, its name and one line of JSON, whatever a client takes for its end."""
    data = _data(event)
    if b"\xe2\x80" in data or b"\xc2\x85" in data:
        for separator, escape in LINE_SEPARATORS:
            data = data.replace(separator, escape)
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (number, NAMES[type(event)], data)


def _data(event: Event) -> bytes:
    match event:
        case Finished(message):
            return message.model_dump_json().encode()
        case SourcesFound(sources):
            return orjson.dumps([source.model_dump() for source in sources])
        case Failed(error):
            return orjson.dumps(_error(error))
        case _:
            return orjson.dumps(event)


def _error(error: BragError) -> dict[str, Any]:
    return {
        "code": error.code,
        "detail": error.detail,
        "status": int(error.status),
        "request_id": request_id.get(),
    }
