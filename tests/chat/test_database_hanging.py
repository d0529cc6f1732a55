"""Postgres that takes what is sent and does not answer."""

import asyncio

import pytest

from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, COMPLETION_STREAM, fail
from tests.support.outages import PATIENCE, assert_unavailable, assert_works
from tests.support.postgres_proxy import PostgresProxy
from tests.support.server import problem_of, serve
from tests.support.waiting import Stopwatch, until


class TestHanging:
    """Postgres takes what is sent and does not answer."""

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_client_waits_no_longer_than_the_timeout(
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

    async def test_timeout_includes_the_commit_of_another(
        self, behind_network: SettingsFactory, network: PostgresProxy
    ) -> None:
        """DATABASE_TIMEOUT_SEC includes the time for which a client waits for another's commit."""
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

    async def test_hanging_threads_do_not_stop_the_service(
        self, behind_network: SettingsFactory, network: PostgresProxy
    ) -> None:
        """The service recovers from many requests at once that hang for ever."""
        async with serve(behind_network()) as client:
            await asyncio.gather(*(client.get("/v1/messages") for _ in range(16)))
            network.hang()
            waiting = [client.get("/v1/messages") for _ in range(24)]
            responses = await asyncio.gather(*waiting)
            codes = {problem_of(response)["code"] for response in responses}
            assert codes == {"database_unavailable"}
            network.fail_over()

            async def works() -> bool:
                return (await client.get("/v1/messages")).status_code == 200

            await until(works, seconds=4)  # libpq gives up a connection attempt after 2
