"""Every endpoint as nobody and as somebody else: generated from the OpenAPI document."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx2
import pytest
from async_timeout import timeout

from app.core.constants import PUBLIC_PATHS
from tests.support.asking import COMPLETION
from tests.support.people import bearer, make_key
from tests.support.server import problem_of
from tests.support.uploads import ended, post_text

Json = dict[str, Any]
UNKNOWN = UUID(int=1)
RENAMED = {"title": "Renamed"}  # what operations with a body take


class Operation(NamedTuple):
    """A method of a path."""

    method: str
    path: str

    def at(self, uuid: object) -> str:
        """The path with its parameters filled in."""
        return self.path.format(uuid=uuid, ordinal=0, id="brag")


async def operations(client: httpx2.AsyncClient) -> list[Operation]:
    """Every operation that is described."""
    paths: Json = (await client.get("/openapi.json")).json()["paths"]
    return [Operation(method.upper(), path) for path in paths for method in paths[path]]


async def of_ann(ann: httpx2.AsyncClient) -> AsyncIterator[tuple[str, str]]:
    """The path under which each kind of thing of Ann's is found, and its id."""
    document = await ended(ann, await post_text(ann, "Ducks eat seeds.", source="ducks"))
    message = (await ann.post(COMPLETION, json={"message": "Hello"})).json()
    chat = (await ann.post("/v1/chats", json={})).json()
    await make_key(ann)
    [key] = (await ann.get("/v1/api-keys")).json()
    for path, uuid in (
        ("/v1/documents/{uuid}", document["uuid"]),
        ("/v1/documents/{uuid}/passages/{ordinal}", document["uuid"]),
        ("/v1/documents/{uuid}/text", document["uuid"]),
        ("/v1/documents/{uuid}/file", document["uuid"]),
        ("/v1/messages/{uuid}", message["uuid"]),
        ("/v1/messages/{uuid}/receipt", message["uuid"]),
        ("/v1/messages/{uuid}/stream", message["uuid"]),
        ("/v1/messages/{uuid}/cancel", message["uuid"]),
        ("/v1/api-keys/{uuid}", key["uuid"]),
        ("/v1/chats/{uuid}", chat["uuid"]),
    ):
        yield path, uuid


def lists(operations: list[Operation]) -> Iterator[str]:
    """The paths that list something."""
    for method, path in operations:
        if method == "GET" and path.startswith("/v1/") and "{" not in path:
            yield path


class TestNobody:
    """Who has neither a session nor a key."""

    async def test_everything_is_refused(self, stranger: httpx2.AsyncClient) -> None:
        """Every operation but the public ones is a 401, whatever is sent with it."""
        refused = 0
        for operation in await operations(stranger):
            response = await stranger.request(operation.method, operation.at(uuid4()), json={})
            if operation.path in PUBLIC_PATHS:
                assert response.status_code in {200, 422}, operation
                continue
            problem = problem_of(response)
            assert (problem["status"], problem["code"]) == (401, "not_authenticated"), operation
            assert response.headers["www-authenticate"] == "Bearer"
            refused += 1
        assert refused >= 16

    @pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/docs/../v1/me", "/d", "/metrics/x"])
    async def test_what_does_not_exist_is_refused_as_well(
        self, stranger: httpx2.AsyncClient, path: str
    ) -> None:
        """A path that nobody has thought of is refused: walls do not depend on a list of doors."""
        assert (await stranger.get(path)).status_code == 401

    @pytest.mark.parametrize(
        "path",
        ["/healthcheck", "/docs", "/openapi.json", "/", "/login", "/d/0", "/assets/chat.js"],
    )
    async def test_public_pages_are_open(self, stranger: httpx2.AsyncClient, path: str) -> None:
        """Health, the description and the pages are there for everybody."""
        assert (await stranger.get(path)).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": "Bearer sk-other"},
            {"Authorization": "Bearer brag_" + "0" * 36},
            {"Authorization": "Basic YTpi"},
            {"Cookie": "brag_session=none"},
            {"Cookie": "__Host-brag_session=none"},
            {"Cookie": 'brag_session=; ;=;"\\'},
        ],
    )
    async def test_wrong_credentials(
        self, stranger: httpx2.AsyncClient, headers: dict[str, str]
    ) -> None:
        """What is no session and no key lets nobody in."""
        response = await stranger.get("/v1/me", headers=headers)
        assert response.status_code == 401

    async def test_body_is_not_read(self, stranger: httpx2.AsyncClient) -> None:
        """A request is refused before its body has come."""
        address = stranger.base_url
        reader, writer = await asyncio.open_connection(address.host, address.port)
        head = f"POST {COMPLETION} HTTP/1.1\r\nHost: {address.host}\r\nContent-Length: 99\r\n\r\n"
        writer.write(head.encode())  # and no byte of the body
        async with timeout(5):
            assert b" 401 " in await reader.readline()
        writer.close()


class TestSomebodyElse:
    """Bob, who is logged in."""

    async def test_ids_of_others_are_unknown(
        self, ann: httpx2.AsyncClient, bob: httpx2.AsyncClient
    ) -> None:
        """What is Ann's is to Bob as an id that does not exist, whatever he does with it."""
        with_ids = [operation for operation in await operations(bob) if "{uuid}" in operation.path]
        met = set()
        async for path, uuid in of_ann(ann):
            for operation in with_ids:
                if operation.path != path:
                    continue
                theirs = problem_of(
                    await bob.request(operation.method, operation.at(uuid), json=RENAMED)
                )
                none = problem_of(
                    await bob.request(operation.method, operation.at(uuid4()), json=RENAMED)
                )
                assert theirs["status"] == 404
                assert theirs | {"request_id": None} == none | {"request_id": None}
                met.add(operation)
        assert met == set(with_ids)

    async def test_lists_hold_nothing_of_others(
        self, ann: httpx2.AsyncClient, bob: httpx2.AsyncClient
    ) -> None:
        """No list of Bob's holds anything of Ann's; hers do."""
        theirs = [uuid async for _, uuid in of_ann(ann)]
        of_lists = list(lists(await operations(bob)))
        assert {"/v1/messages", "/v1/documents", "/v1/api-keys", "/v1/search"} <= set(of_lists)
        told = []
        for path in of_lists:
            params = {"query": "What do ducks eat?"} if path == "/v1/search" else None
            told.append((await ann.get(path, params=params)).text)
            answer = await bob.get(path, params=params)
            assert answer.status_code == 200
            assert not [uuid for uuid in theirs if uuid in answer.text]
        assert all(any(uuid in text for text in told) for uuid in theirs)


class TestScopes:
    """Keys, which may do what their scopes say."""

    @pytest.mark.parametrize(
        ("scope", "method", "path"),
        [
            ("read", "GET", "/v1/messages"),
            ("read", "GET", "/v1/documents"),
            ("read", "GET", "/v1/search?query=ducks"),
            ("read", "GET", "/v1/me"),
            ("read", "GET", "/v1/me/export"),
            ("read", "GET", "/v1/api-keys"),
            ("ask", "POST", "/v1/completion"),
            ("ask", "POST", "/v1/completion-stream"),
            ("ask", "POST", "/v1/qa-create"),
            ("ask", "POST", "/v1/qa-stream"),
            ("ask", "POST", "/v1/chat/completions"),
            ("ask", "POST", "/v1/embeddings"),
            ("read", "GET", "/v1/models"),
            ("read", "GET", "/v1/models/brag"),
            ("ingest", "POST", "/v1/documents"),
            ("ingest", "DELETE", f"/v1/documents/{UNKNOWN}"),
        ],
    )
    async def test_scope_is_needed(
        self,
        stranger: httpx2.AsyncClient,
        carol: httpx2.AsyncClient,
        scope: str,
        method: str,
        path: str,
    ) -> None:
        """Each operation needs its own scope, and no other."""
        others = [other for other in ("read", "ask", "ingest") if other != scope]
        with_it, without = await make_key(carol, scopes=[scope]), await make_key(
            carol, scopes=others
        )
        body = {"message": "Hello"} if scope == "ask" else {"title": "T", "text": "Ducks."}
        sent = None if method == "GET" else body
        allowed = await stranger.request(method, path, headers=bearer(with_it), json=sent)
        assert allowed.status_code not in {401, 403}
        problem = problem_of(
            await stranger.request(method, path, headers=bearer(without), json=sent)
        )
        assert (problem["status"], problem["code"]) == (403, "forbidden")
        assert f"`{scope}`" in problem["detail"]

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/v1/api-keys"),
            ("DELETE", f"/v1/api-keys/{UNKNOWN}"),
            ("DELETE", "/v1/me"),
        ],
    )
    async def test_no_key_makes_or_ends_keys(
        self, stranger: httpx2.AsyncClient, carol: httpx2.AsyncClient, method: str, path: str
    ) -> None:
        """A key with all scopes neither makes nor ends keys, nor deletes its user."""
        headers = bearer(await make_key(carol))
        response = await stranger.request(method, path, headers=headers, json={"name": "more"})
        assert problem_of(response)["code"] == "forbidden"
        assert (await carol.get("/v1/me")).status_code == 200
