"""What a question may hold wrongly, and what the client is told."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.support.asking import ALL, JSON, MEGABYTE, QA, QA_STREAM, refused, wrong_field
from tests.support.server import problem_of

pytestmark = pytest.mark.usefixtures("nothing_comes_of_it")


@pytest.fixture(scope="module")
def shared_settings(shared_settings: dict[str, Any]) -> dict[str, Any]:
    """A service that lets clients choose between two models."""
    return shared_settings | {"OPENAI_ALLOWED_MODELS": ["other-model"]}


@pytest.mark.parametrize("path", ALL)
class TestEveryQuestion:
    """What all four POSTs refuse."""

    async def test_malformed_json_is_refused(
        self, chat_client: httpx2.AsyncClient, path: str
    ) -> None:
        """A body that is not JSON is refused where it breaks off."""
        problem = await refused(chat_client, path, content=b'{"message": "Hel', headers=JSON)
        assert problem["errors"][0]["type"] == "json_invalid"

    @pytest.mark.parametrize("body", [None, [], "Hello", 1])
    async def test_json_that_is_no_object_is_refused(
        self, chat_client: httpx2.AsyncClient, path: str, body: object
    ) -> None:
        """JSON that is no object is refused."""
        assert await wrong_field(chat_client, path, body) == ["body"]

    async def test_no_body_is_refused(self, chat_client: httpx2.AsyncClient, path: str) -> None:
        """A request without a body is refused."""
        await refused(chat_client, path)

    async def test_missing_message_is_named(
        self, chat_client: httpx2.AsyncClient, path: str
    ) -> None:
        """A question without a message is refused by name."""
        assert await wrong_field(chat_client, path, {}) == ["body", "message"]

    async def test_unknown_field_is_named(self, chat_client: httpx2.AsyncClient, path: str) -> None:
        """A misspelt field is refused by name, not ignored."""
        body = {"message": "Hello", "modle": "gpt"}
        assert await wrong_field(chat_client, path, body) == ["body", "modle"]

    @pytest.mark.parametrize(
        "message",
        ["", " \t\r\n\u00a0\u2003", "Hello\x00", 5, None, ["Hello"], {"text": "Hello"}, True],
    )
    async def test_unreadable_message_is_refused(
        self, chat_client: httpx2.AsyncClient, path: str, message: object
    ) -> None:
        """A message must be text, with something to read and without NUL."""
        assert await wrong_field(chat_client, path, {"message": message}) == ["body", "message"]

    async def test_half_a_character_is_refused(
        self, chat_client: httpx2.AsyncClient, path: str
    ) -> None:
        """A message that holds half a character is refused."""
        problem = await refused(
            chat_client, path, content=rb'{"message": "half \ud83e"}', headers=JSON
        )
        assert problem["errors"][0]["loc"][0] == "body"

    async def test_too_long_message_is_refused(
        self, chat_client: httpx2.AsyncClient, path: str
    ) -> None:
        """A message that is a character too long is refused."""
        body = {"message": "x" * 32_001}
        assert await wrong_field(chat_client, path, body) == ["body", "message"]

    async def test_half_a_megabyte_is_not_sent_back(
        self, chat_client: httpx2.AsyncClient, path: str
    ) -> None:
        """A message of half a megabyte is refused without being sent back."""
        response = await chat_client.post(path, json={"message": "x" * (MEGABYTE // 2)})
        assert problem_of(response)["errors"][0]["loc"] == ["body", "message"]
        assert len(response.content) < 1000

    async def test_model_that_is_not_allowed_is_refused(
        self, chat_client: httpx2.AsyncClient, path: str
    ) -> None:
        """A model that is not among OPENAI_ALLOWED_MODELS is refused."""
        body = {"message": "Hello", "model": "expensive-model"}
        assert await wrong_field(chat_client, path, body) == ["body", "model"]

    @pytest.mark.parametrize("model", ["", " ", "a\x00b", 5, "x" * 201])
    async def test_model_that_is_no_name_is_refused(
        self, chat_client: httpx2.AsyncClient, path: str, model: object
    ) -> None:
        """A model must be a text of 1 to 200 characters, with something to read and without NUL."""
        body = {"message": "Hello", "model": model}
        assert await wrong_field(chat_client, path, body) == ["body", "model"]

    async def test_unknown_chat_is_a_404(self, chat_client: httpx2.AsyncClient, path: str) -> None:
        """A question in a chat that does not exist is a 404."""
        response = await chat_client.post(
            path, json={"message": "Hello", "chat_uuid": str(uuid4())}
        )
        problem = problem_of(response)
        assert (problem["status"], problem["code"]) == (404, "not_found")

    async def test_chat_that_is_no_uuid_is_refused(
        self, chat_client: httpx2.AsyncClient, path: str
    ) -> None:
        """What cannot be the uuid of a chat is refused."""
        body = {"message": "Hello", "chat_uuid": "my-chat"}
        assert await wrong_field(chat_client, path, body) == ["body", "chat_uuid"]

    async def test_large_payload_is_refused_unread(
        self, chat_client: httpx2.AsyncClient, path: str
    ) -> None:
        """A body that says that it is longer than any question is refused unread."""
        response = await chat_client.post(path, content=b" " * MEGABYTE)
        problem = problem_of(response)
        assert (problem["status"], problem["code"]) == (413, "payload_too_large")

    async def test_get_is_a_405(self, chat_client: httpx2.AsyncClient, path: str) -> None:
        """A GET is a 405 that names POST."""
        response = await chat_client.get(path)
        problem = problem_of(response)
        assert (problem["status"], problem["code"]) == (405, "method_not_allowed")
        assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("path", [QA, QA_STREAM])
class TestQAFields:
    """The fields that only questions over the knowledge base have."""

    @pytest.mark.parametrize("limit", [0, 21, -1, "3", 2.5, True, None, [3]])
    async def test_odd_limit_is_refused(
        self, chat_client: httpx2.AsyncClient, path: str, limit: object
    ) -> None:
        """A limit is a whole number from 1 to 20."""
        body = {"message": "Hello", "limit": limit}
        assert await wrong_field(chat_client, path, body) == ["body", "limit"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("document_uuids", ["not-a-uuid"]),
            ("document_uuids", [str(uuid4())] * 1001),
            ("source", ""),
            ("source", "a\x00b"),
            ("metadata", {"weight": 1.5}),
            ("metadata", {"tags": ["a"]}),
            ("metadata", {"": "blank name"}),
            ("metadata", {"size": 2**63}),
            ("metadata", {"duck": "\x00"}),
            ("metadata", {"duck": ""}),
            ("documents", []),
        ],
    )
    async def test_wrong_part_of_a_filter_is_named(
        self, chat_client: httpx2.AsyncClient, path: str, name: str, value: object
    ) -> None:
        """A filter of which a part is wrong is refused by the name of that part."""
        body = {"message": "Hello", "filter": {name: value}}
        response = await chat_client.post(path, json=body)
        places = [error["loc"][:3] for error in problem_of(response)["errors"]]
        assert set(map(tuple, places)) == {("body", "filter", name)}

    async def test_filter_of_half_a_character_is_refused(
        self, chat_client: httpx2.AsyncClient, path: str
    ) -> None:
        """A filter that holds half a character is refused."""
        body = rb'{"message": "Hi", "filter": {"source": "\ud83e"}}'
        await refused(chat_client, path, content=body, headers=JSON)
