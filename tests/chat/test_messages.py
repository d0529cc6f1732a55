"""GET /v1/messages and GET /v1/messages/{uuid}."""

import asyncio
from uuid import uuid4

import httpx2
import pytest

from tests.support.asking import COMPLETION, Json, stored
from tests.support.server import problem_of
from tests.support.stored_messages import answer_of_an_older_version, long_answers

MESSAGES = "/v1/messages"


@pytest.fixture
async def newest(chat_client: httpx2.AsyncClient) -> list[Json]:
    """The newest six messages, newest first: three questions and their answers."""
    for n in range(3):
        await chat_client.post(COMPLETION, json={"message": f"Question {n}"})
    messages: list[Json] = (await chat_client.get(MESSAGES, params={"limit": 6})).json()
    return messages


class TestListMessages:
    """The stored messages, a page at a time."""

    async def test_newest_comes_first(self, newest: list[Json]) -> None:
        """The newest message comes first, an answer before its question."""
        assert [message["role"] for message in newest] == ["assistant", "user"] * 3
        assert [m["message"] for m in newest if m["role"] == "user"] == [
            "Question 2",
            "Question 1",
            "Question 0",
        ]
        ids = [message["id"] for message in newest]
        assert ids == sorted(ids, reverse=True)

    async def test_pages_have_no_gap(
        self, chat_client: httpx2.AsyncClient, newest: list[Json]
    ) -> None:
        """Following `Link` shows every message once, without a gap."""
        first = await chat_client.get(MESSAGES, params={"limit": 2})
        second = await chat_client.get(first.links["next"]["url"])
        third = await chat_client.get(second.links["next"]["url"])
        assert first.json() + second.json() + third.json() == newest

    async def test_long_messages_are_several_pages(
        self, chat_client: httpx2.AsyncClient, chat_database_url: str
    ) -> None:
        """Of long messages a page holds fewer, one at least, and `Link` leads to the others."""
        chat = await asyncio.to_thread(long_answers, chat_database_url, 2, 1_200_000)
        response = await chat_client.get(MESSAGES, params={"chat_uuid": chat, "limit": 200})
        pages = [response.json()]
        while "next" in response.links:
            response = await chat_client.get(response.links["next"]["url"])
            pages.append(response.json())
        assert [[len(message["message"]) for message in page] for page in pages] == [
            [1_200_000],
            [2, 1_200_000],
            [2],
        ]

    async def test_link_names_the_next_page(
        self, chat_client: httpx2.AsyncClient, newest: list[Json]
    ) -> None:
        """`Link` names the next page by the id of the last message before it."""
        response = await chat_client.get(MESSAGES, params={"limit": 3})
        following = f"/v1/messages?limit=3&before={newest[2]['id']}"
        assert response.headers["link"] == f'<{following}>; rel="next"'

    @pytest.mark.usefixtures("newest")
    async def test_last_page_has_no_link(self, chat_client: httpx2.AsyncClient) -> None:
        """The last page, also a full one, has no `Link`."""
        everything: list[Json] = []
        page = (await chat_client.get(MESSAGES, params={"limit": 200})).json()
        while page:
            everything += page
            before = {"limit": 200, "before": page[-1]["id"]}
            page = (await chat_client.get(MESSAGES, params=before)).json()
        last = {"limit": 1, "before": everything[-2]["id"]}
        response = await chat_client.get(MESSAGES, params=last)
        assert response.json() == everything[-1:]
        assert "link" not in response.headers

    async def test_page_before_everything_is_empty(self, chat_client: httpx2.AsyncClient) -> None:
        """The page before the first message is empty, which is no error."""
        response = await chat_client.get(MESSAGES, params={"before": 1})
        assert (response.status_code, response.json()) == (200, [])

    async def test_page_holds_50_by_default(self, chat_client: httpx2.AsyncClient) -> None:
        """A page holds 50 messages unless another limit is asked for."""
        questions = [chat_client.post(COMPLETION, json={"message": f"Hi {n}"}) for n in range(26)]
        await asyncio.gather(*questions)
        assert len((await chat_client.get(MESSAGES)).json()) == 50

    async def test_other_chat_is_empty(
        self, chat_client: httpx2.AsyncClient, newest: list[Json]
    ) -> None:
        """The messages of a chat are only those that belong to the chat."""
        response = await chat_client.get(MESSAGES, params={"chat_uuid": str(uuid4())})
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
    async def test_wrong_parameter_is_named(
        self, chat_client: httpx2.AsyncClient, name: str, value: str
    ) -> None:
        """A parameter out of its limits is refused by name."""
        response = await chat_client.get(MESSAGES, params={name: value})
        problem = problem_of(response)
        assert (problem["status"], problem["code"]) == (422, "validation_error")
        assert [error["loc"] for error in problem["errors"]] == [["query", name]]


class TestGetMessage:
    """One message."""

    async def test_message_alone_equals_that_of_the_list(
        self, chat_client: httpx2.AsyncClient, newest: list[Json]
    ) -> None:
        """A message that is asked for alone equals that of the list."""
        for message in newest[:2]:
            assert (await chat_client.get(f"{MESSAGES}/{message['uuid']}")).json() == message

    async def test_unknown_message_is_a_404(self, chat_client: httpx2.AsyncClient) -> None:
        """A message that is not there is a 404."""
        problem = problem_of(await chat_client.get(f"{MESSAGES}/{uuid4()}"))
        assert (problem["status"], problem["code"]) == (404, "not_found")

    async def test_no_uuid_is_a_422(self, chat_client: httpx2.AsyncClient) -> None:
        """What cannot be the uuid of a message is a 422."""
        assert problem_of(await chat_client.get(f"{MESSAGES}/latest"))["code"] == "validation_error"

    @pytest.fixture
    def older(self, chat_database_url: str) -> str:
        """An answer with a source that was stored before sources had a page and headings."""
        return answer_of_an_older_version(chat_database_url)

    async def test_older_sources_have_no_page(
        self, chat_client: httpx2.AsyncClient, older: str
    ) -> None:
        """Sources that were stored before `page` and `headings` existed have neither."""
        [source] = (await stored(chat_client, older))["sources"]
        assert source["text"] == "Hi"
        assert (source["page"], source["headings"]) == (None, [])
