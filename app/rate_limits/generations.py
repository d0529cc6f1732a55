"""How many answers are generated for one user at a time."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.core.caller import Caller
from app.core.exceptions import RateLimited


class GenerationLimits:
    """At most `limit` generations of a user at a time, with whichever keys; nobody has no limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running: dict[int, list[Callable[[], bool]]] = defaultdict(list)

    @contextmanager
    def of(self, caller: Caller, counts: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """The block is a generation of the caller's; RateLimited at once if it is one too many.

        `counts` is asked when another one begins: whether this one still counts.
        """
        user = caller.user_id
        if user is None:
            yield
            return
        running = self._running[user]
        if sum(count() for count in running) >= self._limit:
            raise RateLimited(
                f"Only {self._limit} of your answers can be generated at a time. "
                "Please wait until one is done."
            )
        running.append(counts)
        try:
            yield
        finally:
            running.remove(counts)
            if not running:
                self._running.pop(user, None)
