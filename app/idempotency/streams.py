"""How a stream of server-sent events ends."""

from typing import Final

DONE: Final = b"event: done\n"
ERROR: Final = b"event: error\n"
END: Final = b"\n\n"  # of an event: all streams of ours end their lines so


class LastEvent:
    """Finds the event that ends a stream, whatever chunks it comes in.

    It looks at the last event of each chunk, and keeps one that is not whole yet.
    """

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> bytes | None:
        """The event `done` or `error` that this chunk ends with, whole; else None."""
        if not self._rest and chunk.endswith(END):
            return _ending(chunk)
        seen = max(0, len(self._rest) - 1)
        self._rest += chunk
        if self._rest.endswith(END):
            event, self._rest = bytes(self._rest), bytearray()
            return _ending(event)
        cut = self._rest.rfind(END, seen)
        if cut >= 0:
            del self._rest[: cut + len(END)]
        return None


def is_done(event: bytes) -> bool:
    """Whether it says that the answer is committed."""
    return _is(DONE, event)


def _ending(events: bytes) -> bytes | None:
    start = events.rfind(END, 0, -len(END))
    last = events[start + len(END) :] if start >= 0 else events
    return last if _is(DONE, last) or _is(ERROR, last) else None


def _is(name: bytes, event: bytes) -> bool:
    """Whether the name is a line of the event; nearly always it is nowhere in it."""
    return name in event and (event.startswith(name) or b"\n" + name in event)
