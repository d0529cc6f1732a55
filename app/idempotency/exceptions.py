"""Why a request with an Idempotency-Key is refused.

BragError
├── InvalidIdempotencyKey           422 validation_error
│   └── IdempotencyKeyReused
└── Conflict
    └── RequestUnderWay             409 + Retry-After: conflict
"""

from http import HTTPStatus

from app.core.constants import RETRY_AFTER_SEC
from app.core.exceptions import BragError, Conflict
from app.idempotency.constants import HEADER


class InvalidIdempotencyKey(BragError):
    """The header holds no key."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "validation_error"
    detail = "Idempotency-Key must be 1 to 255 visible ASCII characters, with or without quotes."
    loc = ("header", HEADER)


class IdempotencyKeyReused(InvalidIdempotencyKey):
    """The key came with another request before."""

    detail = "This Idempotency-Key was sent with another request: each needs a key of its own."


class RequestUnderWay(Conflict):
    """The first request with this key is not answered yet."""

    detail = "The first request with this Idempotency-Key is still under way."
    retry_after = RETRY_AFTER_SEC
