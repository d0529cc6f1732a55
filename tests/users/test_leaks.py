"""Two users with near-identical documents: nothing of the other's is found, cited or listed."""

import httpx2
import pytest

from tests.support.asking import QA, QA_STREAM
from tests.support.server import parse_events
from tests.support.uploads import ended, post_text, search, uuids

RECIPE = "The secret ingredient of {name}'s duck soup is {spice}, which goes in at the end."
SPICES = {"Ann": "star anise", "Bob": "caraway"}
QUESTION = "What is the secret ingredient of the duck soup?"


@pytest.fixture
async def cooks(
    ann: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> dict[str, tuple[httpx2.AsyncClient, str]]:
    """Both cooks, each with the uuid of a recipe that differs in two words, of one source."""
    cooks = {}
    for name, person in (("Ann", ann), ("Bob", bob)):
        text = RECIPE.format(name=name, spice=SPICES[name])
        document = await ended(
            person, await post_text(person, text, source="soup.md", title="Soup")
        )
        cooks[name] = person, document["uuid"]
    return cooks


class TestLeaks:
    async def test_both_have_a_document_of_one_source(
        self, cooks: dict[str, tuple[httpx2.AsyncClient, str]]
    ) -> None:
        """The same source of two owners is two documents; each lists their own."""
        for person, uuid in cooks.values():
            assert await uuids(person) == [uuid]

    async def test_search(self, cooks: dict[str, tuple[httpx2.AsyncClient, str]]) -> None:
        """A search finds one's own, also where the other's would be nearer, or is named."""
        others = {"Ann": "Bob", "Bob": "Ann"}
        for name, (person, uuid) in cooks.items():
            other = others[name]
            found = await search(person, f"{other}'s duck soup with {SPICES[other]}")
            assert {source["document_uuid"] for source in found} == {uuid}
            assert await search(person, QUESTION, document_uuid=cooks[other][1]) == []

    @pytest.mark.parametrize("path", [QA, QA_STREAM])
    async def test_answer(
        self, cooks: dict[str, tuple[httpx2.AsyncClient, str]], path: str
    ) -> None:
        """An answer rests on one's own, in what is sent, cited and kept."""
        for name, (person, uuid) in cooks.items():
            response = await person.post(path, json={"message": QUESTION, "limit": 20})
            assert response.status_code == 200
            streamed = path == QA_STREAM
            answer = parse_events(response.content)[-1]["data"] if streamed else response.json()
            assert [source["document_uuid"] for source in answer["sources"]] == [uuid]
            kept = await person.get("/v1/messages")
            for other, spice in SPICES.items():
                assert (spice in response.text) == (spice in kept.text) == (other == name)

    async def test_filter_of_the_others_document(
        self, cooks: dict[str, tuple[httpx2.AsyncClient, str]]
    ) -> None:
        """Who filters by the other's document gets what an unknown document gives."""
        person, _ = cooks["Ann"]
        for uuid in (cooks["Bob"][1], "00000000-0000-0000-0000-000000000001"):
            asked = {"message": QUESTION, "filter": {"document_uuids": [uuid]}}
            answer = (await person.post(QA, json=asked)).json()
            assert answer["sources"] == []
            assert answer["message"].startswith("No documents found")
