"""A source with other bytes: the new version comes in the place of the old one at once."""

import asyncio
from contextlib import closing
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg2
import pytest

from app.core.caller import NOBODY
from app.vector_store.base import Candidate
from tests.support.job_table import LATER
from tests.support.knowledge import DUCKS, Knowledge, half_way, pages
from tests.support.psql import url_of
from tests.support.users import ANN
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("small_steps")


async def documents_found(knowledge: Knowledge, query: str) -> list[UUID]:
    """The documents of the passages that a query finds, best first."""
    return [source.document_uuid for source in await knowledge.found(query)]


class TestReplaced:
    async def test_never_both_or_neither(self, knowledge: Knowledge) -> None:
        """A search finds the old version or the new one, at every moment, and the whole of it."""
        old = await knowledge.ingest(pages(4, "Duck"))
        new = await knowledge.add(pages(6, "Duckling"))
        working = asyncio.create_task(knowledge.work())
        seen = []
        while not working.done():
            seen.append(await documents_found(knowledge, "A duck eats"))
        seen.append(await documents_found(knowledge, "A duck eats"))
        whole = [[old.uuid] * 4, [new.uuid] * 6]
        assert all(found in whole for found in seen)
        assert (seen[0], seen[-1]) == tuple(whole)

    async def test_in_one_search(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A document is found, however often it is replaced while a search is under way."""
        await knowledge.ingest("Version 0 of ducks.")
        query, versions = knowledge.store.query, iter(range(1, 6))

        async def overtaken(*given: Any, **named: Any) -> list[Candidate]:
            candidates = await query(*given, **named)
            for version in islice(versions, 1):
                await knowledge.ingest(f"Version {version} of ducks.")
            return candidates

        monkeypatch.setattr(knowledge.store, "query", overtaken)
        found = await knowledge.found("Which ducks?")
        assert [source.text for source in found] == ["Version 5 of ducks."]

    async def test_not_crowded_out(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A large document takes no other document's place in a search before it is ready."""
        monkeypatch.setattr("app.retrieval.passages.CANDIDATES", 2)
        monkeypatch.setattr("app.retrieval.services.READ_FOR_EACH", 1)
        other = await knowledge.ingest("Ducks are birds.", "other.txt")
        old = await knowledge.ingest("Ducks eat plants.")
        new = await knowledge.add(pages(12))
        async with half_way(knowledge, new):
            found = await knowledge.retrieval.search(NOBODY, "Duck number 0 eats", limit=2)
        assert {source.document_uuid for source in found} == {old.uuid, other.uuid}

    async def test_not_crowded_out_by_deleted(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Points that are not purged yet take no other document's place in a search."""
        monkeypatch.setattr("app.retrieval.passages.CANDIDATES", 2)
        monkeypatch.setattr("app.retrieval.services.READ_FOR_EACH", 1)
        ducks = await knowledge.ingest("Ducks eat plants.")
        many = await knowledge.ingest(pages(6), "many.txt")
        await knowledge.documents.delete(NOBODY, many.uuid)
        found = await knowledge.retrieval.search(NOBODY, "Duck number 0 eats", limit=2)
        assert [source.document_uuid for source in found] == [ducks.uuid]

    async def test_swapped(self, knowledge: Knowledge) -> None:
        """Of two files that change places neither is lost: the sources change their bytes."""
        geese = "Geese graze."
        first, second = await knowledge.ingest(DUCKS, "a.txt"), await knowledge.ingest(geese, "b")
        new_first = await knowledge.add(geese, "a.txt")
        new_second = await knowledge.add(DUCKS, "b")
        await knowledge.work()
        assert {first.uuid, second.uuid}.isdisjoint({new_first.uuid, new_second.uuid})
        found = {source.text: source.source for source in await knowledge.found("Ducks and geese")}
        assert found == {geese: "a.txt", DUCKS: "b"}

    async def test_bytes_of_another_source(self, knowledge: Knowledge) -> None:
        """Bytes that another source holds already replace those of their own source."""
        old, current = "The allowance is 30 euro (2023).", "The allowance is 45 euro (2024)."
        kept = await knowledge.ingest(old, "policy-2023.md")
        await knowledge.ingest(current, "policy-current.md")
        rolled_back = await knowledge.ingest(old, "policy-current.md")
        assert [source.text for source in await knowledge.found("How much is it?")] == [old]
        assert await knowledge.documents.page(NOBODY, 9) == [rolled_back, kept]
        assert await knowledge.store.documents() == {kept.uuid: 1, rolled_back.uuid: 1}

    async def test_purged(self, knowledge: Knowledge) -> None:
        """Of a version that is replaced no document and no point stays behind."""
        await knowledge.ingest(pages(4))
        new = await knowledge.ingest(DUCKS)
        assert await knowledge.store.documents() == {new.uuid: 1}
        assert await knowledge.documents.page(NOBODY, 9) == [new]

    async def test_overtaken(self, knowledge: Knowledge) -> None:
        """An older version that comes to its end later does not replace the newer one."""
        await knowledge.add(pages(2))
        await knowledge.sql(LATER)
        new = await knowledge.ingest(DUCKS)
        await knowledge.hurry()
        await knowledge.work()
        assert await knowledge.documents.page(NOBODY, 9) == [new]
        assert await knowledge.store.documents() == {new.uuid: 1}

    async def test_newer_unreadable(self, knowledge: Knowledge) -> None:
        """A version takes its place also while a newer one waits, which may turn out unreadable."""
        await knowledge.ingest("Ducks eat plants.")
        new = await knowledge.add(DUCKS)
        await knowledge.add("%PDF-1.7 without an object", media_type="application/pdf")
        await knowledge.work()
        assert await knowledge.is_ready(new.uuid)
        assert await documents_found(knowledge, "What do ducks eat?") == [new.uuid]


class TestOwners:
    """What one owner does leaves another's documents of the same source in place."""

    async def test_newer(self, knowledge: Knowledge, people: None) -> None:
        """A newer version that another owner put in does not replace a document."""
        shared = await knowledge.add(pages(2))
        await knowledge.sql(LATER)
        own = await knowledge.add(DUCKS, owner=ANN)
        await knowledge.work()
        await knowledge.hurry()
        await knowledge.work()
        assert await knowledge.store.documents() == {shared.uuid: 2, own.uuid: 1}

    async def test_returned(self, knowledge: Knowledge, people: None) -> None:
        """Old bytes that come again take out no document of another owner's."""
        shared = await knowledge.ingest(DUCKS)
        own = await knowledge.add(pages(2), owner=ANN)
        await knowledge.add(DUCKS)
        await knowledge.work()
        assert await knowledge.store.documents() == {shared.uuid: 1, own.uuid: 2}


class TestReturned:
    """The old bytes of a source come again before its new ones have taken their place."""

    async def test_last_counts(self, knowledge: Knowledge) -> None:
        """An old version whose bytes come again stays, and the newer one never replaces it."""
        old = await knowledge.ingest(DUCKS)
        await knowledge.add(pages(2))
        again = await knowledge.add(DUCKS)
        await knowledge.work()
        assert again == old
        assert await knowledge.documents.page(NOBODY, 9) == [old]
        assert await knowledge.store.documents() == {old.uuid: 1}

    async def test_other_name(self, knowledge: Knowledge) -> None:
        """Old bytes that come again under another name leave the source that they were from."""
        await knowledge.ingest(DUCKS, "a.txt")
        new = await knowledge.add(pages(2), "a.txt")
        other = await knowledge.add(DUCKS, "b.txt")
        await knowledge.work()
        assert await knowledge.is_ready(new.uuid)
        assert await knowledge.store.documents() == {new.uuid: 2, other.uuid: 1}

    async def test_half_way(self, knowledge: Knowledge) -> None:
        """An old version whose bytes come again stays, even if half of a newer one is written."""
        old = await knowledge.ingest(DUCKS)
        new = await knowledge.add(pages(12))
        async with half_way(knowledge, new):
            await knowledge.add(DUCKS)
        assert await knowledge.documents.page(NOBODY, 9) == [old]
        assert await knowledge.store.documents() == {old.uuid: 1}

    async def test_while_it_is_replaced(self, knowledge: Knowledge) -> None:
        """Old bytes that come again while a newer version replaces them are taken in anew."""
        old = await knowledge.ingest(DUCKS)
        url = url_of(knowledge.settings)
        with closing(psycopg2.connect(url)) as publishing, publishing.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('a.txt', 0))")
            adding = asyncio.create_task(knowledge.add(DUCKS))
            await until(lambda: _is_waiting(knowledge))
            cursor.execute("DELETE FROM document WHERE uuid = %s", [str(old.uuid)])
            publishing.commit()
            again = await adding
        assert again.uuid != old.uuid
        await knowledge.work()
        assert await documents_found(knowledge, "Mallard") == [again.uuid]


async def _is_waiting(knowledge: Knowledge) -> bool:
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    return bool(await knowledge.sql(waiting))
