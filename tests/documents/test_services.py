"""Who sees a document, who takes it out, and which one is there already."""

import pytest

from app.core.exceptions import NotFound
from app.documents.loaders.constants import PDF
from app.documents.models import Document
from tests.documents.knowledge import DUCKS, Knowledge, text_document

OWNERS = [None, 1, 2]
UNREADABLE = "%PDF-1.7 and no more"


@pytest.fixture
async def documents(knowledge: Knowledge) -> dict[int | None, Document]:
    """The document that is shared, and one of each of two users."""
    return {
        owner: await knowledge.add(f"Ducks of {owner}", f"{owner}.txt", owner) for owner in OWNERS
    }


class TestOwners:
    """A user's own documents are nobody else's."""

    @pytest.mark.parametrize(("user", "seen"), [(None, [None]), (1, [1, None]), (9, [None])])
    async def test_seen(
        self,
        knowledge: Knowledge,
        documents: dict[int | None, Document],
        user: int | None,
        seen: list[int | None],
    ) -> None:
        """A user sees their own and the shared documents, nobody the shared ones only."""
        listed = await knowledge.documents.page(user, 9)
        assert listed == [documents[owner] for owner in seen]
        for owner, document in documents.items():
            if owner in seen:
                assert await knowledge.documents.get(document.uuid, user) == document
            else:
                with pytest.raises(NotFound):
                    await knowledge.documents.get(document.uuid, user)

    @pytest.mark.parametrize("user", [None, 1])
    async def test_deleted(
        self, knowledge: Knowledge, documents: dict[int | None, Document], user: int | None
    ) -> None:
        """A user takes out their own documents, not the shared ones, and nobody a user's."""
        for owner, document in documents.items():
            if owner != user:
                with pytest.raises(NotFound):
                    await knowledge.documents.delete(document.uuid, user)
        await knowledge.documents.delete(documents[user].uuid, user)
        left = await knowledge.sql("SELECT user_id FROM document ORDER BY user_id NULLS FIRST")
        assert [owner for (owner,) in left] == [owner for owner in OWNERS if owner != user]


class TestThere:
    """Bytes that are there already."""

    @pytest.mark.parametrize("owner", [1, None])
    async def test_own(self, knowledge: Knowledge, owner: int | None) -> None:
        """The same bytes again are the owner's document, not that of whoever was first."""
        first = {each: await knowledge.add(DUCKS, owner=each) for each in OWNERS}
        again, is_new = await knowledge.documents.add(text_document(DUCKS, "a.txt"), owner)
        assert (again, is_new) == (first[owner], False)

    async def test_failed_before(self, knowledge: Knowledge) -> None:
        """The same bytes again are the document that waits, not the one that failed before it."""
        failed = await knowledge.ingest(UNREADABLE, media_type=PDF)
        waiting = await knowledge.add(UNREADABLE, media_type=PDF)
        assert waiting != failed
        assert await knowledge.add(UNREADABLE, media_type=PDF) == waiting

    async def test_why_it_failed(self, knowledge: Knowledge) -> None:
        """Old bytes that come again leave the version that failed, which says why."""
        old = await knowledge.ingest(DUCKS)
        failed = await knowledge.ingest(UNREADABLE, media_type=PDF)
        await knowledge.add(DUCKS)
        assert await knowledge.documents.page(None, 9) == [failed, old]


class TestReindex:
    async def test_count(self, knowledge: Knowledge) -> None:
        """A document that failed, or waits, has nothing to index anew, and does not count."""
        await knowledge.ingest(DUCKS)
        await knowledge.ingest(UNREADABLE, media_type=PDF)
        await knowledge.add("Geese graze.", "b.txt")
        assert await knowledge.documents.reindex() == 1
