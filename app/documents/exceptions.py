"""What can be wrong with a document that somebody sends."""

from http import HTTPStatus

from app.core.exceptions import BragError


class UnsupportedMediaType(BragError):
    """What was sent is not a document of a type that is taken in."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"
    detail = "This is not a document of a supported type."
