"""What is refused of requests, and how."""

from typing import Any

import httpx2
import openai
import pytest

from tests.compat.test_streams import Json
from tests.support.chat_knowledge import PORT_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_clients import COMPLETIONS, asked, refused
from tests.support.openai_replies import error
from tests.support.server import problem_of

MESSAGES: list[Json] = asked("Hello")["messages"]


class TestRefusals:
    """What a client is told of a request that is not taken."""

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *(("n", 2), ("n", [1]), ("tools", [{"type": "function"}]), ("functions", [{}])),
            *(("logprobs", True), ("top_logprobs", 2)),
        ],
    )
    async def test_unsupported(
        self, chat_client: httpx2.AsyncClient, nothing_comes_of_it: None, name: str, value: Any
    ) -> None:
        """What would change the form of the answer is a 400 that names it."""
        problem = await refused(chat_client, asked("Hello") | {name: value})
        assert (problem["status"], problem["error"]["param"]) == (400, name)
        assert f"`{name}`" in problem["detail"]
        assert problem["error"]["type"] == "invalid_request_error"

    @pytest.mark.parametrize(
        ("param", "given"),
        [
            ("model", {"model": None}),
            ("model", {"model": "brag/"}),
            ("model", {"model": "m" * 201}),
            ("messages", {"messages": []}),
            ("messages", {"messages": [*MESSAGES, {"role": "assistant", "content": "Yes,"}]}),
            ("messages", {"messages": [{"role": "system", "content": "Hi"}]}),
            ("messages.0.content", {"messages": [{"role": "user", "content": None}]}),
            ("messages.1.content", {"messages": [*MESSAGES, {"role": "user", "content": " "}]}),
            ("messages.0.content", {"messages": [{"role": "user", "content": "a\0"}]}),
            ("messages.0.content", {"messages": [{"role": "user", "content": "a" * 32_001}]}),
            ("messages.0.content", {"messages": [{"role": "system", "content": 1}, *MESSAGES]}),
            ("messages.0.content", {"messages": [{"role": "system", "content": "\0"}, *MESSAGES]}),
            ("messages.0.content", {"messages": [{"role": "user", "content": [{"image": ""}]}]}),
            ("messages.0.role", {"messages": [{"role": "tool", "content": "1"}]}),
            ("temperature", {"temperature": 3}),
            ("stop", {"stop": ["1", "2", "3", "4", "5"]}),
            ("response_format", {"response_format": {"type": "yaml"}}),
        ],
    )
    async def test_wrong(
        self, chat_client: httpx2.AsyncClient, nothing_comes_of_it: None, param: str, given: Json
    ) -> None:
        """What is wrong is a 422 that says where, to us and to the library."""
        problem = await refused(chat_client, asked("Hello") | given)
        assert (problem["status"], problem["code"]) == (422, "validation_error")
        assert problem["error"]["param"].startswith(param)

    @pytest.mark.parametrize(
        "given",
        [
            '"messages": [{"role": "user", "content": "\\ud800"}]',
            '"messages": [{"role": "system", "content": "\\ud800"}, USER]',
            '"messages": [USER], "user": "\\ud800"',
            '"messages": [USER], "response_format": {"type": "text", "\\ud800": 1}',
        ],
    )
    async def test_not_unicode(
        self, chat_client: httpx2.AsyncClient, nothing_comes_of_it: None, given: str
    ) -> None:
        """Half a surrogate pair, which cannot be sent on, is refused wherever it is."""
        user = '{"role": "user", "content": "a"}'
        response = await chat_client.post(
            COMPLETIONS,
            content=f'{{"model": "m", {given.replace("USER", user)}}}',
            headers={"content-type": "application/json"},
        )
        assert problem_of(response)["code"] == "validation_error"

    async def test_parts(self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI) -> None:
        """A text may come in parts, and what clients keep beside it is passed over."""
        parts = [{"type": "text", "text": "Hello"}, {"type": "text", "text": "there"}]
        said: Json = {"role": "assistant", "content": None, "annotations": [], "refusal": None}
        body = asked("x", model="m") | {
            "messages": [said, {"role": "user", "name": "ann", "content": parts}]
        }
        assert (await chat_client.post(COMPLETIONS, json=body)).status_code == 200
        assert shared_openai.requests[-1].body["messages"] == [
            {"role": "user", "content": "Hello\nthere"}
        ]

    @pytest.mark.parametrize("path", ["/v1/models/none", "/v1/models/none/"])
    async def test_head(self, chat_client: httpx2.AsyncClient, path: str) -> None:
        """The answer to a HEAD has no body, whatever it says."""
        response = await chat_client.head(path)
        assert (response.status_code, response.content) == (404, b"")


class TestRetries:
    """What the library's own retries are told."""

    async def test_where_waiting_helps(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Where waiting helps, the answer says how long, also in milliseconds."""
        shared_openai.reply(error(429, retry_after=7))
        response = await chat_client.post(COMPLETIONS, json=asked("Hello", model="m"))
        assert response.status_code == 503
        names = ("retry-after", "retry-after-ms", "x-should-retry")
        assert [response.headers[name] for name in names] == ["7", "7000", "true"]

    async def test_where_it_does_not(
        self, openai_client: openai.AsyncOpenAI, shared_openai: FakeOpenAI
    ) -> None:
        """An upstream that has been tried three times is not tried three times three times."""
        shared_openai.reply(error(500), times=3)
        count = len(shared_openai.requests)
        patient = openai_client.with_options(max_retries=2)
        with pytest.raises(openai.InternalServerError, match="OpenAI call failed"):
            await patient.chat.completions.create(**asked(PORT_QUESTION, model="m"))
        assert len(shared_openai.requests) == count + 3
