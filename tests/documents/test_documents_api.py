"""Documents over HTTP: list, look at, take out; and what readiness says of the index."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest

from tests.conftest import SettingsFactory
from tests.support.documents import pdf
from tests.support.knowledge import DUCKS, pages
from tests.support.psql import sql
from tests.support.qdrant_double import QdrantDouble
from tests.support.server import problem_of, serve
from tests.support.uploads import DOCUMENTS, Json, ended, post_file, post_text, search, wait_for
from tests.support.waiting import until

GEESE = "Greylag geese graze on grass and winter grain."


@pytest.fixture
async def with_qdrant(
    make_settings: SettingsFactory, qdrant: QdrantDouble
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a service whose vectors are on a Qdrant server."""
    async with serve(make_settings(QDRANT_URL=qdrant.url, QDRANT_TIMEOUT_SEC=0.5)) as client:
        yield client


async def documents_found(client: httpx2.AsyncClient) -> list[str]:
    """The documents of the passages that a query about ducks finds, best first."""
    return [source["document_uuid"] for source in await search(client, DUCKS)]


class TestList:
    async def test_empty(self, client: httpx2.AsyncClient) -> None:
        """An empty knowledge base is an empty list without a next page."""
        response = await client.get(DOCUMENTS)
        assert response.json() == []
        assert "link" not in response.headers

    async def test_pages(self, client: httpx2.AsyncClient) -> None:
        """The documents come newest first, a page at a time, along the links."""
        uuids = [(await post_text(client, f"Text {n}")).json()["uuid"] for n in range(5)]
        seen, url = list[str](), f"{DOCUMENTS}?limit=2"
        while url:
            response = await client.get(url)
            seen += [document["uuid"] for document in response.json()]
            link = re.fullmatch('<(.*)>; rel="next"', response.headers.get("link", ""))
            url = link[1] if link else ""
        assert seen == uuids[::-1]

    async def test_deleted_meanwhile(self, client: httpx2.AsyncClient) -> None:
        """A list goes on although the last document seen has been deleted since."""
        uuids = [(await post_text(client, f"Text {n}")).json()["uuid"] for n in range(4)]
        first = await client.get(DOCUMENTS, params={"limit": 2})
        assert [document["uuid"] for document in first.json()] == [uuids[3], uuids[2]]
        await client.delete(f"{DOCUMENTS}/{uuids[2]}")
        following = await client.get(DOCUMENTS, params={"before": uuids[2]})
        assert [document["uuid"] for document in following.json()] == [uuids[1], uuids[0]]

    async def test_last_page(self, client: httpx2.AsyncClient) -> None:
        """A page that is just full and the last has no link to an empty one."""
        for n in range(2):
            await post_text(client, f"Text {n}")
        assert "link" not in (await client.get(DOCUMENTS, params={"limit": 2})).headers

    async def test_status(self, client: httpx2.AsyncClient) -> None:
        """Only the documents in a status are listed, and the link keeps to it."""
        ready = [(await ended(client, await post_text(client, f"Text {n}"))) for n in range(2)]
        failed = await ended(
            client, await post_file(client, b"%PDF-1.7 without an object", "a.pdf")
        )
        listed = await client.get(DOCUMENTS, params={"status": "ready", "limit": 1})
        assert listed.json() == ready[1:]
        assert "status=ready" in listed.headers["link"]
        assert (await client.get(DOCUMENTS, params={"status": "failed"})).json() == [failed]

    @pytest.mark.parametrize(
        "given", [{"limit": 0}, {"limit": 201}, {"before": "7"}, {"status": "lost"}]
    )
    async def test_refused(
        self, shared_client: httpx2.AsyncClient, given: dict[str, str | int]
    ) -> None:
        """A wrong parameter of a list is named in a 422."""
        response = await shared_client.get(DOCUMENTS, params=given)
        assert problem_of(response)["errors"][0]["loc"] == ["query", *given]


class TestGet:
    async def test_document(self, shared_client: httpx2.AsyncClient) -> None:
        """A document is what its upload answered, and then how far it has come."""
        document = await ended(shared_client, await post_text(shared_client, pages(3)))
        again = await shared_client.get(f"{DOCUMENTS}/{document['uuid']}")
        assert again.json() == document
        assert (document["passages_done"], document["passages_total"]) == (3, 3)
        assert document["updated_at"] > document["created_at"]

    async def test_unknown(self, shared_client: httpx2.AsyncClient) -> None:
        """A document that is not there is a 404."""
        response = await shared_client.get(f"{DOCUMENTS}/{uuid4()}")
        assert problem_of(response)["code"] == "not_found"


class TestFound:
    async def test_page(self, shared_client: httpx2.AsyncClient) -> None:
        """A passage of a PDF is found with the page on which it begins."""
        content = pdf("Swans hiss at dogs. " * 60, "Herons stand on one leg. " * 60)
        await ended(shared_client, await post_file(shared_client, content, "birds.pdf"))
        found = await search(shared_client, "Swans and herons", source="birds.pdf")
        assert {(source["text"][:5], source["page"]) for source in found} == {
            ("Swans", 1),
            ("Heron", 2),
        }

    async def test_headings(self, shared_client: httpx2.AsyncClient) -> None:
        """A passage is found with the headings that it stands under, and without a page."""
        content = b"# Birds\n\n## Owls\n\nHunt.\n\n### Barn owls\n\nThey nest in church towers."
        await ended(shared_client, await post_file(shared_client, content, "owls.md"))
        found = await search(shared_client, "Where do barn owls nest?", source="owls.md")
        assert found[0]["text"] == "### Barn owls\n\nThey nest in church towers."
        assert (found[0]["headings"], found[0]["page"]) == (["Birds", "Owls"], None)


class TestDelete:
    async def test_gone(self, client: httpx2.AsyncClient) -> None:
        """A deleted document is gone from lists and searches; others stay."""
        ducks = await ended(client, await post_text(client, DUCKS))
        geese = await ended(client, await post_text(client, GEESE))
        response = await client.delete(f"{DOCUMENTS}/{ducks['uuid']}")
        assert (response.status_code, response.content) == (204, b"")
        assert await documents_found(client) == [geese["uuid"]]
        assert (await client.get(DOCUMENTS)).json() == [geese]

    async def test_twice(self, client: httpx2.AsyncClient) -> None:
        """A document can be deleted once: the second time there is none."""
        url = f"{DOCUMENTS}/{(await post_text(client, DUCKS)).json()['uuid']}"
        await client.delete(url)
        assert (await client.delete(url)).status_code == 404
        assert (await client.get(url)).status_code == 404

    async def test_taken_in_again(self, client: httpx2.AsyncClient) -> None:
        """A document may be taken in again after it was deleted, and is a new one then."""
        first = await ended(client, await post_text(client, DUCKS))
        await client.delete(f"{DOCUMENTS}/{first['uuid']}")
        second = await ended(client, await post_text(client, DUCKS))
        assert second["uuid"] != first["uuid"]
        assert await documents_found(client) == [second["uuid"]]

    async def test_during_ingestion(
        self, client: httpx2.AsyncClient, make_settings: SettingsFactory
    ) -> None:
        """A document that is deleted while it is ingested leaves nothing behind."""
        uuid = (await post_text(client, pages(40))).json()["uuid"]
        await wait_for(client, uuid, "processing")
        await client.delete(f"{DOCUMENTS}/{uuid}")
        await until(lambda: _is_idle(client, make_settings), seconds=20)
        assert await search(client, "Duck") == []
        assert await _drift(client) == 0

    async def test_qdrant_down(
        self,
        with_qdrant: httpx2.AsyncClient,
        qdrant: QdrantDouble,
        make_settings: SettingsFactory,
    ) -> None:
        """A document is deleted also while Qdrant is down, and purged when it is back."""
        ducks = await ended(with_qdrant, await post_text(with_qdrant, DUCKS))
        geese = await ended(with_qdrant, await post_text(with_qdrant, GEESE))
        qdrant.stop()
        response = await with_qdrant.delete(f"{DOCUMENTS}/{ducks['uuid']}")
        qdrant.start()
        assert response.status_code == 204
        assert await documents_found(with_qdrant) == [geese["uuid"]]
        await sql(make_settings(), "UPDATE job SET run_at = now()")
        await until(lambda: _is_idle(with_qdrant, make_settings), seconds=20)


class TestDrift:
    async def test_none(self, client: httpx2.AsyncClient) -> None:
        """With all jobs done, Qdrant holds as many points as Postgres has passages."""
        await ended(client, await post_text(client, DUCKS))
        readiness = (await client.get("/readiness")).json()
        assert readiness["checks"]["qdrant"].keys() == {
            "status",
            "latency_ms",
            "drift",
            "reindexing",
        }
        assert readiness["checks"]["postgres"].keys() == {"status", "latency_ms"}
        assert readiness["checks"]["qdrant"]["drift"] == 0

    async def test_lost_points(
        self, client: httpx2.AsyncClient, make_settings: SettingsFactory
    ) -> None:
        """Passages more than points are a negative drift, with which the service stays ready."""
        await ended(client, await post_text(client, DUCKS))
        await sql(
            make_settings(),
            "WITH document AS (UPDATE document SET passages_done = 2 RETURNING uuid) "
            'INSERT INTO passage (uuid, document_uuid, ordinal, start, "end", text) '
            "SELECT gen_random_uuid(), uuid, 1, 0, 1, 'M' FROM document",
        )
        response = await client.get("/readiness")
        assert response.status_code == 200
        assert response.json()["checks"]["qdrant"]["drift"] == -1

    async def test_strays(self, client: httpx2.AsyncClient, make_settings: SettingsFactory) -> None:
        """Points more than passages are a positive drift."""
        await ended(client, await post_text(client, DUCKS))
        await sql(make_settings(), "DELETE FROM document")
        assert await _drift(client) == 1

    async def test_not_counted(self, with_qdrant: httpx2.AsyncClient, qdrant: QdrantDouble) -> None:
        """Where Qdrant does not answer, the drift is not known: null."""
        qdrant.stop()
        response = await with_qdrant.get("/readiness")
        qdrant.start()
        check: Json = response.json()["checks"]["qdrant"]
        assert response.status_code == 503
        assert (check["status"], check["drift"]) == ("failed", None)


async def _is_idle(client: httpx2.AsyncClient, make_settings: SettingsFactory) -> bool:
    return await sql(make_settings(), "SELECT FROM job") == [] and await _drift(client) == 0


async def _drift(client: httpx2.AsyncClient) -> int:
    drift: int = (await client.get("/readiness")).json()["checks"]["qdrant"]["drift"]
    return drift
