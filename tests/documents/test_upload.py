"""POST /v1/documents: what is taken in, and what is not."""

import asyncio
import json
from collections import defaultdict
from hashlib import sha256

import httpx2
import pytest

import app.main
from app.documents.text_bodies import TextBody
from tests.conftest import SettingsFactory
from tests.support.asking import JSON
from tests.support.knowledge import MAX_BYTES
from tests.support.server import problem_of, serve
from tests.support.turns import counted_turns
from tests.support.uploads import DOCUMENTS, ended, post_file, post_text, search, unique, uuids

FIELDS = {
    "uuid", "title", "source", "media_type", "bytes", "sha256", "metadata", "status", "error",
    "passages_total", "passages_done", "created_at", "updated_at",
}  # fmt: skip


@pytest.fixture
def client(shared_client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A client of the service of this module."""
    return shared_client


class TestJson:
    async def test_answer(self, client: httpx2.AsyncClient) -> None:
        """A text is taken in at once, with every field of a document."""
        text = unique()
        response = await post_text(client, text, title="Ducks", source="a/ducks.txt")
        document = response.json()
        assert response.status_code == 202
        assert document.keys() == FIELDS
        assert document["title"] == "Ducks"
        assert document["source"] == "a/ducks.txt"
        assert document["media_type"] == "text/plain"
        assert document["bytes"] == len(text)
        assert document["sha256"] == sha256(text.encode()).hexdigest()
        assert document["metadata"] == {}
        assert document["status"] == "pending"
        assert document["error"] is document["passages_total"] is None
        assert document["passages_done"] == 0

    async def test_several_at_once(
        self, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many texts come at once, a turn of the loop reads a part of one alone."""
        read: defaultdict[int, set[TextBody]] = defaultdict(set)
        feed = TextBody.feed

        def noted(self: TextBody, data: bytes) -> None:
            read[turns.number].add(self)
            feed(self, data)

        monkeypatch.setattr(TextBody, "feed", noted)
        texts = [unique() + " " * 15_000 for _ in range(4)]
        with counted_turns() as turns:
            responses = await asyncio.gather(*(post_text(client, text) for text in texts))
        assert [response.json()["bytes"] for response in responses] == list(map(len, texts))
        assert max(map(len, read.values())) == 1

    async def test_becomes_ready(self, client: httpx2.AsyncClient) -> None:
        """A text that was taken in is ready a little later, and found."""
        text = unique()
        document = await ended(client, await post_text(client, text))
        assert (document["status"], document["passages_done"]) == ("ready", 1)
        assert text in [source["text"] for source in await search(client, text)]

    @pytest.mark.parametrize("start", ["%PDF-1.4 begins a PDF, says", "<html> ", "PK\x03\x04: "])
    async def test_like_a_file(self, client: httpx2.AsyncClient, start: str) -> None:
        """What is given as text is text, even if a file of another type begins with it."""
        text = start + unique("Ducks eat seeds. " * 10)
        document = await ended(client, await post_text(client, text))
        assert (document["status"], document["media_type"]) == ("ready", "text/plain")
        assert text in [source["text"] for source in await search(client, text)]

    async def test_without_source(self, client: httpx2.AsyncClient) -> None:
        """The content stands for a source that is not given."""
        text = unique()
        document = (await post_text(client, text)).json()
        assert document["source"] == f"urn:sha256:{sha256(text.encode()).hexdigest()}"

    async def test_metadata(self, client: httpx2.AsyncClient) -> None:
        """Metadata comes back as it was given, every value of its own type."""
        metadata = {"lang": "en", "draft": True, "year": 2026, "k" * 64: "v" * 512, "weight": 3.0}
        document = (await post_text(client, unique(), metadata=metadata)).json()
        assert document["metadata"] == metadata
        assert document["metadata"]["draft"] is True
        assert isinstance(document["metadata"]["weight"], int)  # as JSON has it

    @pytest.mark.parametrize(
        ("given", "loc"),
        [
            ({"text": "  \n"}, ["body", "text"]),
            ({"text": "a\x00b"}, ["body", "text"]),
            ({"title": ""}, ["body", "title"]),
            ({"title": "t" * 301}, ["body", "title"]),
            ({"source": "s" * 2001}, ["body", "source"]),
            ({"source": " "}, ["body", "source"]),
            ({"sourse": "a.txt"}, ["body", "sourse"]),
            ({"metadata": [1]}, ["body", "metadata"]),
            ({"metadata": {"n": 1.5}}, ["body", "metadata", "n"]),
            ({"metadata": {"n": None}}, ["body", "metadata", "n"]),
            ({"metadata": {"n": {"deep": 1}}}, ["body", "metadata", "n"]),
            ({"metadata": {"n": 2**63}}, ["body", "metadata", "n"]),
            ({"metadata": {"n": "v" * 513}}, ["body", "metadata", "n"]),
            ({"metadata": {"k" * 65: 1}}, ["body", "metadata", "k" * 65]),
        ],
    )
    async def test_refused(
        self, client: httpx2.AsyncClient, given: dict[str, object], loc: list[str]
    ) -> None:
        """What is wrong with a text is named in a 422, and nothing is taken in."""
        before = await uuids(client)
        response = await post_text(client, **{"text": "Ducks"} | given)  # type: ignore[arg-type]
        assert response.status_code == 422
        assert problem_of(response)["errors"][0]["loc"][: len(loc)] == loc
        assert await uuids(client) == before

    @pytest.mark.parametrize("value", [1.5, None, {"deep": 1}, ["en"]])
    async def test_wrong_metadata(self, client: httpx2.AsyncClient, value: object) -> None:
        """What a value of metadata must be is said in one sentence."""
        response = await post_text(client, "Ducks", metadata={"lang": value})
        detail = problem_of(response)["detail"]
        assert detail == "body.metadata.lang: must be a string, an integer or a boolean."

    async def test_countless_metadata(self, client: httpx2.AsyncClient) -> None:
        """More metadata than is allowed is refused as a whole, not entry by entry."""
        response = await post_text(client, "Ducks", metadata=dict.fromkeys(map(str, range(51))))
        [error] = problem_of(response)["errors"]
        assert (error["loc"], error["type"]) == (["body", "metadata"], "too_long")

    async def test_sentences(self, client: httpx2.AsyncClient) -> None:
        """What is wrong with a text is said in words that fit a text."""
        response = await post_text(client, " ", title="t" * 301)
        assert [error["msg"] for error in problem_of(response)["errors"]] == [
            "must not be blank",
            "String should have at most 300 characters",
        ]

    async def test_malformed(self, client: httpx2.AsyncClient) -> None:
        """What is not JSON is a 422, not a fault."""
        headers = {"content-type": "application/json"}
        response = await client.post(DOCUMENTS, content=b'{"text": ', headers=headers)
        assert problem_of(response)["code"] == "validation_error"

    async def test_too_large(self, client: httpx2.AsyncClient) -> None:
        """A text of a byte more than MAX_DOCUMENT_BYTES is too much, however few its characters."""
        response = await post_text(client, "ü" * (MAX_BYTES // 2) + "x")
        assert response.status_code == 413
        assert problem_of(response)["code"] == "payload_too_large"

    async def test_escaped(
        self, make_settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A document's size counts, not that of the JSON that spells it with escapes."""
        monkeypatch.setattr(app.main, "UPLOAD_OVERHEAD_BYTES", 1000)
        text = "\N{CYRILLIC SMALL LETTER A}" * (MAX_BYTES // 2)
        body = json.dumps({"text": text, "title": "Title"}).encode()
        assert len(body) > MAX_BYTES + 1000
        async with serve(make_settings(MAX_DOCUMENT_BYTES=MAX_BYTES)) as client:
            response = await client.post(DOCUMENTS, content=body, headers=JSON)
            assert response.status_code == 202
            response = await client.post(DOCUMENTS, content=body + b" " * MAX_BYTES, headers=JSON)
            assert response.status_code == 413

    async def test_largest(self, client: httpx2.AsyncClient) -> None:
        """A document of MAX_DOCUMENT_BYTES is taken in."""
        text = unique()
        assert (await post_text(client, text.ljust(MAX_BYTES))).status_code == 202


class TestMediaType:
    @pytest.mark.parametrize("media_type", ["text/plain", "application/xml", ""])
    async def test_neither_form_nor_json(self, client: httpx2.AsyncClient, media_type: str) -> None:
        """A body that is neither a form nor JSON is a 415 that says what to send."""
        headers = {"content-type": media_type}
        response = await client.post(DOCUMENTS, content=b"Ducks", headers=headers)
        assert response.status_code == 415
        assert problem_of(response)["detail"] == (
            "Send a file as multipart/form-data, or text as JSON."
        )

    async def test_unknown_file(self, client: httpx2.AsyncClient) -> None:
        """A file of another type is a 415 that says what it is, whatever it is labelled as."""
        content = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(16)
        for name, label in (("a.png", "image/png"), ("a.txt", "text/plain")):
            response = await post_file(client, content, name, label)
            assert problem_of(response)["detail"] == (
                "This is of the type image/png: "
                "only text, CSV, Markdown, HTML, PDF and DOCX can be read."
            )

    async def test_mislabelled(self, client: httpx2.AsyncClient) -> None:
        """A file of another type is read as what it is, even if it is labelled as text."""
        page = f"<html><body><p>{unique()}</p></body></html>".encode()
        document = await ended(client, await post_file(client, page, "a.txt", "text/plain"))
        assert (document["status"], document["media_type"]) == ("ready", "text/html")

    async def test_mislabelled_and_damaged(self, client: httpx2.AsyncClient) -> None:
        """A damaged file of another type fails as what it is, even if it is labelled as text."""
        content = b"PK\x03\x04" + unique("Ducks eat seeds. " * 40).encode()
        document = await ended(client, await post_file(client, content, "a.txt", "text/plain"))
        assert document["error"] == "This file is damaged or cut off: send it again."
