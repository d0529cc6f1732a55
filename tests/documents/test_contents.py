"""GET /v1/documents/{uuid}/text and /file: what is kept of a document."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import httpx2
import pytest

from app.core.caller import NOBODY
from app.core.exceptions import NotFound
from app.documents.contents import ContentService
from app.loaders.constants import DOCX, PDF
from tests.support.documents import pdf
from tests.support.knowledge import Knowledge
from tests.support.server import problem_of
from tests.support.uploads import DOCUMENTS, ended, post_file, post_text, search, unique

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def small_word_document(text: str) -> bytes:
    """A Word document of nothing but a paragraph: the service of these tests takes few bytes."""
    body = f"<w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body>"
    file = BytesIO()
    with ZipFile(file, "w") as package:
        package.writestr("word/document.xml", f'<w:document xmlns:w="{WORD}">{body}</w:document>')
    return file.getvalue()


TABLE = "| a | b |\n| --- | --- |\n" + "".join(f"| row {n} | {n * n} |\n" for n in range(90))
FILES: dict[str, tuple[bytes, str]] = {
    "lines.txt": (b"Ducks dive.\r\nGeese graze.\r\n\r\n" * 40 + b"End.", "text/plain"),
    "old.txt": (b"Ducks dive.\rGeese graze.", "text/plain"),
    "mark.txt": (b"\xef\xbb\xbfDucks dive.\n\nGeese graze.", "text/plain"),
    "wide.txt": ("Ducks dive.\r\nGänse grasen.".encode("utf-16"), "text/plain"),
    "latin.txt": ("Die Gänse grasen für sich, die Enten größtenteils nicht.".encode("cp1252"), ""),
    "emoji.md": (
        "# \U0001f986 Ducks\r\n\r\nThey \U0001f4a7 dive.\r\n\r\n## Geese\r\n\r\nGraze.".encode(),
        "",
    ),
    "table.md": (f"# Rows\n\n{TABLE}".encode(), "text/markdown"),
    "birds.csv": (b"bird;legs\r\nduck;2\r\ngoose;2\r\n", "text/csv"),
    "page.html": (
        b"<h1>Ducks</h1><p>They <b>dive</b>.<table><tr><th>a<th>b<tr><td>1<td>2</table>",
        "",
    ),
    "birds.pdf": (pdf("Ducks dive.", "Geese graze."), PDF),
    "birds.docx": (small_word_document("Ducks dive."), DOCX),
}


@pytest.fixture
def client(shared_client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A client of the service of this module."""
    return shared_client


async def text_of(client: httpx2.AsyncClient, document: dict[str, Any]) -> str:
    """The text of a document, as it is given out."""
    response = await client.get(f"{DOCUMENTS}/{document['uuid']}/text")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    return response.content.decode()


async def sources_of(client: httpx2.AsyncClient, document: dict[str, Any]) -> list[dict[str, Any]]:
    """All passages of a document."""
    found = await search(client, "ducks", document_uuid=document["uuid"])
    assert found
    return found


class TestText:
    @pytest.mark.parametrize("name", FILES)
    async def test_offsets_of_files(self, client: httpx2.AsyncClient, name: str) -> None:
        """The text of each source is what stands between its offsets, whatever the type."""
        content, media_type = FILES[name]
        document = await ended(client, await post_file(client, content, name, media_type))
        text = await text_of(client, document)
        for source in await sources_of(client, document):
            assert text[source["start"] : source["end"]] == source["text"]
            passage = await client.get(
                f"{DOCUMENTS}/{document['uuid']}/passages/{source['ordinal']}"
            )
            assert passage.json().items() <= source.items()

    @pytest.mark.parametrize(
        ("ordinal", "status"), [("1", 404), ("2147483648", 422), ("-1", 422), ("a", 422)]
    )
    async def test_other_passages(
        self, client: httpx2.AsyncClient, ordinal: str, status: int
    ) -> None:
        """A passage that a document does not have is a 404; what is no ordinal a 422."""
        document = await ended(client, await post_text(client, unique()))
        response = await client.get(f"{DOCUMENTS}/{document['uuid']}/passages/{ordinal}")
        assert problem_of(response)["status"] == status

    @pytest.mark.parametrize("text", ["One.\r\n\r\nTwo\r\nducks.", "\ufeffOne.\r\nTwo.", "\rOne\r"])
    async def test_given_text(self, client: httpx2.AsyncClient, text: str) -> None:
        """Of a text that is given, offsets count the characters as they were sent."""
        given = text * 30 + unique()
        document = await ended(client, await post_text(client, given))
        for source in await sources_of(client, document):
            sent = given[source["start"] : source["end"]].replace("\r", "\n")
            assert sent == source["text"].replace("\r", "\n")

    async def test_given_text_is_no_page(self, client: httpx2.AsyncClient) -> None:
        """A text that is given is taken as it is, whatever it begins with."""
        given = f"<!doctype html><p>{unique()}"
        document = await ended(client, await post_text(client, given))
        assert await text_of(client, document) == given

    async def test_part(self, client: httpx2.AsyncClient) -> None:
        """A range of bytes is given as a part, which says where it lies."""
        document = await ended(client, await post_text(client, given := unique("Ducks " * 40)))
        url = f"{DOCUMENTS}/{document['uuid']}/text"
        response = await client.get(url, headers={"range": "bytes=6-10"})
        assert response.status_code == 206
        assert response.text == given[6:11]
        assert response.headers["content-range"] == f"bytes 6-10/{len(given)}"

    async def test_part_beyond_the_end(self, client: httpx2.AsyncClient) -> None:
        """A range beyond the end is a 416 that says how much there is."""
        document = await ended(client, await post_text(client, given := unique()))
        url = f"{DOCUMENTS}/{document['uuid']}/text"
        response = await client.get(url, headers={"range": f"bytes={len(given)}-"})
        assert response.status_code == 416
        assert response.headers["content-range"] == f"bytes */{len(given)}"
        assert str(len(given)) in problem_of(response)["detail"]

    async def test_known(self, client: httpx2.AsyncClient) -> None:
        """A client that has the text already is told so, and gets none."""
        document = await ended(client, await post_text(client, unique()))
        url = f"{DOCUMENTS}/{document['uuid']}/text"
        etag = (await client.get(url)).headers["etag"]
        response = await client.get(url, headers={"if-none-match": etag})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag

    async def test_failed(self, client: httpx2.AsyncClient) -> None:
        """A document that failed has no text, and the answer says so."""
        document = await ended(client, await post_file(client, b" ", "blank.txt"))
        response = await client.get(f"{DOCUMENTS}/{document['uuid']}/text")
        assert response.status_code == 404
        assert "`failed`" in problem_of(response)["detail"]


class TestFile:
    @pytest.mark.parametrize("name", FILES)
    async def test_bytes(self, client: httpx2.AsyncClient, name: str) -> None:
        """The file is the bytes that came, to be saved and not shown, as what it was labelled."""
        content, media_type = FILES[name]
        document = await ended(client, await post_file(client, content, name, media_type))
        response = await client.get(f"{DOCUMENTS}/{document['uuid']}/file")
        assert (response.status_code, response.content) == (200, content)
        assert response.headers["content-disposition"].startswith(f'attachment; filename="{name}"')
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-type"] == (media_type or "application/octet-stream")

    async def test_name(self, client: httpx2.AsyncClient) -> None:
        """A file is saved under its own name, in all its letters; a text under its title."""
        response = await post_file(client, unique().encode(), 'Prüf"bericht.md', source="x/y")
        response = await client.get(f"{DOCUMENTS}/{response.json()['uuid']}/file")
        assert response.headers["content-disposition"] == (
            "attachment; filename=\"Pr_f_bericht.md\"; filename*=UTF-8''Pr%C3%BCf%22bericht.md"
        )
        text = (await post_text(client, unique(), title="Ducks")).json()
        response = await client.get(f"{DOCUMENTS}/{text['uuid']}/file")
        assert 'filename="Ducks"' in response.headers["content-disposition"]

    async def test_while_waiting(self, client: httpx2.AsyncClient) -> None:
        """The file is there as soon as it was taken in; of a failed document too."""
        document = await ended(client, await post_file(client, b" ", "blank2.txt"))
        assert (await client.get(f"{DOCUMENTS}/{document['uuid']}/file")).content == b" "

    async def test_unknown(self, client: httpx2.AsyncClient) -> None:
        """Of a document that is not there neither file nor text is."""
        for kind in ("file", "text"):
            url = f"{DOCUMENTS}/00000000-0000-0000-0000-000000000001/{kind}"
            assert (await client.get(url)).status_code == 404


class TestParts:
    async def test_any_range(self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is kept in several parts is given whole, and in any part, across their borders."""
        monkeypatch.setattr("app.documents.contents.CONTENT_PART_BYTES", 10)
        document = await knowledge.add(text := "Ducks eat plants, geese graze.")
        contents = ContentService(knowledge.database)
        content = await contents.file(NOBODY, document.uuid)
        for wanted in (
            range(30),
            range(1),
            range(9, 11),
            range(10, 20),
            range(5, 30),
            range(29, 30),
        ):
            read = [part async for part in contents.read(NOBODY, content, wanted)]
            assert b"".join(read).decode() == text[wanted.start : wanted.stop]

    async def test_before_originals_were_kept(self, knowledge: Knowledge) -> None:
        """What was taken in before originals were kept has neither, and the answers say so."""
        document = await knowledge.ingest("Ducks dive.")
        await knowledge.sql("DELETE FROM document_content")
        await knowledge.sql("UPDATE document SET text_bytes = NULL, text_sha256 = NULL")
        contents = ContentService(knowledge.database)
        with pytest.raises(NotFound, match=r"before originals were kept\. Upload it again"):
            await contents.file(NOBODY, document.uuid)
        with pytest.raises(NotFound, match=r"before texts were kept\. Upload it again"):
            await contents.text(NOBODY, document.uuid)

    async def test_read_anew_meanwhile(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A text that is read anew while it is given out ends there: no client gets two halves."""
        monkeypatch.setattr("app.documents.contents.CONTENT_PART_BYTES", 10)
        document = await knowledge.ingest("Ducks eat plants, geese graze.")
        contents = ContentService(knowledge.database)
        content = await contents.text(NOBODY, document.uuid)
        parts = contents.read(NOBODY, content, range(content.bytes))
        assert await anext(parts) == b"Ducks eat "
        await knowledge.sql("UPDATE document SET text_sha256 = 'of another text'")
        assert [part async for part in parts] == []
