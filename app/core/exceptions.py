"""Every error that a client can meet, in one tree.

BragError
├── BadRequest                      400 bad_request
├── NotAuthenticated                401 + WWW-Authenticate: not_authenticated
│   └── app.users.exceptions            login_link_invalid
├── Forbidden                       403 forbidden
├── NotFound                        404 not_found
├── RequestTimeout                  408 request_timeout
├── Conflict                        409 conflict
├── PayloadTooLarge                 413 payload_too_large
├── UriTooLong                      414 uri_too_long
├── MisdirectedRequest              421 misdirected_request
├── RateLimited                     429 + Retry-After: rate_limited
├── HeadersTooLarge                 431 request_header_fields_too_large
├── ServiceUnavailable              503 + Retry-After
│   ├── DatabaseUnavailable             database_unavailable
│   │   └── DatabaseUnusable                the same, with what an operator has to do
│   │       ├── DatabaseFull
│   │       └── PoliciesUnbound
│   ├── RetrievalUnavailable            retrieval_unavailable
│   └── Overloaded                      overloaded
├── app.documents.exceptions
│   ├── UnsupportedMediaType        415 unsupported_media_type
│   └── RangeNotSatisfiable         416 range_not_satisfiable
└── app.chat.exceptions             what the upstream model did
ConfigurationError                  not for clients: it stops the start with one sentence
"""

import logging
from http import HTTPStatus
from typing import ClassVar

from app.core.constants import RETRY_AFTER_SEC
from app.core.logs import reason

logger = logging.getLogger(__name__)


class BragError(Exception):
    """An error with a documented status, code and a sentence for people (RFC 9457 `detail`)."""

    status: ClassVar[int] = HTTPStatus.INTERNAL_SERVER_ERROR
    code: ClassVar[str] = "internal_server_error"
    detail: str = "Something went wrong on our side."
    loc: tuple[str, ...] = ()  # which part of the request is wrong
    retry_after: float | None = None
    logged = False  # true once a log has it: the handler then does not log it again

    def __init__(self, detail: str | None = None, *, retry_after: float | None = None) -> None:
        if detail is not None:
            self.detail = detail
        if retry_after is not None:
            self.retry_after = retry_after
        super().__init__(self.detail)


class BadRequest(BragError):
    """The request's body cannot be read: it is no UTF-8, no form, or nested without end."""

    status = HTTPStatus.BAD_REQUEST
    code = "bad_request"
    detail = "There was an error parsing the body."


class NotAuthenticated(BragError):
    """The request needs a session or an API key, and has none that is valid."""

    status = HTTPStatus.UNAUTHORIZED
    code = "not_authenticated"
    detail = "Sign in, or send an API key as `Authorization: Bearer brag_…`."


class Forbidden(BragError):
    """An unsafe request from a page of another site, or one beyond the scopes of its key."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"
    detail = "This request comes from a page of another site, which CORS_ORIGINS does not name."


class NotFound(BragError):
    """What was asked for is not there, or belongs to somebody else."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"
    detail = "Not found."


class RequestTimeout(BragError):
    """The client takes too long to send its request."""

    status = HTTPStatus.REQUEST_TIMEOUT
    code = "request_timeout"
    detail = "The request came too slowly."


class Conflict(BragError):
    """The request does not fit what is there or under way."""

    status = HTTPStatus.CONFLICT
    code = "conflict"
    detail = "This request conflicts with one that is under way."


class PayloadTooLarge(BragError):
    """The request's body is longer than any that is accepted."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "payload_too_large"
    detail = "The body of the request is too large."


class UriTooLong(BragError):
    """The URL of the request is longer than any that is accepted."""

    status = HTTPStatus.REQUEST_URI_TOO_LONG
    code = "uri_too_long"
    detail = "The URL of the request is too long."


class MisdirectedRequest(BragError):
    """The request is for a host that is not ours."""

    status = HTTPStatus.MISDIRECTED_REQUEST
    code = "misdirected_request"
    detail = "The service does not go by this host: neither PUBLIC_URL nor ALLOWED_HOSTS names it."


class RateLimited(BragError):
    """Whoever asks has asked too often, or for too much at once."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "rate_limited"
    detail = "Too many requests. Please wait."
    retry_after = RETRY_AFTER_SEC


class HeadersTooLarge(BragError):
    """The request has longer headers, or more, than are accepted."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    code = "request_header_fields_too_large"
    detail = "The headers of the request are too large."


class ServiceUnavailable(BragError):
    """A part that this service needs does not answer; the client may try again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = RETRY_AFTER_SEC


class DatabaseUnavailable(ServiceUnavailable):
    """Postgres refused, broke off or did not answer in DATABASE_TIMEOUT_SEC."""

    code = "database_unavailable"
    detail = "The database does not answer. Please try again."


class ConfigurationError(Exception):
    """A wrong or missing setting: its sentence names the setting and says what to do."""


class DatabaseUnusable(DatabaseUnavailable, ConfigurationError):
    """Postgres answers, and cannot be worked with until an operator has done what this says."""

    @property
    def remedy(self) -> str:
        """What an operator has to do."""
        return self.detail


class DatabaseFull(DatabaseUnusable):
    """Postgres has no room for what was to be written; reading goes on."""


class PoliciesUnbound(DatabaseUnusable):
    """AUTH_REQUIRED is on, and row-level security does not hold."""


class RetrievalUnavailable(ServiceUnavailable):
    """Qdrant refused, broke off or did not answer in QDRANT_TIMEOUT_SEC."""

    code = "retrieval_unavailable"
    detail = "The knowledge base does not answer. Please try again."


class Overloaded(ServiceUnavailable):
    """All MAX_CONCURRENT_GENERATIONS places stayed taken for QUEUE_TIMEOUT_SEC."""

    code = "overloaded"
    detail = "Too many answers are being generated. Please try again."


def log_error(error: BragError) -> None:
    """Logs what a client is told and, if the fault is ours, what caused it."""
    log = logger.error if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else logger.info
    cause = {"cause": _cause(error)} if error.__cause__ else {}
    log("%s: %s", error.code, error.detail, extra=cause)


def _cause(error: BragError) -> str:
    """Why a part is unavailable; else the class alone, as upstreams quote prompts and keys."""
    if isinstance(error, ServiceUnavailable):
        return reason(error)
    return type(error.__cause__).__name__
