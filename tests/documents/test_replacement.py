"""A source with other bytes: the new version comes in the place of the old one at once."""

import asyncio
from contextlib import closing
from itertools import islice
from typing import Any

import psycopg2
import pytest

from app.documents import retrieval
from app.documents.ranking import Candidate
from tests.documents.knowledge import DUCKS, Knowledge, half_way, pages
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("small_steps")


class TestReplaced:
    async def test_never_both_or_neither(self, knowledge: Knowledge) -> None:
        """A search finds the old version or the new one, at every moment, and the whole of it."""
        old = await knowledge.ingest(pages(4, "Duck"))
        new = await knowledge.add(pages(6, "Duckling"))
        working = asyncio.create_task(knowledge.work())
        seen = []
        while not working.done():
            seen.append([each.document_uuid for each in await knowledge.found("A duck eats")])
        seen.append([each.document_uuid for each in await knowledge.found("A duck eats")])
        whole = [[old.uuid] * 4, [new.uuid] * 6]
        assert all(each in whole for each in seen)
        assert (seen[0], seen[-1]) == tuple(whole)

    async def test_in_one_search(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However often a document is replaced while a search is under way, it is found."""
        await knowledge.ingest("Version 0 of ducks.")
        query, versions = knowledge.store.query, iter(range(1, 6))

        async def overtaken(*given: Any, **named: Any) -> list[Candidate]:
            candidates = await query(*given, **named)
            for version in islice(versions, 1):
                await knowledge.ingest(f"Version {version} of ducks.")
            return candidates

        monkeypatch.setattr(knowledge.store, "query", overtaken)
        found = await knowledge.found("Which ducks?")
        assert [each.text for each in found] == ["Version 5 of ducks."]

    async def test_not_crowded_out(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A large document takes the place of no other before it is ready."""
        monkeypatch.setattr(retrieval, "CANDIDATES", 2)
        monkeypatch.setattr(retrieval, "READ_FOR_EACH", 1)
        other = await knowledge.ingest("Ducks are birds.", "other.txt")
        old = await knowledge.ingest("Ducks eat plants.")
        new = await knowledge.add(pages(12))
        async with half_way(knowledge, new):
            found = await knowledge.retrieval.search("Duck number 0 eats", limit=2)
        assert {each.document_uuid for each in found} == {old.uuid, other.uuid}

    async def test_not_crowded_out_by_deleted(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Points that are not purged yet take the place of no other's."""
        monkeypatch.setattr(retrieval, "CANDIDATES", 2)
        monkeypatch.setattr(retrieval, "READ_FOR_EACH", 1)
        ducks = await knowledge.ingest("Ducks eat plants.")
        many = await knowledge.ingest(pages(6), "many.txt")
        await knowledge.documents.delete(many.uuid, None)
        found = await knowledge.retrieval.search("Duck number 0 eats", limit=2)
        assert [each.document_uuid for each in found] == [ducks.uuid]

    async def test_swapped(self, knowledge: Knowledge) -> None:
        """Of two files that change places neither is lost: both are there already."""
        geese = "Geese graze."
        first, second = await knowledge.ingest(DUCKS, "a.txt"), await knowledge.ingest(geese, "b")
        assert await knowledge.add(geese, "a.txt") == second
        assert await knowledge.add(DUCKS, "b") == first
        await knowledge.work()
        assert {each.text for each in await knowledge.found("Ducks and geese")} == {DUCKS, geese}

    async def test_purged(self, knowledge: Knowledge) -> None:
        """Of the old version nothing stays behind."""
        await knowledge.ingest(pages(4))
        new = await knowledge.ingest(DUCKS)
        assert await knowledge.store.documents() == {new.uuid: 1}
        assert await knowledge.documents.page(None, 9) == [new]

    async def test_overtaken(self, knowledge: Knowledge) -> None:
        """An older version that comes to its end later does not replace the newer one."""
        await knowledge.add(pages(2))
        await knowledge.sql("UPDATE work SET run_at = now() + interval '1 hour'")
        new = await knowledge.ingest(DUCKS)
        await knowledge.hurry()
        await knowledge.work()
        assert await knowledge.documents.page(None, 9) == [new]
        assert await knowledge.store.documents() == {new.uuid: 1}

    async def test_newer_unreadable(self, knowledge: Knowledge) -> None:
        """A version takes its place also while a newer one waits, which may turn out unreadable."""
        await knowledge.ingest("Ducks eat plants.")
        new = await knowledge.add(DUCKS)
        await knowledge.add("%PDF-1.7 and no more", media_type="application/pdf")
        await knowledge.work()
        assert await knowledge.is_ready(new.uuid)
        found = [each.document_uuid for each in await knowledge.found("What do ducks eat?")]
        assert found == [new.uuid]


class TestOwners:
    """What one owner does leaves another's documents of the same source in place."""

    async def test_newer(self, knowledge: Knowledge) -> None:
        """A version of another owner's does not count as newer."""
        shared = await knowledge.add(pages(2))
        await knowledge.sql("UPDATE work SET run_at = now() + interval '1 hour'")
        own = await knowledge.add(DUCKS, owner=1)
        await knowledge.work()
        await knowledge.hurry()
        await knowledge.work()
        assert await knowledge.store.documents() == {shared.uuid: 2, own.uuid: 1}

    async def test_returned(self, knowledge: Knowledge) -> None:
        """Old bytes that come again take out nothing of another owner's."""
        shared = await knowledge.ingest(DUCKS)
        own = await knowledge.add(pages(2), owner=1)
        await knowledge.add(DUCKS)
        await knowledge.work()
        assert await knowledge.store.documents() == {shared.uuid: 1, own.uuid: 2}


class TestReturned:
    """The old bytes come again before the new ones have taken their place."""

    async def test_last_counts(self, knowledge: Knowledge) -> None:
        """The old version stays, and the new one never replaces it."""
        old = await knowledge.ingest(DUCKS)
        await knowledge.add(pages(2))
        again = await knowledge.add(DUCKS)
        await knowledge.work()
        assert again == old
        assert await knowledge.documents.page(None, 9) == [old]
        assert await knowledge.store.documents() == {old.uuid: 1}

    async def test_other_name(self, knowledge: Knowledge) -> None:
        """Under another name they say nothing of the source that they were from."""
        await knowledge.ingest(DUCKS, "a.txt")
        new = await knowledge.add(pages(2), "a.txt")
        await knowledge.add(DUCKS, "b.txt")
        await knowledge.work()
        assert await knowledge.is_ready(new.uuid)

    async def test_half_way(self, knowledge: Knowledge) -> None:
        """So it is where half of the new version is written already."""
        old = await knowledge.ingest(DUCKS)
        new = await knowledge.add(pages(12))
        async with half_way(knowledge, new):
            await knowledge.add(DUCKS)
        assert await knowledge.documents.page(None, 9) == [old]
        assert await knowledge.store.documents() == {old.uuid: 1}

    async def test_too_late(self, knowledge: Knowledge) -> None:
        """Where the new version takes its place at that moment, the bytes are taken in anew."""
        old = await knowledge.ingest(DUCKS)
        assert knowledge.settings.DATABASE_URL
        url = knowledge.settings.DATABASE_URL.get_secret_value()
        with closing(psycopg2.connect(url)) as publishing, publishing.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('a.txt', 0))")
            adding = asyncio.create_task(knowledge.add(DUCKS))
            await until(lambda: _is_waiting(knowledge))
            cursor.execute("DELETE FROM document WHERE uuid = %s", [str(old.uuid)])
            publishing.commit()
            again = await adding
        assert again.uuid != old.uuid
        await knowledge.work()
        assert [each.document_uuid for each in await knowledge.found("Mallard")] == [again.uuid]


async def _is_waiting(knowledge: Knowledge) -> bool:
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    return bool(await knowledge.sql(waiting))
