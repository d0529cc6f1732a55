"""HEAD, as monitors and balancers ask."""

import asyncio

import httpx2
import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.chat.generation import Generation
from app.chat.streaming import EventStream
from app.core.middlewares.head import Head
from tests.support.uploads import ended, post_text

PATHS = ["/healthcheck", "/readiness", "/docs", "/openapi.json", "/login", "/v1/messages?limit=1"]


class TestHead:
    """HEAD wherever GET works."""

    @pytest.mark.parametrize("path", PATHS)
    async def test_head_is_get_without_a_body(
        self, shared_client: httpx2.AsyncClient, path: str
    ) -> None:
        """HEAD has the status and the headers of GET, and no body."""
        got, head = await shared_client.get(path), await shared_client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
        if path != "/readiness":  # which says how long it took
            assert head.headers["content-length"] == got.headers["content-length"]

    async def test_download_is_not_sent(self, shared_client: httpx2.AsyncClient) -> None:
        """HEAD of a file says how long it is, whatever range was asked for, and nothing fails."""
        document = await ended(shared_client, await post_text(shared_client, "Ducks dive." * 50))
        headers = {"Range": "bytes=0-3"}
        path = f"/v1/documents/{document['uuid']}/text"
        head = await shared_client.head(path, headers=headers)
        assert (head.status_code, head.headers["content-length"]) == (200, "550")
        assert (await shared_client.get(path, headers=headers)).status_code == 206

    async def test_stream_is_not_sent(self) -> None:
        """HEAD of a stream is answered with its head, and ends before the stream does."""
        sent: list[Message] = []

        async def receive() -> Message:
            await asyncio.Event().wait()
            return {}

        async def send(message: Message) -> None:
            sent.append(message)

        stream = EventStream(Generation("m", 60), ping_sec=60)
        scope = {"type": "http", "method": "HEAD", "headers": []}
        with pytest.raises(ClientDisconnect):
            await asyncio.wait_for(Head(stream)(scope, receive, send), 1)
        assert sent[0]["status"] == 200
        assert [message.get("body", b"") for message in sent[1:]] == [b""]

    @pytest.mark.parametrize("path", ["/nothing", "/v1/messages?limit=0", "/v1/completion"])
    async def test_refusal_has_no_body(self, shared_client: httpx2.AsyncClient, path: str) -> None:
        """What GET is refused, HEAD is refused as well, and the log tells them apart."""
        got, head = await shared_client.get(path), await shared_client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")

    async def test_log_says_head(
        self, shared_client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The log says which method was asked for."""
        await shared_client.head("/healthcheck")
        assert "HEAD /healthcheck 200" in caplog.messages
