"""Events as server-sent events (WHATWG HTML, 9.2)."""

from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
from async_timeout import timeout

from app.chat.events import Event, Failed, Finished, Piece, SourcesFound, Started
from app.chat.generation import Generation
from app.core.exceptions import BragError
from app.core.logs import request_id

PING: Final = b": ping\n\n"

NAMES: Final[dict[type[Event], bytes]] = {
    Started: b"start",
    SourcesFound: b"sources",
    Piece: b"message",
    Finished: b"done",
    Failed: b"error",
}


async def stream_events(generation: Generation, ping_sec: float) -> AsyncIterator[bytes]:
    """Frames the events of a generation, all that are there at once, with pings in silences.

    A reader that leaves cancels the generation.
    """
    sent = 0
    try:
        while not sent or sent < len(generation.events) or not generation.ended:
            events = generation.events[sent:]
            if events:
                yield b"".join(format_event(sent + n, event) for n, event in enumerate(events, 1))
                sent += len(events)
            else:
                try:
                    async with timeout(ping_sec):
                        await generation.changed()
                except TimeoutError:
                    yield PING
    finally:
        if not generation.ended:
            generation.cancel()


def format_event(number: int, event: Event) -> bytes:
    """One event: its id, its name and one line of JSON."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (number, NAMES[type(event)], _data(event))


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
        "detail": error.sentence,
        "status": int(error.status),
        "request_id": request_id.get(),
    }
