"""Requests that are sent again, as clients meet the answers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.db import Database
from tests.idempotency.service import (
    ANSWERS,
    ELSEWHERE,
    EMPTY,
    FAULTY,
    FORMS,
    MAX_BYTES,
    PATIENT,
    PIECES,
    STUBBORN,
    Service,
    is_replay,
    open_service,
)
from tests.support.databases import opened
from tests.support.postgres_proxy import PostgresProxy
from tests.support.server import problem_of
from tests.support.waiting import until

JSON = {"Content-Type": "application/json"}
ABANDON = "UPDATE idempotency_key SET leased_until = clock_timestamp()"


async def asked(service: Service, times: int = 1) -> None:
    """Returns when the endpoints were asked so often."""
    await until(lambda: service.endpoints.asked == times)


async def chunked(*chunks: bytes) -> AsyncIterator[bytes]:
    """A body whose length is not said before."""
    for chunk in chunks:
        yield chunk


class TestSameRequest:
    @pytest.mark.parametrize("caller", ["ann", "nobody"])
    async def test_answered_again(self, service: Service, caller: str) -> None:
        """The same request gets the same answer again, and is carried out once."""
        service.endpoints.status = 202
        first = await service.post(caller=caller)
        second = await service.post(caller=caller)
        assert (first.status_code, second.status_code) == (202, 202)
        assert second.content == first.content == b'{"number":1,"bytes":31}'
        for name in ("content-type", "x-message-uuid", "content-length"):
            assert second.headers[name] == first.headers[name]
        assert "set-cookie" not in second.headers
        assert (is_replay(first), is_replay(second)) == (False, True)
        assert service.endpoints.asked == 1

    async def test_quotes(self, service: Service) -> None:
        """A key is the same with quotes and without."""
        await service.post(key=r'"a\"b"')
        assert is_replay(await service.post(key='a"b'))

    async def test_same_json(self, service: Service) -> None:
        """A body is the same however its JSON is written."""
        await service.post(content=b'{"a": 1, "b": [2]}', headers=JSON)
        assert is_replay(await service.post(content=b'{"b":[2],"a":1}', headers=JSON))

    async def test_same_form(self, service: Service) -> None:
        """A form is the same whatever its boundary, and arrives whole behind the middleware."""
        sent: dict[str, Any] = {
            "data": {"title": "Ducks"},
            "files": {"file": ("a.txt", b"Ducks swim. " * 100_000, "text/plain")},
        }
        first = await service.post(FORMS, **sent)
        assert first.json() == {"number": 1, "sizes": {"title": "Ducks", "file": 1_200_000}}
        second = await service.post(FORMS, **sent)
        assert second.content == first.content
        assert first.request.headers["content-type"] != second.request.headers["content-type"]
        assert is_replay(second)

    async def test_other_body(self, service: Service) -> None:
        """Another body, query or path with the same key is a 422 that names the header."""
        await service.post()
        for path, body in (
            (ANSWERS, {"message": "Bye"}),
            (f"{ANSWERS}?a=1", {"message": "Hello", "model": "m"}),
            (FORMS, {"message": "Hello", "model": "m"}),
        ):
            problem = problem_of(await service.post(path, json=body))
            assert (problem["status"], problem["code"]) == (422, "validation_error")
            assert problem["errors"][0]["loc"] == ["header", "Idempotency-Key"]
            assert problem["detail"].startswith("This Idempotency-Key")
        assert service.endpoints.asked == 1

    @pytest.mark.parametrize(("path", "status"), [(EMPTY, 204), (PIECES, 200)])
    async def test_any_success(self, service: Service, path: str, status: int) -> None:
        """Any 2xx answer is kept: one without a body, and one that comes in pieces."""
        service.endpoints.chunks = [b"[1,", b"2]"]
        first, second = await service.post(path), await service.post(path)
        assert (first.status_code, second.status_code) == (status, status)
        assert first.content == second.content == (b"[1,2]" if status == 200 else b"")
        assert first.headers.get("content-type") == second.headers.get("content-type")
        assert (is_replay(first), is_replay(second)) == (False, True)

    async def test_two_owners(self, service: Service) -> None:
        """Ann, Bob and nobody use the same key for requests of their own."""
        for caller in ("ann", "bob", "nobody"):
            assert not is_replay(await service.post(caller=caller, json=[caller]))
        for caller in ("ann", "bob", "nobody"):
            assert is_replay(await service.post(caller=caller, json=[caller]))


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


class TestBadRequests:
    @pytest.mark.parametrize("key", ["", "a b", '"cut', "x" * 256])
    async def test_bad_key(self, service: Service, key: str) -> None:
        """What is no key is a 422 that names the header."""
        problem = problem_of(await service.post(key=key))
        assert (problem["status"], problem["code"]) == (422, "validation_error")
        [error] = problem["errors"]
        assert error["loc"] == ["header", "Idempotency-Key"]
        assert problem["detail"] == error["msg"]
        assert service.endpoints.asked == 0

    async def test_long_body(self, service: Service) -> None:
        """A body over the limit is a 413, whether its length is said before or not."""
        for content in (b"x" * (MAX_BYTES + 1), chunked(b"x" * MAX_BYTES, b"x")):
            response = await service.post(content=content)
            assert problem_of(response)["code"] == "payload_too_large"
        assert await service.is_released()

    async def test_large_body(self, service: Service) -> None:
        """A large body arrives as it was sent."""
        content = chunked(*[b"x" * 2**20] * 2)
        assert (await service.post(content=content)).json()["bytes"] == MAX_BYTES
        assert is_replay(await service.post(content=b"x" * MAX_BYTES))

    async def test_broken_off_body(self, service: Service) -> None:
        """A client that leaves before its body is whole leaves nothing behind."""
        sent = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            yield b"x"
            sent.set()
            await asyncio.Event().wait()

        asking = service.begin(content=endless())
        await sent.wait()
        asking.cancel()
        await asyncio.wait([asking])
        assert (await service.post(content=b"x")).json()["number"] == 1


class TestOthers:
    async def test_without_key(self, service: Service) -> None:
        """A request without a key is carried out each time."""
        for number in (1, 2):
            response = await service.client.post(ANSWERS, json={})
            assert response.json()["number"] == number
        assert await service.is_released()

    async def test_other_path(self, service: Service) -> None:
        """At a path that keeps no answers the header, right or wrong, means nothing."""
        for key in ("k", "k", "a b"):
            assert not is_replay(await service.post(ELSEWHERE, key=key))
        assert service.endpoints.asked == 3


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
