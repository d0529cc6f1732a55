"""Models that answer in the place of one that does not."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from app.chat.circuits import FAILURES
from tests.support.asking import COMPLETION, COMPLETION_STREAM, SECRET, exchange, fail
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import CUT, Reply, body, completion, error, stream, text
from tests.support.resumed_streams import resumed
from tests.support.server import parse_events, problem_of

BOTH = pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
FOR_LONG = 60
OTHER_SECRET = "sk-of-the-other"


@pytest.fixture(scope="module")
async def other_openai() -> AsyncIterator[FakeOpenAI]:
    """Another service, with a key of its own."""
    async with FakeOpenAI() as fake:
        yield fake


@pytest.fixture(scope="module")
def shared_settings(
    shared_settings: dict[str, Any], other_openai: FakeOpenAI, shared_openai: FakeOpenAI
) -> dict[str, Any]:
    """A model with two fallbacks: another model of its service, and one elsewhere."""
    elsewhere = {"model": "elsewhere", "base_url": other_openai.url, "api_key": OTHER_SECRET}
    fallbacks = {"OPENAI_FALLBACKS": ["beside", elsewhere]}
    return shared_settings | fallbacks | {"OPENAI_API_KEY": SECRET}


@pytest.fixture
def asked(shared_openai: FakeOpenAI, other_openai: FakeOpenAI) -> list[str]:
    """Nobody has been asked yet."""
    shared_openai.requests.clear()
    other_openai.requests.clear()
    return []


def models(*fakes: FakeOpenAI) -> list[str]:
    """The models that were asked for."""
    return [request.body["model"] for fake in fakes for request in fake.requests]


FAULTS = [
    pytest.param(error(429, retry_after=FOR_LONG), id="429"),
    pytest.param(error(500, retry_after=FOR_LONG), id="500"),
    pytest.param(error(401), id="401"),
    pytest.param(error(404, code="model_not_found"), id="no such model"),
    pytest.param(body(b"<html>"), id="HTML"),
    pytest.param(text(""), id="empty"),
]


@pytest.mark.usefixtures("asked")
class TestFallback:
    @BOTH
    @pytest.mark.parametrize("fault", [*FAULTS, pytest.param(stream(CUT), id="cut at once")])
    async def test_next_one_answers(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str, fault: Reply
    ) -> None:
        """What fails before there is text is answered by the next, and the message says by whom."""
        shared_openai.reply(fault)
        response = await chat_client.post(path, json={"message": "Hi"})
        assert response.status_code == 200, response.text
        question, answer = await exchange(chat_client)
        assert (answer["message"], answer["status"]) == ("Echo: Hi", "complete")
        assert (question["model"], answer["model"]) == ("fake-model", "beside")
        assert models(shared_openai) == ["fake-model", "beside"]

    async def test_next_service_has_its_own_key(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, other_openai: FakeOpenAI
    ) -> None:
        """All are asked in their order, each with the key that belongs to its address."""
        shared_openai.reply(error(503, retry_after=FOR_LONG), times=2)
        response = await chat_client.post(COMPLETION, json={"message": "Hi"})
        assert response.json()["model"] == "elsewhere"
        assert models(shared_openai, other_openai) == ["fake-model", "beside", "elsewhere"]
        keys = [request.headers["authorization"] for request in shared_openai.requests]
        assert keys == [f"Bearer {SECRET}"] * 2
        assert other_openai.requests[0].headers["authorization"] == f"Bearer {OTHER_SECRET}"

    async def test_stream_says_who_answers(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """A stream starts with the model asked for; its text and `done` name who answers.

        It is the same when it is sent once more.
        """
        shared_openai.reply(stream())
        response = await chat_client.post(COMPLETION_STREAM, json={"message": "Hi"})
        start, *chunks, done = parse_events(response.content)
        assert start["data"]["model"] == "fake-model"
        assert {chunk["data"]["model"] for chunk in chunks} == {"beside"}
        assert [chunk["data"]["finish_reason"] for chunk in chunks] == [None, None, "stop"]
        assert done["data"]["model"] == "beside"
        uuid = response.headers["x-message-uuid"]
        assert await resumed(chat_client, uuid, after=0) == response.content

    async def test_log_says_who_was_tried(
        self,
        chat_client: httpx2.AsyncClient,
        shared_openai: FakeOpenAI,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """The log names each model that failed, where it is, and why."""
        shared_openai.reply(error(401))
        await chat_client.post(COMPLETION, json={"message": "Hi"})
        warnings = [record.getMessage() for record in caplog.records]
        place = shared_openai.url
        assert f"The model fake-model at {place} failed: AuthenticationError 401, error" in warnings


@pytest.mark.usefixtures("asked")
class TestNoFallback:
    """What no other model is asked for."""

    @BOTH
    @pytest.mark.parametrize("code", ["context_length_exceeded", "content_filter"])
    async def test_fault_of_the_question(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str, code: str
    ) -> None:
        """A question that is too long, or refused by a filter, is told to its client."""
        shared_openai.reply(error(400, code=code))
        assert (await fail(chat_client, path)).status == 422
        assert models(shared_openai) == ["fake-model"]

    @BOTH
    @pytest.mark.parametrize("code", ["context_length_exceeded", "content_filter"])
    async def test_fallback_refuses_the_question(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str, code: str
    ) -> None:
        """What the client can mend at the fallback is told, and no further one is asked."""
        shared_openai.reply(error(503, retry_after=FOR_LONG), error(400, code=code))
        assert (await fail(chat_client, path)).status == 422
        assert models(shared_openai) == ["fake-model", "beside"]

    async def test_text_was_sent(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """An answer that breaks off stays what it is."""
        shared_openai.reply(stream("Hel", CUT))
        assert (await fail(chat_client, COMPLETION_STREAM)).code == "openai_error"
        _, answer = await exchange(chat_client)
        assert (answer["message"], answer["status"]) == ("Hel", "partial")
        assert answer["model"] == "fake-model"
        assert models(shared_openai) == ["fake-model"]

    async def test_another_model_was_asked_for(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, other_openai: FakeOpenAI
    ) -> None:
        """Who names another model is answered by that one, or not at all."""
        shared_openai.reply(error(401))
        response = await chat_client.post(COMPLETION, json={"message": "Hi", "model": "named"})
        assert problem_of(response)["code"] == "openai_error"
        assert models(shared_openai, other_openai) == ["named"]

    async def test_first_error_is_told(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, other_openai: FakeOpenAI
    ) -> None:
        """Where all fail, the client is told what became of the model that it asked for."""
        shared_openai.reply(error(429, retry_after=30), completion(""))
        other_openai.reply(error(401))
        fault = await fail(chat_client, COMPLETION)
        assert (fault.status, fault.code) == (503, "openai_rate_limited")
        assert fault.retry_after == "30"
        assert (await exchange(chat_client))[1]["status"] == "failed"


class TestDown:
    @BOTH
    async def test_fails_at_once(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str
    ) -> None:
        """A model that is down is an error that says when to come again, and is not asked."""
        down = {"message": "Hi", "model": f"down for {path}"}
        shared_openai.reply(error(503, retry_after=FOR_LONG), times=FAILURES)
        for _ in range(FAILURES):
            assert (await chat_client.post(path, json=down)).status_code == 500
        count = len(shared_openai.requests)
        response = await chat_client.post(path, json=down)
        problem = problem_of(response)
        assert (problem["status"], problem["code"]) == (500, "openai_error")
        assert problem["detail"] == "OpenAI call failed"
        assert 1 <= int(response.headers["retry-after"]) <= 3
        assert len(shared_openai.requests) == count
        assert (await chat_client.post(COMPLETION, json={"message": "Hi"})).status_code == 200
