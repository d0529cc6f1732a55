"""How many answers are generated for one user at a time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.caller import Caller
from app.core.exceptions import RateLimited


class GenerationLimits:
    """At most `limit` generations of a user at a time, with whichever keys; nobody has no limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running: Counter[int] = Counter()

    @contextmanager
    def of(self, caller: Caller) -> Iterator[None]:
        """The block is a generation of the caller's; RateLimited at once if it is one too many."""
        user = caller.user_id
        if user is None:
            yield
            return
        if self._running[user] >= self._limit:
            raise RateLimited(
                f"Only {self._limit} of your answers can be generated at a time. "
                "Please wait until one is done."
            )
        self._running[user] += 1
        try:
            yield
        finally:
            self._running[user] -= 1
            if not self._running[user]:
                del self._running[user]
