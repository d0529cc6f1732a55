"""The endpoint of MCP (streamable HTTP, stateless): the package `mcp` answers, for the caller."""

from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match, Route
from starlette.types import Message, Receive, Scope, Send

from app.core.caller import Caller
from app.core.caller import Scope as KeyScope
from app.core.exceptions import Forbidden
from app.documents.exceptions import UnsupportedMediaType
from app.mcp.messages import fault_of

MCP: Final = "/mcp"
JSON: Final = "application/json"


class McpEndpoint:
    """Hands a request on to the MCP server of the lifespan; a key needs the scope `read`.

    What is no message is refused here: the package would quote a library, and what was sent.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request (ASGI)."""
        caller: Caller = scope["state"]["caller"]
        if KeyScope.READ not in caller.scopes:
            raise Forbidden(f"This key lacks the scope `{KeyScope.READ}`.")
        if not Headers(scope=scope).get("content-type", "").lower().startswith(JSON):
            raise UnsupportedMediaType(f"Send a message of JSON-RPC as {JSON}.")
        body = await Request(scope, receive).body()
        fault = fault_of(body)
        if fault is not None:
            return await JSONResponse(fault, 400)(scope, receive, send)
        await scope["state"]["mcp"](scope, _replayed(body, receive), send)
        return None


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body, which has been read, again, and then what else comes."""
    bodies: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return bodies.pop() if bodies else await receive()

    return receive_again


class _NamedRoute(Route):
    """Says which endpoint it is, as FastAPI's own routes do: metrics and traces name it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether it is this one, and what the scope is to hold."""
        match, found = super().matches(scope)
        return match, {**found, "route": self}


# Without sessions there is nothing that a GET could follow or a DELETE end: both are a 405.
route = _NamedRoute(MCP, McpEndpoint(), methods=["POST"], include_in_schema=False)
