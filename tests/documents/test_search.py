"""What a search may find, and what questions are answered from."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from app.documents.models import Filter
from tests.chat.asking import QA
from tests.conftest import SettingsFactory
from tests.documents.knowledge import DUCKS, Knowledge, pages, text_document
from tests.documents.uploads import DOCUMENTS, ended, post_text, search, wait_for
from tests.server import problem_of, serve

GEESE = "Greylag geese graze on grass and eat winter grain."


@pytest.fixture
async def birds(knowledge: Knowledge) -> Knowledge:
    """Two documents on birds, which metadata tell apart."""
    await knowledge.ingest(DUCKS, "ducks.txt", metadata={"lang": "en", "draft": True, "n": 1})
    await knowledge.ingest(GEESE, "geese.txt", metadata={"lang": "en", "draft": 1, "n": "1"})
    return knowledge


async def sources(knowledge: Knowledge, **given: Any) -> set[str]:
    """The sources of what a search with this filter finds."""
    where = Filter.model_validate(given)
    found = await knowledge.retrieval.search("What do birds eat?", limit=20, filter=where)
    return {each.source for each in found}


class TestFilter:
    async def test_none(self, birds: Knowledge) -> None:
        """Without a filter everything is searched."""
        assert await sources(birds) == {"ducks.txt", "geese.txt"}

    async def test_documents(self, birds: Knowledge) -> None:
        """Only the named documents are searched; an empty list matches nothing."""
        [geese, ducks] = await birds.documents.page(None, 2)
        assert await sources(birds, document_uuids=[ducks.uuid]) == {"ducks.txt"}
        both = [ducks.uuid, geese.uuid]
        assert await sources(birds, document_uuids=both) == {"ducks.txt", "geese.txt"}
        assert await sources(birds, document_uuids=[]) == set()

    async def test_source(self, birds: Knowledge) -> None:
        """Only the documents from that source are searched."""
        assert await sources(birds, source="geese.txt") == {"geese.txt"}
        assert await sources(birds, source="geese") == set()

    @pytest.mark.parametrize(
        ("metadata", "expected"),
        [
            ({"lang": "en"}, {"ducks.txt", "geese.txt"}),
            ({"lang": "de"}, set()),
            ({"draft": True}, {"ducks.txt"}),
            ({"draft": 1}, {"geese.txt"}),
            ({"n": 1}, {"ducks.txt"}),
            ({"n": "1"}, {"geese.txt"}),
            ({"lang": "en", "n": 1}, {"ducks.txt"}),
            ({"draft": True, "n": "1"}, set()),
        ],
    )
    async def test_metadata(
        self, birds: Knowledge, metadata: dict[str, Any], expected: set[str]
    ) -> None:
        """Every entry must hold, and true is not 1, nor 1 a text."""
        assert await sources(birds, metadata=metadata) == expected

    async def test_after_reindex(self, birds: Knowledge) -> None:
        """Filters hold also on an index that was rebuilt."""
        await birds.store.clear()
        await birds.documents.reindex()
        await birds.work()
        assert await sources(birds, metadata={"draft": True}) == {"ducks.txt"}
        assert await sources(birds, source="geese.txt") == {"geese.txt"}


class TestRepeats:
    async def test_many(self, knowledge: Knowledge) -> None:
        """What a document says forty times leaves room for everything else."""
        await knowledge.ingest("# Ducks\n\nDucks eat plants.\n\n" * 40, "repeats.md")
        others = [f"{number}.txt" for number in range(19)]
        for source in others:
            await knowledge.ingest(f"Snails, as told in {source}", source)
        found = await knowledge.retrieval.search("What do ducks eat?", limit=20)
        assert [each.source for each in found].count("repeats.md") == 1
        assert {each.source for each in found} == {"repeats.md", *others}


class TestOwners:
    async def test_own_and_shared(self, knowledge: Knowledge) -> None:
        """A user finds their own and the shared documents; nobody finds the shared ones only."""
        for source, owner in [("shared", None), ("mine", 1), ("theirs", 2)]:
            await knowledge.documents.add(text_document(f"Ducks, {source}", source), owner)
        await knowledge.work()
        for user, expected in [(None, {"shared"}), (1, {"shared", "mine"})]:
            found = await knowledge.retrieval.search("Ducks", limit=9, user_id=user)
            assert {each.source for each in found} == expected

    async def test_same_bytes(self, knowledge: Knowledge) -> None:
        """The same bytes from two owners are two documents."""
        for owner in (None, 1, 2):
            _, is_new = await knowledge.documents.add(text_document(DUCKS, "a"), owner)
            assert is_new
        await knowledge.work()
        assert len(await knowledge.store.documents()) == 3


@pytest.fixture
async def client(make_settings: SettingsFactory) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a service that knows of ducks and geese."""
    async with serve(make_settings()) as client:
        for text, name in ((DUCKS, "ducks.txt"), (GEESE, "geese.txt")):
            await ended(client, await post_text(client, text, title=name, source=name))
        yield client


class TestEndpoint:
    async def test_source(self, client: httpx2.AsyncClient) -> None:
        """What is found says where it stands, the best first."""
        [best, other] = await search(client, "What do mallard ducks eat?")
        assert best.keys() == {
            "document_uuid", "title", "source", "ordinal", "start", "end", "text", "score"
        }  # fmt: skip
        assert (best["text"], best["title"], best["source"]) == (DUCKS, "ducks.txt", "ducks.txt")
        assert (best["ordinal"], best["start"], best["end"]) == (0, 0, len(DUCKS))
        assert best["score"] > other["score"]

    async def test_no_threshold(self, client: httpx2.AsyncClient) -> None:
        """What bears on nothing is found all the same: it is for looking, not for answering."""
        assert len(await search(client, "Who won the chess tournament?")) == 2

    async def test_limit(self, client: httpx2.AsyncClient) -> None:
        """No more than asked for is found."""
        assert len(await search(client, "eat", limit=1)) == 1

    async def test_filters(self, client: httpx2.AsyncClient) -> None:
        """A source or a document narrows the search."""
        [geese] = await search(client, "ducks", source="geese.txt")
        assert geese["text"] == GEESE
        assert await search(client, "ducks", document_uuid=geese["document_uuid"]) == [geese]

    async def test_answers(self, client: httpx2.AsyncClient) -> None:
        """Questions are answered from ready documents only."""
        uuid = (await post_text(client, pages(40))).json()["uuid"]
        await wait_for(client, uuid, "processing")
        answer = (await client.post(QA, json={"message": "What do mallard ducks eat?"})).json()
        status = (await client.get(f"{DOCUMENTS}/{uuid}")).json()["status"]
        assert status == "processing"
        assert DUCKS in [each["text"] for each in answer["sources"]]
        assert uuid not in [each["document_uuid"] for each in answer["sources"]]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"query": " "},
        {"query": "q" * 2001},
        {"query": "q", "limit": 0},
        {"query": "q", "limit": 21},
        {"query": "q", "document_uuid": "7"},
        {"query": "q", "source": ""},
    ],
)
async def test_refused(shared_client: httpx2.AsyncClient, given: dict[str, str | int]) -> None:
    """A missing or wrong parameter is a 422."""
    response = await shared_client.get("/v1/search", params=given)
    assert problem_of(response)["code"] == "validation_error"
