"""The turns of the running event loop, counted."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Counts the turns: `number` is the number of the turn under way."""

    number = 0

    def count(self) -> None:
        """Adds one with every turn from now on."""
        self.number += 1
        self.next = asyncio.get_running_loop().call_soon(self.count)


@contextmanager
def counted_turns() -> Iterator[Turns]:
    """The turns that the loop makes during the block."""
    turns = Turns()
    turns.count()
    try:
        yield turns
    finally:
        turns.next.cancel()
