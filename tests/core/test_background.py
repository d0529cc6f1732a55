"""Tasks that run beside a block."""

import asyncio

import pytest

from app.core.background import background
from tests.support.waiting import until


class Work:
    """A coroutine that never ends by itself."""

    def __init__(self) -> None:
        self.state = "not begun"

    async def run(self) -> None:
        """Says that it runs, and when it was cancelled."""
        self.state = "running"
        try:
            await asyncio.Event().wait()
        finally:
            self.state = "ended"


class TestBackground:
    async def test_coroutine_ends_with_the_block(self) -> None:
        """The coroutine runs while the block runs, and has ended when the block is left."""
        work = Work()
        async with background(work.run()):
            await until(lambda: work.state == "running")
        assert work.state == "ended"

    async def test_error_in_the_block_ends_the_coroutine(self) -> None:
        """An error in the block ends the coroutine, and is raised."""
        work = Work()
        with pytest.raises(LookupError):
            await fail_beside(work)
        assert work.state == "ended"


async def fail_beside(work: Work) -> None:
    """A block that fails while the coroutine runs."""
    async with background(work.run()):
        await until(lambda: work.state == "running")
        raise LookupError
