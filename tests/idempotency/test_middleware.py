"""Requests that are sent again, as clients meet the answers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.idempotency.service import (
    ANSWERS,
    ELSEWHERE,
    EMPTY,
    FORMS,
    MAX_BYTES,
    PIECES,
    Service,
    is_replay,
)
from tests.support.server import problem_of

JSON = {"Content-Type": "application/json"}


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
