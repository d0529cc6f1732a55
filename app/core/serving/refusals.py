"""The last answer on a connection, to a request that never reaches the application."""

from collections.abc import Iterable

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from app.core.exceptions import BragError, log_error
from app.core.handlers import error_response
from app.core.logs import request_id
from app.core.middlewares.requests import accepted_request_id

Header = tuple[bytes, bytes]


def refusal(error: BragError, id_: str, headers: Iterable[Header]) -> bytes:
    """The problem response of an error, as it goes out; logged like any other."""
    token = request_id.set(id_)
    try:
        log_error(error)
        response = error_response(error)
    finally:
        request_id.reset(token)
    fields = [
        *headers,
        *response.raw_headers,
        (b"x-request-id", id_.encode()),
        (b"connection", b"close"),
    ]
    head = b"".join(b"%b: %b\r\n" % field for field in fields)
    return b"%b%b\r\n%b" % (STATUS_LINE[response.status_code], head, bytes(response.body))


def id_of(headers: Iterable[Header]) -> str:
    """The id of a request of which these headers are known."""
    given = next((value for name, value in headers if name == b"x-request-id"), b"")
    return accepted_request_id(given.decode("latin-1"))
