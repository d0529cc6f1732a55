"""POST /v1/documents of what is there already, in whole or in part."""

import asyncio
from collections import Counter
from uuid import uuid4

import httpx2
import pytest

from tests.support.uploads import DOCUMENTS, Json, ended, post_file, post_text, search, unique


@pytest.fixture
def client(shared_client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A client of the service of this module."""
    return shared_client


def new_source(extension: str = "txt") -> str:
    """A source that nothing has been uploaded for yet."""
    return f"{uuid4()}.{extension}"


async def listed(client: httpx2.AsyncClient, source: str) -> list[Json]:
    """The documents of a source, newest first."""
    documents = (await client.get(DOCUMENTS, params={"limit": 200})).json()
    return [document for document in documents if document["source"] == source]


async def texts(client: httpx2.AsyncClient, source: str) -> list[str]:
    """What a search finds of a source."""
    return [found["text"] for found in await search(client, "Ducks", source=source)]


class TestSameBytes:
    async def test_same_source(self, client: httpx2.AsyncClient) -> None:
        """The same bytes of the same source are the document that is there, as it is there."""
        content, source = unique().encode(), new_source()
        document = await ended(client, await post_file(client, content, source))
        again = await post_file(client, content, source, title="Other")
        assert (again.status_code, again.json()) == (200, document)
        assert await listed(client, source) == [document]

    async def test_other_source(self, client: httpx2.AsyncClient) -> None:
        """The same bytes under another name are another document, which is found by its name."""
        text, first_source, other_source = unique(), new_source(), new_source()
        first = await ended(client, await post_file(client, text.encode(), first_source))
        answer = await post_file(client, text.encode(), other_source)
        other = await ended(client, answer)
        assert answer.status_code == 202
        assert other["uuid"] != first["uuid"]
        assert other["sha256"] == first["sha256"]
        for source in (first_source, other_source):
            assert await texts(client, source) == [text]

    async def test_both_forms(self, client: httpx2.AsyncClient) -> None:
        """A text and a file of the same bytes and source are one document."""
        text, source = unique(), new_source()
        first = await post_text(client, text, source=source)
        again = await post_file(client, text.encode(), source)
        assert (first.status_code, again.status_code) == (202, 200)
        assert again.json()["uuid"] == first.json()["uuid"]

    async def test_without_source(self, client: httpx2.AsyncClient) -> None:
        """The same text twice, without a source, is one document."""
        text = unique()
        first, again = await post_text(client, text), await post_text(client, text)
        assert (first.status_code, again.status_code) == (202, 200)
        assert again.json()["uuid"] == first.json()["uuid"]

    async def test_at_the_same_time(self, client: httpx2.AsyncClient) -> None:
        """Of many uploads of one version at the same time one makes a document."""
        content, source = unique().encode(), new_source()
        answers = await asyncio.gather(*(post_file(client, content, source) for _ in range(8)))
        assert Counter(answer.status_code for answer in answers) == {202: 1, 200: 7}
        [document] = await listed(client, source)
        assert {answer.json()["uuid"] for answer in answers} == {document["uuid"]}


class TestOtherBytes:
    async def test_replaced(self, client: httpx2.AsyncClient) -> None:
        """Other bytes of the same source replace the document that is there."""
        source, text = new_source(), unique()
        old = await ended(client, await post_file(client, unique().encode(), source))
        answer = await post_file(client, text.encode(), source)
        new = await ended(client, answer)
        assert answer.status_code == 202
        assert await listed(client, source) == [new]
        assert await texts(client, source) == [text]
        assert (await client.get(f"{DOCUMENTS}/{old['uuid']}")).status_code == 404

    async def test_replaced_by_bytes_of_another_source(self, client: httpx2.AsyncClient) -> None:
        """Bytes that another source has replace the document that is there, and leave that one."""
        old_text, new_text = unique("Ducks cost 30 euro"), unique("Ducks cost 45 euro")
        archived, current = new_source(), new_source()
        await ended(client, await post_file(client, old_text.encode(), archived))
        await ended(client, await post_file(client, new_text.encode(), current))
        answer = await post_file(client, old_text.encode(), current)  # it is rolled back
        await ended(client, answer)
        assert answer.status_code == 202
        assert await texts(client, current) == [old_text]
        assert await texts(client, archived) == [old_text]
        assert new_text not in [found["text"] for found in await search(client, new_text)]


class TestFailed:
    async def test_tried_again(self, client: httpx2.AsyncClient) -> None:
        """Bytes that failed may be sent again: that is a new document, and the old one is gone."""
        content, source = b"%PDF-1.7 " + uuid4().bytes, new_source("pdf")
        failed = await ended(client, await post_file(client, content, source, "application/pdf"))
        answer = await post_file(client, content, source, "application/pdf")
        again = await ended(client, answer)
        assert (failed["status"], answer.status_code) == ("failed", 202)
        assert again["uuid"] != failed["uuid"]
        assert await listed(client, source) == [again]

    async def test_repaired(self, client: httpx2.AsyncClient) -> None:
        """A source that failed and is sent again in order is one document, ready."""
        source = new_source("pdf")
        await ended(client, await post_file(client, b"%PDF-1.7" + uuid4().bytes, source))
        ready = await ended(client, await post_file(client, unique().encode(), source))
        assert ready["status"] == "ready"
        assert await listed(client, source) == [ready]

    async def test_why_it_failed(self, client: httpx2.AsyncClient) -> None:
        """A version that fails leaves the one that is there, and says why beside it."""
        source = new_source("pdf")
        ready = await ended(client, await post_file(client, unique().encode(), source))
        failed = await ended(client, await post_file(client, b"%PDF-1.7" + uuid4().bytes, source))
        assert failed["error"] == "This PDF is cut off: send the whole of it again."
        assert await listed(client, source) == [failed, ready]
