"""What a request held is freed when it ends, without the garbage collector.

That runs seldom, and an upload may have 24 MB.
"""

import gc
from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest

from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import error

TEXT: Final = {"title": "Hours", "text": "The library is open until five."}
QUESTION: Final = {"message": "Until when?"}
JSON: Final = {"Content-Type": "application/json"}
KEY: Final = {"Idempotency-Key": "one"}
REQUESTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "text": ("/v1/documents", {"json": TEXT}),
    "text with a key": ("/v1/documents", {"json": TEXT, "headers": KEY}),
    "no JSON": ("/v1/documents", {"content": b'{"text": "', "headers": JSON}),
    "file": ("/v1/documents", {"files": {"file": ("hours.txt", b"Until five.")}}),
    "question with a key": ("/v1/completion", {"json": QUESTION, "headers": KEY}),
    "stream": ("/v1/completion-stream", {"json": QUESTION}),
}


@pytest.fixture
def collector() -> Iterator[None]:
    """The garbage collector runs only when it is called, and keeps what it would free."""
    gc.disable()
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.garbage.clear()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.mark.usefixtures("collector")
class TestGarbage:
    """Requests that send or get much, in each of the ways there are."""

    @pytest.mark.parametrize("request_name", REQUESTS)
    async def test_requests(self, client: httpx2.AsyncClient, request_name: str) -> None:
        """Nothing of a request waits for the collector."""
        path, given = REQUESTS[request_name]
        await client.post(path, **given)
        assert not _left()

    async def test_failures(self, client: httpx2.AsyncClient, fake_openai: FakeOpenAI) -> None:
        """Nothing of an answer that has failed waits for it either."""
        fake_openai.reply(error(400))
        await client.post("/v1/completion-stream", json=QUESTION)
        assert not _left()


def _left() -> set[str]:
    """The names of our own classes whose objects only the collector would free."""
    gc.collect()
    classes = {type(found) for found in gc.garbage}
    return {one.__name__ for one in classes if one.__module__.partition(".")[0] == "app"}
