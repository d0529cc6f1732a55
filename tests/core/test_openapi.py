"""GET /openapi.json and GET /docs."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import httpx2
import pytest
from pydantic import BaseModel

from app.chat.models import Message
from app.core.models import Health, Readiness
from app.documents import models as documents

QUESTIONS = ["/v1/completion", "/v1/completion-stream", "/v1/qa-create", "/v1/qa-stream"]
CODES = {"400", "404", "413", "422", "500", "503", "504"}
ANSWERS: dict[str, type[BaseModel]] = {
    "Document": documents.Document,
    "Health": Health,
    "Message": Message,
    "Readiness": Readiness,
    "Source": documents.Source,
}
Document = dict[str, Any]


@pytest.fixture
async def document(client: httpx2.AsyncClient) -> Document:
    """The description of the API."""
    description: Document = (await client.get("/openapi.json")).json()
    return description


def json_answers(document: Document) -> Iterator[tuple[str, str, Document]]:
    """The path and the status of each answer that is JSON but no problem, and what is in it."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if "application/json" in response.get("content", {}):
                    yield path, status, response["content"]["application/json"]


class TestOpenApi:
    """What a generator of clients reads."""

    def test_version(self, document: Document) -> None:
        """It is of the version that knows `itemSchema`, by which streams are described."""
        stream = document["paths"]["/v1/qa-stream"]["post"]["responses"]["200"]["content"]
        assert "itemSchema" in stream["text/event-stream"]
        assert document["openapi"] >= "3.2"

    def test_text(self, document: Document) -> None:
        """A text that the service would refuse is refused by its description already."""
        upload = document["paths"]["/v1/documents"]["post"]["requestBody"]["content"]
        fields = [
            document["components"]["schemas"]["BaseMessage"]["properties"]["message"],
            upload["application/json"]["schema"]["properties"]["text"],
            upload["multipart/form-data"]["schema"]["properties"]["source"],
        ]
        for field in fields:
            assert re.search(field["pattern"], "two\nlines")
            assert not [text for text in ("", " \n", "a\0b") if re.search(field["pattern"], text)]

    def test_operations(self, document: Document) -> None:
        """Every operation is described, and each of its answers names the request's id."""
        for path in document["paths"].values():
            for operation in path.values():
                assert operation["description"]
                for status, response in operation["responses"].items():
                    assert response["description"]
                    assert status == "204" or "X-Request-ID" in response["headers"]

    def test_examples(self, document: Document) -> None:
        """Every JSON answer is shown by an example of its model, an unready service's too."""
        shown = set()
        for path, status, media in json_answers(document):
            is_list = "items" in media["schema"]
            schema = media["schema"]["items"] if is_list else media["schema"]
            name = schema["$ref"].rpartition("/")[2]
            for example in media["example"] if is_list else [media["example"]]:
                answer = ANSWERS[name].model_validate(example)
                assert answer.model_dump(mode="json", exclude_unset=True) == example
                shown.add((path, status, name))
        assert {name for _, _, name in shown} == ANSWERS.keys()
        assert ("/readiness", "503", "Readiness") in shown

    @pytest.mark.parametrize("path", QUESTIONS)
    def test_problems(self, document: Document, path: str) -> None:
        """Every error of a question is there, as a problem with an example."""
        responses = document["paths"][path]["post"]["responses"]
        assert responses.keys() >= CODES
        for code in CODES:
            assert responses[code]["content"].keys() == {"application/problem+json"}

    @pytest.mark.parametrize("path", ["/v1/completion-stream", "/v1/qa-stream"])
    def test_streams(self, document: Document, path: str) -> None:
        """The body of a stream is there with an example, and the models of its events."""
        response = document["paths"][path]["post"]["responses"]["200"]
        assert response["content"].keys() == {"text/event-stream"}
        assert "event: start" in str(response["content"])
        assert "X-Message-UUID" in response["headers"]
        models = {"Start", "Source", "Chunk", "Message", "StreamError"}
        assert document["components"]["schemas"].keys() >= models


class TestDocs:
    """What a person reads."""

    async def test_page(self, client: httpx2.AsyncClient) -> None:
        """It is a page that shows that description, and nothing of it comes from elsewhere."""
        page = await client.get("/docs")
        assert page.status_code == 200
        assert "url: 'openapi.json'" in page.text
        links = re.findall(r'(?:href|src)="([^"]+)"', page.text)
        assert len(links) == 3
        for link in links:
            response = await client.get(urljoin("/docs", link))
            assert (response.status_code, len(response.content) > 0) == (200, True), link

    async def test_no_such_file(self, client: httpx2.AsyncClient) -> None:
        """Beside the page lie its own files and no others."""
        for path in ("/docs/none.js", "/docs/main.py", "/docs/%2e%2e/main.py"):
            assert (await client.get(path)).status_code == 404

    async def test_no_other(self, client: httpx2.AsyncClient) -> None:
        """There is no second page, which could not show a description of this version."""
        assert (await client.get("/redoc")).status_code == 404
