"""GET /v1/messages and GET /v1/messages/{uuid}."""

import asyncio
from uuid import uuid4

import httpx2
import pytest

from tests.chat.asking import COMPLETION, Json
from tests.server import problem_of

MESSAGES = "/v1/messages"


@pytest.fixture
async def newest(client: httpx2.AsyncClient) -> list[Json]:
    """The newest six messages, newest first: three questions and their answers."""
    for n in range(3):
        await client.post(COMPLETION, json={"message": f"Question {n}"})
    messages: list[Json] = (await client.get(MESSAGES, params={"limit": 6})).json()
    return messages


class TestListMessages:
    """The stored messages, a page at a time."""

    async def test_order(self, newest: list[Json]) -> None:
        """The newest comes first, an answer before its question."""
        assert [message["role"] for message in newest] == ["assistant", "user"] * 3
        assert [m["message"] for m in newest if m["role"] == "user"] == [
            "Question 2",
            "Question 1",
            "Question 0",
        ]
        ids = [message["id"] for message in newest]
        assert ids == sorted(ids, reverse=True)

    async def test_pages(self, client: httpx2.AsyncClient, newest: list[Json]) -> None:
        """Following `Link` shows every message once, without a gap."""
        first = await client.get(MESSAGES, params={"limit": 2})
        second = await client.get(first.links["next"]["url"])
        third = await client.get(second.links["next"]["url"])
        assert first.json() + second.json() + third.json() == newest

    async def test_link(self, client: httpx2.AsyncClient, newest: list[Json]) -> None:
        """`Link` names the next page by the id of the last message of this one."""
        response = await client.get(MESSAGES, params={"limit": 3})
        following = f"/v1/messages?limit=3&before={newest[2]['id']}"
        assert response.headers["link"] == f'<{following}>; rel="next"'

    @pytest.mark.usefixtures("newest")
    async def test_last_page(self, client: httpx2.AsyncClient) -> None:
        """The last page, also a full one, has no `Link`."""
        everything: list[Json] = []
        page = (await client.get(MESSAGES, params={"limit": 200})).json()
        while page:
            everything += page
            before = {"limit": 200, "before": page[-1]["id"]}
            page = (await client.get(MESSAGES, params=before)).json()
        last = {"limit": 1, "before": everything[-2]["id"]}
        response = await client.get(MESSAGES, params=last)
        assert response.json() == everything[-1:]
        assert "link" not in response.headers

    async def test_before_everything(self, client: httpx2.AsyncClient) -> None:
        """Before the first message there is nothing, which is no error."""
        response = await client.get(MESSAGES, params={"before": 1})
        assert (response.status_code, response.json()) == (200, [])

    async def test_default_limit(self, client: httpx2.AsyncClient) -> None:
        """A page holds 50 messages unless asked otherwise."""
        questions = [client.post(COMPLETION, json={"message": f"Hi {n}"}) for n in range(26)]
        await asyncio.gather(*questions)
        assert len((await client.get(MESSAGES)).json()) == 50

    async def test_chat(self, client: httpx2.AsyncClient, newest: list[Json]) -> None:
        """The messages of a chat are only its own."""
        response = await client.get(MESSAGES, params={"chat_uuid": str(uuid4())})
        assert newest
        assert response.json() == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("limit", "0"),
            ("limit", "201"),
            ("limit", "many"),
            ("before", "0"),
            ("before", str(2**63)),
            ("before", "1.5"),
            ("chat_uuid", "not-a-uuid"),
        ],
    )
    async def test_wrong(self, client: httpx2.AsyncClient, name: str, value: str) -> None:
        """A parameter out of its limits is refused by name."""
        response = await client.get(MESSAGES, params={name: value})
        problem = problem_of(response)
        assert (problem["status"], problem["code"]) == (422, "validation_error")
        assert [error["loc"] for error in problem["errors"]] == [["query", name]]


class TestGetMessage:
    """One message."""

    async def test_found(self, client: httpx2.AsyncClient, newest: list[Json]) -> None:
        """A message is the same alone as in the list."""
        for message in newest[:2]:
            assert (await client.get(f"{MESSAGES}/{message['uuid']}")).json() == message

    async def test_unknown(self, client: httpx2.AsyncClient) -> None:
        """What is not there is a 404."""
        problem = problem_of(await client.get(f"{MESSAGES}/{uuid4()}"))
        assert (problem["status"], problem["code"]) == (404, "not_found")

    async def test_not_a_uuid(self, client: httpx2.AsyncClient) -> None:
        """What cannot be a uuid is a 422."""
        assert problem_of(await client.get(f"{MESSAGES}/latest"))["code"] == "validation_error"
