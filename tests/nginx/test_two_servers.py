"""Two servers behind one nginx, as docs/nginx.md has it, of which one is restarted."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.load.readers import opened_session
from tests.nginx.counting import Counts, counted, link_files, scraped, shown_in, told
from tests.nginx.crowd import CALLERS, Crowd
from tests.support.deployment import Deployment, deployed
from tests.support.gunicorn_server import Gunicorn
from tests.support.nginx import nginx_before
from tests.support.server import connect
from tests.support.uploads import ended, post_text
from tests.support.waiting import until

pytestmark = pytest.mark.nginx

QUESTIONS_BEFORE: Final = 500
QUESTIONS_MEANWHILE: Final = 1_000
QUESTIONS_AFTER: Final = 500
PATIENCE_SEC: Final = 120
TOKEN: Final = "0123456789abcdef"
TEXT: Final = "The bRAG API listens on port 8000, unless the setting PORT says otherwise."


@dataclass
class Pair:
    """Two servers of two processes each, on the same Postgres and Qdrant, behind one nginx."""

    url: str
    first: Gunicorn
    second: Gunicorn
    folder: Path

    async def restart_first(self) -> None:
        """Ends it and starts it again; its counts of before are kept."""
        link_files(self.folder / "first", self.folder / "last")
        assert await self.first.terminate() == 0
        await self.first.start()

    async def counted(self) -> Counts:
        """What both have counted, before the restart and after it."""
        now = [await scraped(server.url, TOKEN) for server in (self.first, self.second)]
        return counted([*now, shown_in(self.folder / "last")])


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    """A Postgres, a double of Qdrant and a mock of the model."""
    with deployed() as deployment:
        yield deployment


@pytest.fixture
async def pair(deployment: Deployment, tmp_path: Path) -> AsyncIterator[Pair]:
    """Both servers, and a document to ask about."""

    def server(name: str) -> Gunicorn:
        (tmp_path / name).mkdir()
        return deployment.gunicorn(METRICS_TOKEN=TOKEN, TMPDIR=str(tmp_path / name))

    async with (
        server("first") as first,
        server("second") as second,
        nginx_before([first.port, second.port], tmp_path) as url,
        connect(url) as client,
    ):
        document = await ended(client, await post_text(client, TEXT))
        assert document["status"] == "ready"
        yield Pair(url, first, second, tmp_path)


class TestRestart:
    """One server ends and starts again while callers ask."""

    async def test_nobody_meets_an_error_and_metrics_add_up(self, pair: Pair) -> None:
        """Callers get whole answers, or a 503 with Retry-After, and the servers count as many."""
        async with opened_session(pair.url) as session:
            crowd = Crowd(session)
            async with crowd.asking(QUESTIONS_BEFORE + QUESTIONS_MEANWHILE):
                await until(lambda: crowd.answered.total() >= QUESTIONS_BEFORE, PATIENCE_SEC)
                await pair.restart_first()
            async with crowd.asking(QUESTIONS_AFTER):
                pass
        refused = crowd.refused.total() + crowd.turned_away
        assert refused <= CALLERS, "more than were on their way when it ended"

        async def adds_up() -> bool:
            return await pair.counted() == told(crowd)

        with suppress(TimeoutError):  # a request is counted when its answer has gone out
            await until(adds_up)
        assert await pair.counted() == told(crowd)
