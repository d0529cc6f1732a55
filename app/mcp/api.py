"""The endpoint of MCP (streamable HTTP, stateless): its package answers, for the caller."""

from typing import Final

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.core.caller import Caller
from app.core.caller import Scope as KeyScope
from app.core.exceptions import Forbidden
from app.core.handlers import refuse

MCP: Final = "/mcp"


class McpEndpoint:
    """Hands a request on to the MCP server of the lifespan; a key needs the scope `read`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request (ASGI)."""
        caller: Caller = scope["state"]["caller"]
        if KeyScope.READ not in caller.scopes:
            error = Forbidden(f"This key lacks the scope `{KeyScope.READ}`.")
            return await refuse(error, scope, receive, send)
        await scope["state"]["mcp"](scope, receive, send)
        return None


# Without sessions there is nothing that a GET could follow or a DELETE end: both are a 405.
route = Route(MCP, McpEndpoint(), methods=["POST"], include_in_schema=False)
