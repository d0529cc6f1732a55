"""What the upstream can do wrong, and what becomes of the question, the answer and the client."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.support.asking import COMPLETION, COMPLETION_STREAM, SECRET, exchange, fail
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import CUT, Reply, Request, Step, body, completion, error, stream

SOON = 0.001
HTML = b"<html><title>Welcome to the proxy</title></html>"
NOT_JSON = b"data: {oops\n\n"
REFUSAL = {"error": {"message": f"Bad key {SECRET}", "code": "invalid_api_key"}}


def cut_body(_: Request) -> Iterator[Step]:
    """JSON of which only the beginning arrives."""
    yield b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n"
    yield b'{"choices": ['
    yield CUT


@dataclass(frozen=True)
class Case:
    """What the upstream does, `times` in a row, and what must come of it."""

    name: str
    reply: Reply
    code: str
    text: str = ""
    in_stream: bool = True
    times: int = 1
    retry_after: str | None = None


STATUS = {"openai_error": 500, "openai_rate_limited": 503, "failed_processing": 503}
DETAIL = {"failed_processing": "Post processing failed"}

REFUSED = [
    Case("400", error(400), "openai_error", in_stream=False),
    Case("401", error(401), "openai_error", in_stream=False),
    Case("404", error(404), "openai_error", in_stream=False),
    Case("500", error(500, retry_after=SOON), "openai_error", in_stream=False, times=3),
    Case("503 for long", error(503, retry_after=60), "openai_error", in_stream=False),
    Case(
        "429 for long",
        error(429, retry_after=2.5),
        "openai_rate_limited",
        in_stream=False,
        retry_after="3",
    ),
    Case(
        "429 until a date",
        body(b"{}", 429, retry_after="Fri, 31 Dec 2100 23:59:59 GMT"),
        "openai_rate_limited",
        in_stream=False,
        retry_after="86400",  # a day is as much as anybody is told to wait
    ),
    Case(
        "429 for long, in milliseconds",
        body(b"{}", 429, retry_after_ms="30000", x_should_retry="true"),
        "openai_rate_limited",
        in_stream=False,
        retry_after="30",
    ),
    Case(
        "429 for long by the header that the client does not look at",
        body(b"{}", 429, retry_after_ms="1", retry_after="60"),
        "openai_rate_limited",
        in_stream=False,
        times=3,
        retry_after="1",
    ),
    Case(
        "429 not to be tried again",
        body(b"{}", 429, x_should_retry="false"),
        "openai_rate_limited",
        in_stream=False,
        retry_after="1",
    ),
    Case(
        "429 again and again",
        error(429, retry_after=SOON),
        "openai_rate_limited",
        in_stream=False,
        times=3,
        retry_after="1",
    ),
]
JSON_FAULTS = [
    Case("null content", completion(None), "failed_processing", in_stream=False),
    Case("empty content", completion(""), "failed_processing", in_stream=False),
    Case("no finish reason", completion("Hello", None), "openai_error", "Hello", in_stream=False),
    Case("malformed", body(b"{oops"), "failed_processing", in_stream=False),
    Case("HTML", body(HTML), "failed_processing", in_stream=False),
    Case("a list", body(b"[]"), "failed_processing", in_stream=False),
    Case("no choices", body(b'{"choices": []}'), "failed_processing", in_stream=False),
    Case("no message", body(b'{"choices": [{}]}'), "failed_processing", in_stream=False),
    Case("cut", cut_body, "openai_error", in_stream=False),
    Case("an error in a 200", body(b'{"error": {"code": 1}}'), "openai_error", in_stream=False),
]
STREAM_FAULTS = [
    Case("empty", stream(), "failed_processing"),
    Case("nothing at all", stream(finish_reason=None, done=False), "failed_processing"),
    Case("malformed at once", stream(NOT_JSON), "failed_processing"),
    Case("malformed later", stream("Hel", NOT_JSON, "lo"), "failed_processing", "Hel"),
    Case("an odd chunk", stream("Hel", {"choices": [5]}), "failed_processing", "Hel"),
    Case("cut at once", stream(CUT), "openai_error"),
    Case("cut inside a chunk", stream("Hel", b'data: {"id":', CUT), "openai_error", "Hel"),
    Case("cut between chunks", stream("Hel", "lo", CUT), "openai_error", "Hello"),
    Case("no finish reason", stream("Hel", finish_reason=None), "openai_error", "Hel"),
    Case("no end", stream("Hel", finish_reason=None, done=False), "openai_error", "Hel"),
    Case("an error at once", stream(REFUSAL), "openai_error"),
    Case("a limit in the answer", stream({"error": {"code": 429}}), "openai_rate_limited"),
    Case("an error in words", stream("Hel", b"event: error\ndata: no\n\n"), "openai_error", "Hel"),
    Case("only thoughts", stream("<think>Hm.", " Well."), "failed_processing"),
    Case("an error later", stream("Hel", REFUSAL), "openai_error", "Hel"),
    Case("HTML", body(HTML), "failed_processing"),
]
CASES = [
    *(pytest.param(COMPLETION, case, id=f"{case.name}, JSON") for case in REFUSED + JSON_FAULTS),
    *(
        pytest.param(COMPLETION_STREAM, case, id=f"{case.name}, stream")
        for case in REFUSED + STREAM_FAULTS
    ),
]


@pytest.fixture(scope="module")
def shared_settings(shared_settings: dict[str, Any]) -> dict[str, Any]:
    """A service with a single place: a place that is not given back stops everything."""
    return shared_settings | {"MAX_CONCURRENT_GENERATIONS": 1, "OPENAI_API_KEY": SECRET}


@pytest.mark.parametrize(("path", "case"), CASES)
class TestFault:
    """One question whose answer the upstream spoils."""

    async def test_client_is_told_the_code(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str, case: Case
    ) -> None:
        """The client is told the documented code and detail, and no secret."""
        shared_openai.reply(case.reply, times=case.times)
        fault = await fail(chat_client, path)
        assert (fault.status, fault.code) == (STATUS[case.code], case.code)
        assert fault.detail == DETAIL.get(case.code, "OpenAI call failed")
        assert fault.in_stream is case.in_stream
        assert fault.retry_after == case.retry_after

    async def test_question_and_answer_are_kept(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str, case: Case
    ) -> None:
        """Question and answer are kept as far as they came, and the next answer is whole."""
        count = len(shared_openai.requests)
        shared_openai.reply(case.reply, times=case.times)
        await fail(chat_client, path, "Where am I?")
        assert len(shared_openai.requests) == count + case.times
        question, answer = await exchange(chat_client)
        assert (question["message"], question["status"]) == ("Where am I?", "complete")
        status = "partial" if case.text else "failed"
        assert (answer["message"], answer["status"]) == (case.text, status)
        response = await chat_client.post(COMPLETION, json={"message": "Hello"})
        assert response.json()["message"] == "Echo: Hello"


class TestLog:
    """What the operator is told."""

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_failed_answer_is_an_error_in_the_log(
        self,
        chat_client: httpx2.AsyncClient,
        shared_openai: FakeOpenAI,
        path: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """A failed answer is an error in the log, also where the stream had begun."""
        shared_openai.reply(stream("") if path == COMPLETION_STREAM else completion(""))
        await fail(chat_client, path)
        records = [record for record in caplog.records if record.levelname == "ERROR"]
        assert [record.getMessage() for record in records] == [
            "failed_processing: Post processing failed"
        ]
        assert "NoneType" not in str(vars(records[0]))
