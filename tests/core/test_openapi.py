"""GET /openapi.json and GET /docs."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import httpx2
import pytest
from pydantic import BaseModel, TypeAdapter

from app.chat.models import BaseMessage, Chat, Message, NewChat, QAMessage, Receipt, RenamedChat
from app.compat.models import ChatCompletionRequest, EmbeddingsRequest
from app.compat.objects import ChatCompletion, EmbeddingList, Model, ModelList
from app.core.models import Health, Readiness, Text
from app.documents.models import Document, Passage
from app.main import create_app
from app.retrieval.models import JudgedSource
from app.users.cookies import SessionCookie
from app.users.models import (
    Accepted,
    Address,
    ApiKey,
    CreatedApiKey,
    LoginConsumption,
    NewApiKey,
    User,
)
from settings import Settings

QUESTIONS = [
    *("/v1/completion", "/v1/completion-stream", "/v1/qa-create", "/v1/qa-stream"),
    "/v1/chat/completions",
]
CODES = {"400", "401", "403", "404", "413", "422", "429", "500", "503", "504"}
ANSWERS: dict[str, type[BaseModel]] = {
    "Accepted": Accepted,
    "ApiKey": ApiKey,
    "Chat": Chat,
    "ChatCompletion": ChatCompletion,
    "CreatedApiKey": CreatedApiKey,
    "Document": Document,
    "EmbeddingList": EmbeddingList,
    "Passage": Passage,
    "Health": Health,
    "Message": Message,
    "Model": Model,
    "ModelList": ModelList,
    "Readiness": Readiness,
    "Receipt": Receipt,
    "JudgedSource": JudgedSource,
    "User": User,
}
BODIES: dict[str, type[BaseModel]] = {
    "Address": Address,
    "BaseMessage": BaseMessage,
    "ChatCompletionRequest": ChatCompletionRequest,
    "EmbeddingsRequest": EmbeddingsRequest,
    "LoginConsumption": LoginConsumption,
    "NewApiKey": NewApiKey,
    "NewChat": NewChat,
    "QAMessage": QAMessage,
    "RenamedChat": RenamedChat,
}
Description = dict[str, Any]


@pytest.fixture
async def document(shared_client: httpx2.AsyncClient) -> Description:
    """The description of the API."""
    description: Description = (await shared_client.get("/openapi.json")).json()
    return description


def json_answers(document: Description) -> Iterator[tuple[str, str, Description]]:
    """The path and the status of every answer that is JSON but no problem, and its content."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if "application/json" in response.get("content", {}):
                    yield path, status, response["content"]["application/json"]


def names(operation: Description) -> set[str]:
    """The names of what an operation takes beside its body."""
    return {parameter["name"] for parameter in operation.get("parameters", ())}


class TestOpenApi:
    """What a generator of clients reads."""

    def test_words(self, document: Description) -> None:
        """Every operation is called what it does, and says what each parameter is."""
        for path, operations in document["paths"].items():
            for operation in operations.values():
                names_of_code = operation["operationId"].replace("_", " ").title()
                is_word = " " not in names_of_code
                assert operation["summary"] != names_of_code or is_word, path
                for parameter in operation.get("parameters", ()):
                    assert parameter.get("description"), (path, parameter["name"])

    def test_version_knows_streams(self, document: Description) -> None:
        """The description is of the version that knows `itemSchema`, for streams."""
        stream = document["paths"]["/v1/qa-stream"]["post"]["responses"]["200"]["content"]
        assert "itemSchema" in stream["text/event-stream"]
        assert document["openapi"] >= "3.2"

    def test_refused_text_is_refused_by_the_description(self, document: Description) -> None:
        """What the service takes for a text is what its description says, to the character."""
        upload = document["paths"]["/v1/documents"]["post"]["requestBody"]["content"]
        [pattern] = {
            document["components"]["schemas"]["BaseMessage"]["properties"]["message"]["pattern"],
            upload["application/json"]["schema"]["properties"]["text"]["pattern"],
            upload["multipart/form-data"]["schema"]["properties"]["source"]["pattern"],
        }
        accepts = TypeAdapter(Text).validator.isinstance_python
        characters = [chr(code) for code in range(2**16) if not 0xD800 <= code < 0xE000]
        for text in ("", " \n", "a\0b", "two\nlines", *characters):
            assert bool(re.search(pattern, text)) == accepts(text), repr(text)

    def test_everything_with_an_id_is_linked_to(self, document: Description) -> None:
        """Whatever takes an id is linked to by what gives it; no operation has another's name."""
        operations = [one for path in document["paths"].values() for one in path.values()]
        named = {operation["operationId"]: operation for operation in operations}
        assert len(named) == len(operations)
        linked = {
            (link["operationId"], parameter)
            for operation in operations
            for response in operation["responses"].values()
            for link in response.get("links", {}).values()
            for parameter in link["parameters"]
        }
        for name, parameter in linked:
            assert parameter in names(named[name])
        of_one = {name for name, operation in named.items() if "uuid" in names(operation)}
        assert {name for name, parameter in linked if parameter == "uuid"} == of_one

    def test_parameters_cannot_be_null(self, document: Description) -> None:
        """What stands in an address or a header may be left out, but is never null."""
        for path in document["paths"].values():
            for operation in path.values():
                for parameter in operation.get("parameters", ()):
                    assert '"null"' not in json.dumps(parameter["schema"])

    @pytest.mark.parametrize("requires_auth", [False, True])
    def test_credentials_are_those_that_are_asked_for(self, *, requires_auth: bool) -> None:
        """The cookie has the name that it has here, and credentials may be left out if they may."""
        settings = Settings(AUTH_REQUIRED=requires_auth)
        document = create_app(settings).openapi()
        scheme = document["components"]["securitySchemes"]["session"]
        assert scheme["name"] == SessionCookie(settings).name
        security = document["paths"]["/v1/messages"]["get"]["security"]
        assert ({} in security) != requires_auth
        assert {"session": []} in security
        security = document["paths"]["/metrics"]["get"]["security"]
        assert ({} in security) != requires_auth
        assert {"metrics_token": []} in security

    def test_every_operation_is_described(self, document: Description) -> None:
        """Every operation is described, and each of its answers names the request's id."""
        for path in document["paths"].values():
            for operation in path.values():
                assert operation["description"]
                for status, response in operation["responses"].items():
                    assert response["description"]
                    assert status == "204" or "X-Request-ID" in response["headers"]

    def test_every_answer_has_an_example_of_its_model(self, document: Description) -> None:
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

    def test_every_body_has_an_example_of_its_model(self, document: Description) -> None:
        """What /docs proposes to send can be sent: without an example it would be made up."""
        schemas = document["components"]["schemas"]
        taken = {
            media["schema"]["$ref"].rpartition("/")[2]
            for path in document["paths"].values()
            for operation in path.values()
            for media in operation.get("requestBody", {"content": {}})["content"].values()
            if "$ref" in media["schema"]
        }
        assert taken == BODIES.keys()
        for name, model in BODIES.items():
            fields = schemas[name]["properties"].items()
            [example] = schemas[name].get("examples") or [
                {field: described["examples"][0] for field, described in fields}
            ]
            model.model_validate(example)

    @pytest.mark.parametrize("path", QUESTIONS)
    def test_every_error_is_described_as_a_problem(self, document: Description, path: str) -> None:
        """Every error of a question is described as a problem, with an example."""
        responses = document["paths"][path]["post"]["responses"]
        assert responses.keys() >= CODES
        for code in CODES:
            assert responses[code]["content"].keys() == {"application/problem+json"}

    @pytest.mark.parametrize("path", ["/v1/completion-stream", "/v1/qa-stream"])
    def test_streams_and_their_events_are_described(self, document: Description, path: str) -> None:
        """The body of a stream is described with an example, and so are its events."""
        response = document["paths"][path]["post"]["responses"]["200"]
        assert response["content"].keys() == {"text/event-stream"}
        assert "event: start" in str(response["content"])
        assert "X-Message-UUID" in response["headers"]
        models = {"Start", "Source", "Chunk", "Message", "StreamError"}
        assert document["components"]["schemas"].keys() >= models


class TestDocs:
    """What a person reads."""

    async def test_page_needs_no_other_server(self, shared_client: httpx2.AsyncClient) -> None:
        """The page shows the description, and all its files come from the service itself."""
        page = await shared_client.get("/docs")
        assert page.status_code == 200
        assert "url: 'openapi.json'" in page.text
        links = re.findall(r'(?:href|src)="([^"]+)"', page.text)
        assert len(links) == 3
        for link in links:
            response = await shared_client.get(urljoin("/docs", link))
            assert (response.status_code, len(response.content) > 0) == (200, True), link

    async def test_no_other_files_can_be_had(self, shared_client: httpx2.AsyncClient) -> None:
        """Beside the page no files can be had but its own."""
        for path in ("/docs/none.js", "/docs/main.py", "/docs/%2e%2e/main.py"):
            assert (await shared_client.get(path)).status_code == 404

    async def test_there_is_no_redoc(self, shared_client: httpx2.AsyncClient) -> None:
        """There is no ReDoc, which could not show a description of this version."""
        assert (await shared_client.get("/redoc")).status_code == 404
