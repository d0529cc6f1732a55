"""The tools of MCP, by the client of its own package."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from app.core.constants import MAX_BODY_BYTES
from tests.support.people import bearer, make_key
from tests.support.server import problem_of
from tests.support.uploads import ended, post_text

Json = dict[str, Any]

DUCKS = "Mallard ducks eat water plants, seeds and small snails, mostly at dawn."
HEADERS = {"Accept": "application/json, text/event-stream"}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@asynccontextmanager
async def tools(person: httpx2.AsyncClient, mode: str = "auto") -> AsyncIterator[Client]:
    """The package's client, with a key of a person's."""
    headers, url = bearer(await make_key(person)), f"{str(person.base_url).rstrip('/')}/mcp"
    async with (
        httpx2.AsyncClient(headers=headers, verify=False) as client,
        Client(
            streamable_http_client(url, http_client=client),
            mode=mode,
        ) as connected,
    ):
        yield connected


async def call(client: Client, tool: str, **arguments: Any) -> Json:
    """What a tool gives."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    found: Json = result.structured_content
    return found


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    """What a model is told of a call that is refused."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    [content] = result.content
    return str(getattr(content, "text"))  # noqa: B009 - of its type none other comes


class TestTools:
    """What the tools give."""

    @pytest.mark.parametrize("mode", ["auto", "legacy"])
    async def test_search_and_fetch(self, ann: httpx2.AsyncClient, mode: str) -> None:
        """Clients of both eras of the protocol find a passage, its address and its document."""
        document = await ended(ann, await post_text(ann, DUCKS, source="ducks"))
        async with tools(ann, mode) as client:
            names = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert names.keys() == {"search", "fetch"}
            assert names["search"].input_schema["required"] == ["query"]
            found = await call(client, "search", query="What do mallard ducks eat?", limit=1)
            [result] = found["results"]
            assert (result["id"], result["text"]) == (document["uuid"], DUCKS)
            assert result["relevant"]
            host = str(ann.base_url).rstrip("/")
            assert result["url"] == f"{host}/d/{document['uuid']}#passage=0"
            fetched = await call(client, "fetch", id=result["id"])
            assert (fetched["text"], fetched["next_start"]) == (DUCKS, None)
            assert fetched["url"] == f"{host}/d/{document['uuid']}"
            nothing = await call(client, "search", query="ducks", filter={"source": "other"})
            assert nothing == {"results": []}

    async def test_long_text_comes_in_parts(
        self, ann: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The parts of a long text make up all of it, whatever character a part ends in."""
        monkeypatch.setattr("app.mcp.services.PART_BYTES", 20)
        text = f"a{'ü' * 20}"
        document = await ended(ann, await post_text(ann, text, source="long"))
        async with tools(ann) as client:
            parts, start = [], 0
            while start is not None:
                part = await call(client, "fetch", id=document["uuid"], start=start)
                parts.append(part["text"])
                start = part["next_start"]
        assert len(parts) == 3
        assert "".join(parts) == text

    async def test_refusals(self, ann: httpx2.AsyncClient) -> None:
        """A wrong argument is named, and so is a tool that there is not."""
        async with tools(ann) as client:
            assert await refusal(client, "search", query=" ") == "query: must not be blank."
            assert (await refusal(client, "search", query="a", what=1)).startswith("what: ")
            assert (await refusal(client, "fetch", id="1")).startswith("id: ")
            assert await refusal(client, "fetch", id=str(uuid4())) == "There is no such document."
            with pytest.raises(MCPError, match="no tool 'delete'"):
                await client.call_tool("delete", {})


class TestWalls:
    """Who may use them, and for what."""

    async def test_nothing_of_others(
        self, ann: httpx2.AsyncClient, bob: httpx2.AsyncClient
    ) -> None:
        """What is Ann's is neither found nor fetched by Bob."""
        document = await ended(ann, await post_text(ann, "Swans graze at noon.", source="walls"))
        async with tools(bob) as client:
            assert await call(client, "search", query="When do swans graze?") == {"results": []}
            refused = await refusal(client, "fetch", id=document["uuid"])
            assert refused == "There is no such document."

    async def test_needs_a_key_that_may_read(
        self, mcp_service: httpx2.AsyncClient, ann: httpx2.AsyncClient
    ) -> None:
        """Without a key it is a 401, with one that may not read a 403; calls count as requests."""
        post = mcp_service.post
        problem = problem_of(await post("/mcp", json=LIST, headers=HEADERS))
        assert problem["code"] == "not_authenticated"
        headers = HEADERS | bearer(await make_key(ann, scopes=["ask"]))
        problem = problem_of(await post("/mcp", json=LIST, headers=headers))
        assert problem["detail"] == "This key lacks the scope `read`."
        headers = HEADERS | bearer(await make_key(ann, scopes=["read"]))
        response = await post("/mcp", json=LIST, headers=headers)
        assert response.status_code == 200
        assert "RateLimit" in response.headers

    @pytest.mark.parametrize(
        ("status", "headers"),
        [(421, {"Host": "evil.example"}), (403, {"Origin": "https://evil.example"})],
    )
    async def test_other_hosts_and_sites(
        self, ann: httpx2.AsyncClient, status: int, headers: dict[str, str]
    ) -> None:
        """A Host that is not ours, and another site's page, are refused as everywhere."""
        response = await ann.post("/mcp", json=LIST, headers=HEADERS | headers)
        assert problem_of(response)["status"] == status

    async def test_only_post(self, ann: httpx2.AsyncClient) -> None:
        """There is no stream to follow, and no session to end."""
        for method in ("GET", "DELETE"):
            response = await ann.request(method, "/mcp", headers=HEADERS)
            assert (response.status_code, response.headers["allow"]) == (405, "POST")


class TestMalformed:
    """What is no message of the protocol."""

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b'{"jsonrpc": mine', -32700),
            (b"", -32700),
            (b'["mine"]', -32600),
            (b'{"jsonrpc": "2.0", "id": 1, "params": "mine"}', -32600),
            (b'{"jsonrpc": "1.0", "id": 1, "method": "tools/list"}', -32600),
            (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": ["mine"]}', -32600),
            (b'{"jsonrpc": "2.0", "id": {"mine": 1}, "method": "tools/list"}', -32600),
            (b'{"jsonrpc": "2.0", "id": null, "method": "tools/list"}', -32600),
        ],
    )
    async def test_is_told_what_to_send(
        self, ann: httpx2.AsyncClient, body: bytes, code: int
    ) -> None:
        """It is answered by an error of JSON-RPC, in a sentence without what was sent."""
        headers = HEADERS | {"Content-Type": "application/json"}
        response = await ann.post("/mcp", content=body, headers=headers)
        assert (response.status_code, response.headers["content-type"]) == (400, "application/json")
        answer = response.json()
        assert (answer["jsonrpc"], answer["id"], answer["error"]["code"]) == ("2.0", None, code)
        assert re.fullmatch(r"[^\n]+\.", answer["error"]["message"])
        assert "mine" not in response.text
        assert "pydantic" not in response.text

    @pytest.mark.parametrize("content_type", ["text/plain", ""])
    async def test_other_media_type(self, ann: httpx2.AsyncClient, content_type: str) -> None:
        """A message under another label is a 415, as everywhere."""
        headers = HEADERS | {"Content-Type": content_type}
        problem = problem_of(await ann.post("/mcp", content=b"{}", headers=headers))
        assert (problem["status"], problem["code"]) == (415, "unsupported_media_type")

    async def test_too_large(self, ann: httpx2.AsyncClient) -> None:
        """A body whose length nobody has said is ended where it is too large."""

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(MAX_BODY_BYTES // 2**16 + 1):
                yield bytes(2**16)

        headers = HEADERS | {"Content-Type": "application/json"}
        problem = problem_of(await ann.post("/mcp", content=chunks(), headers=headers))
        assert problem["code"] == "payload_too_large"


class TestSwitchedOff:
    """A service without MCP."""

    async def test_is_not_there(self, shared_client: httpx2.AsyncClient) -> None:
        """Unless it is switched on, there is nothing at /mcp."""
        assert (await shared_client.post("/mcp", json=LIST)).status_code == 404
