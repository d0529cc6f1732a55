"""Requests that are not even a question."""

from typing import Any

import httpx2
import pytest

from tests.chat.asking import COMPLETION, JSON, MEGABYTE, refused, wrong_field
from tests.server import problem_of

pytestmark = pytest.mark.usefixtures("nothing_comes_of_it")


class TestOddRequests:
    """What is not even a question."""

    async def test_completion_with_limit(self, client: httpx2.AsyncClient) -> None:
        """A field of questions with retrieval is unknown to those without."""
        body = {"message": "Hello", "limit": 3}
        assert await wrong_field(client, COMPLETION, body) == ["body", "limit"]

    async def test_unknown_field_half_a_character(self, client: httpx2.AsyncClient) -> None:
        """An unknown field whose name is no text is refused like any other."""
        body = rb'{"message": "Hi", "\ud83e": 1}'
        problem = await refused(client, COMPLETION, content=body, headers=JSON)
        assert problem["errors"][0]["loc"][0] == "body"

    async def test_endless_field_name(self, client: httpx2.AsyncClient) -> None:
        """The name of an unknown field is not sent back at any length."""
        response = await client.post(COMPLETION, json={"message": "Hi", "x" * MEGABYTE: 1})
        assert problem_of(response)["code"] == "validation_error"
        assert len(response.content) < 2000

    async def test_countless_errors(self, client: httpx2.AsyncClient) -> None:
        """A body that is wrong in very many places does not get a longer answer than it is."""
        fields = {f"field{n}": n for n in range(10_000)}
        response = await client.post(COMPLETION, json={"message": "Hi", **fields})
        assert problem_of(response)["code"] == "validation_error"
        assert len(response.content) < 20_000

    async def test_deeply_nested(self, client: httpx2.AsyncClient) -> None:
        """JSON that is nested too deeply to be read is refused."""
        body = b'{"message": ' + b"[" * 200_000
        response = await client.post(COMPLETION, content=body, headers=JSON)
        assert problem_of(response)["code"] == "bad_request"

    async def test_not_utf8(self, client: httpx2.AsyncClient) -> None:
        """Bytes that are not UTF-8 are refused."""
        body = b'{"message": "\xff\xfe"}'
        response = await client.post(COMPLETION, content=body, headers=JSON)
        assert problem_of(response)["code"] == "bad_request"

    async def test_not_declared_as_json(self, client: httpx2.AsyncClient) -> None:
        """A body that does not say that it is JSON is not taken for it."""
        problem = await refused(client, COMPLETION, content=b'{"message": "Hello"}')
        assert problem["errors"][0]["loc"] == ["body"]

    async def test_streamed_payload_too_large(self, client: httpx2.AsyncClient) -> None:
        """A body over 16 MiB is refused too if it does not say how long it is."""

        async def pieces() -> Any:
            for _ in range(17):
                yield b" " * MEGABYTE

        problem = problem_of(await client.post(COMPLETION, content=pieces()))
        assert (problem["status"], problem["code"]) == (413, "payload_too_large")

    async def test_unknown_route(self, client: httpx2.AsyncClient) -> None:
        """An address that does not exist is a 404."""
        problem = problem_of(await client.get("/v1/nothing"))
        assert (problem["status"], problem["code"]) == (404, "not_found")

    async def test_delete_messages(self, client: httpx2.AsyncClient) -> None:
        """Messages cannot be deleted."""
        problem = problem_of(await client.delete("/v1/messages"))
        assert (problem["status"], problem["code"]) == (405, "method_not_allowed")
