"""Who has asked how often of late, in the memory of this process."""

from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable
from itertools import islice
from time import monotonic
from typing import Final, NamedTuple

MAX_KEYS: Final = 100_000  # 33 MB of clients that came once
# With each new key, of which one comes: a crowd that has left is forgotten little by little, and no
# single hit pays for all of it.
FORGOTTEN_AT_ONCE: Final = 2


class Allowance(NamedTuple):
    """Whether a hit is within the limit, how many more would be, and how soon that number grows."""

    is_granted: bool
    remaining: int
    wait_sec: float


class MovingWindow:
    """At most `limit` hits of a key in any `seconds`; a refused hit does not count.

    It keeps `max_keys` keys, and forgets those first whose last hit is longest ago.
    """

    def __init__(
        self,
        limit: int,
        seconds: float,
        now: Callable[[], float] = monotonic,
        max_keys: int = MAX_KEYS,
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._now = now
        self._max_keys = max_keys
        self._hits: OrderedDict[Hashable, array[float]] = OrderedDict()  # the last hit key last

    def __len__(self) -> int:
        """How many keys are kept."""
        return len(self._hits)

    def look(self, key: Hashable) -> Allowance:
        """What a hit would be told; it counts none."""
        now = self._now()
        recent = self._recent(key, now)
        return self._allowance(recent, now, is_granted=len(recent) < self._limit)

    def hit(self, key: Hashable) -> Allowance:
        """Counts a hit, if it is within the limit."""
        now = self._now()
        recent = self._recent(key, now)
        is_granted = len(recent) < self._limit
        if is_granted:
            recent.append(now)
            self._keep(key, recent, now)
        return self._allowance(recent, now, is_granted=is_granted)

    def _recent(self, key: Hashable, now: float) -> "array[float]":
        """The hits of the window that ends now, the oldest first."""
        hits = self._hits.get(key)
        return array("d") if hits is None else hits[bisect_right(hits, now - self._seconds) :]

    def _allowance(self, recent: "array[float]", now: float, *, is_granted: bool) -> Allowance:
        wait_sec = recent[0] + self._seconds - now if recent else 0.0
        return Allowance(is_granted, self._limit - len(recent), wait_sec)

    def _keep(self, key: Hashable, hits: "array[float]", now: float) -> None:
        if key not in self._hits:
            self._make_room(now)
        self._hits[key] = hits
        self._hits.move_to_end(key)

    def _make_room(self, now: float) -> None:
        for key in list(islice(self._hits, FORGOTTEN_AT_ONCE)):
            is_over = self._hits[key][-1] <= now - self._seconds
            if is_over or len(self._hits) >= self._max_keys:
                del self._hits[key]
