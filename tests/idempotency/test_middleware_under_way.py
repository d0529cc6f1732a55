"""Requests that are sent again before the first is answered, or after it was given up."""

import asyncio

import pytest

from app.db import Database
from tests.idempotency.service import (
    ANSWERS,
    FAULTY,
    PATIENT,
    STUBBORN,
    Service,
    is_replay,
    open_service,
)
from tests.support.databases import opened
from tests.support.postgres_proxy import PostgresProxy
from tests.support.server import problem_of
from tests.support.waiting import until

ABANDON = "UPDATE idempotency_key SET leased_until = clock_timestamp()"


async def asked(service: Service, times: int = 1) -> None:
    """Returns when the endpoints were asked so often."""
    await until(lambda: service.endpoints.asked == times)


class TestUnderWay:
    async def test_refused(self, service: Service) -> None:
        """While the first request is under way, the same one is told to come back."""
        service.endpoints.hold()
        first = service.begin()
        await asked(service)
        second = await service.post()
        assert problem_of(second)["code"] == "conflict"
        assert (second.status_code, second.headers["retry-after"]) == (409, "1")
        service.endpoints.may_go_on.set()
        assert (await service.post()).content == (await first).content

    async def test_abandoned(self, service: Service) -> None:
        """Of ten retries one takes over from a process that died; what that had is not stored."""
        service.endpoints.hold()
        dead = service.begin()
        await asked(service)
        await service.sql(ABANDON)
        retries = [service.begin() for _ in range(10)]
        await until(lambda: sum(retry.done() for retry in retries) == 9)
        service.endpoints.may_go_on.set()
        answers = await asyncio.gather(*retries)
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
        assert service.endpoints.asked == 2
        assert (await dead).json()["number"] == 1
        assert (await service.post()).json()["number"] == 2

    async def test_client_gone(self, service: Service) -> None:
        """A client that left before its answer finds that when it comes again."""
        service.endpoints.hold()
        asking = service.begin(ANSWERS)
        await asked(service)
        asking.cancel()
        service.endpoints.may_go_on.set()
        await until(service.is_stored)
        second = await service.post()
        assert (is_replay(second), second.json()["number"]) == (True, 1)


class TestReleased:
    async def test_told_of_its_client(self, service: Service) -> None:
        """What an endpoint answers that was told of its client's leaving is not kept."""
        asking = service.begin(STUBBORN)
        await asked(service)
        asking.cancel()
        await until(service.is_released)

    @pytest.mark.parametrize("status", [302, 404, 422, 503])
    async def test_not_successful(self, service: Service, status: int) -> None:
        """An answer that is not 2xx is not kept: the next request is carried out."""
        service.endpoints.status = status
        assert (await service.post()).status_code == status
        service.endpoints.status = 200
        second = await service.post(json={"message": "another"})
        assert (second.status_code, second.json()["number"]) == (200, 2)

    async def test_fault(self, service: Service) -> None:
        """After a fault of ours the next request is carried out."""
        for times in (1, 2):
            problem = problem_of(await service.post(FAULTY))
            assert problem["code"] == "internal_server_error"
            await until(service.is_released)
            assert service.endpoints.asked == times

    async def test_client_gone(self, service: Service) -> None:
        """An endpoint hears that its client leaves; what it gives up is carried out anew."""
        asking = service.begin(PATIENT)
        await asked(service)
        asking.cancel()
        await asyncio.wait_for(service.endpoints.client_left.wait(), 5)
        await until(service.is_released)


class TestDatabaseGone:
    async def test_before(self, database: Database, own_database_url: str) -> None:
        """Without Postgres a request with a key is a 503 and not carried out."""
        async with (
            PostgresProxy(own_database_url) as proxy,
            opened(proxy.url) as behind,
            open_service(behind, own_database_url) as service,
        ):
            await proxy.refuse()
            problem = problem_of(await service.post())
            assert (problem["status"], problem["code"]) == (503, "database_unavailable")
            assert service.endpoints.asked == 0

    async def test_meanwhile(self, database: Database, own_database_url: str) -> None:
        """Where Postgres goes away meanwhile, the client gets its answer all the same."""
        async with (
            PostgresProxy(own_database_url) as proxy,
            opened(proxy.url) as behind,
            open_service(behind, own_database_url) as service,
        ):
            service.endpoints.hold()
            first = service.begin()
            await asked(service)
            await proxy.refuse()
            service.endpoints.may_go_on.set()
            assert (await first).json()["number"] == 1
            assert not await service.is_stored()
