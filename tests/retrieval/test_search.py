"""What a search may find, and what questions are answered from."""

from collections.abc import AsyncIterator
from typing import Any
from unicodedata import normalize

import httpx2
import pytest

from app.core.caller import NOBODY
from app.loaders.constants import PDF
from app.retrieval.models import Filter, JudgedSource
from tests.conftest import SettingsFactory
from tests.support.asking import QA
from tests.support.documents import pdf
from tests.support.knowledge import DUCKS, Knowledge, pages, text_document
from tests.support.server import problem_of, serve
from tests.support.stores import empty
from tests.support.uploads import DOCUMENTS, ended, post_file, post_text, search, wait_for
from tests.support.users import ANN, BOB

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
    found = await knowledge.retrieval.search(NOBODY, "What do birds eat?", limit=20, filter=where)
    return {passage.source for passage in found}


class TestFilter:
    async def test_no_filter_searches_everything(self, birds: Knowledge) -> None:
        """A search without a filter looks into every document."""
        assert await sources(birds) == {"ducks.txt", "geese.txt"}

    async def test_only_named_documents_are_searched(self, birds: Knowledge) -> None:
        """Only the named documents are searched; an empty list matches nothing."""
        [geese, ducks] = await birds.documents.page(NOBODY, 2)
        assert await sources(birds, document_uuids=[ducks.uuid]) == {"ducks.txt"}
        both = [ducks.uuid, geese.uuid]
        assert await sources(birds, document_uuids=both) == {"ducks.txt", "geese.txt"}
        assert await sources(birds, document_uuids=[]) == set()

    async def test_only_that_source_is_searched(self, birds: Knowledge) -> None:
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
    async def test_every_entry_of_metadata_must_hold(
        self, birds: Knowledge, metadata: dict[str, Any], expected: set[str]
    ) -> None:
        """Every entry of the metadata must hold, and true is not 1, nor 1 a text."""
        assert await sources(birds, metadata=metadata) == expected

    async def test_filters_hold_on_a_rebuilt_index(self, birds: Knowledge) -> None:
        """Filters hold on an index that was lost and rebuilt."""
        await empty(birds.store)
        await birds.documents.reindex()
        await birds.work()
        assert await sources(birds, metadata={"draft": True}) == {"ducks.txt"}
        assert await sources(birds, source="geese.txt") == {"geese.txt"}


class TestRepeats:
    async def test_repeats_leave_room_for_others(self, knowledge: Knowledge) -> None:
        """What a document says forty times leaves room for everything else."""
        await knowledge.ingest("# Ducks\n\nDucks eat plants.\n\n" * 40, "repeats.md")
        others = [f"{number}.txt" for number in range(19)]
        for source in others:
            await knowledge.ingest(f"Snails, as told in {source}", source)
        found = await knowledge.retrieval.search(NOBODY, "What do ducks eat?", limit=20)
        assert sorted(passage.source for passage in found) == sorted(["repeats.md", *others])

    async def test_text_of_two_documents_is_found_once(self, knowledge: Knowledge) -> None:
        """A text that two documents hold is found once, in one of them."""
        for source in ("a.txt", "b.txt"):
            await knowledge.ingest(DUCKS, source)
        assert len(await knowledge.store.documents()) == 2
        [found] = await knowledge.found("What do mallard ducks eat?")
        assert found.text == DUCKS

    async def test_text_is_found_in_the_document_that_is_left(self, knowledge: Knowledge) -> None:
        """When one of two documents that hold a text is deleted, the other's is found."""
        first, second = [await knowledge.ingest(DUCKS, source) for source in ("a.txt", "b.txt")]
        [found] = await knowledge.found("What do mallard ducks eat?")
        await knowledge.documents.delete(NOBODY, found.document_uuid)
        [left] = await knowledge.found("What do mallard ducks eat?")
        assert {found.document_uuid, left.document_uuid} == {first.uuid, second.uuid}


class TestOwners:
    async def test_own_and_shared_documents_are_found(
        self, knowledge: Knowledge, people: None
    ) -> None:
        """A user finds their own and the shared documents; without a user only those are found."""
        for source, owner in [("shared", NOBODY), ("mine", ANN), ("theirs", BOB)]:
            await knowledge.documents.add(owner, text_document(f"Ducks, {source}", source))
        await knowledge.work()
        for user, expected in [(NOBODY, {"shared"}), (ANN, {"shared", "mine"})]:
            found = await knowledge.retrieval.search(user, "Ducks", limit=9)
            assert {passage.source for passage in found} == expected

    async def test_equal_bytes_of_two_owners_are_two_documents(
        self, knowledge: Knowledge, people: None
    ) -> None:
        """Equal bytes from two owners are two documents."""
        for owner in (NOBODY, ANN, BOB):
            _, is_new = await knowledge.documents.add(owner, text_document(DUCKS, "a"))
            assert is_new
        await knowledge.work()
        assert len(await knowledge.store.documents()) == 3


@pytest.fixture
async def bird_client(make_settings: SettingsFactory) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a service that knows of ducks and geese."""
    async with serve(make_settings()) as client:
        for text, name in ((DUCKS, "ducks.txt"), (GEESE, "geese.txt")):
            await ended(client, await post_text(client, text, title=name, source=name))
        yield client


class TestEndpoint:
    async def test_found_passage_says_where_it_stands(
        self, bird_client: httpx2.AsyncClient
    ) -> None:
        """A found passage says where it stands, and the best comes first."""
        [best, other] = await search(bird_client, "What do mallard ducks eat?")
        shown = {name for name, field in JudgedSource.model_fields.items() if not field.exclude}
        assert best.keys() == shown
        assert "document_sha256" not in shown
        assert (best["text"], best["title"], best["source"]) == (DUCKS, "ducks.txt", "ducks.txt")
        assert (best["ordinal"], best["start"], best["end"]) == (0, 0, len(DUCKS))
        assert (best["page"], best["headings"]) == (None, [])
        assert best["score"] > other["score"]

    async def test_source_in_another_spelling(self, client: httpx2.AsyncClient) -> None:
        """A source is found however its umlauts are spelt, as it is stored."""
        source = normalize("NFD", "Müritz.txt")
        document = await ended(client, await post_text(client, DUCKS, source=source))
        assert document["source"] == normalize("NFC", source)
        for form in ("NFC", "NFD"):
            assert len(await search(client, "ducks", source=normalize(form, source))) == 1

    async def test_found_passage_says_what_it_is_judged_by(
        self, bird_client: httpx2.AsyncClient
    ) -> None:
        """A found passage says how much speaks for it, and whether that is enough."""
        found = await search(bird_client, "What do mallard ducks eat?")
        assert [passage["relevant"] for passage in found] == [True, False]
        for passage in found:
            assert passage["relevant"] == (passage["evidence"] >= passage["threshold"])

    async def test_passage_of_a_pdf_names_its_page(self, client: httpx2.AsyncClient) -> None:
        """A passage of a PDF says on which page it begins, from 1 on, also after an empty one."""
        file = pdf(pages(1, "Duck"), "", pages(1, "Goose"))
        await ended(client, await post_file(client, file, "birds.pdf", PDF))
        found = await search(client, "What do birds eat?")
        begin = {passage["text"].splitlines()[0]: passage["page"] for passage in found}
        assert begin == {"# Duck 0": 1, "# Goose 0": 3}

    async def test_passage_names_its_headings(self, client: httpx2.AsyncClient) -> None:
        """A passage names the headings that it stands under, outermost first."""
        text = f"# Birds\n\n## Waterfowl\n\nMany.\n\n### Ducks\n\n{DUCKS}"
        await ended(client, await post_text(client, text))
        found = await search(client, "What do mallard ducks eat?")
        assert {passage["text"].split()[-1]: passage["headings"] for passage in found} == {
            "Many.": [],
            "dawn.": ["Birds", "Waterfowl"],
        }

    async def test_search_has_no_threshold(self, bird_client: httpx2.AsyncClient) -> None:
        """A search finds passages that bear on nothing: it is for looking, not for answering."""
        assert len(await search(bird_client, "Who won the chess tournament?")) == 2

    async def test_limit_is_kept(self, bird_client: httpx2.AsyncClient) -> None:
        """A search finds no more passages than its limit."""
        assert len(await search(bird_client, "eat", limit=1)) == 1

    async def test_source_and_document_narrow_a_search(
        self, bird_client: httpx2.AsyncClient
    ) -> None:
        """A search can be narrowed to a source or to a document."""
        [geese] = await search(bird_client, "ducks", source="geese.txt")
        assert geese["text"] == GEESE
        assert await search(bird_client, "ducks", document_uuid=geese["document_uuid"]) == [geese]

    async def test_answers_rest_on_ready_documents_only(
        self, bird_client: httpx2.AsyncClient
    ) -> None:
        """Questions are answered from ready documents only."""
        uuid = (await post_text(bird_client, pages(40))).json()["uuid"]
        await wait_for(bird_client, uuid, "processing")
        answer = (await bird_client.post(QA, json={"message": "What do mallard ducks eat?"})).json()
        status = (await bird_client.get(f"{DOCUMENTS}/{uuid}")).json()["status"]
        assert status == "processing"
        assert DUCKS in [source["text"] for source in answer["sources"]]
        assert uuid not in [source["document_uuid"] for source in answer["sources"]]


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
async def test_wrong_parameters_are_refused(
    shared_client: httpx2.AsyncClient, given: dict[str, str | int]
) -> None:
    """A search with a missing or wrong parameter is a 422."""
    response = await shared_client.get("/v1/search", params=given)
    assert problem_of(response)["code"] == "validation_error"
