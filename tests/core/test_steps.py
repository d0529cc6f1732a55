"""Long work in steps: others come between them."""

import asyncio

from app.core.steps import call_in_step, next_step
from tests.support.turns import counted_turns

STEPS = 5
WORKS = "abc"


class TestSteps:
    """Several long works on one loop."""

    async def test_one_with_each_turn(self) -> None:
        """However many works there are, a turn of the loop has a step of one alone."""
        turns_of_steps: list[int] = []

        async def work() -> None:
            for _ in range(STEPS):
                await next_step()
                turns_of_steps.append(turns.number)

        with counted_turns() as turns:
            await asyncio.gather(*(work() for _ in WORKS))
        assert len(turns_of_steps) == len(set(turns_of_steps)) == STEPS * len(WORKS)

    async def test_in_turns(self) -> None:
        """Each work has its step before another has its second."""
        done: list[str] = []

        async def work(name: str) -> None:
            for _ in range(STEPS):
                await next_step()
                done.append(name)

        await asyncio.gather(*map(work, WORKS))
        assert "".join(done) == WORKS * STEPS

    async def test_lonely_work_is_quick(self) -> None:
        """Work that is alone waits for two turns at most."""
        with counted_turns() as turns:
            for _ in range(STEPS):
                await next_step()
            assert turns.number <= 2 * STEPS + 1

    async def test_fault(self) -> None:
        """A step that fails, and one that nobody waits for any more, hold no others up."""
        loop = asyncio.get_running_loop()
        faults: list[object] = []
        loop.set_exception_handler(lambda _, context: faults.append(context["exception"]))
        left = asyncio.create_task(next_step())
        await asyncio.sleep(0)
        left.cancel()
        done = asyncio.Event()
        call_in_step(_fail)
        call_in_step(done.set)
        async with asyncio.timeout(5):
            await done.wait()
        assert list(map(type, faults)) == [ArithmeticError]


def _fail() -> None:
    raise ArithmeticError
