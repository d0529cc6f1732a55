"""Whose documents a caller sees and deletes, and which one is there already."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from uuid import uuid4

import psycopg2
import pytest

from app.core.caller import NOBODY, Caller
from app.core.exceptions import DatabaseUnavailable, NotFound
from app.db import Database, DatabaseError
from app.db.engine import POOL_SIZE
from app.documents.models import Document
from app.documents.services import DocumentService
from app.loaders.constants import PDF
from tests.support.databases import opened
from tests.support.knowledge import DUCKS, Knowledge, text_document
from tests.support.users import ANN, BOB
from tests.support.waiting import Stopwatch

OWNERS = [NOBODY, ANN, BOB]
UNREADABLE = "%PDF-1.7 without an object"


@pytest.fixture
async def documents(knowledge: Knowledge, people: None) -> dict[Caller, Document]:
    """The document that is shared, and one document of every user."""
    return {
        owner: await knowledge.add(f"Ducks of {owner.name}", f"{owner.name}.txt", owner)
        for owner in OWNERS
    }


class TestOwners:
    """A user's own documents are no other user's."""

    @pytest.mark.parametrize(
        ("user", "seen"), [(NOBODY, [NOBODY]), (ANN, [ANN, NOBODY]), (BOB, [BOB, NOBODY])]
    )
    async def test_seen(
        self,
        knowledge: Knowledge,
        documents: dict[Caller, Document],
        user: Caller,
        seen: list[Caller],
    ) -> None:
        """A user sees their own and the shared documents, an anonymous caller the shared ones."""
        listed = await knowledge.documents.page(user, 9)
        assert listed == [documents[owner] for owner in seen]
        for owner, document in documents.items():
            if owner in seen:
                assert await knowledge.documents.get(user, document.uuid) == document
            else:
                with pytest.raises(NotFound):
                    await knowledge.documents.get(user, document.uuid)

    @pytest.mark.parametrize("user", [NOBODY, ANN])
    async def test_deleted(
        self, knowledge: Knowledge, documents: dict[Caller, Document], user: Caller
    ) -> None:
        """A user deletes their own documents only, and an anonymous caller the shared ones only."""
        for owner, document in documents.items():
            if owner != user:
                with pytest.raises(NotFound):
                    await knowledge.documents.delete(user, document.uuid)
        await knowledge.documents.delete(user, documents[user].uuid)
        left = await knowledge.sql("SELECT user_id FROM document ORDER BY user_id NULLS FIRST")
        assert [owner for (owner,) in left] == [owner.user_id for owner in OWNERS if owner != user]


class TestThere:
    """A version of a source that is there already."""

    @pytest.mark.parametrize("owner", [ANN, NOBODY])
    async def test_own(self, knowledge: Knowledge, people: None, owner: Caller) -> None:
        """The same version again is the owner's document, not that of an owner who was first."""
        first = {owner: await knowledge.add(DUCKS, owner=owner) for owner in OWNERS}
        again, is_new = await knowledge.documents.add(owner, text_document(DUCKS, "a.txt"))
        assert (again, is_new) == (first[owner], False)

    async def test_other_source(self, knowledge: Knowledge) -> None:
        """The bytes of another source are another document, and both are kept."""
        first = await knowledge.ingest(DUCKS, "a.txt")
        other, is_new = await knowledge.documents.add(NOBODY, text_document(DUCKS, "b.txt"))
        assert is_new
        assert await knowledge.documents.page(NOBODY, 9) == [other, first]

    async def test_at_the_same_time(self, knowledge: Knowledge) -> None:
        """Of many uploads of one version at the same time one makes a document."""
        new = text_document(DUCKS, "a.txt")
        adding = (knowledge.documents.add(NOBODY, new) for _ in range(8))
        added = await asyncio.gather(*adding)
        assert sorted(is_new for _, is_new in added) == [False] * 7 + [True]
        [document] = await knowledge.documents.page(NOBODY, 9)
        assert all(there == document for there, _ in added)
        assert await knowledge.jobs_left() == 1

    async def test_failed_before(self, knowledge: Knowledge) -> None:
        """The same version again is the document that waits, not one that failed before it."""
        failed = await knowledge.ingest(UNREADABLE, media_type=PDF)
        waiting = await knowledge.add(UNREADABLE, media_type=PDF)
        assert waiting.uuid != failed.uuid
        assert await knowledge.add(UNREADABLE, media_type=PDF) == waiting

    async def test_why_it_failed(self, knowledge: Knowledge) -> None:
        """Old bytes that come again leave the newer version that failed, which says why."""
        old = await knowledge.ingest(DUCKS)
        failed = await knowledge.ingest(UNREADABLE, media_type=PDF)
        await knowledge.add(DUCKS)
        assert await knowledge.documents.page(NOBODY, 9) == [failed, old]


class TestFailedVersions:
    """A new version of a source takes the place of those that failed."""

    async def test_removed(self, knowledge: Knowledge) -> None:
        """A new version removes the failed ones of its source, and leaves the one that is ready."""
        ready = await knowledge.ingest(DUCKS)
        await knowledge.ingest(UNREADABLE, media_type=PDF)
        new = await knowledge.add("Geese graze.")
        assert await knowledge.documents.page(NOBODY, 9) == [new, ready]

    async def test_of_others(self, knowledge: Knowledge, people: None) -> None:
        """A new version leaves what failed of another source, and of another owner."""
        own = await knowledge.add(UNREADABLE, owner=ANN, media_type=PDF)
        other = await knowledge.ingest(UNREADABLE, "b.pdf", media_type=PDF)
        new = await knowledge.add(DUCKS)
        listed = await knowledge.documents.page(ANN, 9)
        assert [document.uuid for document in listed] == [new.uuid, other.uuid, own.uuid]
        assert [document.status for document in listed] == ["pending", "failed", "failed"]


class TestReindex:
    async def test_count(self, knowledge: Knowledge) -> None:
        """A document that failed, or waits, has nothing to index anew, and does not count."""
        await knowledge.ingest(DUCKS)
        await knowledge.ingest(UNREADABLE, media_type=PDF)
        await knowledge.add("Geese graze.", "b.txt")
        assert await knowledge.documents.reindex() == 1


class TestLargeWrites:
    """What is large leaves room to what is small."""

    @pytest.fixture
    async def database(self, own_database_url: str) -> AsyncIterator[Database]:
        """A database of little patience."""
        async with opened(own_database_url, timeout_sec=1) as database:
            yield database

    async def test_others_have_threads(self, database: Database, own_database_url: str) -> None:
        """However many uploads wait for Postgres, other queries do not wait for a thread."""
        documents = DocumentService(database)
        with closing(psycopg2.connect(own_database_url)) as another, another.cursor() as cursor:
            cursor.execute("LOCK TABLE document IN EXCLUSIVE MODE")
            new = [text_document(f"Ducks {n}", f"{n}") for n in range(3 * POOL_SIZE)]
            adding = [asyncio.create_task(documents.add(NOBODY, document)) for document in new]
            for _ in range(20):
                assert await database.query(NOBODY, "get_message", uuid=uuid4()) is None
            another.rollback()
            await asyncio.gather(*adding)

    async def test_no_answer(self, database: Database, own_database_url: str) -> None:
        """One that Postgres does not answer is given up as soon as any other query."""
        documents = DocumentService(database)
        with closing(psycopg2.connect(own_database_url)) as another, another.cursor() as cursor:
            cursor.execute("LOCK TABLE document IN EXCLUSIVE MODE")
            with Stopwatch() as watch, pytest.raises((DatabaseUnavailable, DatabaseError)):
                await documents.add(NOBODY, text_document("Ducks", "a"))
            assert watch.seconds < 2

    async def test_no_answer_to_many(self, database: Database, own_database_url: str) -> None:
        """Those that wait for their turn do not wait for Postgres one after the other."""
        documents = DocumentService(database)
        with closing(psycopg2.connect(own_database_url)) as another, another.cursor() as cursor:
            cursor.execute("LOCK TABLE document IN EXCLUSIVE MODE")
            new = [text_document(f"Ducks {n}", f"{n}") for n in range(12)]
            adding = (documents.add(NOBODY, document) for document in new)
            with Stopwatch() as watch:
                told = await asyncio.gather(*adding, return_exceptions=True)
            assert {type(error) for error in told} == {DatabaseUnavailable}
            assert watch.seconds < 3
