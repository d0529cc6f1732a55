"""What a message of JSON-RPC 2.0 to a server has to be, pure."""

from typing import Any, Final, Literal

from pydantic import BaseModel, StrictInt, StrictStr, ValidationError

# Codes of JSON-RPC 2.0, section 5.1.
PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
NO_JSON: Final = "The body of the request is not JSON."
NO_MESSAGE: Final = (
    'Send one message of JSON-RPC 2.0: an object with "jsonrpc": "2.0", the "method", its "params" '
    'as an object if it has any, and for an answer an "id", which is a string or an integer.'
)


class Call(BaseModel):
    """A request, or without an id a notification."""

    jsonrpc: Literal["2.0"]
    method: str
    params: dict[str, Any] | None = None
    id: StrictInt | StrictStr = 0


def fault_of(body: bytes) -> dict[str, Any] | None:
    """The error to answer where a body is no message; None where it is one."""
    try:
        Call.model_validate_json(body)
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False, include_context=False, include_input=False)
        is_json = first["type"] != "json_invalid"
    else:
        return None
    code, sentence = (INVALID_REQUEST, NO_MESSAGE) if is_json else (PARSE_ERROR, NO_JSON)
    return {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": sentence}}
