"""How long answers go on without a reader."""

import asyncio

from app.chat.generation import Generation
from app.chat.models import Message
from app.chat.under_way import GenerationsUnderWay
from app.core.caller import NOBODY

GRACE_SEC = 0.3


class TestGrace:
    """What nobody follows is cancelled RESUME_GRACE_SEC later."""

    async def test_begins_anew_each_time(self) -> None:
        """Whoever comes back within it and leaves again has the whole of it once more."""
        under_way, generation = GenerationsUnderWay(GRACE_SEC), Generation("m", 60)
        never: asyncio.Future[Message] = asyncio.Future()
        under_way.run(NOBODY, generation, never, stream=True)
        loop = asyncio.get_running_loop()
        with generation.followed():
            pass
        left = asyncio.Event()

        def come_back() -> None:
            with generation.followed():
                pass
            left.set()

        loop.call_later(GRACE_SEC / 2, come_back)
        await left.wait()
        again = loop.time()
        cancelled = asyncio.Event()
        generation.deadline.cancel = cancelled.set  # type: ignore[method-assign]
        await cancelled.wait()
        assert loop.time() - again >= GRACE_SEC * 0.9
        never.cancel()
