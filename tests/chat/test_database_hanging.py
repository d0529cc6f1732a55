"""Postgres that takes what is sent and does not answer."""

import asyncio

import pytest

from tests.chat.asking import COMPLETION, COMPLETION_STREAM, fail
from tests.chat.outages import PATIENCE, assert_unavailable, assert_works
from tests.conftest import SettingsFactory
from tests.postgres_proxy import PostgresProxy
from tests.server import problem_of, serve
from tests.waiting import Stopwatch, until


class TestHanging:
    """Postgres takes what is sent and does not answer."""

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_in_time(
        self, behind_network: SettingsFactory, network: PostgresProxy, path: str
    ) -> None:
        """A client waits no longer than DATABASE_TIMEOUT_SEC, and the service recovers at once."""
        async with serve(behind_network()) as client:
            await assert_works(client)
            network.hang()
            with Stopwatch() as watch:
                assert_unavailable(await fail(client, path))
            assert PATIENCE * 0.9 < watch.seconds < PATIENCE + 0.5
            network.pass_on()
            await assert_works(client)

    async def test_everybody_in_time(
        self, behind_network: SettingsFactory, network: PostgresProxy
    ) -> None:
        """Nor does one who has to wait for the commit of another."""
        async with serve(behind_network(MAX_CONCURRENT_GENERATIONS=2)) as client:
            await assert_works(client)
            network.hang()
            first = asyncio.create_task(fail(client, COMPLETION))
            await network.held.wait()
            with Stopwatch() as watch:
                assert_unavailable(await fail(client, COMPLETION))
            assert watch.seconds < PATIENCE * 1.9
            assert_unavailable(await first)
            network.pass_on()
            await assert_works(client)

    async def test_threads(self, behind_network: SettingsFactory, network: PostgresProxy) -> None:
        """However many requests waited, the service recovers although theirs hang for ever."""
        async with serve(behind_network()) as client:
            await asyncio.gather(*(client.get("/v1/messages") for _ in range(16)))
            network.hang()
            waiting = [client.get("/v1/messages") for _ in range(24)]
            codes = {problem_of(each)["code"] for each in await asyncio.gather(*waiting)}
            assert codes == {"database_unavailable"}
            network.fail_over()

            async def works() -> bool:
                return (await client.get("/v1/messages")).status_code == 200

            await until(works, seconds=4)  # libpq gives up a connection attempt after 2
