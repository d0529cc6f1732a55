"""Requests that are not even a question."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.support.asking import COMPLETION, JSON, MEGABYTE, refused, wrong_field
from tests.support.server import problem_of

pytestmark = pytest.mark.usefixtures("nothing_comes_of_it")


class TestOddRequests:
    """What is not even a question."""

    async def test_limit_is_unknown_to_completions(self, chat_client: httpx2.AsyncClient) -> None:
        """A field of questions with retrieval is unknown to those without."""
        body = {"message": "Hello", "limit": 3}
        assert await wrong_field(chat_client, COMPLETION, body) == ["body", "limit"]

    async def test_field_name_of_half_a_character_is_refused(
        self, chat_client: httpx2.AsyncClient
    ) -> None:
        """An unknown field whose name is no text is refused like any other."""
        body = rb'{"message": "Hi", "\ud83e": 1}'
        problem = await refused(chat_client, COMPLETION, content=body, headers=JSON)
        assert problem["errors"][0]["loc"][0] == "body"

    async def test_missing_content_type_is_told(self, chat_client: httpx2.AsyncClient) -> None:
        """A body that is not labelled as JSON, as by a bare `curl -d`, is told what it lacks."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        body = b'{"message": "Hi"}'
        problem = await refused(chat_client, COMPLETION, content=body, headers=form)
        assert "sent with `Content-Type: application/json`" in problem["detail"]

    async def test_endless_field_name_is_not_sent_back(
        self, chat_client: httpx2.AsyncClient
    ) -> None:
        """The name of an unknown field is not sent back at any length."""
        response = await chat_client.post(COMPLETION, json={"message": "Hi", "x" * 500_000: 1})
        assert problem_of(response)["code"] == "validation_error"
        assert len(response.content) < 2000

    async def test_countless_errors_are_cut(self, chat_client: httpx2.AsyncClient) -> None:
        """A body that is wrong in very many places does not get a longer answer than it is."""
        fields = {f"field{n}": n for n in range(10_000)}
        response = await chat_client.post(COMPLETION, json={"message": "Hi", **fields})
        assert problem_of(response)["code"] == "validation_error"
        assert len(response.content) < 20_000

    async def test_deeply_nested_json_is_refused(self, chat_client: httpx2.AsyncClient) -> None:
        """JSON that is nested too deeply to be read is refused."""
        body = b'{"message": ' + b"[" * 200_000
        response = await chat_client.post(COMPLETION, content=body, headers=JSON)
        assert problem_of(response)["code"] == "bad_request"

    async def test_not_utf8_is_refused(self, chat_client: httpx2.AsyncClient) -> None:
        """Bytes that are not UTF-8 are refused."""
        body = b'{"message": "\xff\xfe"}'
        response = await chat_client.post(COMPLETION, content=body, headers=JSON)
        assert problem_of(response)["code"] == "bad_request"

    async def test_undeclared_json_is_refused(self, chat_client: httpx2.AsyncClient) -> None:
        """A body that does not say that it is JSON is refused."""
        problem = await refused(chat_client, COMPLETION, content=b'{"message": "Hello"}')
        assert problem["errors"][0]["loc"] == ["body"]

    async def test_large_payload_of_unknown_length_is_refused(
        self, chat_client: httpx2.AsyncClient
    ) -> None:
        """A body longer than any question is refused also if its length is not declared."""

        async def mebibytes() -> AsyncIterator[bytes]:
            for _ in range(17):
                yield b" " * MEGABYTE

        problem = problem_of(await chat_client.post(COMPLETION, content=mebibytes()))
        assert (problem["status"], problem["code"]) == (413, "payload_too_large")

    async def test_unknown_route_is_a_404(self, chat_client: httpx2.AsyncClient) -> None:
        """An address that does not exist is a 404."""
        problem = problem_of(await chat_client.get("/v1/nothing"))
        assert (problem["status"], problem["code"]) == (404, "not_found")

    async def test_messages_cannot_be_deleted(self, chat_client: httpx2.AsyncClient) -> None:
        """Messages cannot be deleted."""
        problem = problem_of(await chat_client.delete("/v1/messages"))
        assert (problem["status"], problem["code"]) == (405, "method_not_allowed")
