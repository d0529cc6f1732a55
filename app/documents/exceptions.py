"""What can be wrong with a document, and with the work on it."""

from http import HTTPStatus

from app.core.exceptions import BragError, ConfigurationError


class UnsupportedMediaType(BragError):
    """What was sent is not a document of a type that is taken in."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"
    detail = "This is not a document of a supported type."


class UnreadableDocument(Exception):
    """A document that cannot be read; the message says why and what to do, to its owner."""


class LostWork(Exception):
    """The lease ran out and somebody else has the work: nothing more may be written for it."""


class UnusableSet(Exception):
    """A labelled set or a corpus that nothing can be measured with; the message says why."""


class StoreHeld(ConfigurationError):
    """Another process holds the vectors of this data directory."""
