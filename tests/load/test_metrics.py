"""/metrics of two processes: what either has counted is shown by both."""

import asyncio
from typing import Final

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app.db.engine import POOL_SIZE
from benchmarks.answers import Answer, question
from tests.support.deployment import Deployment
from tests.support.waiting import until

pytestmark = pytest.mark.load

TOKEN: Final = "0123456789abcdef"
QUESTIONS: Final = 40
SCRAPES: Final = 8


async def scraped(url: str) -> dict[str, float]:
    """The sum of the samples of each name, by a connection of its own: of either process."""
    async with aiohttp.ClientSession(url) as session:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with session.get("/metrics", headers=headers) as response:
            text = await response.text()
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


async def ask(url: str) -> None:
    """Asks by a connection of its own."""
    body = {"message": question(1), "model": Answer(tokens=5).model}
    async with (
        aiohttp.ClientSession(url) as session,
        session.post("/v1/completion", json=body) as response,
    ):
        assert response.status == 200


async def until_two_live(url: str) -> None:
    """Returns once two processes are counted among the living, and none that has ended."""

    async def are_two() -> bool:
        return (await scraped(url)).get("brag_database_connections_max") == 2 * POOL_SIZE

    await until(are_two, 60)


class TestSeveralProcesses:
    async def test_processes_are_added_up(self, deployment: Deployment) -> None:
        """Either process shows all answers, also those of one that was killed or replaced."""
        async with deployment.gunicorn(METRICS_TOKEN=TOKEN) as server:
            await until_two_live(server.url)
            await asyncio.gather(*(ask(server.url) for _ in range(QUESTIONS)))
            counted = [await scraped(server.url) for _ in range(SCRAPES)]
            assert {one["brag_generations_total"] for one in counted} == {QUESTIONS}

            [killed, *_] = before = server.workers()
            killed.kill()
            await until(lambda: killed not in server.workers())
            server.reload()
            await until(lambda: len(server.workers()) == 2 and not server.workers() & before, 60)
            await server.until_it_answers()
            await until_two_live(server.url)
            await asyncio.gather(*(ask(server.url) for _ in range(QUESTIONS)))
            assert (await scraped(server.url))["brag_generations_total"] == 2 * QUESTIONS
            assert await server.terminate() == 0
