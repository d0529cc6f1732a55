"""What can be wrong with a document that somebody sends."""

from http import HTTPStatus

from app.core.exceptions import BragError


class UnsupportedMediaType(BragError):
    """What was sent is not a document of a type that is taken in."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"
    detail = "This is not a document of a supported type."


class RangeNotSatisfiable(BragError):
    """A range of bytes that lies beyond the end."""

    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    code = "range_not_satisfiable"
    detail = "There is no byte in this range."
