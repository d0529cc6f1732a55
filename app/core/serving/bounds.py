"""How much a client may send, and how long it may take: see docs/decisions/0038."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one connection."""

    head_bytes: int = 64 * 2**10  # likewise of trailers, and of a chunk's extensions
    headers: int = 256
    pipelined: int = 16  # requests that wait for the answer to the one before
    head_sec: float = 10
    body_bytes_per_sec: int = 1_000
    body_window_sec: float = 20  # the pace is the mean over this: a short pause does no harm
    reader_sec: float = 60
    late_sec: float = 1  # for a request that is on its way when the server ends
    linger_sec: float = 2  # after a refusal: a client that still sends would lose it to a reset


class Sending:
    """Whether the client sends its request in time: the head at once, the body at a pace."""

    __slots__ = ("_bounds", "_window_since", "head_since", "in_body", "received", "was_held")

    def __init__(self, bounds: Bounds, now: float) -> None:
        self._bounds = bounds
        self._window_since: float | None = None
        self.head_since: float | None = now  # None: no head is under way
        self.in_body = False
        self.received = 0  # bytes of body in this window
        self.was_held = False  # for a part of this window we did not read

    def begin_body(self) -> None:
        """The head is whole."""
        self.head_since = None
        self.in_body = True
        self._window_since = None

    def is_late(self, now: float, *, is_held: bool) -> bool:
        """Whether to wait no longer; `is_held`: the client is not to blame, as nobody reads."""
        if self.head_since is not None:
            return now - self.head_since >= self._bounds.head_sec
        return self.in_body and self._is_slow(now, is_held=is_held)

    def _is_slow(self, now: float, *, is_held: bool) -> bool:
        since = self._window_since
        if since is not None and not is_held and now - since < self._bounds.body_window_sec:
            return False
        expected = 0.0 if since is None else (now - since) * self._bounds.body_bytes_per_sec
        is_slow = self.received < expected and not (is_held or self.was_held)
        self._window_since, self.received, self.was_held = now, 0, is_held
        return is_slow

    def next_look(self, now: float) -> float:
        """When to ask again: at the latest when the head that is under way becomes late."""
        return (now if self.head_since is None else self.head_since) + self._bounds.head_sec


class Taking:
    """Whether the client takes what it is sent."""

    __slots__ = ("_bounds", "_left", "since")

    def __init__(self, bounds: Bounds, now: float) -> None:
        self._bounds = bounds
        self._left = 0
        self.since = now  # when it last took anything

    def is_stuck(self, now: float, left: int) -> bool:
        """Whether it has taken nothing for too long of the bytes that are left."""
        if left != self._left or not left:
            self.since = now
        self._left = left
        return now - self.since >= self._bounds.reader_sec
