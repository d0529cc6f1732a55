"""How many bytes of uploads come at a time."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Self

import httpx2
import pytest

from app.core.middlewares import uploads
from tests.conftest import SettingsFactory
from tests.support.server import problem_of, serve
from tests.support.uploads import DOCUMENTS, post_text, unique

MAX_BYTES = 1000
BUDGET = 2000


class SlowUpload:
    """An upload of which the beginning comes, and the rest when the test lets it."""

    def __init__(self, client: httpx2.AsyncClient, size: int, *, is_chunked: bool = False) -> None:
        self._port = client.base_url.port
        self._body = f'{{"title": "Title", "text": "{unique()}"}}'.ljust(size).encode()
        self._length = "transfer-encoding: chunked" if is_chunked else f"content-length: {size}"
        if is_chunked:
            self._body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, self._body)

    async def begin(self) -> Self:
        """Sends a part of the body, and waits until the service waits for the rest."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = f"POST {DOCUMENTS} HTTP/1.1\r\nhost: localhost\r\n{self._length}\r\n"
        head += "content-type: application/json\r\nexpect: 100-continue\r\n\r\n"
        self._writer.write(head.encode() + self._body[:20])
        self._status = await self._read_head()
        return self

    async def end(self) -> int:
        """Sends the rest; the status of the answer."""
        self._writer.write(self._body[20:])
        return await self.status()

    async def status(self) -> int:
        """The status of the answer, which need not wait for the body."""
        if self._status == HTTPStatus.CONTINUE:
            self._status = await self._read_head()
        self._writer.close()
        return self._status

    async def _read_head(self) -> int:
        async with asyncio.timeout(5):
            self.head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        return int(self.head.split()[1])


@pytest.fixture
async def client(make_settings: SettingsFactory) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a service that takes little in at a time, and has no patience."""
    settings = make_settings(
        MAX_DOCUMENT_BYTES=MAX_BYTES, MAX_UPLOAD_BYTES_AT_ONCE=BUDGET, QUEUE_TIMEOUT_SEC=0.1
    )
    async with serve(settings) as client:
        yield client


class TestUploadBudget:
    @pytest.mark.parametrize("is_chunked", [False, True])
    async def test_refused_unread(self, client: httpx2.AsyncClient, *, is_chunked: bool) -> None:
        """What comes beyond the budget is refused before it is read, and told to come again."""
        first = await SlowUpload(client, 1500, is_chunked=is_chunked).begin()
        second = await SlowUpload(client, 600).begin()
        assert await second.status() == 503
        assert "\r\nretry-after: 1\r\n" in second.head
        assert await first.end() == 202
        assert await (await SlowUpload(client, 600).begin()).end() == 202

    async def test_problem(self, client: httpx2.AsyncClient) -> None:
        """The refusal says why."""
        first = await SlowUpload(client, 2000).begin()
        problem = problem_of(await post_text(client, "Ducks"))
        assert problem["code"] == "overloaded"
        assert problem["detail"] == "Too much is being uploaded at once. Please try again."
        assert await first.end() == 202

    async def test_small_ones_come_together(self, client: httpx2.AsyncClient) -> None:
        """It is bytes that count, and not uploads."""
        together = [await SlowUpload(client, 200).begin() for _ in range(9)]
        assert {await upload.end() for upload in together} == {202}

    async def test_slow_one_gives_way(
        self, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One that has been coming for long is broken off where others wait, and only there."""
        slow = await SlowUpload(client, 1500).begin()
        monkeypatch.setattr(uploads, "SLOW_SEC", -1)
        assert (await post_text(client, "Ducks")).status_code == 202
        other = await SlowUpload(client, 1500).begin()
        assert await slow.status() == 503
        assert await other.end() == 202
