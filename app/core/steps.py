"""Long work in short steps: with each turn of the event loop one step, whoever's it is.

If every long piece of work did a step with each turn, a turn would take as long as all these steps,
and an ordinary request needs a dozen turns.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Final
from weakref import WeakKeyDictionary

STEP_SEC: Final = 0.001


class _Steps:
    """The steps that wait on one loop, the oldest first."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_called = False

    def add(self, step: Callable[[], None]) -> None:
        self._waiting.append(step)
        self._call()

    def _call(self) -> None:
        if self._waiting and not self._is_called:
            self._is_called = True
            asyncio.get_running_loop().call_soon(self._do_next)

    def _do_next(self) -> None:
        step = self._waiting.popleft()
        self._is_called = False
        self._call()
        step()


_of_loops: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Steps]] = WeakKeyDictionary()


def call_in_step(step: Callable[[], None]) -> None:
    """Has the running loop call this when its turn comes among all long work."""
    _of_loops.setdefault(asyncio.get_running_loop(), _Steps()).add(step)


async def next_step() -> float:
    """Returns when a step may begin, with the monotonic time at which it should be over."""
    begins: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    call_in_step(partial(_begin, begins))
    await begins
    return monotonic() + STEP_SEC


def _begin(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():  # it may have been cancelled
        waiting.set_result(None)
