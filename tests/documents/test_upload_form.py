"""POST /v1/documents as multipart/form-data."""

import asyncio
from hashlib import sha256

import httpx2
import pytest

from tests.support.knowledge import MAX_BYTES
from tests.support.server import problem_of
from tests.support.uploads import DOCUMENTS, ended, post_file, unique, uuids

FORM = {"content-type": "multipart/form-data; boundary=x"}


@pytest.fixture
def client(shared_client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A client of the service of this module."""
    return shared_client


def nameless(content: bytes) -> bytes:
    """A form with a file that says that it has no name."""
    part = b'Content-Disposition: form-data; name="file"; filename=""'
    return b"--x\r\n%b\r\n\r\n%b\r\n--x--\r\n" % (part, content)


class TestForm:
    async def test_name(self, client: httpx2.AsyncClient) -> None:
        """The file's name is its source, and the last part of that its title."""
        document = (await post_file(client, unique().encode(), "ducks-and-geese.txt")).json()
        assert document["source"] == document["title"] == "ducks-and-geese.txt"

    async def test_fields(self, client: httpx2.AsyncClient) -> None:
        """Title, source and metadata are taken as they are given with a file."""
        document = (
            await post_file(
                client,
                unique().encode(),
                title="Ducks",
                source="https://ducks.example/",
                metadata='{"lang": "en", "draft": false, "year": 2026}',
            )
        ).json()
        assert document["title"] == "Ducks"
        assert document["source"] == "https://ducks.example/"
        assert document["metadata"] == {"lang": "en", "draft": False, "year": 2026}

    async def test_title_from_document(self, client: httpx2.AsyncClient) -> None:
        """A document that has a title of its own is called by it."""
        content = f"# On ducks\n\n{unique()}".encode()
        document = await ended(client, await post_file(client, content, "d.md", "text/markdown"))
        assert document["title"] == "On ducks"

    async def test_given_title(self, client: httpx2.AsyncClient) -> None:
        """A title that is given counts more than the document's own."""
        content = f"# On ducks\n\n{unique()}".encode()
        response = await post_file(client, content, "d.md", "text/markdown", title="My ducks")
        assert (await ended(client, response))["title"] == "My ducks"

    @pytest.mark.parametrize(
        ("name", "source", "media_type"),
        [
            ("handbook.md", "https://host.example/handbook.pdf", "text/markdown"),
            ("handbook.md", "https://host.example/handbook", "text/markdown"),
            ("upload", "handbook.md", "text/markdown"),
            ("page.html", "wiki/page", "text/html"),
            ("upload", "https://host.example/handbook", "text/plain"),
        ],
    )
    @pytest.mark.parametrize(
        "declared", ["application/octet-stream", "Binary/Octet-Stream; charset=binary"]
    )
    async def test_recognised(
        self,
        client: httpx2.AsyncClient,
        name: str,
        source: str,
        media_type: str,
        declared: str,
    ) -> None:
        """Where no type is declared the file's own name says what it is, and then its source."""
        content = f"# On ducks\n\n{unique()}".encode()
        response = await post_file(client, content, name, declared, source=source)
        document = await ended(client, response)
        assert (document["status"], document["media_type"]) == ("ready", media_type)

    async def test_nameless(self, client: httpx2.AsyncClient) -> None:
        """Every file without a name is a document of its own: none replaces another."""
        contents = [unique().encode() for _ in range(2)]
        documents = [
            await ended(client, await client.post(DOCUMENTS, content=nameless(file), headers=FORM))
            for file in contents
        ]
        sources = [f"urn:sha256:{sha256(file).hexdigest()}" for file in contents]
        assert [document["source"] for document in documents] == sources
        for document in documents:
            assert (await client.get(f"{DOCUMENTS}/{document['uuid']}")).status_code == 200

    async def test_long_source(self, client: httpx2.AsyncClient) -> None:
        """A document with the longest source, in characters that take most, becomes ready."""
        source = "".join(chr(0x4E00 + n) for n in range(2000))
        response = await post_file(client, unique().encode(), source=source)
        assert (await ended(client, response))["status"] == "ready"

    @pytest.mark.parametrize(
        ("fields", "loc"),
        [
            ({"metadata": "lang=en"}, ["body", "metadata"]),
            ({"metadata": '["en"]'}, ["body", "metadata"]),
            ({"metadata": '{"n": 1.5}'}, ["body", "metadata", "n"]),
            ({"title": " "}, ["body", "title"]),
            ({"sourse": "a.txt"}, ["body", "sourse"]),
        ],
    )
    async def test_refused(
        self, client: httpx2.AsyncClient, fields: dict[str, str], loc: list[str]
    ) -> None:
        """What is wrong with a form's fields is named in a 422, and nothing is taken in."""
        before = await uuids(client)
        response = await post_file(client, b"Ducks", **fields)
        assert response.status_code == 422
        assert problem_of(response)["errors"][0]["loc"][: len(loc)] == loc
        assert await uuids(client) == before

    @pytest.mark.parametrize("name", ["n" * 2001, "a%00b.txt"])
    async def test_unusable_name(self, client: httpx2.AsyncClient, name: str) -> None:
        """A file's name that may not be a source is refused."""
        body = (
            f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "\r\nDucks\r\n--x--\r\n"
        ).replace("%00", "\x00")
        response = await client.post(DOCUMENTS, content=body.encode(), headers=FORM)
        assert response.status_code in {400, 422}
        problem_of(response)

    @pytest.mark.parametrize("declared", [b"x\0", b"\xe4", b"x" * 300])
    async def test_unusable_type(self, client: httpx2.AsyncClient, declared: bytes) -> None:
        """A file whose declared type is unusable has the type that its name says."""
        body = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n'
            b"Content-Type: text/plain; x=%b\r\n\r\n%b\r\n--x--\r\n"
        ) % (declared, unique().encode())
        document = await ended(client, await client.post(DOCUMENTS, content=body, headers=FORM))
        assert document["media_type"] == "text/markdown"

    async def test_no_file(self, client: httpx2.AsyncClient) -> None:
        """A form without a file is a 422 that names the file."""
        response = await client.post(DOCUMENTS, files={"document": ("a.txt", b"Ducks")})
        assert response.status_code == 422
        assert problem_of(response)["errors"][0]["loc"] == ["body", "file"]

    async def test_file_as_text(self, client: httpx2.AsyncClient) -> None:
        """A form whose field `file` is a text is a 422 that names the file."""
        response = await client.post(DOCUMENTS, files={"file": (None, "Ducks")})
        assert problem_of(response)["errors"][0]["loc"] == ["body", "file"]

    async def test_two_files(self, client: httpx2.AsyncClient) -> None:
        """One upload is one document: two files are refused."""
        files = [("file", ("a.txt", b"Ducks")), ("file", ("b.txt", b"Geese"))]
        response = await client.post(DOCUMENTS, files=files)
        assert response.status_code == 400
        assert problem_of(response)["detail"] == "Too many files. Maximum number of files is 1."

    async def test_too_large(self, client: httpx2.AsyncClient) -> None:
        """A file of a byte more than MAX_DOCUMENT_BYTES is too much."""
        response = await post_file(client, b"x" * (MAX_BYTES + 1))
        assert response.status_code == 413
        assert problem_of(response)["code"] == "payload_too_large"

    async def test_far_too_large(self, client: httpx2.AsyncClient) -> None:
        """A form that says it is larger than any upload is refused before it is sent."""
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(
            f"POST {DOCUMENTS} HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n"
            f"Content-Length: {MAX_BYTES + 2 * 2**20}\r\n\r\n".encode()
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        writer.close()
