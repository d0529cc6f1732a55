"""What clients know of documents that come and go while the service is killed again and again."""

import asyncio
import re
from collections import Counter
from contextlib import suppress
from random import Random
from typing import Any

import httpx2

from tests.support.uploads import DOCUMENTS

SUBJECTS = (
    "mallard ducks eat water plants at dawn",
    "the volcano on Sicily threw ash into the sky",
    "a steam engine turns heat into motion",
    "the parliament votes on the budget in spring",
    "violins are made of spruce and maple",
    "the harbour freezes over in January",
)
GONE = ""
SHARE_OF_DELETES = 0.35
PAUSE_SEC = 0.05
STEP_SEC = 60


def text_of(version: str) -> str:
    """A text in sections on different things, each of which names its version."""
    return "\n\n".join(f"# Part {n}\n\n{version}: {subject}." for n, subject in enumerate(SUBJECTS))


class Source:
    """A source, and which versions of it a search may find just now."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.uuid: str | None = None
        self.version = GONE
        self.history: list[set[str]] = [{GONE}]

    def may_be(self, *versions: str) -> None:
        """From now on a search finds one of these, and the whole of it."""
        self.history.append(set(versions))


class Clients:
    """One who puts documents in, replaces and deletes them, and one who searches all along."""

    def __init__(self, client: httpx2.AsyncClient, random: Random) -> None:
        self.sources = [Source(f"source-{n}") for n in range(4)]
        self.searches = 0
        self._client = client
        self._random = random
        self._versions = 0

    async def change(self, times: int) -> None:
        """Puts documents in, replaces and deletes them; each source ends its last change first."""
        for _ in range(times):
            source = self._random.choice(self.sources)
            await self._settle(source)
            if source.uuid and self._random.random() < SHARE_OF_DELETES:
                await self._delete(source)
            else:
                await self._put(source)
        for source in self.sources:
            await self._settle(source)

    async def search(self) -> None:
        """Looks at one source after the other, until it is cancelled."""
        while True:
            await self._search(self._random.choice(self.sources))
            await asyncio.sleep(PAUSE_SEC)

    async def check(self) -> None:
        """At the end there is exactly what should be there, and it is found."""
        listed = (await self._client.get(DOCUMENTS)).json()
        expected = {source.uuid for source in self.sources if source.uuid}
        assert {document["uuid"] for document in listed} == expected
        for source in self.sources:
            await self._search(source)

    async def _settle(self, source: Source) -> None:
        while source.uuid:
            answer = await self._insist("GET", f"{DOCUMENTS}/{source.uuid}")
            assert answer.json()["status"] != "failed", answer.text
            if answer.json()["status"] == "ready":
                source.may_be(source.version)
                return
            await asyncio.sleep(PAUSE_SEC)

    async def _search(self, source: Source) -> None:
        begin = len(source.history) - 1
        params: dict[str, str | int] = {
            "query": "ducks ash heat votes",
            "limit": 20,
            "source": source.name,
        }
        with suppress(httpx2.HTTPError):  # it has been killed
            answer = await self._client.get("/v1/search", params=params)
            if answer.status_code == 200:
                self._judge(answer.json(), set().union(*source.history[begin:]))

    def _judge(self, found: list[dict[str, Any]], allowed: set[str]) -> None:
        """What is found must be one version, which may be there, and the whole of it."""
        self.searches += 1
        texts = "\n".join(passage["text"] for passage in found)
        counts = Counter(re.findall(r"version \d+", texts))
        whole = {version: len(SUBJECTS) for version in counts}
        assert len(counts) <= 1, f"both: {counts}"
        assert counts == whole, f"not whole: {counts}"
        assert (set(counts) or {GONE}) <= allowed, f"{set(counts)} where {allowed} may be"

    async def _put(self, source: Source) -> None:
        self._versions += 1
        version = f"version {self._versions}"
        source.may_be(source.version, version)
        answer = await self._insist(
            "POST", DOCUMENTS, {"text": text_of(version), "title": version, "source": source.name}
        )
        source.uuid, source.version = answer.json()["uuid"], version

    async def _delete(self, source: Source) -> None:
        source.may_be(source.version, GONE)
        await self._insist("DELETE", f"{DOCUMENTS}/{source.uuid}")
        source.uuid, source.version = None, GONE
        source.may_be(GONE)

    async def _insist(self, method: str, url: str, json: Any = None) -> httpx2.Response:
        """Asks until it is answered, as clients do whose server was killed."""
        async with asyncio.timeout(STEP_SEC):
            while True:
                with suppress(httpx2.HTTPError):
                    answer = await self._client.request(method, url, json=json)
                    if answer.status_code < 500:
                        return answer
                await asyncio.sleep(PAUSE_SEC)
