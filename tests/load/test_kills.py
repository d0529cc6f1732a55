"""kill -9 at any moment under load: what a client was told is stored is there afterwards."""

import asyncio
import os
from random import Random
from typing import Final

import pytest

from tests.load.callers import Callers
from tests.load.readers import opened_session
from tests.support.deployment import Deployment
from tests.support.gunicorn_server import Gunicorn

pytestmark = pytest.mark.load

KILLS: Final = int(os.environ.get("KILLS", "200"))
CALLERS: Final = 20
LONGEST_LIFE_SEC: Final = 1.0
# All of gunicorn less often: it takes seconds to start.
KILLED: Final = ("gunicorn", "a worker", "a worker", "Postgres", "Postgres")


class TestKills:
    async def test_no_acknowledged_message_is_lost(self, deployment: Deployment) -> None:
        """Whatever was acknowledged before a kill is still there, and reads as it was told."""
        random = Random()
        async with deployment.gunicorn() as server, opened_session(server.url) as session:
            callers = Callers(session, random)
            asking = [asyncio.create_task(callers.ask()) for _ in range(CALLERS)]
            for _ in range(KILLS):
                await callers.until_answered(CALLERS)
                await asyncio.sleep(random.uniform(0, LONGEST_LIFE_SEC))
                await _kill(random.choice(KILLED), deployment, server, random)
                await callers.check_new()
            await _end(asking)
            await callers.check_all()
        assert callers.broken_off > KILLS, "the kills have broken nothing off"


async def _kill(what: str, deployment: Deployment, server: Gunicorn, random: Random) -> None:
    """Kills it; returns when it is there again."""
    if what == "gunicorn":
        await server.kill()
    elif what == "a worker":
        await server.kill_worker(random)
    else:
        await asyncio.to_thread(deployment.kill_postgres)
        await server.until_it_answers()


async def _end(asking: list[asyncio.Task[None]]) -> None:
    """Ends the callers; raises what one of them has found wrong."""
    for task in asking:
        task.cancel()
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(result) for result in results} == {asyncio.CancelledError}, results
